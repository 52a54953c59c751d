"""Cells of a file as values: what is taken for what, and what is refused without being quoted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.db import models

from seeding.example.models import Order, Product, Review
from seeding.schema.references import ReferencingJSONField
from seeding.schema.results import ValidationError
from seeding.sources.cell_values import REQUIRED_TEXT, TEXT, Cells, Faults, Record, integer, reader_of
from seeding.sources.delimited_rows import Unquoted

PRICE = models.DecimalField(max_digits=8, decimal_places=2)
WHOLE = models.IntegerField()
YES = models.BooleanField()
WEIGHT = models.FloatField()
WHEN = models.DateTimeField()
DAY = models.DateField()
WORDS = models.TextField()
ANYTHING = models.JSONField()
LINES = ReferencingJSONField(targets={"product": "shop.Product"})


def cells(*records: Record, index: list[int] | None = None) -> tuple[Cells, Faults]:
    faults: Faults = {}
    return Cells(records, np.array(index or range(len(records)), dtype=np.int64), faults), faults


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        (WHOLE, " 12 ", 12),
        (WHOLE, "12.0", 12),
        (WHOLE, 12, 12),
        (WHOLE, "-9223372036854775808", -(2**63)),
        (WHOLE, "9223372036854775807", 2**63 - 1),
        (PRICE, " 1.5 ", Decimal("1.50")),
        (PRICE, 2, Decimal("2.00")),
        (PRICE, "1e3", Decimal("1000.00")),
        (YES, "T", True),
        (YES, " yes ", True),
        (YES, 1, True),
        (YES, True, True),
        (YES, "N", False),
        (YES, "False", False),
        (WEIGHT, "1.5e3", 1500.0),
        (WHEN, "2026-01-31 12:00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        (WHEN, "2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        (WHEN, "2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        (DAY, "2026-01-31", date(2026, 1, 31)),
        (DAY, "2026-01-31 00:00:00", date(2026, 1, 31)),
        (DAY, " 2026-01-31T00:00:00.000Z ", date(2026, 1, 31)),
        (WHEN, "2026-01-31 12:00:00.1234560", datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)),
        (PRICE, Decimal("12345678901234567.89"), Decimal("12345678901234567.89")),
        (WEIGHT, Decimal("1.5"), 1.5),
        (WORDS, Decimal("1.50"), "1.50"),
        (ANYTHING, [{"a": Decimal("0.1")}], [{"a": 0.1}]),
        (WORDS, " as it is ", " as it is "),
        (WORDS, 5, "5"),
        (ANYTHING, '{"a": [1]}', {"a": [1]}),
        (ANYTHING, {"a": [1]}, {"a": [1]}),
        (LINES, '[{"product": 1}]', [{"product": 1}]),
        (LINES, '{"product": 1}', {"product": 1}),
        (LINES, [], []),
    ],
)
def test_a_cell_is_read_as_its_column_has_it(field: models.Field[Any, Any], cell: Any, value: Any) -> None:
    read = reader_of(field).read(cell)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        (WHOLE, "12.5"),
        (WHOLE, "9223372036854775808"),
        (WHOLE, "nan"),
        (WHOLE, "inf"),
        (WHOLE, "twelve"),
        (PRICE, "1.005"),
        (PRICE, "nan"),
        (PRICE, "-inf"),
        (PRICE, "1e36"),
        (YES, "perhaps"),
        (YES, "2"),
        (WEIGHT, "heavy"),
        (WHOLE, "1e99999999"),
        (WHOLE, "1,234"),
        (WHOLE, "1_234"),
        (WHOLE, "1 234"),
        (WHOLE, "\u0661"),
        (PRICE, "1.234,5"),
        (PRICE, "1'234.5"),
        (PRICE, "1_234.5"),
        (WEIGHT, "1_234.5"),
        (WEIGHT, "1,5"),
        (WEIGHT, "nan"),
        (WEIGHT, "inf"),
        (WEIGHT, "1e999"),
        (WHEN, "2026-01-31 12:00:00.1234567"),
        (DAY, "2026-01-31 12:00:00"),
        (DAY, "2026-01-31T23:00:00Z"),
        (DAY, "2026-01-31T00:00:00+02:00"),
        (DAY, "2026-01-31 00:00:00.0000001"),
        (DAY, "2026-01-311"),
        (ANYTHING, "[12345678901234567.89]"),
        (ANYTHING, "NaN"),
        (ANYTHING, [Decimal("0.1000000000000000000001")]),
        (ANYTHING, ["\ud800"]),
        (LINES, '[{"product": 1, "price": 12345678901234567.89}]'),
        (WHEN, "31.01.2026"),
        (DAY, "2026-02-30"),
        (WORDS, ["a"]),
        (WORDS, {"a": 1}),
        (WORDS, b"\xe9".decode(errors="surrogateescape")),
        (ANYTHING, "{"),
        (LINES, "[1]"),
        (LINES, "1"),
    ],
)
def test_a_cell_that_cannot_be_read_is_null_and_a_fault_that_does_not_quote_it(
    field: models.Field[Any, Any], cell: Any
) -> None:
    reader = reader_of(field)
    table, faults = cells({"column": cell}, index=[7])

    values = table.column("column", reader)

    assert values.to_list() == [None]
    assert faults == {7: [ValidationError(field="column", issue="unreadable", expected=reader.expected, actual="?")]}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (WHOLE, "a whole number"),
        (PRICE, "a number"),
        (YES, "true or false"),
        (WEIGHT, "a number"),
        (WHEN, "a moment like 2026-01-31 12:00:00"),
        (DAY, "a date like 2026-01-31"),
        (WORDS, "text"),
        (ANYTHING, "JSON"),
        (LINES, "a JSON object or a list of them"),
    ],
)
def test_a_fault_says_what_the_column_takes(field: models.Field[Any, Any], expected: str) -> None:
    assert reader_of(field).expected == expected


def test_a_reference_is_read_as_the_key_that_it_holds() -> None:
    field: Any = Review._meta.get_field("product")

    assert reader_of(field).expected == "a whole number"


@pytest.mark.parametrize(
    ("field", "dtype"),
    [
        (Product._meta.get_field("name"), pl.String),
        (Product._meta.get_field("price"), pl.Decimal(38, 2)),
        (Product._meta.get_field("stars"), pl.Float64),
        (Order._meta.get_field("ordered_at"), pl.Datetime("us", "UTC")),
        (Order._meta.get_field("customer"), pl.Int64),
    ],
)
def test_a_column_has_the_type_of_its_field_even_if_it_is_empty(field: Any, dtype: Any) -> None:
    table, _ = cells({"column": None})

    assert table.column("column", reader_of(field)).dtype == dtype


@pytest.mark.parametrize(
    ("field", "blank"), [(WORDS, ""), (models.TextField(null=True), None), (WHOLE, None), (models.CharField(max_length=5), "")]
)
def test_an_empty_cell_is_null_unless_the_column_takes_texts_alone(field: models.Field[Any, Any], blank: str | None) -> None:
    table, faults = cells({"column": Unquoted.EMPTY}, {"column": None}, {})

    assert table.column("column", reader_of(field)).to_list() == [blank, None, None]
    assert faults == {}


@pytest.mark.parametrize(
    ("field", "value"), [(WORDS, ""), (models.TextField(null=True), ""), (WHOLE, None), (DAY, None), (ANYTHING, None)]
)
def test_an_empty_text_is_a_text_and_null_where_none_is_taken(field: models.Field[Any, Any], value: str | None) -> None:
    table, faults = cells({"column": ""})

    assert table.column("column", reader_of(field)).to_list() == [value]
    assert faults == {}


def test_a_record_that_is_none_is_a_fault_of_its_row_and_null_in_each_column() -> None:
    table, faults = cells({"column": "1"}, "a JSON object", index=[3, 4])

    assert table.column("column", TEXT).to_list() == ["1", None]
    assert table.column("other", REQUIRED_TEXT).to_list() == [None, None]
    assert faults == {4: [ValidationError(field="row", issue="unreadable", expected="a JSON object", actual="?")]}


def test_the_faults_of_a_row_are_listed_in_the_order_in_which_they_are_found() -> None:
    table, faults = cells({"a": "x", "b": "y"})

    table.column("b", reader_of(WHOLE))
    table.column("a", reader_of(YES))

    assert [error.field for error in faults[0]] == ["b", "a"]


def test_lists_of_objects_keep_what_is_in_them() -> None:
    table, _ = cells({"lines": '[{"product": 1, "note": "a"}]'}, {"lines": None}, {"lines": "[]"})

    assert table.column("lines", reader_of(LINES)).to_list() == [[{"product": 1, "note": "a"}], None, []]


def test_a_decimal_may_have_as_many_digits_as_a_column_can() -> None:
    nines = "9" * 36 + ".99"
    table, faults = cells({"a": nines}, {"a": f"-{nines}"}, {"a": f"{nines}9"}, {"a": "1" * 30})

    assert table.column("a", reader_of(PRICE)).to_list() == [Decimal(nines), Decimal(f"-{nines}"), None, Decimal("1" * 30)]
    assert list(faults) == [2]


@pytest.mark.parametrize(("cell", "number"), [(True, 1), (5, 5), ("-0", 0), ("1E2", 100)])
def test_a_whole_number_may_be_written_in_many_ways(cell: Any, number: int) -> None:
    assert integer(cell) == number
