"""INSERT with many rows per statement: SQLite takes it as servers do whose texts know no backslash."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.db import DataError, IntegrityError, connections

from seeding.writing import multi_insert
from seeding.writing.encoding import settled
from seeding.writing.multi_insert import MultiInsertWriter, _in_brackets
from tests.support.databases import Database
from tests.unit.writing.tables import Numbered, Sample, create, numbered

ODD = ["it's", 'say "x"', "a\\b", "%s", "new\nline", "NULL", "", "漢字"]
HEAD = len('INSERT INTO "numbered" ("id", "name") VALUES ')


@pytest.fixture
def database(shop: Database) -> Database:
    create(shop, Sample, Numbered)
    return shop


def written(database: Database, data: pl.DataFrame, max_packet: int) -> list[str]:
    """The values of every statement that it takes."""
    told: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        told.extend([sql] if sql.startswith("INSERT") else [])
        return execute(sql, *rest)

    with connections[database.alias].execute_wrapper(watch):
        MultiInsertWriter(max_packet).write(database.alias, Numbered, data)
    assert all(len(statement.encode()) <= max_packet for statement in told)
    return [statement[HEAD:] for statement in told]


def test_rows_are_read_as_they_were_given(database: Database) -> None:
    data = settled(
        Sample,
        pl.DataFrame({"id": range(1, 9), "text": ODD, "money": [Decimal("1.5"), *[None] * 7], "flag": [True, False] * 4}),
    )

    MultiInsertWriter(10_000).write(database.alias, Sample, data)

    rows = Sample._base_manager.using(database.alias).order_by("pk")
    assert [row.text for row in rows] == ODD
    assert [row.money for row in rows] == [Decimal("1.50"), *[None] * 7]
    assert [row.flag for row in rows] == [True, False] * 4


def test_rows_that_fit_take_one_statement(database: Database) -> None:
    assert written(database, numbered("abc"), max_packet=1_000) == ["(1,'a'),(2,'b'),(3,'c')"]


def test_a_statement_holds_as_many_rows_as_the_server_takes(database: Database) -> None:
    two = HEAD + 2 * len("(1,'a'),")

    assert written(database, numbered("abcde"), two) == ["(1,'a'),(2,'b')", "(3,'c'),(4,'d')", "(5,'e')"]
    assert len(written(database, numbered("vwxyz", first=6), two - 1)) == 5


def test_a_statement_is_no_longer_than_is_good_for_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multi_insert, "BYTES_PER_STATEMENT", 2 * len("(1,'a'),"))

    assert written(database, numbered("abc"), 1_000) == ["(1,'a'),(2,'b')", "(3,'c')"]


def test_a_row_that_is_longer_than_that_goes_alone(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multi_insert, "BYTES_PER_STATEMENT", 10)

    assert written(database, numbered(["a", "b" * 9, "c"]), 1_000) == ["(1,'a')", "(2,'bbbbbbbbb')", "(3,'c')"]


def test_length_is_counted_in_bytes(database: Database) -> None:
    assert len(written(database, numbered(["äö", "üß"]), HEAD + len("(1,'äö'),(2,'üß'),".encode()))) == 1
    assert len(written(database, numbered(["éà", "ôî"], first=3), HEAD + len("(1,'äö'),(2,'üß'),"))) == 2


def test_a_row_that_no_statement_can_hold_is_refused_in_words(database: Database) -> None:
    with pytest.raises(DataError) as refused:
        written(database, numbered(["a", "b" * 2_000]), max_packet=1_000)

    assert str(refused.value) == "A row of 2,007 bytes is more than max_allowed_packet (1,000) allows."
    assert database.content("numbered") == []


def test_a_row_that_the_database_refuses_is_an_error(database: Database) -> None:
    with pytest.raises(IntegrityError, match="UNIQUE"):
        written(database, numbered("aa"), 1_000)


def test_a_row_stands_in_brackets_and_escaped_as_the_session_asks_for() -> None:
    data = pl.DataFrame({"id": [1, 2], "text": ["a\\b'c", None]})

    assert _in_brackets(data, escapes=True).to_list() == [r"(1,'a\\b''c')", "(2,NULL)"]
    assert _in_brackets(data, escapes=False).to_list() == [r"(1,'a\b''c')", "(2,NULL)"]
