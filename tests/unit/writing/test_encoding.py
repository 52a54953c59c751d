"""Values as a database takes them."""

from __future__ import annotations

import csv as python_csv
import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import polars as pl
import pytest
from django.db import connections, models
from hypothesis import given, settings
from hypothesis import strategies as st

from seeding.example.models import Product
from seeding.writing import encoding
from seeding.writing.encoding import ahead, backslash_escapes, csv, json_text, literals, pieces, plain, settled, target
from tests.support.databases import Database
from tests.unit.writing.tables import Numbered, Sample, Tag, numbered

MOMENT = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
SPAN = datetime.fromisoformat("1965-01-01"), datetime.fromisoformat("2110-01-01")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def rows(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(name, values, strict=False) for name, values in columns.items()})


def in_column(database: Database, column: pl.Series, model: type[models.Model] = Sample) -> list[Any]:
    """What is left of a column that is made plain."""
    return plain(model, column.to_frame(), connections[database.alias])[column.name].to_list()


def test_json_becomes_text_and_null_stays_null() -> None:
    column = pl.Series("items", [[{"key": 1, "name": 'a"}'}], None, [], [{"key": 2, "name": None}]])

    assert json_text(column).to_list() == [
        '[{"key":1,"name":"a\\"}"}]',
        None,
        "[]",
        '[{"key":2,"name":null}]',
    ]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (["a", "", "é", None], ['"a"', '""', '"é"', None]),
        ([1, None], ["1", None]),
        ([True, False], ["true", "false"]),
        ([{"a": 1}, None], ['{"a":1}', None]),
        ([None, None], [None, None]),
    ],
)
def test_json_of_single_values(values: list[Any], texts: list[str | None]) -> None:
    assert json_text(pl.Series("items", values)).to_list() == texts


@settings(max_examples=25, deadline=None)
@given(values=st.lists(VALUES, min_size=1, max_size=4))
def test_json_of_any_python_values_reads_as_they_were(values: list[Any]) -> None:
    texts = json_text(pl.Series("items", values, dtype=pl.Object))

    assert texts.dtype == pl.String
    assert [text if text is None else json.loads(text) for text in texts] == values


def test_settled_rows_have_the_defaults_that_are_pythons_and_leave_the_others_to_the_database() -> None:
    data = settled(Sample, rows(id=[1, 2], text=["a", None]))

    assert data.columns == ["id", "text", "ours"]
    assert data["ours"].to_list() == ["python's"] * 2


def test_a_value_goes_before_a_default() -> None:
    assert settled(Sample, rows(id=[1], ours=["mine"]))["ours"].to_list() == ["mine"]


def test_a_default_that_differs_from_row_to_row_is_asked_for_each() -> None:
    keys = settled(Tag, pl.DataFrame({"other": [1, 2]}))["id"]

    assert keys.dtype == pl.String
    assert len({str(uuid.UUID(str(key))) for key in keys}) == 2


def test_settled_decimals_have_the_scale_of_their_column() -> None:
    data = settled(Sample, rows(money=[Decimal("1.5"), None]))

    assert data.schema["money"] == pl.Decimal(38, 2)
    assert data["money"].to_list() == [Decimal("1.50"), None]
    assert settled(Sample, rows(money=[3]))["money"].item() == Decimal("3.00")
    assert settled(Sample, rows(money=[None])).schema["money"] == pl.Null


def test_settled_json_is_text() -> None:
    assert settled(Sample, rows(items=[[1, 2], None]))["items"].to_list() == ["[1,2]", None]


def test_truth_becomes_a_number_and_a_day_a_text(shop: Database) -> None:
    assert in_column(shop, pl.Series("flag", [True, False, None])) == [1, 0, None]
    assert in_column(shop, pl.Series("day", [date(2026, 3, 2), date(999, 1, 1), None])) == ["2026-03-02", "0999-01-01", None]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_moments_are_texts_in_the_time_zone_of_the_connection(
    shop: Database, monkeypatch: pytest.MonkeyPatch, unit: Any
) -> None:
    moments = pl.Series("moment", [MOMENT, None], dtype=pl.Datetime(unit, "UTC"))
    assert in_column(shop, moments) == ["2026-07-01 12:30:00", None]

    monkeypatch.setattr(connections[shop.alias], "timezone_name", "America/Toronto")
    assert in_column(shop, moments) == ["2026-07-01 08:30:00", None]


@given(st.lists(st.none() | st.datetimes(*SPAN), max_size=5), st.sampled_from(["ms", "us"]))
def test_days_and_moments_are_written_as_python_writes_them(moments: list[datetime | None], unit: Any) -> None:
    days = [one and one.date() for one in moments]

    written = encoding.moments(pl.Series("moment", moments, dtype=pl.Datetime(unit)), "T")
    assert written.to_list() == [one and one.isoformat(timespec="seconds") for one in moments]
    assert encoding.moments(pl.Series("day", days, dtype=pl.Date)).to_list() == [one and one.isoformat() for one in days]


def test_a_moment_has_a_fraction_only_where_it_is_not_whole(shop: Database) -> None:
    moments = pl.Series("moment", [MOMENT, MOMENT + timedelta(microseconds=5), None], dtype=pl.Datetime("us", "UTC"))

    assert in_column(shop, moments) == ["2026-07-01 12:30:00", "2026-07-01 12:30:00.000005", None]


