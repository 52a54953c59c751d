"""Behind a pooler of transactions, what another client has set for its session does not count for a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import IntegrityError, connections

from seeding.db import sessions
from tests.support.databases import Database


@pytest.fixture
def database(make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database whose alias makes its settings in every transaction."""
    made: Database = make_database("postgresql")
    monkeypatch.setattr(sessions, "_pooled", {})
    sessions.pool(made.alias)
    return made


@pytest.fixture
def role(database: Database) -> Iterator[str]:
    """A role that another client has taken."""
    name = f"role_of_{database.alias}"
    leak(database, f"CREATE ROLE {name}")
    yield name
    for statement in ("RESET ROLE", f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}"):
        leak(database, statement)


def leak(database: Database, statement: str) -> None:
    """Set something for the session, as another client of the pooler does."""
    connections[database.alias].ensure_connection()
    with connections[database.alias].connection.cursor() as cursor:
        cursor.execute(statement)


def test_tables_are_those_of_the_commands_own_role(database: Database, role: str) -> None:
    (own,) = database.query("SELECT current_user")[0]
    for statement in (
        "CREATE TABLE noted (id INTEGER)", f"CREATE SCHEMA {role} AUTHORIZATION {role}",
        f"CREATE TABLE {role}.noted (id INTEGER)", f"GRANT ALL ON {role}.noted TO {role}", f"SET ROLE {role}",
    ):  # fmt: skip
        leak(database, statement)

    database.query("INSERT INTO noted VALUES (1)")

    assert database.query("SELECT current_user, (SELECT COUNT(*) FROM public.noted)") == [(own, 1)]


def test_the_role_that_is_configured_for_the_database_counts(database: Database, role: str) -> None:
    leak(database, f"ALTER DATABASE {database.alias} SET role = '{role}'")

    found = database.query("SELECT current_user")

    leak(database, f"ALTER DATABASE {database.alias} RESET role")
    assert found == [(role,)]


def test_foreign_keys_are_checked(database: Database) -> None:
    leak(database, "CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    leak(database, "CREATE TABLE child (parent_id INTEGER REFERENCES parent)")
    leak(database, "SET session_replication_role = 'replica'")

    with pytest.raises(IntegrityError):
        database.query("INSERT INTO child VALUES (1)")
