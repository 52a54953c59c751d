"""How the seeded rows of a table are found: by their number and, where that is not the whole primary key, by its columns.

The engine counts rows by one integer, the number. Where the server counts in a column of the key, that is the number; under a
key such as (tenant, number), others may have the same numbers. Where it counts in none (a UUID, a text, a reference), the
ledger numbers the rows. In both cases it holds the key's other columns, and no statement finds a row by less than its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import compress, groupby
from typing import Any, Self

import polars as pl
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.arrays import Integers
from seeding.db.sql import Condition, quoted
from seeding.exceptions import SchemaError
from seeding.keys import KeyMap, KeySet
from seeding.ledger.key_conditions import OfRows, among, between, in_runs, runs
from seeding.ledger.key_values import NOBODY, as_read, comparable, spelling, whole_numbers
from seeding.schema.references import attributes
from seeding.schema.row_keys import KeyColumn, RowKey, row_key
from seeding.schema.tables import TableSchema

VERSION = 1
"""Of the form in which the ledger stores the parts of keys."""
KEYS_PER_STATEMENT, WIDE_KEYS_PER_STATEMENT = 1_000, 100
"""Keys of one column, and of several."""
NUMBER, FOUND = "row number", "number found"
"""Names of columns beside those of a table, none of which is called so."""
Known = dict[tuple[Any, ...], list[tuple[int, tuple[Any, ...]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowIdentity:
    """The keys of one table's seeded rows. Rows that are not in `rows` are never found, unless the number is the whole key."""

    using: str
    number: str
    """The column that counts; empty if the ledger numbers the rows."""
    others: tuple[KeyColumn, ...] = ()
    """The key's other columns."""
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The numbers (`numbers_column`) and whole keys of the seeded rows, ascending by number; empty if the number is the key."""

    _known: Known = field(default_factory=dict, init=False, repr=False, compare=False)
    """Key, in a comparable form → the numbers and keys that it may mean, once it is needed."""

    @property
    def is_of_ledger(self) -> bool:
        """Whether the ledger numbers the rows, so that no column holds their numbers."""
        return not self.number

    @property
    def numbers_column(self) -> str:
        """The column of `rows` that holds the numbers."""
        return self.number or NUMBER

    @property
    def names(self) -> list[str]:
        """The columns of the key, the number first if one holds it."""
        return [*([self.number] if self.number else ()), *(one.name for one in self.others)]

    def pieces(self, keys: KeySet, alias: str = "") -> Iterator[tuple[KeySet, Condition]]:
        """The rows with the numbers `keys` in parts: each part's numbers, and SQL that is true for its rows alone.

        `alias` is the table's in the statement.
        """
        columns = [self._named(name, alias) for name in self.names]
        if not self.others:
            for piece in keys.pieces():
                yield piece, piece.condition_on(columns[0])
            return
        for part, condition in self._parts(keys):
            yield part, condition(columns)

    def conditions(self, model: type[models.Model], keys: KeySet) -> Iterator[models.Q]:
        """The same parts as conditions on the model of the table."""
        if not self.others:
            yield from keys.conditions()
            return
        columns = [models.F(attributes(model)[name]) for name in self.names]
        for _, condition in self._parts(keys):
            yield models.Q(OfRows(*columns, condition=condition))

    def selected(self, alias: str = "") -> list[str]:
        """What a SELECT lists to read a row's key: the number first, if a column holds it."""
        number = [self._named(self.number, alias)] if self.number else []
        return [*number, *(one.read.format(self._named(one.name, alias)) for one in self.others)]

    def numbers(self, rows: Sequence[Sequence[Any]]) -> Integers:
        """The numbers of rows, given by their keys as `selected` reads them; NOBODY for those that are not in `rows`.

        Where the number is the whole key, the rows need not be in `rows`.
        """
        if not self.others:
            return whole_numbers([row[0] for row in rows])
        return self.numbers_in(self.frame(rows))

    def numbers_in(self, frame: pl.DataFrame) -> Integers:
        """The same for keys in a frame."""
        if self.number:
            frame = frame.with_columns(pl.col(self.number).cast(pl.Int64, strict=False))  # a real row's may be larger
        known = self.rows.select(*self.names, pl.col(self.numbers_column).alias(FOUND))
        found = frame.select(self.names).join(known, on=self.names, how="left", maintain_order="left")
        return found[FOUND].fill_null(NOBODY).to_numpy()

    def frame(self, rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
        """Keys, as `selected` reads them, as a frame. Raises TypeError for a value that is not of its column's type."""
        columns = [[row[place] for row in rows] for place in range(len(self.names))]
        others = RowKey(columns=self.others, is_number=False)
        if not self.number:  # null for a real row's value of another type (SQLite), or above an int64: no seeded row has it
            return pl.DataFrame(
                [
                    pl.Series(one.name, held, dtype=one.dtype, strict=False)
                    for one, held in zip(self.others, columns, strict=True)
                ]
            )
        try:
            numbers = pl.Series(self.number, columns[0], dtype=pl.Int64)
        except TypeError:
            if not all(isinstance(one, int) for one in columns[0]):
                raise
            numbers = pl.Series(self.number, columns[0], dtype=pl.Int64, strict=False)  # null: no seeded row is as large
        return pl.DataFrame([numbers, *others.frame(columns[1:]).values()])

    def read(self, table: str, numbers: KeySet, *, are_rising: bool = False) -> pl.DataFrame:
        """The whole keys of all rows that have these numbers, whoever made them, ascending by number.

        Where the ledger numbers the rows, those of `rows` that are stored under exactly their keys; `are_rising` if most of
        those follow each other on the server as well: then all between the first and the last are read before single ones.
        """
        connection, found = connections[self.using], list[Sequence[Any]]()
        source = f"SELECT {', '.join(self.selected())} FROM {quoted(connection, table)} WHERE"  # noqa: S608 - quoted
        with connection.cursor() as cursor:
            for clause, values in self._found_by(numbers, are_rising=are_rising):
                cursor.execute(f"{source} {clause}", values)
                found += cursor.fetchall()
        frame = self.frame(found)
        if self.is_of_ledger:
            frame = self.rows.join(frame, on=self.names, how="semi", maintain_order="left")
        if are_rising and frame.height < len(numbers):
            return self.read(table, numbers)
        return frame.sort(self.numbers_column)

    def _found_by(self, numbers: KeySet, *, are_rising: bool) -> Iterator[Condition]:
        if not self.is_of_ledger:
            return (piece.condition_on(self._named(self.number, "")) for piece in numbers.pieces())
        if not are_rising:
            return (condition for _, condition in self.pieces(numbers))
        (key,), held = self.others, self.among(numbers).rows[self.others[0].name]
        return iter([between(key, held.first(), held.last(), self._named(key.name, ""))])

    def spelled(self) -> Mapping[str, Sequence[int]]:
        """What a text may hold in place of a key of one column → the numbers of the rows that it may mean."""
        found: dict[str, list[int]] = {}
        for number, *key in self.rows.select(self.numbers_column, *self.names).iter_rows() if len(self.names) == 1 else ():
            found.setdefault(spelling(key[0]), []).append(number)
        return found

    def numbers_of(self, keys: Sequence[Any]) -> list[int]:
        """The numbers of rows, given by their primary keys as Django reads them; NOBODY for those that are not in `rows`."""
        if not self.is_of_ledger:
            return list(keys)
        if not self._known:
            for number, *key in self.rows.select(NUMBER, *self.names).iter_rows():
                # Django may read a key otherwise than a query; two keys may look alike in what both read.
                self._known.setdefault(tuple(map(comparable, key)), []).append((number, tuple(key)))
        return [self._number_of(key if isinstance(key, tuple) else (key,)) for key in keys]

    def _number_of(self, key: tuple[Any, ...]) -> int:
        found = self._known.get(tuple(map(comparable, key)), [])
        if len(found) > 1:
            found = [one for one in found if one[1] == key]
        return found[0][0] if len(found) == 1 else NOBODY

    def shown(self, keys: KeySet, most: int) -> list[Any]:
        """The keys of at most so many of the rows, for a person: the numbers, unless the ledger has made them."""
        if not self.is_of_ledger:
            return list(keys.first(most))
        return [", ".join(map(str, key)) for _, *key in self.rows.filter(self._are(keys)).head(most).iter_rows()]

    def listed(self, keys: KeySet) -> list[Any]:
        """All these rows: as ranges of numbers (first, last), or each key as a list where the ledger has made the numbers."""
        if not self.is_of_ledger:
            return list(keys.ranges)
        return [key for _, *key in self.rows.filter(self._are(keys)).iter_rows()]

    def of(self, rows: pl.DataFrame) -> Self:
        """The same columns with other rows, ascending by number."""
        return type(self)(using=self.using, number=self.number, others=self.others, rows=rows)

    def _parts(self, keys: KeySet) -> Iterator[tuple[KeySet, Callable[[Sequence[str]], Condition]]]:
        """The rows in parts of one statement each: the numbers, and what makes the condition from the columns' names."""
        rows = self.rows.filter(self._are(keys))
        if not self.is_of_ledger:
            for part in runs(rows, self.number, [one.name for one in self.others]):
                yield KeySet.of(run[:2] for run in part), partial(in_runs, self.others, part)
            return
        for some in rows.iter_slices(KEYS_PER_STATEMENT if len(self.others) == 1 else WIDE_KEYS_PER_STATEMENT):
            if some.height:
                made = partial(among, self.others, some.select(self.names).rows())
                yield KeySet.holding(some[NUMBER].to_numpy()), made

    def among(self, keys: KeySet) -> Self:
        """The same with those of its rows that have these numbers."""
        return self.of(self.rows.filter(self._are(keys)))

    def _are(self, keys: KeySet) -> pl.Series:
        return pl.Series(keys.has(self.rows[self.numbers_column].to_numpy()))

    def _named(self, column: str, alias: str) -> str:
        name = quoted(connections[self.using], column)
        return f"{alias}.{name}" if alias else name


def identity_of(connection: BaseDatabaseWrapper, table: TableSchema, *, of_ledger: bool = False) -> RowIdentity:
    """How rows of the live table are found, as yet without a row; `of_ledger` if the ledger numbers them."""
    number = "" if of_ledger else table.primary_key
    others: tuple[KeyColumn, ...] = ()
    if of_ledger or not table.has_row_key:
        others = tuple(one for one in row_key(connection, table).columns if one.name != number)
    found = RowIdentity(using=connection.alias, number=number, others=others)
    if not others:
        return found
    return found.of(found.frame(()).with_columns(pl.lit(None, pl.Int64).alias(found.numbers_column)))


def stored(identity: RowIdentity, keys: KeyMap) -> dict[str, Any]:
    """The other parts of the keys of its rows in the form in which the ledger stores them, in the order of the row indexes.

    Per column either `runs` of [value, how many], or `each` row's value: integers, and texts that the server turns back into
    exactly the same value.
    """
    numbers = pl.DataFrame({identity.numbers_column: keys.pairs()[1]})
    ordered = numbers.join(identity.rows, on=identity.numbers_column, maintain_order="left") if identity.others else numbers
    columns = {one.name: _column(ordered[one.name].to_list()) for one in identity.others}
    return {"version": VERSION, "number": identity.number, "columns": columns}


def parts(held: Mapping[str, Any], keys: KeyMap) -> dict[str, Sequence[Any]]:
    """What `stored` has made, as columns: the numbers and the other parts. Raises SchemaError for a form of a later version."""
    if held.get("version") != VERSION:
        raise SchemaError(f"The ledger holds keys in the form {held.get('version')!r}, of a later version: use that one.")
    columns = {
        name: [value for value, count in told["runs"] for _ in range(count)] if "runs" in told else told["each"]
        for name, told in held["columns"].items()
    }
    return {held["number"] or NUMBER: keys.pairs()[1].tolist(), **columns}


def recorded(identity: RowIdentity, entries: Iterable[tuple[Any, Any]]) -> RowIdentity:
    """The identity with the rows of ledger entries, each given by its key ranges and what `stored` has made."""
    frames = [identity.rows.clear().select(identity.numbers_column, *(one.name for one in identity.others))]
    for ranges, held in entries:
        if held is None:
            raise SchemaError("Rows were numbered by the server, and others in the same table by the ledger.")
        if held["number"] != identity.number:
            was, now = (f"in {one}" if one else "by the ledger" for one in (held["number"], identity.number))
            raise SchemaError(f"Rows were numbered {was}, and are numbered {now} now.")
        found = parts(held, KeyMap.of(ranges))
        numbers = pl.Series(identity.numbers_column, found[identity.numbers_column], dtype=pl.Int64)
        frames.append(pl.DataFrame([numbers, *(_as_read_now(one, found[one.name]) for one in identity.others)]))
    return identity.of(pl.concat(frames).sort(identity.numbers_column))


def _as_read_now(column: KeyColumn, values: Sequence[Any] | pl.Series) -> pl.Series:
    """What the ledger holds of a column as it is read now: its type may be another one than when the rows were seeded."""
    try:
        read = as_read(pl.Series(column.name, values), column.dtype, is_dashed=column.is_dashed, is_uuid=False)
    except pl.exceptions.PolarsError as error:
        raise SchemaError(
            f"The ledger holds keys in {column.name} that its type of now cannot hold: give the column its type of then again."
        ) from error
    return read if len(values) else read.cast(column.dtype)


def by_recipe(identity: RowIdentity, digits: pl.Series) -> dict[str, Any]:
    """UUIDs, given by their 32 digits in the order of the row indexes, in the form of `stored`."""
    return {"version": VERSION, "number": identity.number, "columns": {one.name: {"each": digits} for one in identity.others}}


def split(held: Mapping[str, Any], keys: KeyMap, kept: KeyMap) -> dict[str, Any]:
    """What `stored` has made of the rows `keys`, for those of them that are in `kept`."""
    found = parts(held, keys)
    inside = kept.lookup(keys.pairs()[0])[1].tolist()
    columns = {name: _column(list(compress(found[name], inside))) for name in held["columns"]}
    digested = {"digests": list(compress(held["digests"], inside))} if "digests" in held else {}
    return {**held, "columns": columns, **digested}


def _column(values: list[Any]) -> dict[str, list[Any]]:
    runs = [[value, len(list(alike))] for value, alike in groupby(values)]
    return {"runs": runs} if 2 * len(runs) <= len(values) else {"each": values}
