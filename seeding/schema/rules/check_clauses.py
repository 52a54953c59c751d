"""Which CHECKs mean the same here as on any server, and those as expressions; all others are the server's to evaluate."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from seeding.schema.tables import Check, ColumnSchema, Kind, TableSchema

NAME, NUMBER = r"[`\"]?([^\W\d]\w*)[`\"]?", r"-?\d{1,15}"
COMPARISON = re.compile(
    rf"{NAME}\s+IS\s+(?:NOT\s+)?NULL\b"
    rf"|{NAME}\s+BETWEEN\s+{NUMBER}\s+AND\s+{NUMBER}\b"
    rf"|{NAME}\s+IN\s*\(\s*{NUMBER}(?:\s*,\s*{NUMBER})*\s*\)"
    rf"|{NAME}\s*(?:<=|>=|<>|!=|=|<|>)\s*(?:{NUMBER}\b(?!\.)|{NAME})",
    re.IGNORECASE,
)
"""A comparison that may mean the same here and on every server: of a column with whole numbers or with a column."""
TYPED_NUMBER = re.compile(r"\((-?\d+)\)::(?:numeric|bigint|integer|smallint)\b")
"""How PostgreSQL writes a whole number that it compares with another type."""
JOINED = re.compile(r"(?:[()\s?]|\bAND\b|\bOR\b)*", re.IGNORECASE)
"""What may stand between the comparisons, each of which is a question mark."""
OPERAND = re.compile(r"\?[\s)]*\?|\(\s*\)")
"""Comparisons side by side, or a call without arguments."""


def compiled(schema: TableSchema) -> tuple[list[tuple[Check, pl.Expr, set[str]]], tuple[str, ...]]:
    """The checks as expressions, with the columns they use; and the names of those that only the server can evaluate."""
    evaluated, unevaluated = [], []
    for check in schema.checks:
        if not check.clause:
            continue
        plain = TYPED_NUMBER.sub(r"\1", check.clause.replace("`", '"'))
        try:
            clause = pl.sql_expr(plain) if _means_the_same(plain, schema.columns) else None
        except pl.exceptions.PolarsError:
            clause = None
        if clause is None:
            unevaluated.append(check.name)
        else:
            evaluated.append((check, clause, set(clause.meta.root_names())))
    return evaluated, tuple(unevaluated)


def _means_the_same(clause: str, columns: Mapping[str, ColumnSchema]) -> bool:
    """Whether the clause is made of comparisons of whole numbers, of decimals and doubles with whole numbers, and of days."""
    rest = COMPARISON.sub("?", clause)
    if "?" in clause or not JOINED.fullmatch(rest) or OPERAND.search(rest):
        return False
    for found in COMPARISON.finditer(clause):
        kinds = [_kind(columns.get(name)) for name in found.groups() if name]
        alike = kinds in ([Kind.INTEGER], [Kind.DECIMAL], [Kind.FLOAT], [Kind.INTEGER] * 2, [Kind.DATE] * 2)
        if not alike and not (kinds == [Kind.DATE] and found[0].upper().endswith("NULL")):
            return False
    return True


def _kind(column: ColumnSchema | None) -> Kind:
    """That of the values that a rule sees; OTHER where the column stores others than are written."""
    if column is None or column.is_single or column.is_converted or (column.kind is Kind.FLOAT and column.scale is not None):
        return Kind.OTHER
    return column.kind
