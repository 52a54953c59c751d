"""The driver's own way into SQLite."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.db import IntegrityError, connections

from seeding.writing import encoding
from seeding.writing.encoding import settled
from seeding.writing.executemany import ExecutemanyWriter
from tests.support.databases import Database
from tests.unit.writing.tables import Numbered, Sample, create, numbered


@pytest.fixture
def database(shop: Database) -> Database:
    create(shop, Sample, Numbered)
    return shop


def test_rows_are_read_by_django_as_they_were_given(database: Database) -> None:
    values = {
        "id": 5,
        "text": "NULL'\n%s\\",
        "money": Decimal("1234567890123.45"),
        "flag": True,
        "day": date(2026, 3, 2),
        "moment": datetime(2026, 3, 2, 12, 30, 0, 5, tzinfo=UTC),
        "items": [{"key": 1}],
    }
    data = settled(Sample, pl.DataFrame({name: [value] for name, value in values.items()}))

    ExecutemanyWriter().write(database.alias, Sample, data)

    row = Sample._base_manager.using(database.alias).get()
    assert {name: getattr(row, name) for name in values} == values
    assert (row.ours, row.theirs, row.unique) == ("python's", 7, None)


def test_every_piece_is_written(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "ROWS_PER_PIECE", 2)

    ExecutemanyWriter().write(database.alias, Numbered, numbered("abcde", first=10))

    assert database.content("numbered") == [(10, "a"), (11, "b"), (12, "c"), (13, "d"), (14, "e")]


def test_one_statement_serves_all_rows(database: Database) -> None:
    told: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        told.append(sql)
        return execute(sql, *rest)

    with connections[database.alias].execute_wrapper(watch):
        ExecutemanyWriter().write(database.alias, Numbered, numbered("abc"))

    assert told == ['INSERT INTO "numbered" ("id", "name") VALUES (%s, %s)']


def test_a_row_that_is_refused_is_an_error(database: Database) -> None:
    with pytest.raises(IntegrityError, match="UNIQUE"):
        ExecutemanyWriter().write(database.alias, Numbered, numbered("aa"))
