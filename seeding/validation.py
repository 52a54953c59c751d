"""Rows against a table's schema, whole columns at a time, before the database sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from seeding.results import ValidationError, ValidationResult
from seeding.schema import ColumnSchema, Kind, TableSchema

EXAMPLES = 20
"""How many rows of each kind of error are named; the rest are counted."""

DTYPES: dict[Kind, tuple[Any, ...]] = {
    Kind.BOOLEAN: (pl.Boolean,),
    Kind.INTEGER: (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
    Kind.DECIMAL: (pl.Decimal, pl.Int64, pl.Int32),
    Kind.FLOAT: (pl.Float64, pl.Float32),
    Kind.TEXT: (pl.String,),
    Kind.DATE: (pl.Date,),
    Kind.DATETIME: (pl.Datetime,),
    Kind.JSON: (pl.List, pl.Struct, pl.Object, pl.String),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataResult(ValidationResult):
    """What is wrong with a batch: at most EXAMPLES errors per column and issue, and which rows may be inserted."""

    accepted: pl.Series
    """One boolean per row of the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that some rows break."""

    field: str
    issue: str
    expected: Any
    broken: pl.Series


class SchemaValidator:
    """Validates the table `schema`: its live shape, and batches of rows for it."""

    def __init__(self, schema: TableSchema) -> None:
        self.schema = schema

    def validate_schema(self, live: frozenset[str] | None) -> ValidationResult:
        """The model against the columns of the live table (None: there is no such table)."""
        if live is None:
            missing = ValidationError(field=self.schema.name, issue="missing table", expected="a table", actual="none")
            return ValidationResult(errors=(missing,))
        return ValidationResult(
            errors=tuple(
                ValidationError(field=name, issue="missing column", expected=column.kind.value, actual="none")
                for name, column in self.schema.columns.items()
                if name not in live
            )
        )

    def validate_columns(self, data: pl.DataFrame) -> ValidationResult:
        """What is wrong with the columns themselves, whatever the rows: one such error refuses the whole batch."""
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
            if not isinstance(dtype, DTYPES[column.kind]):
                errors.append(ValidationError(field=name, issue="wrong type", expected=column.kind.value, actual=str(dtype)))
            elif isinstance(dtype, pl.Datetime) and dtype.time_zone != "UTC":
                errors.append(ValidationError(field=name, issue="wrong type", expected="datetime in UTC", actual=str(dtype)))
        return ValidationResult(errors=tuple(errors))

    def validate_data(
        self, data: pl.DataFrame, findings: Sequence[Finding] = (), business: Sequence[ValidationError] = ()
    ) -> DataResult:
        """Every row of `data`, whose columns `validate_columns` has passed.

        `findings` and `business` add what others found about the same rows.
        """
        found = [
            *findings,
            *(
                finding
                for name in data.columns
                for finding in _values(self.schema.columns[name], data[name])
                if finding.broken.any()
            ),
            *self.check_uniqueness(data),
        ]
        accepted = pl.repeat(True, data.height, eager=True)
        for finding in found:
            accepted &= ~finding.broken
        broken_rules = [error.row for error in business if error.row is not None]
        accepted = accepted.scatter(broken_rules, False) if broken_rules else accepted
        errors = (*(error for finding in found for error in _examples(data, finding)), *business)
        return DataResult(errors=errors, accepted=accepted)

    def check_uniqueness(self, data: pl.DataFrame) -> list[Finding]:
        """Rows that repeat a unique key of an earlier row of the batch, case folded; nulls never repeat."""
        findings = []
        for key in self.schema.unique:
            if not set(key) <= set(data.columns):
                continue
            columns = data.select(
                pl.col(name).str.to_lowercase() if data.schema[name] == pl.String else pl.col(name) for name in key
            )
            broken = ~columns.to_struct("key").is_first_distinct()
            for name in key:
                broken &= columns[name].is_not_null()
            if broken.any():
                findings.append(
                    Finding(field="|".join(key), issue="repeated", expected="unique within the batch", broken=broken)
                )
        return findings


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


def _values(column: ColumnSchema, values: pl.Series) -> Iterator[Finding]:
    def finding(issue: str, expected: Any, broken: pl.Series) -> Finding:
        return Finding(field=column.name, issue=issue, expected=expected, broken=broken.fill_null(False))

    if not column.nullable:
        yield finding("null", "a value", values.is_null())
    if values.dtype == pl.Null:
        return
    if column.kind is Kind.TEXT:
        if column.length is not None:
            yield finding("too long", f"at most {column.length} characters", values.str.len_chars() > column.length)
        if column.values:
            yield finding("unknown value", ", ".join(column.values), ~values.is_in(column.values))
        yield finding("NUL byte", "text without NUL", values.str.contains("\0", literal=True))
    elif column.low is not None and column.high is not None:
        # Wide enough for any column's limits: those of a SQLite integer do not fit into an Int32.
        numbers = values.cast(pl.Int128) if values.dtype.is_integer() else values
        outside = (numbers < column.low) | (numbers > column.high)
        yield finding("out of range", f"{column.low} to {column.high}", outside)
        if isinstance(values.dtype, pl.Decimal) and values.dtype.scale > (column.scale or 0):
            yield finding("too many decimals", f"at most {column.scale}", values.round(column.scale or 0) != values)
    elif column.kind is Kind.FLOAT:
        yield finding("not a number", "a finite number", ~values.is_finite())
