"""Shell completion with argcomplete: commands, their options, and the names of tables, environments and databases.

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

from seeding.dataset_sizes import SIZES

STARTED_AS = "_ARGCOMPLETE"
"""The variable with which a shell requests completion; its value is the 1-based position of the program's name."""


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
    """The command's own parser, with completers for the values of its options."""
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    parser = command.create_parser(program, name)
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to look at them
        for option in VALUES.keys() & set(action.option_strings or [action.dest]):
            # argcomplete looks for this attribute; argparse itself does not define it.
            action.completer = completer(VALUES[option])  # type: ignore[attr-defined]  # what argcomplete reads
    return parser


def completer(names: Callable[[], Iterable[str]]) -> Callable[..., list[str]]:
    """A completer for argcomplete: names with a prefix. In a comma-separated list the last name is completed."""

    def suggest(prefix: str, **_: object) -> list[str]:
        before, comma, begun = prefix.rpartition(",")
        return [f"{before}{comma}{name}" for name in names() if name.startswith(begun)]

    return suggest


def tables() -> list[str]:
    """Every table and group that `--table` accepts."""
    from seeding.generation.registry import Registry  # imported late: only table completion needs the seeders

    registry = Registry.discover()
    return sorted({*registry.by_table, *registry.groups})


def seeded_tables() -> list[str]:
    """Every table that a seeder fills."""
    from seeding.generation.registry import Registry  # imported late, as above

    return sorted(Registry.discover().by_table)


def environments() -> list[str]:
    """The values that `--env` accepts."""
    from seeding.conf import Environment

    return [str(one) for one in Environment]


def profiles() -> list[str]:
    """The names of the project's profiles."""
    from seeding.profiles.loading import names  # imported late, as above

    return sorted(names())


VALUES: Mapping[str, Callable[[], Iterable[str]]] = {
    "--table": tables,
    "table": seeded_tables,
    "--env": environments,
    "--profile": profiles,
    "--scheduler": lambda: ("tcp://", "tls://"),
    "--size": lambda: SIZES,
    "--claim-environment": environments,
    "--database": lambda: settings.DATABASES,
}
