"""Servers that are refused, each the real thing: exit code 2, one sentence, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test import override_settings

from seeding.exceptions import UnsafeServerError
from seeding.safety import require_visible
from tests.integration.safety.conftest import require
from tests.servers import KINDS, MariaDB, PostgreSQL, Server
from tests.servers.engines import HOST, PATIENCE, GaleraNode, GroupMember, HAProxy, PgBouncer, PgPool, Standby, stopping
from tests.support.databases import Database

COMMANDS: dict[str, dict[str, Any]] = {
    "seed": {"table": "strains"},
    "seed --dry-run": {"table": "strains", "dry_run": True},
    "seed_rollback": {"force": True},
    "seed_mask": {"force": True, "env": "staging"},
    "seed_check": {},
}
"""Every command that is to look at the server first."""

UTC = {"timezone": "UTC", "datestyle": "ISO"}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SEEDING_DATABASE_IS_FALLBACK = False
    monkeypatch.setenv("SEEDING_MASKING_KEY", "0123456789abcdef0123456789abcdef")


def refused(database: Database, command: str) -> str:
    """What a command says that does not touch the server; nothing has been written to the ledger, or can be told."""
    with pytest.raises(CommandError) as error:
        call_command(
            command.split(maxsplit=1)[0], database=database.alias, stdout=StringIO(), stderr=StringIO(), **COMMANDS[command]
        )
    assert error.value.returncode == 2
    return str(error.value)


def refused_by_all(database: Database) -> str:
    """What every command says alike."""
    (said,) = {refused(database, command) for command in COMMANDS}
    return said


def runs(database: Database) -> int:
    (row,) = database.query("SELECT COUNT(*) FROM seeding_run")
    return int(row[0])


@pytest.mark.parametrize("server", ["sqlite", "mariadb", "mysql", "postgresql"])
def test_a_connection_without_autocommit(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    connections[database.alias].settings_dict["AUTOCOMMIT"] = False

    said = refused_by_all(database)

    assert said.startswith(f"The connection '{database.alias}' has a transaction open (AUTOCOMMIT is off in DATABASES")
    connections[database.alias].close()
    connections[database.alias].settings_dict["AUTOCOMMIT"] = True
    assert runs(database) == 0


def test_a_caller_with_a_transaction_open(sqlite: Database) -> None:
    with transaction.atomic(using=sqlite.alias):
        said = refused(sqlite, "seed")

    assert "has a transaction open" in said
    assert sqlite.content("strains") == []


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_a_session_whose_server_does_not_commit_by_itself(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    database.query("SET SESSION autocommit = 0")

    said = refused(database, "seed")

    assert said.startswith("The server has autocommit off in this session; remove it from init_command")
    database.query("SET SESSION autocommit = 1")
    assert (runs(database), database.content("strains")) == (0, [])


@pytest.mark.parametrize("command", ["seed", "seed_rollback", "seed_check", "seed_status"])
def test_settings_without_time_zones(sqlite: Database, command: str) -> None:
    with override_settings(USE_TZ=False), pytest.raises(CommandError) as error:
        call_command(command, database=sqlite.alias, stdout=StringIO(), stderr=StringIO())

    assert error.value.returncode == 1
    assert str(error.value).startswith("USE_TZ is False")


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_a_replica_for_an_account_that_may_write_there(
    start: Callable[[Server], Server], make_database: Callable[..., Database], server: str
) -> None:
    require(KINDS[server])
    replica = start(KINDS[server]())
    database = make_database(server, on=replica)
    replica.sql("SET GLOBAL read_only = 1")

    said = refused_by_all(database)

    assert said == (
        "The server only reads (a replica, a standby, or read_only is on); connect to the primary. Nothing was changed."
    )
    assert (runs(database), database.content("strains")) == (0, [])


def test_a_postgresql_whose_transactions_only_read(make_database: Callable[..., Database]) -> None:
    database = make_database("postgresql")
    database.query(f"ALTER DATABASE {database.alias} SET default_transaction_read_only = on")
    connections[database.alias].close()

    said = refused_by_all(database)

    assert said.startswith("The server only reads")


def test_a_standby_and_a_splitter_that_reads_from_it(
    start: Callable[[Server], Server], make_database: Callable[..., Database], reach: Callable[[str], Database]
) -> None:
    require(PostgreSQL, PgPool)
    primary = start(PostgreSQL())
    assert isinstance(primary, PostgreSQL)
    made = make_database("postgresql", on=primary)
    made.seed(table="strains")
    standby = start(Standby(primary))
    assert isinstance(standby, PostgreSQL)
    with stopping(pool := PgPool(primary, standby)):
        splitter = reach(primary.url(made.alias, address=(HOST, pool.port)))

        assert refused_by_all(reach(standby.url(made.alias))).startswith("The server only reads")
        assert refused_by_all(splitter).startswith("The server is several servers behind one address (")
        connections[splitter.alias].close()
    assert runs(made) == 1


@pytest.mark.parametrize("server", KINDS)
def test_a_run_that_a_new_connection_does_not_see(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    run = database.seed(table="strains")["run"]

    require_visible(database.alias, run)
    with pytest.raises(UnsafeServerError, match="a new connection does not see the row just committed; connect to the primary"):
        require_visible(database.alias, run + 1)


def test_answers_that_are_cut_short(make_database: Callable[..., Database]) -> None:
    database = make_database("mysql")
    database.query("SET SESSION sql_select_limit = 300")

    assert refused(database, "seed").startswith("The server answers with fewer rows than there are (sql_select_limit)")


def test_several_servers_behind_one_address(
    start: Callable[[Server], Server], make_database: Callable[..., Database], reach: Callable[[str], Database]
) -> None:
    require(MariaDB, HAProxy)
    servers = [start(MariaDB(f"--server-id={number}")) for number in (1, 2)]
    for server in servers:
        make_database("mariadb", on=server)
        server.sql("CREATE DATABASE IF NOT EXISTS shared")
    with stopping(proxy := HAProxy(*servers)):
        said = refused(reach(servers[0].url("shared", address=(HOST, proxy.port))), "seed_check")

    assert said.startswith("The server is several servers behind one address (")
    assert said.endswith("; connect to the primary itself. Nothing was changed.")


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_pooler_is_refused_unless_it_keeps_the_session(
    start: Callable[[Server], Server], make_database: Callable[..., Database], reach: Callable[[str], Database], mode: str
) -> None:
    require(PostgreSQL, PgBouncer)
    # The pooler drops the options of a session; so the server itself has what they would set.
    server = start(PostgreSQL(*(part for name, value in UTC.items() for part in ("-c", f"{name}={value}"))))
    assert isinstance(server, PostgreSQL)
    made = make_database("postgresql", on=server)
    with stopping(pooler := PgBouncer(server, mode)):
        pooled = reach(server.url(made.alias, address=(HOST, pooler.port)))
        said = refused(pooled, "seed") if mode == "transaction" else str(pooled.seed(table="strains")["records_inserted"])
        connections[pooled.alias].close()

    kept = "The server is reached through a pooler that does not keep the session: connections shared one backend; "
    assert said == {"session": "5", "transaction": f"{kept}connect to the server itself, or to a pool in session mode. "
                    "Nothing was changed."}[mode]  # fmt: skip
    assert runs(made) == (mode == "session")


def test_a_cluster_all_of_whose_nodes_take_writes(
    start: Callable[[Server], Server], make_database: Callable[..., Database]
) -> None:
    require(GaleraNode)
    first = GaleraNode()
    start(first)
    database = make_database("mariadb", on=first)
    alone = database.seed(table="strains")
    start(GaleraNode(first))
    PATIENCE(_is, first.size, 2)

    said = refused_by_all(database)

    assert alone["exit_code"] == 0  # a cluster of one is a server
    assert said.startswith("The server is one of 2 nodes of a Galera cluster that all accept writes")
    assert runs(database) == 1


def test_a_group_all_of_whose_members_take_writes(
    start: Callable[[Server], Server], make_database: Callable[..., Database]
) -> None:
    require(GroupMember)
    first = GroupMember()
    start(first)
    start(second := GroupMember(first))
    PATIENCE(_is, second.size, 2)
    database = make_database("mysql", on=first)

    said = refused_by_all(database)

    assert "(Group Replication in multi-primary mode); switch the group to one primary" in said
    assert runs(database) == 0


def _is(question: Callable[[], int], answer: int) -> None:
    assert question() == answer
