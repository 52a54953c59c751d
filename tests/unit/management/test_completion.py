"""Which words a shell is offered."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.conf import settings as configured

from seeding.management.completion import STARTED_AS, VALUES, command_parser, complete, completer, environments, tables

TABLES = ["shop_customer", "shop_order", "shop_orderline", "shop_product", "shop_review"]


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("", ["lots", "lot_names", "orders"]),
        ("lot", ["lots", "lot_names"]),
        ("x", []),
        ("orders,lot", ["orders,lots", "orders,lot_names"]),
        ("a,b,", ["a,b,lots", "a,b,lot_names", "a,b,orders"]),
    ],
)
def test_of_a_list_the_last_name_is_completed(prefix: str, words: list[str]) -> None:
    assert completer(lambda: ["lots", "lot_names", "orders"])(prefix, parser=None) == words


def test_tables_and_environments_are_those_that_the_options_take() -> None:
    assert tables() == TABLES
    assert environments() == ["dev", "staging", "production"]


def test_the_parser_of_a_command_knows_what_its_options_may_be() -> None:
    actions = {name: one for one in command_parser("manage.py", "seed")._actions for name in one.option_strings}

    completed = {name: action.completer("") for name, action in actions.items() if hasattr(action, "completer")}
    assert completed.keys() <= VALUES.keys()
    assert (completed["--table"], completed["--env"]) == (TABLES, environments())
    assert completed["--database"] == list(configured.DATABASES)


class Stopped(Exception):  # noqa: N818 - no error: the end of the process
    """Stands for the end of the process, which completion is."""


def asked(monkeypatch: pytest.MonkeyPatch, line: str, place: int = 1) -> tuple[Any, str]:
    """The parser that answers a line, and the place of the program's name that it is told; argcomplete answers."""
    found: list[Any] = []

    def stop(parser: Any) -> None:
        found.append(parser)
        raise Stopped

    monkeypatch.setattr("seeding.management.completion.argcomplete.autocomplete", stop)
    for name, value in {STARTED_AS: str(place), "COMP_LINE": line, "COMP_POINT": str(len(line))}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("_ARGCOMPLETE_COMP_WORDBREAKS", " \t\n\"'><=;|&(:")
    with pytest.raises(Stopped):
        complete()
    return found[0], os.environ[STARTED_AS]


@pytest.mark.parametrize(("line", "place", "then"), [("manage.py seed --ta", 1, "2"), ("python manage.py seed --ta", 2, "3")])
def test_behind_a_command_its_own_options_are_completed(
    monkeypatch: pytest.MonkeyPatch, line: str, place: int, then: str
) -> None:
    parser, started_as = asked(monkeypatch, line, place)

    assert "--table" in parser.format_help()
    assert started_as == then


@pytest.mark.parametrize("line", ["manage.py ", "manage.py see", "manage.py nothing "])
def test_before_that_the_commands_are(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    parser, started_as = asked(monkeypatch, line)

    (command,) = parser._actions
    assert {"migrate", "seed", "seed_check", "seed_rollback"} <= set(command.choices)
    assert list(command.choices) == sorted(command.choices)
    assert started_as == "1"
