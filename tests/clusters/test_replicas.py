"""Servers that hold a copy: nothing is written to them, whatever the account may do, and none is mistaken for the primary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.clusters.commands import Commands
from tests.clusters.conftest import require
from tests.clusters.engines import Replication, RoundRobin, until
from tests.clusters.engines.base import HOST
from tests.clusters.extent import times
from tests.servers import PostgreSQL
from tests.servers.engines import PgPool, Standby, stopping

READS = "SELECT COUNT(*) FROM strains"
COMMANDS = (
    ("seed",),
    ("seed_mask", "--env=staging", "--force"),
    ("seed_rollback", "--force"),
    ("seed_check", "--invariants"),
)[: times(2, 4)]
"""Those that look at the server before they write; each has a test of its own in the suite."""


def test_a_replica_is_refused_and_goes_on_replicating(
    replication: Replication, new_database: Callable[..., str], commands: Commands
) -> None:
    name = new_database(replication)
    primary, replica = replication.nodes
    before = replica.sql("SELECT @@gtid_binlog_pos")

    told = [commands.start(replica.at(name), *command) for command in COMMANDS]

    for command in told:
        ended = command.wait()
        assert ended.code == 2, ended
        assert "The server only reads" in ended.err
    assert replica.sql("SELECT @@gtid_binlog_pos") == before
    primary.sql("INSERT INTO strains (name, standardizedName) VALUES ('real', 'real')", name)
    replication.settle()
    assert replication.is_replicating
    assert replica.sql(READS, name).strip() == "1"


def test_a_proxy_over_a_primary_and_its_replica_is_refused(
    replication: Replication, new_database: Callable[..., str], commands: Commands
) -> None:
    require(RoundRobin)
    name = new_database(replication)
    with stopping(proxy := RoundRobin(*(node.port for node in replication.nodes))):
        url = replication.nodes[0].url(name, address=(HOST, proxy.port))
        refused = [commands.run(url, "seed") for _ in range(2)]

    assert [ended.code for ended in refused] == [2, 2]
    assert replication.nodes[0].sql("SELECT COUNT(*) FROM seeding_run", name).strip() == "0"
    replication.settle()
    assert len(set(replication.checksums(name))) == 1


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[PostgreSQL, Standby]]:
    """A PostgreSQL and its standby."""
    require(PostgreSQL)
    with ExitStack() as started:
        primary = PostgreSQL()
        started.enter_context(stopping(primary))
        primary.start()
        standby = Standby(primary)
        started.enter_context(stopping(standby))
        standby.start()
        yield primary, standby


def test_a_standby_is_refused(pair: tuple[PostgreSQL, Standby], commands: Commands) -> None:
    primary, standby = pair
    name = _prepared(primary, commands, "standing")
    until(lambda: standby.sql(READS, name).strip() == "0")

    for command in COMMANDS:
        ended = commands.run(standby.url(name), *command)

        assert ended.code == 2, ended
        assert "The server only reads" in ended.err
    assert primary.sql("SELECT COUNT(*) FROM seeding_run", name).strip() == "0"


def test_a_load_balancer_does_not_hide_an_emptied_primary(pair: tuple[PostgreSQL, Standby], commands: Commands) -> None:
    require(PgPool)
    primary, standby = pair
    name = _prepared(primary, commands, "balanced")
    assert commands.run(primary.url(name), "seed", "--table=strains").code == 0
    until(lambda: standby.sql(READS, name).strip() == "5")
    standby.sql("SELECT pg_wal_replay_pause()")
    try:
        assert commands.run(primary.url(name), "seed_rollback", "--force").code == 0
        with stopping(pool := PgPool(primary, standby)):
            seeded = commands.run(primary.url(name, address=(HOST, pool.port)), "seed", "--table=strains")
    finally:
        standby.sql("SELECT pg_wal_replay_resume()")

    assert standby.sql("SELECT pg_is_in_recovery()").strip() == "t"
    assert (seeded.code, primary.sql(READS, name).strip()) in {(2, "0"), (0, "5")}, seeded


def _prepared(server: PostgreSQL, commands: Commands, name: str) -> str:
    """A database with TERP's tables and the ledger."""
    server.create(name)
    for command in (("terp_schema",), ("migrate", "--verbosity=0")):
        done = commands.run(server.url(name), *command)
        assert done.code == 0, done.err
    return name
