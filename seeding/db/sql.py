"""Pieces of statements that take parameters, rows as they are stored, and what asks for many figures at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Count, Model, QuerySet, Value
from django.db.models.expressions import Combinable

Condition = tuple[str, list[Any]]
"""SQL with its parameters."""
Figures = tuple[QuerySet[Any], Sequence[Combinable]]
"""Rows, and the aggregates that are asked of them."""
PLACE = "seeding_place"
"""What no column is called."""
PARTS = 100
"""SQLite joins at most 500 by UNION."""


def quoted(connection: BaseDatabaseWrapper, name: str) -> str:
    """The quoted name of a table or column, with percent signs escaped: for statements that take parameters."""
    return quoted_plainly(connection, name).replace("%", "%%")


def quoted_plainly(connection: BaseDatabaseWrapper, name: str) -> str:
    """The quoted name of a table or column, for statements without parameters. A name in quotes stays as it is.

    Other than Django's, it doubles quotes within the name: tables that the project does not know may have any name.
    """
    name_in_quotes = connection.ops.quote_name(name)
    if name_in_quotes == name:
        return name
    return name_in_quotes[0] + name.replace(name_in_quotes[0], 2 * name_in_quotes[0]) + name_in_quotes[-1]


def every_row(model: type[Model], using: str) -> QuerySet[Model]:
    """The rows of the model's table: no manager hides any, not even one that `Meta.base_manager_name` names."""
    return QuerySet(model, using=using)


def count_rows(connection: BaseDatabaseWrapper, table: str) -> int:
    """How many rows a table holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {quoted_plainly(connection, table)}")  # noqa: S608 - the name is quoted
        return int(cursor.fetchone()[0])


def counts(rows: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each of the querysets has, in one statement."""
    return [count for (count,) in aggregates([(one, [Count("*")]) for one in rows])]


def aggregates(figures: Sequence[Figures]) -> list[tuple[Any, ...]]:
    """The aggregates of each of the querysets, in as few statements as possible.

    All are of one database and have equally many aggregates, whose types agree place by place.
    """
    found: dict[int, tuple[Any, ...]] = {}
    for start in range(0, len(figures), PARTS):
        parts = [_numbered(place, *one) for place, one in enumerate(figures[start : start + PARTS], start)]
        for place, *values in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
            found[place] = tuple(values)
    return [found[place] for place in range(len(figures))]


def _numbered(place: int, rows: QuerySet[Any], values: Sequence[Combinable]) -> QuerySet[Any, Any]:
    named = {f"seeding_figure_{number}": one for number, one in enumerate(values)}
    rows = rows.order_by().annotate(**{PLACE: Value(place, BigIntegerField())})
    numbered: QuerySet[Any, Any] = rows.values(PLACE).annotate(**named).values_list(PLACE, *named)
    return numbered
