"""Reads the tables of cases: `right.txt` and `wrong.txt`.

A case begins with its name and the kind of file, then comes the profile, and then, after `> `, what is expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CASE = re.compile(
    r"^### (?P<name>.+) \((?P<kind>\w+)\)\n(?P<text>(?:(?!> |### ).*\n)*)(?P<expected>(?:> .*\n?)+)", re.MULTILINE
)


class Case(NamedTuple):
    """A profile and what is expected of it."""

    name: str
    kind: str
    """The suffix of the file."""
    text: str
    expected: tuple[str, ...]


def cases(name: str) -> Iterator[Case]:
    """The cases of a table."""
    table = (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8")
    for found in CASE.finditer(table):
        told = tuple(line.removeprefix("> ") for line in found["expected"].splitlines())
        yield Case(name=found["name"], kind=found["kind"], text=found["text"], expected=told)
