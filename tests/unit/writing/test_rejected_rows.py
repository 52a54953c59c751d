"""How the rows that a database refuses are found among the others."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest
from django.db import DataError, IntegrityError, OperationalError, models, transaction

from seeding.writing.executemany import ExecutemanyWriter
from seeding.writing.rejected_rows import Refusal, insert
from tests.support.databases import Database
from tests.unit.writing.tables import Numbered, create, numbered


class Counting(ExecutemanyWriter):
    """Remembers how many rows it was given each time."""

    def __init__(self) -> None:
        self.heights: list[int] = []

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        self.heights.append(data.height)
        super().write(using, model, data)


class Failing(Counting):
    """Writes its rows and then fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        super().write(using, model, data)
        raise self._error


@pytest.fixture
def database(shop: Database) -> Iterator[Database]:
    create(shop, Numbered)
    with transaction.atomic(using=shop.alias):
        yield shop


def inserted(database: Database, names: str, start: int = 0) -> tuple[list[Refusal], list[int]]:
    """Rows with names of one letter: those that the database refuses, and how many rows each attempt had."""
    writer = Counting()
    refusals = insert(writer, database.alias, Numbered, numbered(names), start)
    return refusals, writer.heights


def test_rows_that_are_all_taken_are_written_at_once(database: Database) -> None:
    assert inserted(database, "abcd") == ([], [4])
    assert database.content("numbered") == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]


def test_no_rows_are_not_written(database: Database) -> None:
    assert inserted(database, "") == ([], [])


def test_a_refused_row_stands_alone_and_costs_no_other(database: Database) -> None:
    refusals, heights = inserted(database, "abcadefg")

    assert [refusal.row for refusal in refusals] == [3]
    assert isinstance(refusals[0].error, IntegrityError)
    assert [name for _, name in database.content("numbered")] == list("abcdefg")
    assert heights == [8, 4, 2, 2, 1, 1, 4]


def test_refused_rows_are_told_in_the_order_of_the_frame_from_where_it_starts(database: Database) -> None:
    refusals, _ = inserted(database, "aabbcca", start=100)

    assert [refusal.row for refusal in refusals] == [101, 103, 105, 106]
    assert database.content("numbered") == [(1, "a"), (3, "b"), (5, "c")]


def test_rows_may_all_be_refused(database: Database) -> None:
    database.query("INSERT INTO numbered VALUES (9, 'a')")

    refusals, _ = inserted(database, "aaa")

    assert [refusal.row for refusal in refusals] == [0, 1, 2]
    assert database.content("numbered") == [(9, "a")]


@pytest.mark.parametrize("error", [OperationalError(2006, "server has gone away"), ZeroDivisionError("not the row's fault")])
def test_what_is_not_the_fault_of_a_row_is_raised_at_once_and_leaves_nothing(database: Database, error: Exception) -> None:
    writer = Failing(error)

    with pytest.raises(type(error)):
        insert(writer, database.alias, Numbered, numbered("abcd"))

    assert writer.heights == [4]
    assert database.content("numbered") == []


def test_an_attempt_that_fails_late_leaves_none_of_its_rows(database: Database) -> None:
    refusals = insert(Failing(DataError("too long")), database.alias, Numbered, numbered("ab"))

    assert [refusal.row for refusal in refusals] == [0, 1]
    assert database.content("numbered") == []
