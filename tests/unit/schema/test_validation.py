from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeding.example.models import Product
from seeding.schema.references import Reference
from seeding.schema.results import ValidationError
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, Kind, TableSchema
from seeding.schema.validation import EXAMPLES, Finding, SchemaValidator


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
    TableSchema(name="things", columns={one.name: one for one in COLUMNS}, key=("id",), unique=(("code",),))
)
GOOD: dict[str, Any] = {"code": "A", "state": "OPEN", "age": 1, "price": Decimal("1.00"), "weight": 1.0}


def checking_all(columns: Sequence[ColumnSchema], clause: str) -> SchemaValidator:
    named = {one.name: one for one in columns}
    check = Check(name="checked", clause=clause)
    return SchemaValidator(TableSchema(name="things", columns=named, key=("id",), unique=(), checks=(check,)))


def checking(tested: ColumnSchema, clause: str) -> SchemaValidator:
    """A validator of a table with one column besides its key, and one check."""
    columns = {one.name: one for one in (COLUMNS[0], tested)}
    check = Check(name="checked", clause=clause)
    return SchemaValidator(TableSchema(name="things", columns=columns, key=("id",), unique=(), checks=(check,)))


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
        "`kind` in ('per_unit','it_is_flat')",  # the collation may ignore letter case
        "kind = 'A'",
        "kind > kind",
        "x / 2 = 1",
        "-x < 3",
        "x < x < 3",
        "(x > 1) = (x > 2)",
        "not(x > 1)",
        "x NOT IN (1, 2)",
        "x > 1.5",
        "x > 1e3",
        "x > abs(3)",
        "abs(x) > 3",
        "t.x > 3",
        "x > 3 XOR x > 4",
        "x > 1 || x > 2",
        "x > gone",
        "x > price",
        "price > price",
        "'x > 3'",
        "x > 99999999999999999999",
    ],
)
def test_what_a_server_may_read_otherwise_is_left_to_it(clause: str) -> None:
    columns = (column("kind", Kind.TEXT), column("x", Kind.INTEGER), column("price", Kind.DECIMAL))

    assert checking_all(columns, clause).unevaluated == ("checked",)


@pytest.mark.parametrize(
    "clause",
    [
        "((`x` >= 1) and (`x` <= 5))",
        "((x >= 1) AND (x <= 5))",
        "x BETWEEN 1 AND 5 OR x IS NULL",
        '"x" IN (1, 5, -3)',
        "(price > (0)::numeric)",
        "x <= x",
    ],
)
def test_comparisons_of_numbers_are_evaluated_here(clause: str) -> None:
    columns = (column("x", Kind.INTEGER), column("price", Kind.DECIMAL))

    assert checking_all(columns, clause).unevaluated == ()


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


@settings(max_examples=30, deadline=None)
@given(bad=st.lists(st.booleans(), min_size=1, max_size=80))
def test_exactly_the_bad_rows_are_left_out_and_few_are_named(bad: list[bool]) -> None:
    result = VALIDATOR.validate_data(frame(*({"age": 999 if one else 1} for one in bad)))

    assert result.accepted.to_list() == [not one for one in bad]
    assert len(result.errors) == min(sum(bad), EXAMPLES)


def errors(validator: SchemaValidator, data: pl.DataFrame, **more: Any) -> list[tuple[str, int | None]]:
    return [(str(error), error.row) for error in validator.validate_data(data, **more).errors]


def of(*columns: ColumnSchema, unique: tuple[tuple[str, ...], ...] = (), **live: ColumnSchema) -> SchemaValidator:
    """A validator of a table of those columns; `live` are columns as the database has them, where they differ."""
    schema = TableSchema(name="things", columns={one.name: one for one in columns}, key=("id",), unique=unique)
    return SchemaValidator(schema, {"things": replace(schema, columns={**schema.columns, **live})} if live else None)


