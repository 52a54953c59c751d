"""No message shows a piece of a password, however it is written in the settings."""

from __future__ import annotations

import io
import logging

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from settings.credentials import without_its_line
from settings.databases import database
from settings.mail import mail

PASSWORDS = ("first@PIECE/9", "12/PIECE", "first#PIECE", "12#PIECE", "12?PIECE", "a/b#c?PIECE@d", "12/PIECE?x=y")


def env(value: str) -> environ.Env:
    """An environment whose variable URL has this value."""
    made = environ.Env()
    made.ENVIRON = {"URL": value}
    return made


@pytest.mark.parametrize("scheme", ["mysql", "postgres"])
@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_that_cuts_the_url_short_is_refused_without_its_pieces(scheme: str, password: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        database(env(f"{scheme}://odd:{password}@db.internal:3306/terp"), "URL", default="")

    assert str(error.value).startswith("URL is no database URL")
    assert "%2F" in str(error.value)
    assert "PIECE" not in f"{error.value} {error.value.__cause__} {error.value.__context__}"


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("mysql://odd:first@second@db:3306/terp", "first@second"),
        ("mysql://odd:first%40second%2F9%23%3F%25@db:3306/terp", "first@second/9#?%"),
        ("mysql://odd:a[b]c@db:3306/terp", "a[b]c"),
        ("postgres://odd:a:b%zz@db:5432/terp?sslmode=require", "a:b%zz"),
    ],
)
def test_a_password_that_can_be_told_from_the_host_is_read(url: str, password: str) -> None:
    read = database(env(url), "URL", default="")

    assert (read["PASSWORD"], read["HOST"], read["NAME"]) == (password, "db", "terp")


def test_the_name_of_a_sqlite_file_may_have_an_at_sign() -> None:
    assert database(env("sqlite:////srv/a@b/terp.sqlite3"), "URL", default="")["NAME"] == "/srv/a@b/terp.sqlite3"


@pytest.mark.parametrize("password", ["25/PIECE", "25?PIECE", "x#PIECE"])
def test_so_is_that_of_a_mail_server(password: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        mail(env(f"smtp://odd:{password}@mail.internal:587"), "URL")

    assert "PIECE" not in str(error.value)


def test_a_line_of_the_environment_file_that_cannot_be_read_is_not_shown() -> None:
    logger, shown = logging.getLogger("environ.environ"), io.StringIO()
    handler = logging.StreamHandler(shown)
    logger.addHandler(handler)
    assert without_its_line in logger.filters  # added by the settings
    try:
        environ.Env.read_env(io.StringIO("DATABASE_URL: mysql://odd:PIECE@db/terp\n"))
    finally:
        logger.removeHandler(handler)

    assert "is not NAME=value" in shown.getvalue()
    assert "PIECE" not in shown.getvalue()
