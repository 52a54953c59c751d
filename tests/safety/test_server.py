"""Servers that are refused, each the real thing: exit code 2, one sentence, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction
from django.test import override_settings

from seeding.db import sessions
from seeding.db.connection import connect
from seeding.db.topology import Cluster, look
from seeding.exceptions import LockHeldError, LockLostError, UnsafeServerError
from seeding.locks import lease, seeding_lock
from seeding.locks.server_lock import ServerLock
from seeding.safety import require_visible
from tests.safety.conftest import require
from tests.servers import KINDS, MariaDB, PostgreSQL, Server
from tests.servers.engines import HOST, PATIENCE, GaleraNode, GroupMember, HAProxy, PgBouncer, PgPool, Standby, stopping
from tests.support.databases import Database

COMMANDS: dict[str, dict[str, Any]] = {
    "seed": {"table": "strains"},
    "seed --dry-run": {"table": "strains", "dry_run": True},
    "seed_rollback": {"force": True},
    "seed_mask": {"force": True, "env": "staging"},
    "seed_check": {},
    "seed_status": {"claim_environment": "staging", "confirm_database": "any"},
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


@pytest.mark.parametrize("mode", [pytest.param("session", marks=pytest.mark.lengthy), "transaction"])
def test_every_command_works_behind_a_pooler(
    start: Callable[[Server], Server],
    make_database: Callable[..., Database],
    reach: Callable[[str], Database],
    capsys: pytest.CaptureFixture[str],
    mode: str,
) -> None:
    require(PostgreSQL, PgBouncer)
    # The pooler drops the options of a session; so the server itself has what they would set.
    server = start(PostgreSQL(*(part for name, value in UTC.items() for part in ("-c", f"{name}={value}"))))
    assert isinstance(server, PostgreSQL)
    made = make_database("postgresql", on=server)
    with stopping(pooler := PgBouncer(server, mode)):
        pooled = reach(server.url(made.alias, address=(HOST, pooler.port)))
        seeded = pooled.seed(size="small")
        call_command("seed_check", database=pooled.alias, stdout=StringIO())
        with (
            seeding_lock(pooled.alias).held(0),
            pytest.raises(CommandError, match="Another run holds the seeding lock") as held,
        ):
            pooled.seed(table="strains")
        left = disturb(pooled, "SHOW row_security")
        for other in ("SET search_path = nowhere", "SET row_security = on", "CREATE TEMPORARY TABLE strains (id int)"):
            disturb(pooled, other)
        gone = pooled.rollback()
        call_command("seed_status", "--json", database=pooled.alias)
        pool = json.loads(capsys.readouterr().out)["topology"]["pooler"]
        connections[pooled.alias].close()

    assert held.value.returncode == 2
    assert (seeded["exit_code"], gone["exit_code"], gone["left"]) == (0, 0, 0)
    assert seeded["records_inserted"] == gone["records_deleted"]
    assert left == {"on"}
    assert pool == mode
    assert sessions.is_pooled(pooled.alias)


def disturb(database: Database, statement: str) -> set[str]:
    """Let other clients of the pooler leave something in its sessions, or look at what is left there."""
    answers: set[str] = set()
    others = [connections.create_connection(database.alias) for _ in range(3)]
    for one in others:
        one.connect()
        one.execute_wrappers.clear()
        with one.cursor() as cursor, suppress(DatabaseError):
            cursor.execute(statement)
            if cursor.description:
                answers |= {row[0] for row in cursor.fetchall()}
    for one in others:
        one.close()
    return answers


# A cursor cannot be closed in a session that is another one by then.
@pytest.mark.filterwarnings("ignore:.*ServerSideCursor:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_pooler_of_statements_is_refused(
    start: Callable[[Server], Server], make_database: Callable[..., Database], reach: Callable[[str], Database]
) -> None:
    require(PostgreSQL, PgBouncer)
    server = start(PostgreSQL(*(part for name, value in UTC.items() for part in ("-c", f"{name}={value}"))))
    assert isinstance(server, PostgreSQL)
    made = make_database("postgresql", on=server)
    with stopping(pooler := PgBouncer(server, "statement")):
        pooled = reach(server.url(made.alias, address=(HOST, pooler.port)))
        said = refused_by_all(pooled)
        connections[pooled.alias].close()

    assert said.startswith("The server is reached through a pooler that gives every statement another session")
    assert runs(made) == 0


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

    found = look(database.alias).membership
    together = database.rollback()

    assert (alone["exit_code"], together["exit_code"], together["left"]) == (0, 0, 0)
    assert (found.cluster, found.nodes, found.writers, found.is_ready) == (Cluster.GALERA, 2, 2, True)
    assert database.query("SELECT @@wsrep_sync_wait") == [(7,)]
    with pytest.raises(CommandError, match="--strategy=truncate locks tables, and other nodes of this cluster write"):
        database.rollback(strategy="truncate")


def test_members_of_a_group_take_turns(
    start: Callable[[Server], Server],
    make_database: Callable[..., Database],
    reach: Callable[[str], Database],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require(GroupMember)
    monkeypatch.setattr(lease, "LEASE_SECONDS", 3)
    first = GroupMember()
    start(first)
    start(second := GroupMember(first))
    PATIENCE(_is, second.size, 2)
    database = make_database("mysql", on=first)
    other = reach(second.url(database.alias))
    seeded = database.seed(table="grades")
    connect(other.alias, lambda *_: None)
    mine, theirs = seeding_lock(database.alias, "seed"), seeding_lock(other.alias, "seed_mask")

    with mine.held(0):
        holder = theirs.holder()
        with pytest.raises(LockHeldError, match=r"command seed, .*expires in \d s unless renewed"), theirs.held(0):
            raise AssertionError("two locks at a time")
    with theirs.held(0), pytest.raises(LockHeldError, match="command seed_mask"), mine.held(0):
        raise AssertionError("two locks at a time")
    assert mine.acquire(0)
    assert isinstance(mine, ServerLock)
    mine._ended.set()  # as if its process had died
    assert theirs.acquire(10)
    with pytest.raises(LockLostError), mine.fenced():
        database.query("DELETE FROM grades")
    theirs.release()

    assert holder is not None
    assert holder.connection is not None
    assert seeded["records_inserted"] == other.rollback()["records_deleted"] == 4
    assert look(other.alias).membership.writers == 2


def _is(question: Callable[[], int], answer: int) -> None:
    assert question() == answer
