"""Rows against a table's schema, whole columns at a time, before the database sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import polars as pl

from seeding.schema.drift import FIELDLESS, differences
from seeding.schema.equality import Repeated, alike
from seeding.schema.references import Reference
from seeding.schema.results import DataResult, Difference, ValidationError, ValidationResult
from seeding.schema.rules.check_clauses import compiled
from seeding.schema.rules.column_values import column_rules, fits
from seeding.schema.tables import ColumnSchema, Kind, TableSchema

EXAMPLES = 20
"""How many rows are listed per kind of error; the rest are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that some rows break."""

    field: str
    issue: str
    expected: Any
    broken: pl.Series


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaResult(ValidationResult):
    """How a live table differs from its model; harmless differences are not errors."""

    differences: tuple[Difference, ...] = ()


class SchemaValidator:
    """Validates the table `schema`: its live shape, and batches of rows for it.

    `there` holds the live tables, by name. The live table of this schema adds what a model cannot declare: bytes, character
    sets, the range of a timestamp, the clauses of checks.
    """

    def __init__(self, schema: TableSchema, there: Mapping[str, TableSchema] | None = None) -> None:
        self._there = there or {}
        live = self._there.get(schema.name)
        self.schema = schema if live is None else _narrowed(schema, live)
        self._checks, self.unevaluated = compiled(self.schema)

    def validate_schema(
        self, missing_table_help: str = "", *, filled: Callable[[], Collection[str] | None] = lambda: None
    ) -> SchemaResult:
        """Compare the model with the live table; `filled` returns the columns that the seeder writes, None if unknown."""
        found = differences(self.schema, self._there, missing_table_help, filled=filled)
        errors = tuple(
            ValidationError(field=one.column or one.table, issue=one.issue, expected=one.expected, actual=one.actual)
            for one in found
            if not one.harmless
        )
        return SchemaResult(errors=errors, differences=tuple(found))

    def validate_columns(self, data: pl.DataFrame) -> ValidationResult:
        """What is wrong with the columns that a seeder returns, regardless of the rows: one such error rejects them all."""
        errors = [
            ValidationError(field=name, issue="unknown column", expected="a column of " + self.schema.name, actual=name)
            for name in data.columns
            if name not in self.schema.columns
        ]
        errors += [
            ValidationError(field=name, issue="missing column", expected="a value: it is required", actual="none")
            for name in sorted(self.schema.required - set(data.columns))
        ]
        for name in data.columns:
            column = self.schema.columns.get(name)
            dtype = data.schema[name]
            if column is None or dtype == pl.Null:
                continue
            kind = Kind.INTEGER if column.is_named else column.kind
            if column.is_generated:
                why = "none: the database computes it"
                errors.append(ValidationError(field=name, issue="value", expected=why, actual=str(dtype)))
            elif not fits(dtype, kind, column):
                errors.append(ValidationError(field=name, issue="wrong type", expected=kind.value, actual=str(dtype)))
            elif isinstance(dtype, pl.Datetime) and dtype.time_zone != "UTC":
                errors.append(ValidationError(field=name, issue="wrong type", expected="datetime in UTC", actual=str(dtype)))
        return ValidationResult(errors=tuple(errors))

    def validate_data(
        self,
        data: pl.DataFrame,
        findings: Sequence[Finding] = (),
        business: Sequence[ValidationError] = (),
        *,
        repeated: Repeated | None = None,
    ) -> DataResult:
        """Validate every row of `data`, whose columns have passed `validate_columns`.

        `findings` and `business` add errors found elsewhere in the same rows; an error that names no row rejects all of them.
        `repeated` asks the server which values are equal; without it, whatever some server holds equal is.
        """
        unresolved = _together((finding.field, finding.broken) for finding in findings)
        found = [
            *findings,
            *(
                finding
                for name in data.columns
                for finding in _values(self.schema.columns[name], data[name], unresolved.get(name))
            ),
            *self.check_constraints(data),
        ]
        accepted = pl.repeat(True, data.height, eager=True)
        for finding in found:
            accepted &= ~finding.broken
        if business:
            broken_rules = [error.row for error in business if error.row is not None]
            whole = len(broken_rules) < len(business)
            accepted = accepted.scatter(list(range(data.height)) if whole else broken_rules, False)
        repetitions = self.check_uniqueness(data, accepted, repeated)
        for finding in repetitions:
            accepted &= ~finding.broken
        found += repetitions
        errors = (*(error for finding in found for error in _examples(data, finding)), *business)
        reasons = _together((f"{finding.field}: {finding.issue}", finding.broken) for finding in found)
        counts = Counter({reason: int(broken.sum()) for reason, broken in reasons.items()})
        for error in business:
            counts[f"{error.field}: {error.issue}"] += 1 if error.row is not None else data.height
        return DataResult(errors=errors, accepted=accepted, counts={reason: count for reason, count in counts.items() if count})

    def check_uniqueness(self, data: pl.DataFrame, accepted: pl.Series, repeated: Repeated | None = None) -> list[Finding]:
        """Accepted rows that repeat a unique key of an earlier row in the batch; nulls never repeat.

        Only texts that are alike are compared: what the server holds equal beyond that, it rejects by itself.
        """
        if not accepted.all():
            keys = {*chain(*self.schema.unique)} & {*data.columns}
            data = data.select(pl.when(accepted).then(pl.col(name)) for name in sorted(keys))
        findings = []
        for key in self.schema.unique:
            if not set(key) <= set(data.columns) or any(data.schema[name] == pl.Object for name in key):
                continue
            columns = pl.DataFrame([alike(data[name]) for name in key])
            groups, present = columns.to_struct("key"), columns.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
            broken = present & ~groups.is_first_distinct()
            if repeated is not None and broken.any():
                rows = (present & groups.is_duplicated()).arg_true()
                again = repeated(data.select(key)[rows], groups.gather(rows))
                broken = pl.repeat(False, data.height, eager=True).scatter(rows.filter(again), True)
            if broken.any():
                findings.append(
                    Finding(field="|".join(key), issue="repeated", expected="unique within the batch", broken=broken)
                )
        return findings

    def check_foreign_keys(self, unresolved: Mapping[Reference, pl.Series]) -> list[Finding]:
        """Rows with dangling references, declared as keys or not, as found by resolving the references."""
        return [
            Finding(field=str(one), issue="reference to nothing", expected=f"a row of {one.target_table}", broken=broken)
            for one, broken in unresolved.items()
        ]

    def check_constraints(self, data: pl.DataFrame) -> list[Finding]:
        """Rows that break a CHECK of the live table.

        A clause over columns that are not generated is left to the database, and so is one that means what the server's
        collations, modes and arithmetic make of it.
        """
        findings = []
        for check, clause, columns in self._checks:
            if columns <= set(data.columns):
                try:
                    kept = data.select(clause.alias("kept"))["kept"].cast(pl.Boolean).fill_null(value=True)
                except pl.exceptions.PolarsError:  # it compares, say, a date with a text
                    continue
                findings.append(
                    Finding(field="|".join(sorted(columns)), issue=f"breaks {check.name}", expected=check.clause, broken=~kept)
                )
        return [finding for finding in findings if finding.broken.any()]


def _narrowed(schema: TableSchema, live: TableSchema) -> TableSchema:
    """The model's schema with what only the live table defines."""

    def narrowed(column: ColumnSchema) -> ColumnSchema:
        there = live.columns.get(column.name)
        if there is None or column.is_converted:
            return column
        text = replace(column, octets=there.octets, character_octets=there.character_octets, character_set=there.character_set)
        if column.kind is Kind.FLOAT:
            return replace(column, scale=there.scale, is_single=there.is_single)
        if column.kind in (Kind.TIME, Kind.DURATION):
            return replace(column, scale=there.scale)
        if column.kind is Kind.BINARY:
            return replace(column, octets=there.octets, is_padded=there.is_padded)
        if there.type_name in FIELDLESS and column.kind is Kind.INTEGER:
            return replace(text, low=there.low, high=there.high)
        return replace(text, low=there.low, high=there.high) if column.kind in (Kind.DATE, Kind.DATETIME) else text

    known = {check.name for check in schema.checks}
    return replace(
        schema,
        columns={name: narrowed(column) for name, column in schema.columns.items()},
        checks=tuple(check for check in live.checks if check.name in known) or schema.checks,
    )


def _together(named: Iterable[tuple[str, pl.Series]]) -> dict[str, pl.Series]:
    """Name → the rows marked in any of its pairs."""
    rows: dict[str, pl.Series] = {}
    for name, broken in named:
        rows[name] = rows[name] | broken if name in rows else broken
    return rows


def _examples(data: pl.DataFrame, finding: Finding) -> Iterator[ValidationError]:
    columns = [name for name in finding.field.split("|") if name in data.columns]
    for row in finding.broken.arg_true().head(EXAMPLES):
        actual = [data[name][row] for name in columns]
        yield ValidationError(
            field=finding.field,
            issue=finding.issue,
            expected=finding.expected,
            actual=actual[0] if len(actual) == 1 else actual,
            row=row,
        )


def _values(column: ColumnSchema, values: pl.Series, unresolved: pl.Series | None) -> Iterator[Finding]:
    """The rules that values of the column break."""
    for issue, expected, broken in column_rules(column, values):
        if not broken.any():
            continue
        rows = broken.fill_null(value=False)
        if unresolved is not None:  # a dangling reference is null by now, and already reported
            rows &= ~unresolved
        if rows.any():
            yield Finding(field=column.name, issue=issue, expected=expected, broken=rows)
