"""How the seeded rows of a table are found: by their number and, if the primary key has more columns, by every one of them.

The engine counts rows by one integer of the key, the number. Under a key such as (tenant, number), rows of other tenants may
have the same numbers: the ledger holds the other parts of each row's key, and no statement finds a row by less than its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, groupby
from typing import Any, Self

import numpy as np
import polars as pl
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from seeding.arrays import Mask
from seeding.db.sql import Condition, quoted
from seeding.exceptions import SchemaError
from seeding.keys import KeyMap, KeySet
from seeding.schema.references import attributes
from seeding.schema.row_keys import KeyColumn, RowKey, row_key
from seeding.schema.tables import TableSchema

VERSION = 1
"""Of the form in which the ledger stores the parts of keys."""
RUNS_PER_STATEMENT = 50
"""The time in which PostgreSQL plans a statement grows with the square of this number."""
RUN, LAST = "run of rows", "last number"
"""Names of columns beside those of a table, none of which is called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowIdentity:
    """The keys of one table's seeded rows. Rows that are not in `rows` are never found, unless the number is the whole key."""

    using: str
    number: str
    """The column that counts."""
    others: tuple[KeyColumn, ...] = ()
    """The key's other columns."""
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The whole keys of the seeded rows, ascending by number; empty if the number is the whole key."""

    def pieces(self, keys: KeySet, alias: str = "") -> Iterator[tuple[KeySet, Condition]]:
        """The rows with the numbers `keys` in parts: each part's numbers, and SQL that is true for its rows alone.

        `alias` is the table's in the statement.
        """
        columns = [self._named(name, alias) for name in (self.number, *(one.name for one in self.others))]
        if not self.others:
            for piece in keys.pieces():
                yield piece, piece.condition_on(columns[0])
            return
        for runs in self._runs(keys):
            yield KeySet.of(run[:2] for run in runs), _condition(self.others, columns, runs)

    def conditions(self, model: type[models.Model], keys: KeySet) -> Iterator[models.Q]:
        """The same parts as conditions on the model of the table."""
        if not self.others:
            yield from keys.conditions()
            return
        named = attributes(model)
        columns = [models.F(named[name]) for name in (self.number, *(one.name for one in self.others))]
        for runs in self._runs(keys):
            yield models.Q(_OfRuns(*columns, others=self.others, runs=tuple(runs)))

    def selected(self, alias: str = "") -> list[str]:
        """What a SELECT lists to read a row's key: the number first."""
        return [self._named(self.number, alias), *(one.read.format(self._named(one.name, alias)) for one in self.others)]

    def has(self, rows: Sequence[Sequence[Any]]) -> Mask:
        """Which of the keys, as `selected` reads them, are those of seeded rows. Numbers that are the whole key all are."""
        if not self.others:
            return np.ones(len(rows), dtype=bool)
        return self.holds(self.frame(rows))

    def holds(self, frame: pl.DataFrame) -> Mask:
        """The same for keys in a frame."""
        names = [self.number, *(one.name for one in self.others)]
        place = "place in the frame"
        number = pl.col(self.number).cast(pl.Int64, strict=False)  # a real row's may be larger
        found = frame.select(number, *names[1:]).with_row_index(place).join(self.rows, on=names, how="semi")
        mask = np.zeros(frame.height, dtype=bool)
        mask[found[place].to_numpy()] = True
        return mask

    def frame(self, rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
        """Keys, as `selected` reads them, as a frame. Raises TypeError for a value that is not of its column's type."""
        columns = list(zip(*rows, strict=True)) or [()] * (1 + len(self.others))
        try:
            numbers = pl.Series(self.number, columns[0], dtype=pl.Int64)
        except TypeError:
            if not all(isinstance(one, int) for one in columns[0]):
                raise
            numbers = pl.Series(self.number, columns[0], dtype=pl.Int64, strict=False)  # null: no seeded row is as large
        return pl.DataFrame([numbers, *RowKey(columns=self.others, is_number=False).frame(columns[1:]).values()])

    def read(self, table: str, numbers: KeySet) -> pl.DataFrame:
        """The whole keys of all rows that have these numbers, whoever made them, ascending by number."""
        connection, found = connections[self.using], list[Sequence[Any]]()
        with connection.cursor() as cursor:
            for piece in numbers.pieces():
                clause, values = piece.condition_on(self._named(self.number, ""))
                cursor.execute(
                    f"SELECT {', '.join(self.selected())} FROM {quoted(connection, table)} WHERE {clause}",  # noqa: S608 - quoted
                    values,
                )
                found += cursor.fetchall()
        return self.frame(found).sort(self.number)

    def of(self, rows: pl.DataFrame) -> Self:
        """The same columns with other rows, ascending by number."""
        return type(self)(using=self.using, number=self.number, others=self.others, rows=rows)

    def _runs(self, keys: KeySet) -> Iterator[list[tuple[Any, ...]]]:
        """Runs (first number, last number, other parts) of rows, as many at a time as one statement can hold."""
        names, number = [one.name for one in self.others], pl.col(self.number)
        rows = self.rows.filter(pl.Series(keys.has(self.rows[self.number].to_numpy())))
        starts = pl.any_horizontal(number.diff().fill_null(0) != 1, *(pl.col(name) != pl.col(name).shift() for name in names))
        runs = (
            rows.group_by(starts.fill_null(value=True).cum_sum().alias(RUN), maintain_order=True)
            .agg(number.first(), number.last().alias(LAST), *(pl.col(name).first() for name in names))
            .select(self.number, LAST, *names)
        )
        for part in runs.iter_slices(RUNS_PER_STATEMENT):
            if part.height:
                yield part.rows()

    def _named(self, column: str, alias: str) -> str:
        name = quoted(connections[self.using], column)
        return f"{alias}.{name}" if alias else name


def _condition(others: Sequence[KeyColumn], columns: Sequence[str], runs: Iterable[Sequence[Any]]) -> Condition:
    """True for the rows of the runs; `columns` are the number's and the other parts' names in the statement."""
    parts = [f"{one.compared.format(name)} = {one.given.format('%s')}" for one, name in zip(others, columns[1:], strict=True)]
    one, several = (" AND ".join([f"{columns[0]} {numbers}", *parts]) for numbers in ("= %s", "BETWEEN %s AND %s"))
    clause = " OR ".join(f"({one if run[0] == run[1] else several})" for run in runs)
    return f"({clause})", [value for run in runs for value in (run[1:] if run[0] == run[1] else run)]


class _OfRuns(models.Func):
    """The same in a query of a model: one expression, since Django takes long to make one of many."""

    def __init__(self, *columns: models.F, others: Sequence[KeyColumn], runs: Sequence[tuple[Any, ...]]) -> None:
        super().__init__(*columns, output_field=models.BooleanField())
        self.others = others
        self.runs = runs

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_: Any, **__: Any) -> Any:
        """Django's hook."""
        return _condition(self.others, [compiler.compile(one)[0] for one in self.get_source_expressions()], self.runs)


