"""Columns of many rows at once."""

from __future__ import annotations

import bisect
import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from django.db import connections

from seeding.schema.row_keys import number
from seeding.writing import updates
from seeding.writing.updates import update_rows
from tests.support.databases import Database

ODD = 'O\'Brien \\ "Söhne" %s\n--'
BEFORE = [(1, "a", 1), (2, "b", 2), (3, "c", 3), (4, "d", 4), (9, "e", 5)]


@pytest.fixture
def database(shop: Database) -> Database:
    """A table with a column `stamp`, which a server might set by itself."""
    shop.query("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, number INTEGER, stamp INTEGER DEFAULT 0)")
    for row in BEFORE:
        shop.query("INSERT INTO things (id, name, number) VALUES (%s, %s, %s)", *row)
    return shop


def things(database: Database) -> list[tuple[Any, ...]]:
    return database.query("SELECT id, name, number FROM things ORDER BY id")


@pytest.fixture(params=["sqlite", "mysql"])
def by(request: pytest.FixtureRequest, database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of an update, as SQLite gets them and as MySQL does: ELT and INTERVAL are what its manual says."""
    connection = connections[database.alias]
    connection.ensure_connection()
    monkeypatch.setattr(connection, "vendor", request.param)
    connection.connection.create_function("ELT", -1, lambda place, *values: values[place - 1])
    connection.connection.create_function("INTERVAL", -1, lambda key, *keys: bisect.bisect_right(keys, key))
    told: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        told.extend([sql] if sql.startswith("UPDATE") else [])
        return execute(sql, *rest)

    connection.execute_wrappers.append(watch)
    return told


def test_each_row_gets_its_own_values_and_no_other_changes(database: Database, by: list[str]) -> None:
    data = pl.DataFrame({"name": ["last", None, ODD], "id": [9, 1, 3], "number": [-5, 10, None]})

    update_rows(database.alias, "things", number("id"), data)

    assert things(database) == [(1, None, 10), (2, "b", 2), (3, ODD, None), (4, "d", 4), (9, "last", -5)]
    assert len(by) == 1


def test_what_is_not_to_be_touched_is_set_to_what_it_is(database: Database, by: list[str]) -> None:
    update_rows(database.alias, "things", number("id"), pl.DataFrame({"id": [1], "name": ["x"]}), ["stamp"])

    (statement,) = by
    assert '"stamp" = "stamp"' in statement
    assert database.query("SELECT name, stamp FROM things WHERE id = 1") == [("x", 0)]


def test_many_rows_take_several_statements(database: Database, by: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    data = pl.DataFrame({"id": [1, 2, 3, 4, 9], "name": list("vwxyz")})
    monkeypatch.setattr(updates, "BYTES_PER_STATEMENT", data.estimated_size() // 2)

    update_rows(database.alias, "things", number("id"), data)

    assert [name for _, name, _ in things(database)] == list("vwxyz")
    assert len(by) == 3  # of two rows, two rows and one


def test_a_row_that_is_larger_than_a_statement_goes_alone(
    database: Database, by: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "BYTES_PER_STATEMENT", 1)

    update_rows(database.alias, "things", number("id"), pl.DataFrame({"id": [2, 1], "name": ["y", "x"]}))

    assert [name for _, name, _ in things(database)][:2] == ["x", "y"]
    assert len(by) == 2


def test_nothing_is_done_for_no_rows_and_for_no_columns(database: Database, by: list[str]) -> None:
    update_rows(database.alias, "things", number("id"), pl.DataFrame({"id": [], "name": []}))
    update_rows(database.alias, "things", number("id"), pl.DataFrame({"id": [1, 2]}))

    assert by == []
    assert things(database) == BEFORE


@pytest.mark.parametrize("by", ["mysql"], indirect=True)
def test_the_rows_are_named_by_ranges_of_their_keys_and_the_values_by_place(database: Database, by: list[str]) -> None:
    update_rows(database.alias, "things", number("id"), pl.DataFrame({"id": [9, 1, 2], "name": ["z", "x", "y"]}))

    (statement,) = by
    assert statement == (
        "UPDATE \"things\" SET \"name\" = ELT(INTERVAL(\"id\",1,2,9),'x','y','z') "
        'WHERE "id" BETWEEN 1 AND 2 OR "id" BETWEEN 9 AND 9'
    )


def test_postgresql_reads_the_rows_from_one_document(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections[database.alias], "vendor", "postgresql")
    told: list[tuple[str, list[str]]] = []

    with connections[database.alias].execute_wrapper(lambda _execute, sql, parameters, *_: told.append((sql, parameters))):
        update_rows(database.alias, "things", number("id"), pl.DataFrame({"id": [9, 1], "name": ["z", None]}))

    ((statement, (document,)),) = told
    assert statement == (
        'UPDATE "things" t SET "name" = s."name" FROM json_to_recordset(%s) AS s("id" bigint, "name" text) '
        'WHERE t."id" = s."id"'
    )
    assert json.loads(document) == [{"id": 9, "name": "z"}, {"id": 1, "name": None}]