def test_a_field_with_a_conversion_of_its_own_is_asked_for_every_value(shop: Database) -> None:
    one = "0f0e0d0c-0b0a-4908-8706-050403020100"

    assert in_column(shop, pl.Series("loud", ["quiet", None])) == ["QUIET", None]
    assert in_column(shop, pl.Series("unique", [one, None])) == [one.replace("-", ""), None]  # as SQLite has them
    assert in_column(shop, pl.Series("tag_id", [one])) == [one.replace("-", "")]
    assert in_column(shop, pl.Series("wait", [timedelta(seconds=2)])) == [2_000_000]


def test_a_key_that_the_driver_takes_as_an_object_becomes_a_text(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections[shop.alias].features, "has_native_uuid_field", True)
    one = "0f0e0d0c-0b0a-4908-8706-050403020100"

    assert in_column(shop, pl.Series("unique", [one, None])) == [one, None]


def test_numbers_decimals_and_texts_stay_as_they_are(shop: Database) -> None:
    data = pl.DataFrame({"id": [1], "text": ["a"], "money": pl.Series([Decimal("1.50")], dtype=pl.Decimal(38, 2))})

    assert plain(Sample, data, connections[shop.alias]).equals(data)


def test_rows_come_in_pieces_in_their_order(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "ROWS_PER_PIECE", 2)

    made = [piece["name"].to_list() for piece in pieces(Numbered, numbered("abcde"), connections[shop.alias])]

    assert made == [["a", "b"], ["c", "d"], ["e"]]


def test_csv_quotes_texts_so_that_only_null_is_bare() -> None:
    texts = ["NULL", None, "", 'a"b', "x,y", "line\nend"]
    data = pl.DataFrame({"number": [1, 2, None, 4, 5, 6], "text": texts})

    (written,) = csv([data])

    assert written.decode().splitlines()[:3] == ['1,"NULL"', "2,NULL", 'NULL,""']
    read = list(python_csv.reader(StringIO(written.decode(), newline="")))
    assert [row[1] for row in read] == ["NULL", "NULL", "", 'a"b', "x,y", "line\nend"]


def test_every_piece_is_a_csv_of_its_own() -> None:
    data = pl.DataFrame({"number": [1, 2]})

    assert list(csv([data, data[:1]])) == [b"1\n2\n", b"1\n"]
    assert list(csv([])) == []


def test_a_backslash_is_a_character_here(shop: Database) -> None:
    assert not backslash_escapes(connections[shop.alias])


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=5))
def test_a_literal_without_escapes_reads_as_the_value(texts: list[str | None]) -> None:
    data = pl.DataFrame({"text": texts}, schema={"text": pl.String})

    written = data.select(literals(data, escapes=False))["text"].to_list()

    with sqlite3.connect(":memory:") as database:  # whose literals are those of a server without escapes
        assert list(database.execute(f"SELECT {', '.join(written)}").fetchone()) == texts
    database.close()


def test_a_literal_with_escapes_doubles_the_backslash_too() -> None:
    data = pl.DataFrame({"text": ["it's", "a\\b", "\\'", None, ""]})

    escaped = data.select(literals(data, escapes=True))["text"].to_list()

    assert escaped == ["'it''s'", r"'a\\b'", r"'\\'''", "NULL", "''"]


def test_numbers_are_bare_literals() -> None:
    data = pl.DataFrame(
        {"whole": [1, None], "money": pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(38, 2)), "none": [None, None]}
    )

    written = data.select(literals(data, escapes=False))

    assert written.rows() == [("1", "1.50", "NULL"), ("NULL", "NULL", "NULL")]


def test_items_are_made_ahead_in_order_in_another_thread() -> None:
    made: list[int] = []
    threads = set()

    def items() -> Iterator[int]:
        for number in range(9):
            threads.add(threading.current_thread())
            made.append(number)
            yield number

    coming = ahead(items())

    assert made == []
    assert list(coming) == list(range(9))
    assert threading.current_thread() not in threads
    assert list(ahead([])) == []


def test_no_more_items_are_made_ahead_than_are_wanted() -> None:
    made = threading.Semaphore(0)
    count = 0

    def items() -> Iterator[int]:
        nonlocal count
        while True:
            count += 1
            made.release()
            yield count

    coming = ahead(items())

    assert next(coming) == 1
    for _ in range(encoding.AHEAD + 1):
        assert made.acquire(timeout=5)
    assert not made.acquire(timeout=0.05)
    coming.close()  # type: ignore[attr-defined]  # a generator, declared as an iterator


def test_an_item_that_cannot_be_made_is_an_error_where_it_is_due() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    coming = ahead(items())

    assert next(coming) == 1
    with pytest.raises(ZeroDivisionError):
        next(coming)


def test_a_statement_names_the_table_and_the_columns_in_quotes(shop: Database) -> None:
    data = pl.DataFrame({"id": [1], "na me": ["x"]})

    assert target(connections[shop.alias], Product, data) == ('"shop_product"', '("id", "na me")')
