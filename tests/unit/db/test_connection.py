"""The session in which a command works; a server's functions are those of a SQLite connection."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections
from tenacity import nap

from seeding.db.connection import connect, database_name, host_name, is_in_utc
from seeding.exceptions import ConfigurationError, DatabaseUnavailableError
from tests.support.databases import Database, closed, opened


def ignore(error: BaseException, number: int) -> None:
    """Take no note."""


def asked(shop: Database, monkeypatch: pytest.MonkeyPatch, **parameters: str) -> str:
    """The alias, whose driver is told these parameters."""
    monkeypatch.setattr(connections[shop.alias], "get_connection_params", lambda: parameters)
    return shop.alias


@pytest.mark.parametrize(
    ("parameters", "name"), [({"db": "a"}, "a"), ({"dbname": "b"}, "b"), ({"database": "c"}, "c"), ({"host": "h"}, "settings")]
)
def test_what_the_driver_is_told_overrules_the_settings(
    shop: Database, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, str], name: str
) -> None:
    monkeypatch.setitem(connections[shop.alias].settings_dict, "NAME", "settings")

    assert database_name(asked(shop, monkeypatch, **parameters)) == name


@pytest.mark.parametrize(
    ("parameters", "host"),
    [
        ({"host": "db.internal", "unix_socket": "/run/x.sock"}, "db.internal"),
        ({"host": "", "unix_socket": "/run/x.sock"}, "/run/x.sock"),
        ({"database": "shop"}, ""),
    ],
)
def test_a_host_comes_before_a_socket(
    shop: Database, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, str], host: str
) -> None:
    assert host_name(asked(shop, monkeypatch, **parameters)) == host


def test_a_database_that_answers_is_connected_and_named(shop: Database) -> None:
    assert connect(shop.alias, ignore) == shop.url.removeprefix("sqlite:///")
    assert connections[shop.alias].connection is not None


def test_an_unknown_alias_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"^--database=nowhere: there are only default, admin\.$"):
        connect("nowhere", ignore)


@pytest.mark.parametrize(
    ("zones", "words"),
    [
        (
            ("UTC", None),
            "Run its commands with settings that set USE_TZ = True: as TIME_ZONE is 'UTC', what is stored is the same",
        ),
        (("UTC", "Europe/Berlin"), "and set USE_TZ = True in the settings"),
        (("Europe/Berlin", None), "local times of Europe/Berlin .* and set USE_TZ = True in the settings"),
    ],
)
def test_moments_without_a_time_zone_are_refused(
    shop: Database, settings: Any, monkeypatch: pytest.MonkeyPatch, zones: tuple[str, str | None], words: str
) -> None:
    settings.USE_TZ = False
    settings.TIME_ZONE, own = zones
    monkeypatch.setitem(connections.settings[shop.alias], "TIME_ZONE", own)

    with pytest.raises(ConfigurationError, match=words):
        connect(shop.alias, ignore)


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("tests.support.too_old", "mysqlclient 2.2.1 or newer is required; you have 2.1.0. Run: pip install --upgrade "),
        ("tests.support.nowhere", "--database=broken: 'tests.support.nowhere' isn't an available database backend"),
    ],
    ids=["old", "none"],
)
def test_a_backend_that_does_not_load_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, engine: str, words: str
) -> None:
    monkeypatch.setitem(connections.settings, "broken", {**connections.settings["default"], "ENGINE": engine})

    with pytest.raises(ConfigurationError) as caught:
        connect("broken", ignore)

    assert str(caught.value).startswith(words)
    assert isinstance(caught.value.__cause__, ImproperlyConfigured)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr(nap, "time", SimpleNamespace(sleep=seconds.append))
    return seconds


def test_a_database_that_is_out_of_reach_is_tried_again_and_named(
    tmp_path: Path, waits: list[float], django_db_blocker: Any
) -> None:
    tries: list[int] = []
    file = tmp_path / "nowhere" / "shop.sqlite3"
    database = opened("unreachable", "sqlite", f"sqlite:///{file}")
    try:
        with django_db_blocker.unblock(), pytest.raises(DatabaseUnavailableError) as caught:
            connect(database.alias, lambda _, number: tries.append(number))
    finally:
        closed(database.alias)

    assert str(caught.value) == (
        f"The database {file} cannot be reached: unable to open database file. Is the server up, and DATABASE_URL right?"
    )
    assert (tries, waits) == ([1], [0.1])


def test_a_hint_takes_the_place_of_the_general_question(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise OperationalError(1045, "Access denied")

    monkeypatch.setattr(connections[shop.alias], "ensure_connection", refused)

    with pytest.raises(DatabaseUnavailableError, match=r"denied'\)\. The server rejects the account: .*\.$"):
        connect(shop.alias, ignore)


@pytest.mark.parametrize(("now", "in_utc"), [("2026-03-02 12:00:00", True), ("2026-03-02 13:00:00", False)])
def test_a_session_of_another_vendor_is_asked_for_its_time_zone(
    shop: Database,
    monkeypatch: pytest.MonkeyPatch,
    now: str,
    in_utc: bool,  # noqa: FBT001 - what is expected
) -> None:
    connection: Any = connections[shop.alias]
    connection.ensure_connection()
    assert is_in_utc(shop.alias)
    monkeypatch.setattr(connection, "vendor", "mysql")
    connection.connection.create_function("NOW", 0, lambda: now)
    connection.connection.create_function("UTC_TIMESTAMP", 0, lambda: "2026-03-02 12:00:00")

    assert is_in_utc(shop.alias) is in_utc
    if not in_utc:
        monkeypatch.setattr("seeding.db.connection.open_connection", lambda *_, **__: None)
        with pytest.raises(ConfigurationError, match=r"is not in UTC, and timestamps would shift\. Set OPTIONS"):
            connect(shop.alias, ignore)