@pytest.mark.parametrize(
    ("tested", "right", "wrong", "words"),
    [
        (column("x", Kind.TEXT, length=3), "äöü", "abcd", "x: too long (expected at most 3 characters, actual abcd)"),
        (column("x", Kind.TEXT, octets=4), "äö", "äöü", "x: too long (expected at most 4 bytes, actual äöü)"),
        (
            column("x", Kind.TEXT, values=("new", "old")),
            "old",
            "older",
            "x: unknown value (expected new, old, actual older)",
        ),
        (
            column("x", Kind.TEXT, character_octets=1),
            "\x7f",
            "é",
            "x: character that does not fit (expected characters of at most 1 bytes, actual é)",
        ),
        (
            column("x", Kind.TEXT, character_octets=3),
            "\uffff",
            "😀",
            "x: character that does not fit (expected characters of at most 3 bytes, actual 😀)",
        ),
        (
            replace(column("x", Kind.TEXT), character_set="latin1"),
            "é€\x81\xa0",
            "Ł",
            "x: character that does not fit (expected characters of latin1, actual Ł)",
        ),
        (
            replace(column("x", Kind.TEXT, octets=4), character_set="latin1"),
            "äöüß",
            "abcde",
            "x: too long (expected at most 4 bytes, actual abcde)",
        ),
        (column("x", Kind.INTEGER, low=-5, high=9), -5, -6, "x: out of range (expected -5 to 9, actual -6)"),
        (column("x", Kind.INTEGER, low=-5, high=9), 9, 10, "x: out of range (expected -5 to 9, actual 10)"),
        (
            column("x", Kind.DATE, low=date(1000, 1, 1), high=date(9999, 12, 31)),
            date(1000, 1, 1),
            date(999, 12, 31),
            "x: out of range (expected 1000-01-01 to 9999-12-31, actual 0999-12-31)",
        ),
        (column("x", Kind.FLOAT), -1e300, float("inf"), "x: not a number (expected a finite number, actual inf)"),
        (column("x", Kind.TEXT), "", None, "x: null (expected a value, actual None)"),
    ],
)
def test_the_last_value_that_is_right_and_the_first_that_is_not(
    tested: ColumnSchema, right: object, wrong: object, words: str
) -> None:
    assert errors(of(tested), pl.DataFrame({"x": [right, wrong]})) == [(words, 1)]


def test_the_limits_of_a_column_may_be_wider_than_the_numbers() -> None:
    validator = of(column("x", Kind.INTEGER, low=0, high=2**64 - 1))

    assert errors(validator, pl.DataFrame({"x": [-1, 127]}, schema={"x": pl.Int8})) == [
        ("x: out of range (expected 0 to 18446744073709551615, actual -1)", 0)
    ]


def test_decimals_beyond_the_last_may_be_zeros() -> None:
    validator = of(column("x", Kind.DECIMAL, scale=2, low=Decimal("-9.99"), high=Decimal("9.99")))
    data = pl.DataFrame({"x": [Decimal("1.500"), Decimal("1.505"), Decimal("-9.990")]}, schema={"x": pl.Decimal(10, 3)})

    assert errors(validator, data) == [("x: too many decimals (expected at most 2, actual 1.505)", 1)]


def test_a_column_of_nulls_has_no_type_and_no_other_error() -> None:
    data = pl.DataFrame({"x": [None, None]})

    assert errors(of(column("x", Kind.TEXT, length=3, nullable=True)), data) == []
    assert errors(of(column("x", Kind.TEXT, length=3)), data) == [
        ("x: null (expected a value, actual None)", row) for row in (0, 1)
    ]
    assert of(column("x", Kind.TEXT)).validate_columns(data).valid


# What only the live table tells


