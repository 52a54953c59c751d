"""Files with the rows of one table: CSV with a header, or JSON Lines, in UTF-8, read sequentially in portions of any size."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from seeding.arrays import Integers
from seeding.exceptions import SourceError
from seeding.masking import Cipher
from seeding.sources.cell_values import Record, integer

FORMATS = (".csv", ".jsonl", ".ndjson")
CHUNK = 1 << 20
LONGEST_CELL = 1 << 26
"""Characters; a longer cell means an unclosed quotation mark."""
NULL = "\\N"
"""How MySQL and PostgreSQL export a null. An empty cell is null too, if the column is nullable."""
WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How files in UTF-16 begin."""


@dataclass(slots=True, kw_only=True)
class TableFile:
    """An open file. Rows are normally read in order; going back reads it again from the start."""

    path: Path
    fingerprint: str
    """A keyed digest of its content."""
    columns: tuple[str, ...]
    count: int
    keys: Integers
    """The source's primary keys, ascending."""
    places: Integers
    """The row index of each of the keys."""
    _rows: Iterator[tuple[int, Record]] = field(init=False, default_factory=lambda: iter(()))
    _next: int = field(init=False, default=-1)

    def read(self, index: Integers) -> list[tuple[int, Record]]:
        """The records at `index` (ascending), each with the line on which it starts."""
        found = []
        for one in index.tolist():
            if self._next < 0 or one < self._next:
                self._rows, self._next = records(self.path, self.columns), 0
            found.append(next(islice(self._rows, one - self._next, None)))
            self._next = one + 1
        return found

    def index_of(self, keys: Integers) -> Integers:
        """The row indexes of the source's keys, -1 for a missing one."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        place = np.clip(np.searchsorted(self.keys, keys), 0, len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.places[place], -1)


def open_table(path: Path, cipher: Cipher, key: str) -> TableFile:
    """Read a file once, completely: its fingerprint, its row count, its primary keys (column `key`, if present).

    Raises SourceError for problems of the file as a whole.
    """
    digest = hashlib.blake2b(key=cipher.key, digest_size=6)
    with path.open("rb") as raw:
        if raw.read(2) in WIDE:
            raise SourceError(f"{path.name}: it is in UTF-16. Save it in UTF-8.")
        raw.seek(0)
        while chunk := raw.read(CHUNK):
            digest.update(chunk)
    columns = _columns(path)
    count = 0
    keys: list[int] = []
    places: list[int] = []
    for place, (_, record) in enumerate(records(path, columns)):
        count += 1
        own = record.get(key) if not isinstance(record, str) else None
        if own is None:
            continue
        with suppress(ValueError, ArithmeticError):  # without a valid key, nothing can refer to the row
            keys.append(integer(own))
            places.append(place)
    order = np.argsort(np.array(keys, dtype=np.int64), kind="stable")
    ordered = np.array(keys, dtype=np.int64)[order]
    if (np.diff(ordered) == 0).any():
        raise SourceError(f"{path.name}: {int((np.diff(ordered) == 0).sum())} rows repeat the {key} of another one.")
    return TableFile(
        path=path,
        fingerprint=digest.hexdigest(),
        columns=columns,
        count=count,
        keys=ordered,
        places=np.array(places, dtype=np.int64)[order],
    )


def records(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, Record]]:
    """The rows of a file, each with the line on which it starts."""
    with _text(path) as text:
        yield from _csv_records(path, text, columns) if path.suffix.lower() == ".csv" else _json_records(text)


def _text(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _columns(path: Path) -> tuple[str, ...]:
    with _text(path) as text:
        if path.suffix.lower() == ".csv":
            columns = [name.strip() for name in next(csv.reader(text), [])]
            if not columns or "" in columns:
                raise SourceError(f"{path.name}: its first line must name the columns, separated by commas.")
            if len(set(columns)) < len(columns):
                raise SourceError(f"{path.name}: its first line names a column twice.")
            return tuple(columns)
        names: dict[str, None] = {}
        for _, record in _json_records(text):
            names |= dict.fromkeys(() if isinstance(record, str) else record)
        return tuple(names)


def _csv_records(path: Path, text: TextIO, columns: Sequence[str]) -> Iterator[tuple[int, Record]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, strict=True)
    next(reader, None)
    line = reader.line_num + 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SourceError(f"{path.name}, line {line}: no CSV from here on ({error}). Is a quotation mark open?") from None
        if len(row) == len(columns):
            yield line, {name: None if value == NULL else value for name, value in zip(columns, row, strict=True)}
        elif row:
            yield line, f"{len(columns)} cells, as the header has"
        line = reader.line_num + 1


def _json_records(text: TextIO) -> Iterator[tuple[int, Record]]:
    for line, one in enumerate(text, start=1):
        if not one.strip():
            continue
        try:
            value: Any = json.loads(one)
        except ValueError:
            value = None
        yield line, value if isinstance(value, dict) else "a JSON object"
