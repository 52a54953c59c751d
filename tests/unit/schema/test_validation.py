from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeding.schema.results import ValidationError
from seeding.schema.tables import Check, ColumnSchema, Kind, TableSchema
from seeding.schema.validation import EXAMPLES, SchemaValidator


def column(name: str, kind: Kind, **values: Any) -> ColumnSchema:
    return ColumnSchema(name=name, kind=kind, **{"nullable": False, "has_default": False, **values})


COLUMNS = (
    column("id", Kind.INTEGER),
    column("code", Kind.TEXT, length=5),
    column("state", Kind.TEXT, values=("OPEN", "DONE"), has_default=True),
    column("age", Kind.INTEGER, low=-128, high=127, nullable=True),
    column("price", Kind.DECIMAL, scale=2, low=Decimal("-9.99"), high=Decimal("9.99"), nullable=True),
    column("weight", Kind.FLOAT, nullable=True),
    column("at", Kind.DATETIME, nullable=True),
)
VALIDATOR = SchemaValidator(
    TableSchema(name="things", columns={one.name: one for one in COLUMNS}, primary_key="id", unique=(("code",),))
)
GOOD: dict[str, Any] = {"code": "A", "state": "OPEN", "age": 1, "price": Decimal("1.00"), "weight": 1.0}


def checking(tested: ColumnSchema, clause: str) -> SchemaValidator:
    """A validator of a table with one column besides its key, and one check."""
    columns = {one.name: one for one in (COLUMNS[0], tested)}
    check = Check(name="checked", clause=clause)
    return SchemaValidator(TableSchema(name="things", columns=columns, primary_key="id", unique=(), checks=(check,)))


def frame(*changes: dict[str, Any]) -> pl.DataFrame:
    rows = [{**GOOD, "code": f"A{number}", **change} for number, change in enumerate(changes)]
    return pl.DataFrame(rows, schema_overrides={"price": pl.Decimal(10, 3), "age": pl.Int64})


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"code": None}, "null"),
        ({"code": "ABCDEF"}, "too long"),
        ({"code": "A\0"}, "NUL byte"),
        ({"state": "GONE"}, "unknown value"),
        ({"age": 128}, "out of range"),
        ({"price": Decimal("10.00")}, "out of range"),
        ({"price": Decimal("1.005")}, "too many decimals"),
        ({"weight": float("nan")}, "not a number"),
        ({"code": "a0"}, "repeated"),
    ],
)
def test_one_bad_row_is_one_row_left_out(change: dict[str, Any], issue: str) -> None:
    result = VALIDATOR.validate_data(frame({}, change, {}))

    assert result.accepted.to_list() == [True, False, True]
    assert [(error.issue, error.row) for error in result.errors] == [(issue, 1)]
    assert not result.valid


def test_good_rows_pass() -> None:
    result = VALIDATOR.validate_data(frame({}, {"age": None, "price": None}))

    assert result.valid
    assert result.accepted.to_list() == [True, True]


def test_a_row_repeats_no_row_that_is_left_out_itself() -> None:
    result = VALIDATOR.validate_data(frame({"code": "X", "age": 999}, {"code": "X"}, {"code": "x"}))

    assert result.accepted.to_list() == [False, True, False]
    assert result.counts == {"age: out of range": 1, "code: repeated": 1}


@pytest.mark.parametrize(
    "clause",
    [
        "\"kind\" IN ('per_unit', 'it_is_flat')",  # as SQLite, MariaDB and MySQL write it
        "`kind` in ('per_unit','it_is_flat')",
        r"(`kind` in (_utf8mb4\'per_unit\',_latin1\'it_is_flat\'))",
    ],
)
def test_texts_of_a_check_keep_their_underscores(clause: str) -> None:
    validator = checking(column("kind", Kind.TEXT), clause)

    result = validator.validate_data(pl.DataFrame({"kind": ["per_unit", "per", "it_is_flat"]}))

    assert result.accepted.to_list() == [True, False, True]


@pytest.mark.parametrize("clause", ["due >= '2000-01-01'", "due IN ('2020-01-01', '2020-01-02')"])
def test_a_check_that_only_the_database_can_evaluate_is_left_to_it(clause: str) -> None:
    validator = checking(column("due", Kind.DATE), clause)

    assert validator.validate_data(pl.DataFrame({"due": [date(2020, 1, 1)]})).valid


@pytest.mark.parametrize(
    ("data", "issue"),
    [
        ({"code": ["A"], "colour": ["red"]}, "unknown column"),
        ({"age": [1]}, "missing column"),
        ({"code": [1]}, "wrong type"),
        ({"code": ["A"], "price": [1.005]}, "wrong type"),
        ({"code": ["A"], "at": [datetime(2026, 1, 1)]}, "wrong type"),  # noqa: DTZ001
    ],
)
def test_a_wrong_column_refuses_the_batch(data: dict[str, Any], issue: str) -> None:
    assert [error.issue for error in VALIDATOR.validate_columns(pl.DataFrame(data)).errors] == [issue]


def test_utc_datetimes_are_right() -> None:
    assert VALIDATOR.validate_columns(pl.DataFrame({"code": ["A"], "at": [datetime(2026, 1, 1, tzinfo=UTC)]})).valid


def test_business_rules_count() -> None:
    rule = ValidationError(field="age", issue="too young", expected=18, actual=1, row=1)

    result = VALIDATOR.validate_data(frame({}, {}), business=[rule])

    assert result.accepted.to_list() == [True, False]
    assert result.errors == (rule,)


def test_a_business_rule_without_a_row_refuses_all() -> None:
    rule = ValidationError(field="age", issue="too few of them", expected=18, actual=2)

    result = VALIDATOR.validate_data(frame({}, {}), business=[rule])

    assert result.accepted.to_list() == [False, False]
    assert result.counts == {"age: too few of them": 2}


@given(bad=st.lists(st.booleans(), min_size=1, max_size=80))
def test_exactly_the_bad_rows_are_left_out_and_few_are_named(bad: list[bool]) -> None:
    result = VALIDATOR.validate_data(frame(*({"age": 999 if one else 1} for one in bad)))

    assert result.accepted.to_list() == [not one for one in bad]
    assert len(result.errors) == min(sum(bad), EXAMPLES)