def test_the_live_table_adds_bytes_and_character_sets_and_the_span_of_moments() -> None:
    moment, text, number = (
        column("at", Kind.DATETIME),
        column("x", Kind.TEXT, length=9),
        column("n", Kind.INTEGER, low=0, high=9),
    )
    low, high = datetime(1970, 1, 1, tzinfo=UTC), datetime(2038, 1, 19, tzinfo=UTC)

    narrowed = of(
        moment,
        text,
        number,
        at=replace(moment, low=low, high=high),
        x=replace(text, length=2, octets=8, character_octets=3),
        n=replace(number, high=5),
    ).schema.columns

    assert narrowed == {
        "at": replace(moment, low=low, high=high),
        "x": replace(text, octets=8, character_octets=3),  # that the rest differs is for the comparison to say
        "n": number,
    }


def test_the_clauses_of_the_models_checks_are_the_live_tables() -> None:
    model = TableSchema(
        name="things",
        columns={"x": column("x", Kind.INTEGER), "gone": column("gone", Kind.TEXT)},
        key=("id",),
        unique=(),
        checks=(Check(name="positive", clause=""),),
    )
    live = replace(
        model,
        columns={"x": column("x", Kind.INTEGER)},
        checks=(Check(name="positive", clause='"x" > 0'), Check(name="other", clause='"x" > 5')),
    )

    validator = SchemaValidator(model, {"things": live})

    assert validator.schema.checks == (Check(name="positive", clause='"x" > 0'),)
    assert validator.schema.columns == model.columns
    assert errors(validator, pl.DataFrame({"x": [3, 0]})) == [('x: breaks positive (expected "x" > 0, actual 0)', 1)]
    assert SchemaValidator(model, {"things": replace(live, checks=())}).schema.checks == model.checks
    assert SchemaValidator(model, {"elsewhere": live}).schema == model


def test_what_is_harmless_is_a_difference_and_no_error() -> None:
    schema = TableSchema(name="things", columns={"x": column("x", Kind.TEXT, length=9)}, key=("id",), unique=())
    live = replace(
        schema,
        columns={"x": column("x", Kind.TEXT, length=10)},
        checks=(Check(name="other", clause="x > 5"),),
        foreign_keys=(ForeignKey(column="x", table="things", key="id"),),
    )

    result = SchemaValidator(schema, {"things": live}).validate_schema()

    assert [str(error) for error in result.errors] == [
        "things: unknown check (expected none of that name, actual other: x > 5)"
    ]
    assert [one.issue for one in result.differences] == ["unknown check", "longer", "new foreign key"]
    assert not result.valid


def test_a_missing_table_is_said_with_the_help_for_it() -> None:
    result = VALIDATOR.validate_schema("Make it.")

    assert [str(one) for one in result.differences] == ["The table things is missing. Make it."]
    assert [str(error) for error in result.errors] == ["things: missing table (expected a table, actual none)"]


# Checks


def test_a_check_of_several_columns_names_them_all_and_a_null_keeps_it() -> None:
    columns = [column(name, Kind.INTEGER, nullable=True) for name in ("high", "low")]
    schema = TableSchema(
        name="things",
        columns={one.name: one for one in columns},
        key=("id",),
        unique=(),
        checks=(Check(name="ordered", clause="low <= high"),),
    )

    found = errors(SchemaValidator(schema), pl.DataFrame({"low": [1, 5, None], "high": [2, 3, 3]}))

    assert found == [("high|low: breaks ordered (expected low <= high, actual [3, 5])", 1)]
    assert errors(SchemaValidator(schema), pl.DataFrame({"low": [1]})) == []  # the other is not generated


def test_a_check_that_cannot_be_read_is_named() -> None:
    assert checking(column("x", Kind.TEXT), "x REGEXP BINARY '^a'").unevaluated == ("checked",)
    assert checking(column("x", Kind.INTEGER), "(`x` between 1 and 5)").unevaluated == ()
    assert checking(column("x", Kind.TEXT), "").unevaluated == ()  # only its name is known


# Unique keys


