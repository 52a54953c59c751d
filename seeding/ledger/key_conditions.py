"""SQL that is true for the rows with given primary keys: by runs of numbers, or by every column of the key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from seeding.db.sql import Condition
from seeding.schema.row_keys import KeyColumn

RUNS_PER_STATEMENT = 50
"""The time in which PostgreSQL plans a statement grows with the square of this number."""
RUN, LAST = "run of rows", "last number"
"""Names of columns beside those of a table, none of which is called so."""


def runs(rows: pl.DataFrame, number: str, names: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """Runs (first number, last number, other parts) of rows, as many at a time as one statement can hold."""
    counted = pl.col(number)
    starts = pl.any_horizontal(counted.diff().fill_null(0) != 1, *(pl.col(name) != pl.col(name).shift() for name in names))
    found = (
        rows.group_by(starts.fill_null(value=True).cum_sum().alias(RUN), maintain_order=True)
        .agg(counted.first(), counted.last().alias(LAST), *(pl.col(name).first() for name in names))
        .select(number, LAST, *names)
    )
    for part in found.iter_slices(RUNS_PER_STATEMENT):
        if part.height:
            yield part.rows()


def in_runs(others: Sequence[KeyColumn], runs: Sequence[Sequence[Any]], columns: Sequence[str]) -> Condition:
    """True for the rows of the runs; `columns` are the number's and the other parts' names in the statement."""
    made = [_found_by(others, run[2:], columns[1:]) for run in runs]
    numbers = [("= %s", run[:1]) if run[0] == run[1] else ("BETWEEN %s AND %s", run[:2]) for run in runs]
    parts = zip(numbers, made, strict=True)
    clause = " OR ".join(f"({columns[0]} {ranges} AND {clause})" for (ranges, _), (clause, _) in parts)
    return f"({clause})", [value for (_, bounds), (_, rest) in zip(numbers, made, strict=True) for value in (*bounds, *rest)]


def between(column: KeyColumn, first: Any, last: Any, name: str) -> Condition:
    """True for the rows with keys of one column from the first to the last, in the server's order."""
    compared, given = column.compared.format(name), column.given.format("%s")
    return f"{compared} BETWEEN {given} AND {given}", [first, last]


def among(others: Sequence[KeyColumn], rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> Condition:
    """True for the rows with these keys."""
    if len(others) == 1:
        clauses, held = [], [row[0] for row in rows]
        for compared, given in _comparisons(others[0]):
            clauses.append(f"{compared.format(columns[0])} IN ({', '.join([given.format('%s')] * len(held))})")
        return f"({' AND '.join(clauses)})", held * len(clauses)
    made = [_found_by(others, row, columns) for row in rows]
    return f"({' OR '.join(f'({clause})' for clause, _ in made)})", [value for _, values in made for value in values]


def _found_by(others: Sequence[KeyColumn], values: Sequence[Any], columns: Sequence[str]) -> Condition:
    """True where these columns hold these values."""
    clauses, held = list[str](), list[Any]()
    for one, value, name in zip(others, values, columns, strict=True):
        for compared, given in _comparisons(one):
            clauses.append(f"{compared.format(name)} = {given.format('%s')}")
            held.append(value)
    return " AND ".join(clauses), held


def _comparisons(column: KeyColumn) -> Iterator[tuple[str, str]]:
    """What must hold of a row: that the server holds its value and the given one equal, and that it is written alike."""
    yield column.compared, column.given
    if column.written:
        yield column.written, column.written


class OfRows(models.Func):
    """Such a condition, made from `columns` of a model: one expression, since Django takes long to make one of many."""

    def __init__(self, *columns: models.F, condition: Callable[[Sequence[str]], Condition]) -> None:
        super().__init__(*columns, output_field=models.BooleanField())
        self.condition = condition

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_: Any, **__: Any) -> Any:
        """Django's hook."""
        return self.condition([compiler.compile(one)[0] for one in self.get_source_expressions()])