def identity_of(connection: BaseDatabaseWrapper, table: TableSchema) -> RowIdentity:
    """How rows of the live table are found, as yet without a row."""
    others: tuple[KeyColumn, ...] = ()
    if not table.has_row_key:
        others = tuple(one for one in row_key(connection, table).columns if one.name != table.primary_key)
    found = RowIdentity(using=connection.alias, number=table.primary_key, others=others)
    return found.of(found.frame(())) if others else found


def stored(identity: RowIdentity, keys: KeyMap) -> dict[str, Any]:
    """The other parts of the keys of its rows in the form in which the ledger stores them, in the order of the row indexes.

    Per column either `runs` of [value, how many], or `each` row's value: integers, and texts that the server turns back into
    exactly the same value.
    """
    numbers = pl.DataFrame({identity.number: keys.pairs()[1]})
    ordered = numbers.join(identity.rows, on=identity.number, maintain_order="left")
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
    return {held["number"]: keys.pairs()[1].tolist(), **columns}


def recorded(identity: RowIdentity, entries: Iterable[tuple[Any, Any]]) -> RowIdentity:
    """The identity with the rows of ledger entries, each given by its key ranges and what `stored` has made."""
    columns: dict[str, list[Any]] = {identity.number: [], **{one.name: [] for one in identity.others}}
    for ranges, held in entries:
        if held["number"] != identity.number:
            raise SchemaError(f"Rows were numbered in {held['number']}, and the server counts in {identity.number} now.")
        found = parts(held, KeyMap.of(ranges))
        for name, values in columns.items():
            values.extend(found[name])
    return identity.of(identity.frame(list(zip(*columns.values(), strict=True))).sort(identity.number))


def split(held: Mapping[str, Any], keys: KeyMap, kept: KeyMap) -> dict[str, Any]:
    """What `stored` has made of the rows `keys`, for those of them that are in `kept`."""
    found = parts(held, keys)
    inside = kept.lookup(keys.pairs()[0])[1].tolist()
    return {**held, "columns": {name: _column(list(compress(found[name], inside))) for name in held["columns"]}}


def _column(values: list[Any]) -> dict[str, list[Any]]:
    runs = [[value, len(list(alike))] for value, alike in groupby(values)]
    return {"runs": runs} if 2 * len(runs) <= len(values) else {"each": values}