def test_a_unique_key_of_several_columns_repeats_as_a_whole_and_nulls_never_do() -> None:
    columns = (column("a", Kind.TEXT, nullable=True), column("b", Kind.INTEGER, nullable=True))
    data = pl.DataFrame({"a": ["x", "X", "x", None, None, "y"], "b": [1, 1, 2, 1, 1, None]})

    assert errors(of(*columns, unique=(("a", "b"),)), data) == [
        ("a|b: repeated (expected unique within the batch, actual ['X', 1])", 1)
    ]
    assert errors(of(*columns, unique=(("a", "c"),)), data) == []  # a column that is not generated


def test_every_row_after_the_first_of_its_key_repeats_it() -> None:
    result = of(column("a", Kind.INTEGER), unique=(("a",),)).validate_data(pl.DataFrame({"a": [4, 4, 5, 4]}))

    assert result.accepted.to_list() == [True, False, True, False]
    assert result.counts == {"a: repeated": 2}


# What others have found


def test_a_reference_to_nothing_is_told_once() -> None:
    reference = Reference(column="product_id", target=Product)
    tested = of(column("product_id", Kind.INTEGER))
    findings = tested.check_foreign_keys({reference: pl.Series([False, True, False])})

    result = tested.validate_data(pl.DataFrame({"product_id": [4, None, None]}), findings)

    assert result.counts == {"product_id: reference to nothing": 1, "product_id: null": 1}
    assert [(str(error), error.row) for error in result.errors] == [
        ("product_id: reference to nothing (expected a row of shop_product, actual None)", 1),
        ("product_id: null (expected a value, actual None)", 2),
    ]


def test_references_of_one_column_to_several_tables_are_counted_together() -> None:
    tested = of(column("subject", Kind.INTEGER))
    targets = [Reference(column="subject", target=Product, when=("kind", kind)) for kind in ("A", "B")]
    broken = ([True, False, False, False], [False, True, True, False])
    findings = tested.check_foreign_keys(dict(zip(targets, map(pl.Series, broken), strict=True)))

    result = tested.validate_data(pl.DataFrame({"subject": [None, None, None, 4]}), findings)

    assert result.accepted.to_list() == [False, False, False, True]
    assert result.counts == {"subject: reference to nothing": 3}


def test_a_row_that_is_too_long_in_two_ways_is_one_row() -> None:
    tested = of(column("x", Kind.TEXT, length=3, octets=4))

    result = tested.validate_data(pl.DataFrame({"x": ["abc", "abcd", "abcde", "äöü"]}))

    assert result.counts == {"x: too long": 3}


def test_a_finding_of_no_column_has_no_value() -> None:
    refused = Finding(field="row", issue="deadlock", expected="a row that fits", broken=pl.Series([True]))

    assert errors(of(column("x", Kind.TEXT)), pl.DataFrame({"x": ["a"]}), findings=[refused]) == [
        ("row: deadlock (expected a row that fits, actual [])", 0)
    ]


def test_of_many_errors_some_are_named_and_all_are_counted() -> None:
    result = of(column("x", Kind.TEXT)).validate_data(pl.DataFrame({"x": [None] * 25}, schema={"x": pl.String}))

    assert [error.row for error in result.errors] == list(range(20))
    assert result.counts == {"x: null": 25}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"code": ["A"], "colour": ["red"]}, "colour: unknown column (expected a column of things, actual colour)"),
        ({"age": [1]}, "code: missing column (expected a value: it is required, actual none)"),
        ({"code": [1]}, "code: wrong type (expected text, actual Int64)"),
        (
            {"code": ["A"], "at": [datetime(2026, 1, 1)]},  # noqa: DTZ001
            "at: wrong type (expected datetime in UTC, actual Datetime(time_unit='us', time_zone=None))",
        ),
    ],
)
def test_a_wrong_column_is_told_in_words(data: dict[str, Any], words: str) -> None:
    assert [str(error) for error in VALIDATOR.validate_columns(pl.DataFrame(data)).errors] == [words]
