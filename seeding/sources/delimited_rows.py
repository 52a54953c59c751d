r"""Rows of delimited text (RFC 4180): which character separates the cells, and which cells are quoted.

Python's csv module does not tell `""` from an empty cell, nor a quoted `\N` from a null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TextIO

from seeding.exceptions import SourceError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
"""Separator → its name in a message."""
TABBED = (".tsv", ".tab")
"""Suffixes of files that are separated by tabs, whatever their header looks like."""
LONGEST_CELL = 1 << 26
"""Characters; a longer cell means an unclosed quotation mark."""
NULL = "\\N"
"""How MySQL and PostgreSQL export a null, unquoted."""


class Unquoted(Enum):
    """A cell with nothing in it, not even quotation marks; `""` is a text."""

    EMPTY = "empty"
    """Null, unless the column is a text that may not be null."""


Cell = str | Unquoted | None


def header_of(path: Path, text: TextIO) -> tuple[list[str], str]:
    """The names in the first line, and what separates them; raises SourceError unless both are certain."""
    first = text.readline()
    bare = re.sub(r'"[^"]*"', "", first)
    found = ["\t"] if path.suffix.lower() in TABBED else [one for one in DELIMITERS if one in bare]
    if len(found) > 1:
        raise SourceError(
            f"{path.name}: its first line has {' and '.join(DELIMITERS[one] for one in found)}. "
            "Separate the columns by one of them, and put a name that holds another in quotation marks."
        )
    delimiter = found[0] if found else ","
    cells, lines = _quoted_row(path, text, first, delimiter, 1)
    if cells is None or lines > 1:
        raise SourceError(f"{path.name}: its first line must name the columns, in quotation marks as a whole or without any.")
    names = [name if isinstance(name, str) else "" for name in cells]
    if not all(name.strip() for name in names):
        raise SourceError(f"{path.name}: its first line must name the columns, separated by commas, semicolons or tabs.")
    if padded := [name for name in names if name != name.strip()]:
        raise SourceError(
            f"{path.name}: the name {padded[0]!r} in its first line has spaces around it, and so may the cells, "
            "where they would be part of the text. Remove them."
        )
    if len(set(names)) < len(names):
        raise SourceError(f"{path.name}: its first line names a column twice.")
    return names, delimiter


def rows_of(path: Path, text: TextIO, delimiter: str) -> Iterator[tuple[int, list[Cell] | None]]:
    """The rows that follow the header, each with the line on which it starts; None for one that is no row.

    Raises SourceError for a quotation mark that is never closed.
    """
    text.readline()
    line = 2
    while first := text.readline():
        if '"' not in first:
            yield line, [_unquoted(cell) for cell in first.rstrip("\r\n").split(delimiter)]
            line += 1
        else:
            cells, lines = _quoted_row(path, text, first, delimiter, line)
            yield line, cells
            line += lines


def _quoted_row(path: Path, text: TextIO, row: str, delimiter: str, line: int) -> tuple[list[Cell] | None, int]:
    """The cells of the row that begins with the line `row`, None if text follows a closing mark; and how many lines it has."""
    cells: list[Cell] = []
    is_row, position, lines = True, 0, 1
    while True:
        if row[position : position + 1] == '"':
            parts, size, start = [], 0, position + 1
            while True:
                end = row.find('"', start)
                parts.append(row[start : end if end >= 0 else None])
                size += len(parts[-1])
                if end < 0:
                    row, start, lines = text.readline(), 0, lines + 1
                    if not row or size > LONGEST_CELL:
                        raise SourceError(f"{path.name}, line {line}: a quotation mark is open from here on. Close it.")
                elif row[end + 1 : end + 2] == '"':
                    parts.append('"')
                    start = end + 2
                else:
                    position = end + 1
                    break
            cells.append("".join(parts))
            rest = row[position:]
            if not rest.startswith(delimiter):
                return (cells if is_row and not rest.rstrip("\r\n") else None), lines
            position += 1
            continue
        end = row.find(delimiter, position)
        cell = row[position:end] if end >= 0 else row[position:].rstrip("\r\n")
        is_row &= not cell.lstrip().startswith('"')  # spaces before a quotation mark: does it quote?
        cells.append(_unquoted(cell))
        if end < 0:
            return (cells if is_row else None), lines
        position = end + 1


def _unquoted(cell: str) -> Cell:
    return None if cell == NULL else cell or Unquoted.EMPTY
