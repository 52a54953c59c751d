"""Django's own two ways to insert."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.db import IntegrityError, connections, models

from seeding.writing import orm
from seeding.writing.encoding import settled
from seeding.writing.orm import BulkCreateWriter, CreateWriter, _is_djangos, instances
from seeding.writing.rejected_rows import Writer
from tests.support.databases import Database
from tests.unit.writing.tables import Numbered, Sample, create, numbered

BOTH = pytest.mark.parametrize("writer", [CreateWriter(), BulkCreateWriter()], ids=["create", "bulk_create"])


@pytest.fixture
def database(shop: Database) -> Database:
    create(shop, Sample, Numbered)
    return shop


def statements(database: Database, writer: Writer, data: pl.DataFrame) -> int:
    """How many INSERT statements it takes."""
    told: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        told.extend([sql] if sql.startswith("INSERT") else [])
        return execute(sql, *rest)

    with connections[database.alias].execute_wrapper(watch):
        writer.write(database.alias, Numbered, data)
    return len(told)


@BOTH
def test_rows_are_read_as_they_were_given(database: Database, writer: Writer) -> None:
    values = {
        "id": 5,
        "text": "NULL'\n%s\\",
        "money": Decimal("12.30"),
        "flag": False,
        "day": date(2026, 3, 2),
        "moment": datetime(2026, 3, 2, 12, 30, tzinfo=UTC),
        "items": [{"key": 1, "name": "ë"}],
    }
    data = settled(Sample, pl.DataFrame({name: [value] for name, value in values.items()}))

    writer.write(database.alias, Sample, data)

    row = Sample._base_manager.using(database.alias).get()
    assert {name: getattr(row, name) for name in values} == values
    assert (row.ours, row.theirs) == ("python's", 7)


@BOTH
def test_json_is_encoded_once_and_null_is_the_databases(database: Database, writer: Writer) -> None:
    data = settled(Sample, pl.DataFrame({"id": [1, 2], "items": [["a"], None]}))

    writer.write(database.alias, Sample, data)

    stored = [items for (items,) in database.query("SELECT items FROM sample ORDER BY id")]
    assert json.loads(stored[0]) == ["a"]
    assert stored[1] is None


@BOTH
def test_a_key_that_is_there_is_refused_and_not_overwritten(database: Database, writer: Writer) -> None:
    writer.write(database.alias, Numbered, numbered("a"))

    with pytest.raises(IntegrityError, match="UNIQUE"):
        writer.write(database.alias, Numbered, numbered("b"))

    assert database.content("numbered") == [(1, "a")]


def test_create_takes_a_statement_for_every_row(database: Database) -> None:
    assert statements(database, CreateWriter(), numbered("abc")) == 3


def test_bulk_create_takes_a_statement_for_so_many_rows_or_bytes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"n{number}" for number in range(7)]
    monkeypatch.setattr(orm, "ROWS_PER_STATEMENT", 3)
    assert statements(database, BulkCreateWriter(), numbered(names)) == 3

    data = numbered(names, first=8).with_columns(name=pl.format("m{}", "id"))
    monkeypatch.setattr(orm, "BYTES_PER_STATEMENT", 2.5 * data.estimated_size() / data.height)
    assert statements(database, BulkCreateWriter(), data) == 4

    monkeypatch.setattr(orm, "BYTES_PER_STATEMENT", 1)  # less than a row has
    assert statements(database, BulkCreateWriter(), numbered("xyz", first=15)) == 3


def test_an_instance_has_the_values_of_its_row_and_the_databases_defaults() -> None:
    data = pl.DataFrame({"id": [1, 2], "text": ["a", None], "tag_id": [None, "t"], "ours": ["x", "y"]})

    first, second = (vars(instance) for instance in instances(Sample, data))

    assert [[one[name] for name in data.columns] for one in (first, second)] == [[1, "a", None, "x"], [2, None, "t", "y"]]
    assert isinstance(first["theirs"], orm.Default)
    assert first["theirs"] is second["theirs"]


def test_a_value_goes_before_the_databases_default() -> None:
    (row,) = instances(Sample, pl.DataFrame({"id": [1], "theirs": [3]}))

    assert isinstance(row, Sample)
    assert row.theirs == 3


@pytest.mark.parametrize("name", ["get_placeholder", "get_placeholder_sql"])
def test_a_field_that_writes_sql_around_its_values_is_left_to_django(shop: Database, name: str) -> None:
    kind = type("Around", (models.CharField,), {})
    setattr(kind, name, lambda *_: "UPPER(%s)")
    column = pl.Series("name", ["a"])

    assert _is_djangos(kind(), column, connections[shop.alias])
    assert not _is_djangos(models.CharField(), column, connections[shop.alias])
