"""Ranges of keys that are free: on SQLite, and what MySQL's and PostgreSQL's ways decide before the server is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connections

from seeding.exceptions import InsertionError, SchemaError
from seeding.schema.key_counters import KeyCounter
from seeding.writing.key_allocation import (
    ATTEMPTS,
    DRAWS,
    HEADROOM,
    KeyAllocator,
    MariaDBSequenceAllocator,
    MySQLKeyAllocator,
    PostgreSQLKeyAllocator,
    SharedMySQLKeyAllocator,
    SQLiteKeyAllocator,
    key_allocator,
)
from tests.support.databases import Database
from tests.unit.locks.fakes import Session
from tests.unit.writing.tables import Numbered, Small, create

LAST = 2**31 - 1


@pytest.fixture
def database(shop: Database) -> Database:
    create(shop, Numbered, Small)
    return shop


def with_key(database: Database, key: int) -> None:
    database.query("INSERT INTO numbered VALUES (%s, %s)", key, f"real {key}")


@pytest.mark.parametrize(
    ("vendor", "kind"),
    [
        ("mysql", MySQLKeyAllocator),
        ("postgresql", PostgreSQLKeyAllocator),
        ("sqlite", SQLiteKeyAllocator),
        ("oracle", SQLiteKeyAllocator),
    ],
)
def test_every_kind_of_server_has_its_way(
    shop: Database, monkeypatch: pytest.MonkeyPatch, vendor: str, kind: type[KeyAllocator]
) -> None:
    monkeypatch.setattr(connections[shop.alias], "vendor", vendor)

    assert type(key_allocator(shop.alias)) is kind


def test_on_sqlite_the_range_begins_after_the_highest_key(database: Database) -> None:
    allocator = SQLiteKeyAllocator(database.alias)
    assert allocator.reserve(Numbered, 5, []) == 1

    with_key(database, 41)
    assert allocator.reserve(Numbered, 5, []) == 42


def test_on_sqlite_a_key_that_came_in_between_is_seen(database: Database) -> None:
    allocator = SQLiteKeyAllocator(database.alias)
    with_key(database, 41)

    assert allocator.still_free(Numbered, 42, 50)
    assert not allocator.still_free(Numbered, 41, 50)


def test_the_last_key_of_a_column_is_left_to_the_application(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = {"SmallAutoField": (-32768, 32767), "AutoField": (-(2**31), LAST)}  # SQLite's have none
    monkeypatch.setattr(connections[database.alias].ops, "integer_field_range", lambda kind: ends[kind])
    allocator = SQLiteKeyAllocator(database.alias)

    assert allocator.reserve(Small, 32_766, []) == 1
    with pytest.raises(SchemaError) as refused:
        allocator.reserve(Small, 32_767, [])

    assert str(refused.value) == (
        "small would need keys up to 32,768, and the model's SmallAutoField ends at 32,767: declare a wider one, or seed fewer "
        "rows."
    )
    assert allocator.reserve(Numbered, 32_768, []) == 1


def test_the_end_of_the_real_column_counts_too(database: Database) -> None:
    allocator = SQLiteKeyAllocator(database.alias, KeyCounter(step=5), 127)

    assert allocator.reserve(Numbered, 122, []) == 1
    with pytest.raises(
        SchemaError, match="keys up to 128, and its key column ends at 127: give it, and the columns that refer"
    ):
        allocator.reserve(Numbered, 123, [])


@pytest.mark.parametrize("kind", [MySQLKeyAllocator, PostgreSQLKeyAllocator])
def test_elsewhere_the_headroom_counts_against_the_end_of_the_column(
    database: Database, monkeypatch: pytest.MonkeyPatch, kind: Callable[[str], KeyAllocator]
) -> None:
    monkeypatch.setattr(connections[database.alias].ops, "integer_field_range", lambda _: (0, LAST))
    with_key(database, LAST - HEADROOM - 1)

    with pytest.raises(SchemaError, match=r"numbered would need keys up to 2,147,483,648, and the model's AutoField ends at"):
        kind(database.alias).reserve(Numbered, 1, [])


def test_mysql_leaves_headroom_to_the_application_and_no_row(database: Database) -> None:
    with_key(database, 41)

    first = MySQLKeyAllocator(database.alias).reserve(Numbered, 5, [Numbered(name="sample")])

    assert first == 41 + HEADROOM + 1
    assert database.content("numbered") == [(41, "real 41")]
    assert MySQLKeyAllocator(database.alias).still_free(Numbered, 1, 50)


def pushed(database: Database, *samples: Numbered) -> list[Any]:
    """The rows that the database has taken to reserve 5 keys of MySQL's."""
    taken: list[Any] = []

    def watch(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
        result = execute(sql, parameters, *rest)
        taken.extend([parameters] if sql.startswith("INSERT") else [])
        return result

    with connections[database.alias].execute_wrapper(watch):
        MySQLKeyAllocator(database.alias).reserve(Numbered, 5, iter(samples))
    return taken


def test_where_several_nodes_count_the_sample_is_committed_and_leaves_no_row(database: Database) -> None:
    with_key(database, 41)
    allocator = SharedMySQLKeyAllocator(database.alias)
    statements: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connections[database.alias].execute_wrapper(watch):
        first = allocator.reserve(Numbered, 5, [Numbered(name="sample")])

    assert first == 41 + HEADROOM + 1
    assert [one.split()[0] for one in statements if not one.startswith("SELECT")] == ["BEGIN", "INSERT", "DELETE"]
    assert database.content("numbered") == [(41, "real 41")]


def test_there_a_key_that_another_node_has_used_is_found_within_the_range_alone(database: Database) -> None:
    with_key(database, 41)
    allocator = SharedMySQLKeyAllocator(database.alias)

    assert [allocator.still_free(Numbered, *bounds) for bounds in ((30, 40), (40, 41), (41, 60), (42, 60))] == [
        True, False, False, True,
    ]  # fmt: skip


def test_there_only_the_row_that_was_inserted_is_deleted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    database.query("CREATE TABLE twins (id INTEGER, name TEXT)")
    database.query("INSERT INTO twins VALUES (%s, 'of another tenant')", HEADROOM + 5)
    monkeypatch.setattr(Numbered._meta, "db_table", "twins")

    with pytest.raises(InsertionError, match="twins: the row that reserves keys is not the only one under its key"):
        SharedMySQLKeyAllocator(database.alias)._push_counter([Numbered(name="sample")], HEADROOM + 5)

    assert database.query("SELECT * FROM twins") == [(HEADROOM + 5, "of another tenant")]


def test_mysql_inserts_one_sample_at_the_end_of_the_range(database: Database) -> None:
    assert pushed(database, Numbered(name="a"), Numbered(name="b")) == [(HEADROOM + 5, "a")]


def test_mysql_passes_over_a_sample_that_is_refused(database: Database) -> None:
    with_key(database, 1)

    assert pushed(database, Numbered(name="real 1"), Numbered(name="b")) == [(1 + HEADROOM + 5, "b")]


def test_mysql_reserves_nothing_where_every_sample_is_refused_and_tells_the_range(database: Database) -> None:
    with_key(database, 1)

    assert MySQLKeyAllocator(database.alias).reserve(Numbered, 5, [Numbered(name="real 1")]) == 1 + HEADROOM + 1
    assert pushed(database) == []


def test_mysql_does_not_pass_over_a_sample_for_another_reason(database: Database) -> None:
    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT"):
            raise OperationalError(2013, "Lost connection")
        return execute(sql, *rest)

    with connections[database.alias].execute_wrapper(watch), pytest.raises(OperationalError, match="Lost connection"):
        MySQLKeyAllocator(database.alias).reserve(Numbered, 5, [Numbered(name="a"), Numbered(name="b")])


def racing(database: Database, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The application inserts into the range just before it is reserved, so many times."""
    push = MySQLKeyAllocator._push_counter

    def race(self: MySQLKeyAllocator, samples: list[Any], key: int) -> None:
        nonlocal times
        if times:
            times -= 1
            with_key(database, key - 2)
        push(self, samples, key)

    monkeypatch.setattr(MySQLKeyAllocator, "_push_counter", race)


def test_mysql_tries_again_above_a_row_that_came_in_between(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    racing(database, monkeypatch, times=ATTEMPTS - 1)

    inserted = pushed(database, Numbered(name="sample"))

    samples = [key for key, name in inserted if name == "sample"]
    assert samples == [attempt * (HEADROOM + 3) + HEADROOM + 5 for attempt in range(ATTEMPTS)]  # a row is third of its range


def test_mysql_gives_up_where_rows_come_in_between_every_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    racing(database, monkeypatch, times=ATTEMPTS)

    with pytest.raises(InsertionError) as refused:
        MySQLKeyAllocator(database.alias).reserve(Numbered, 5, [Numbered(name="sample")])

    assert str(refused.value) == "No range of 5 free keys could be reserved in numbered."


def test_postgresql_without_a_sequence_begins_above_the_headroom(database: Database) -> None:
    with_key(database, 41)

    assert PostgreSQLKeyAllocator(database.alias).reserve(Numbered, 5, []) == 41 + HEADROOM + 1
    assert PostgreSQLKeyAllocator(database.alias).still_free(Numbered, 1, 50)


def test_postgresql_reserves_the_end_of_what_the_sequence_was_moved_to(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session([(HEADROOM + 25, HEADROOM + 25)])
    monkeypatch.setattr(connections[database.alias], "cursor", session.cursor)

    allocator = PostgreSQLKeyAllocator(database.alias, KeyCounter(sequence="17", step=40, cached=3, end=9_999))

    assert allocator.reserve(Numbered, 20, []) == HEADROOM + 6
    assert [parameters for _, parameters in session.told] == [
        {"sequence": "17", "wanted": 40 * 3 * DRAWS + 20 + 39, "step": 40, "end": 9_999, "beside": 0}
    ]


def test_mariadb_tries_again_where_the_application_has_overtaken_the_sequence(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_key(database, 41)
    allocator = MariaDBSequenceAllocator(database.alias, KeyCounter(sequence="s"))
    asked: list[str] = []
    answers: list[int | None] = [1, None, 5_000, 6_005]

    def ask(_: MariaDBSequenceAllocator, query: str) -> int | None:
        asked.append(query)
        return answers.pop(0)

    monkeypatch.setattr(MariaDBSequenceAllocator, "_ask", ask)

    assert allocator.reserve(Numbered, 5, []) == 6_001
    assert asked == ["SELECT NEXTVAL(s)", "SELECT SETVAL(s, 1046)", "SELECT NEXTVAL(s)", "SELECT SETVAL(s, 6005)"]

    answers[:] = [1, None] * ATTEMPTS
    with pytest.raises(InsertionError, match="No range of 5 free keys could be reserved in numbered"):
        allocator.reserve(Numbered, 5, [])
