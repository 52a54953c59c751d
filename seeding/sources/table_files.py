"""Files with the rows of one table: delimited text with a header, or JSON Lines, in UTF-8, read sequentially in portions."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from seeding.arrays import Integers
from seeding.exceptions import SourceError
from seeding.masking import Cipher
from seeding.sources.cell_values import KEY, Reader, Record, parsed
from seeding.sources.delimited_rows import TABBED, Unquoted, header_of, rows_of

LINES = (".jsonl", ".ndjson")
FORMATS = (".csv", *TABBED, *LINES)
CHUNK = 1 << 20
NOWHERE = -1
"""The index for a row that is missing from the source."""
WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How files in UTF-16 begin."""
FileState = tuple[int, ...]
"""Device, number, size and times of a file."""


@dataclass(slots=True, kw_only=True)
class TableFile:
    """An open file. Rows are normally read in order; going back reads it again from the start."""

    path: Path
    fingerprint: str
    """A keyed digest of its content."""
    columns: tuple[str, ...]
    count: int
    keys: pl.Series
    """The source's primary keys, ascending."""
    places: pl.Series
    """The row index of each of the keys."""
    state: FileState
    """Of the file when all this was read."""
    _rows: Iterator[tuple[int, Record]] = field(init=False, default_factory=lambda: iter(()))
    _next: int = field(init=False, default=-1)

    def read(self, index: Integers) -> list[tuple[int, Record]]:
        """The records at `index` (ascending), each with the line on which it starts.

        Raises SourceError if the file is another one than before.
        """
        try:
            found = self._read(index)
        except OSError:
            self.require_unchanged()
            raise
        self.require_unchanged()
        return found

    def require_unchanged(self) -> None:
        """Raise SourceError if the file is another one than when its keys were read."""
        if state_of(self.path) != self.state:
            raise SourceError(
                f"{self.path.name}: it has changed since this run began to read it. Leave it alone while it is loaded, roll "
                "back what was, and run again."
            )

    def _read(self, index: Integers) -> list[tuple[int, Record]]:
        found = []
        for one in index.tolist():
            if self._next < 0 or one < self._next:
                self._rows, self._next = records(self.path, self.columns), 0
            record = next(islice(self._rows, one - self._next, None), None)
            if record is None:
                break  # the file has become shorter
            found.append(record)
            self._next = one + 1
        return found

    def index_of(self, keys: pl.Series) -> pl.Series:
        """The row indexes of the source's keys, -1 for a missing one; null stays null."""
        if not len(self.keys):
            return pl.select(pl.when(keys.is_not_null()).then(pl.lit(NOWHERE, pl.Int64))).to_series()
        wanted = keys.cast(self.keys.dtype)
        place = self.keys.search_sorted(wanted).clip(0, len(self.keys) - 1)
        found = pl.when(self.keys.gather(place) == wanted).then(self.places.gather(place)).otherwise(NOWHERE)
        return pl.select(pl.when(keys.is_not_null()).then(found)).to_series()


def open_table(path: Path, cipher: Cipher, key: Sequence[str], reader: Reader = KEY) -> TableFile:
    """Read a file once, completely: its fingerprint, its row count, its primary keys (column `key`, if present).

    Nothing refers to a row by a key of several columns. Raises SourceError for problems of the file as a whole.
    """
    state = state_of(path)
    fingerprint = _fingerprint(path, cipher)
    columns = _columns(path)
    count = 0
    keys: list[Any] = []
    places: list[int] = []
    for place, (_, record) in enumerate(records(path, columns)):
        count += 1
        own = record.get(key[0]) if len(key) == 1 and not isinstance(record, str) else None
        if own is None or own is Unquoted.EMPTY:
            continue
        with suppress(ValueError, TypeError, ArithmeticError):  # without a valid key, nothing can refer to the row
            keys.append(reader.read(own))
            places.append(place)
    held = pl.DataFrame({"key": pl.Series(keys, dtype=reader.dtype), "place": pl.Series(places, dtype=pl.Int64)}).sort("key")
    if repeated := int((~held["key"].is_first_distinct()).sum()):
        raise SourceError(f"{path.name}: {repeated} rows repeat the {key[0]} of another one.")
    file = TableFile(
        path=path,
        fingerprint=fingerprint,
        columns=columns,
        count=count,
        keys=held["key"],
        places=held["place"],
        state=state,
    )
    file.require_unchanged()
    return file


def state_of(path: Path) -> FileState:
    """What tells the file from any other, and from itself with another content; empty if it is not there."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return ()
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns


def _fingerprint(path: Path, cipher: Cipher) -> str:
    """A keyed digest of the file's bytes; raises SourceError for the first line that is not UTF-8."""
    digest, decoder = hashlib.blake2b(key=cipher.key, digest_size=6), codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as raw:
        if raw.read(2) in WIDE:
            raise SourceError(f"{path.name}: it is in UTF-16. Save it in UTF-8.")
        raw.seek(0)
        while True:
            chunk = raw.read(CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += error.object.count(b"\n", 0, error.start)
                raise SourceError(f"{path.name}, line {line}: it is not UTF-8. Save the file in UTF-8.") from None
            if (wrong := chunk.find(b"\0")) >= 0:
                line += chunk.count(b"\n", 0, wrong)
                raise SourceError(f"{path.name}, line {line}: it has NUL bytes, as UTF-16 has. Save the file in UTF-8.")
            if not chunk:
                return digest.hexdigest()
            digest.update(chunk)
            line += chunk.count(b"\n")


def records(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, Record]]:
    """The rows of a file, each with the line on which it starts."""
    with _text(path) as text:
        yield from _json_records(text) if path.suffix.lower() in LINES else _delimited_records(path, text, columns)


def _text(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _columns(path: Path) -> tuple[str, ...]:
    with _text(path) as text:
        if path.suffix.lower() not in LINES:
            return tuple(header_of(path, text)[0])
        names: dict[str, None] = {}
        for _, record in _json_records(text):
            names |= dict.fromkeys(() if isinstance(record, str) else record)
        return tuple(names)


def _delimited_records(path: Path, text: TextIO, columns: Sequence[str]) -> Iterator[tuple[int, Record]]:
    _, delimiter = header_of(path, text)
    text.seek(0)
    for line, cells in rows_of(path, text, delimiter):
        if cells is None:
            yield line, "quotation marks around whole cells"
        elif delimiter == "\t" and any(isinstance(cell, str) and "\\" in cell for cell in cells):
            yield line, "no backslashes: tab-separated dumps escape by them, and CSV does not"
        elif len(cells) == len(columns) and cells != [Unquoted.EMPTY]:  # an empty line may be a row of one cell, or none
            yield line, dict(zip(columns, cells, strict=True))
        elif cells != [Unquoted.EMPTY] or len(columns) == 1:
            yield line, f"{len(columns)} cells, as the header has"


def _json_records(text: TextIO) -> Iterator[tuple[int, Record]]:
    for line, one in enumerate(text, start=1):
        if not one.strip():
            continue
        try:
            value: Any = parsed(one)
        except ValueError:
            value = None
        yield line, value if isinstance(value, dict) else "a JSON object"
