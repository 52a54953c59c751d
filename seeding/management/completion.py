"""Completion in the shell, by argcomplete: commands, their options, and the names of tables, environments and databases.

`manage.py` calls `complete` when a shell asks; that ends the process.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Mapping

import argcomplete
import django
from argcomplete.lexers import split_line
from django.conf import settings
from django.core.management import get_commands, load_command_class

STARTED_AS = "_ARGCOMPLETE"
"""The variable by which a shell asks; its value is the place of the program's name in the line, from 1."""


def complete() -> None:
    """Answer the shell, and end the process."""
    django.setup()
    place = int(os.environ[STARTED_AS])
    line, point = os.environ["COMP_LINE"], int(os.environ["COMP_POINT"])
    program, *words = split_line(line, point)[3][place - 1 :]
    if words and words[0] in get_commands():
        os.environ[STARTED_AS] = str(place + 1)  # the command is the program whose arguments are completed
        argcomplete.autocomplete(command_parser(program, words[0]))
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("command", choices=sorted(get_commands()))
    argcomplete.autocomplete(parser)


def command_parser(program: str, name: str) -> argparse.ArgumentParser:
    """The command's own parser, which knows what the values of its options may be."""
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    parser = command.create_parser(program, name)
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to look at them
        for option in VALUES.keys() & set(action.option_strings):
            # Where argcomplete looks for it; argparse itself knows no such attribute.
            action.completer = completer(VALUES[option])  # type: ignore[attr-defined]
    return parser


def completer(names: Callable[[], Iterable[str]]) -> Callable[..., list[str]]:
    """What argcomplete asks: the words that begin so. Of a list with commas the last name is completed."""

    def suggest(prefix: str, **_: object) -> list[str]:
        before, comma, begun = prefix.rpartition(",")
        return [f"{before}{comma}{name}" for name in names() if name.startswith(begun)]

    return suggest


def tables() -> list[str]:
    """Every table and group that `--table` takes."""
    from seeding.generation.registry import Registry  # imported late: only who completes a table waits for the seeders

    registry = Registry.discover()
    return sorted({*registry.by_table, *registry.groups})


def environments() -> list[str]:
    """What `--env` takes."""
    from seeding.conf import Environment

    return [str(one) for one in Environment]


VALUES: Mapping[str, Callable[[], Iterable[str]]] = {
    "--table": tables,
    "--env": environments,
    "--claim-environment": environments,
    "--database": lambda: settings.DATABASES,
}
