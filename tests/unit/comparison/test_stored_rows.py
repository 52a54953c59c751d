"""Whether what stands in a table is what should."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.db import connections

from seeding.comparison.rendered_rows import KEY, _dated, _text
from seeding.comparison.same_values import Precision, same
from seeding.comparison.stored_rows import StoredRows
from seeding.db.sql import counts
from seeding.example.models import Review
from seeding.keys import KeySet
from seeding.schema.introspection import all_tables
from seeding.schema.tables import ColumnSchema, Kind
from tests.support.databases import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (None, None, True),
        (None, 0, False),
        ("", None, False),
        (12.5, Decimal("12.50"), True),
        (Decimal("12.50"), 12.5, True),
        (1, True, True),
        (True, 0, False),
        (0, Decimal("-0"), True),
        (0.0, -0.0, True),
        (1, "1", False),
        (0.1, Decimal("0.10000001"), False),
        (2**62 + 1, 2**62, False),
        (NOON, NOON + timedelta(microseconds=999_999), True),
        (NOON, NOON - timedelta(seconds=1), False),
        (date(2026, 3, 2), date(2026, 3, 2), True),
        ("a", "a ", False),
        ("a", "A", False),
        ({"a": 1, "b": [1.0]}, {"b": [Decimal(1)], "a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ([0, {"a": [True]}], [0, {"a": [1]}], False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": 1}, {"a": 2}, False),
        ([1, 2], [1, 2.0], True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ([], {}, False),
    ],
)
def test_values_are_the_same_if_they_mean_the_same(one: Any, other: Any, is_same: bool) -> None:  # noqa: FBT001
    assert same(one, other) is is_same


def test_true_is_one_in_every_column_but_one_of_json() -> None:
    columns = (ColumnSchema(name="a", kind=kind, nullable=True, has_default=False) for kind in (Kind.BOOLEAN, Kind.JSON))
    boolean, json = map(Precision.of, columns)

    assert same(True, 1, boolean)
    assert not same(True, 1, json)
    assert not same(0, False, json)
    assert same(True, True, json)


SINGLE, ROUNDED, PADDED = Precision(single=True), Precision(scale=2), Precision(padded=True)


@pytest.mark.parametrize(
    ("precision", "one", "other", "is_same"),
    [
        (SINGLE, 12.3456789, 12.345679, True),
        (SINGLE, 12.3456789, 12.345682, False),  # not a neighbour
        (SINGLE, 1e300, float("inf"), True),
        (SINGLE, 1.0, float("nan"), False),
        (ROUNDED, 1.234, 1.23, True),
        (ROUNDED, 1.234, 1.24, False),
        (PADDED, "a", "a  ", True),
        (PADDED, "a", " a", False),
        (PADDED, "a\n", "a", False),
        (PADDED, "a", None, False),
    ],
)
def test_a_column_does_not_keep_more_than_its_precision(precision: Precision, one: Any, other: Any, *, is_same: bool) -> None:
    assert same(one, other, precision) is is_same


@pytest.fixture
def stored(shop: Database) -> StoredRows:
    """Three reviews of a product."""
    shop.query("INSERT INTO shop_product (id, name, price) VALUES (1, 'cup', 5)")
    for key, author in ((1, "Ann"), (2, "Ben"), (5, "Cid")):
        shop.query("INSERT INTO shop_review VALUES (%s, %s, 4, '', '2026-03-02 12:00:00', 1)", key, author)
    return StoredRows(shop.alias, Review, all_tables(connections[shop.alias])["shop_review"])


def test_rows_that_are_there_are_found(stored: StoredRows) -> None:
    assert counts(stored.found(KeySet.of([(2, 9)]))) == [2]
    assert stored.found(KeySet.of()) == []


def test_what_differs_is_named_by_row_and_column_and_a_missing_row_is_passed_over(stored: StoredRows) -> None:
    frame = pl.DataFrame(
        {KEY: [5, 1, 9, 2], "author": ["Cid", "Zoe", "Yan", "Ben"], "stars": [4, 4, 1, 5], "product_id": [1, 1, 1, 1]}
    )

    assert stored.differing(frame, ["author", "stars", "product_id"]) == {(1, "author"), (2, "stars")}
    assert stored.differing(frame, ["author"]) == {(1, "author")}


def test_without_columns_or_rows_nothing_differs(stored: StoredRows) -> None:
    frame = pl.DataFrame({KEY: [1], "author": ["Zoe"]})

    assert stored.differing(frame, []) == set()
    assert stored.differing(frame[:0], ["author"]) == set()


def test_a_value_is_written_as_a_server_writes_it() -> None:
    frame = pl.DataFrame(
        {
            "price": [12.5, None],
            "paid": [True, False],
            "stars": [4, -1],
            "at": [datetime.fromisoformat("2026-03-02T12:00:00.000012"), None],
            "on": [date(2026, 3, 2), None],
            "name": ["é", ""],
        }
    )
    scales = {"price": 2}

    frame = _dated(frame, frame.columns)
    written = frame.select(_text(frame.schema[name], name, scales.get(name)).alias(name) for name in frame.columns)

    assert written.rows() == [
        ("12.50", "1", "4", "2026-03-02 12:00:00", "2026-03-02", "é"),
        (None, "0", "-1", None, None, ""),
    ]
