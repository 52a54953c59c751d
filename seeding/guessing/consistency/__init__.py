"""Columns of one row that tell of each other: the guess for one is made from the guess for the other.

Every rule takes the row's expressions and yields (column, expression) pairs, better ones, each of which is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from seeding.guessing.consistency.amounts import amounts
from seeding.guessing.consistency.dates import dates
from seeding.guessing.consistency.row import Row
from seeding.guessing.consistency.texts import texts
from seeding.schema.tables import ColumnSchema

RULES = (texts, amounts, dates)


def consistent(
    columns: Mapping[str, ColumnSchema],
    expressions: Mapping[str, str],
    members: Mapping[str, Mapping[str | int, str]],
    takes: Callable[[str, str], bool],
    *,
    keep: Collection[str],
    empty: Collection[str],
) -> dict[str, str]:
    """The expressions, with those of columns that others of the row tell of; with columns of `empty` that they tell of.

    `members` are the choices of columns and their labels. `takes` says whether an expression suits a column; those of `keep`
    stay as they are.
    """
    row = Row(columns=columns, expressions=dict(expressions), members=members, keep=frozenset(keep), empty=frozenset(empty))
    for rule in RULES:
        for name, expression in rule(row):
            if takes(name, expression):
                row.expressions[name] = expression
    return row.expressions
