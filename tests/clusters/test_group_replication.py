"""MySQL Group Replication: limits of a transaction's size, and groups all of whose members accept writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.clusters.application import Application, working
from tests.clusters.commands import Commands, assert_refused_for
from tests.clusters.conftest import require
from tests.clusters.engines import GroupReplication, Member, until
from tests.clusters.engines.base import connecting
from tests.clusters.extent import SIZE, whole
from tests.clusters.rows import Rows, assert_as_undisturbed

pytestmark = whole

Make = Callable[[Any], str]
Read = Callable[[str], Rows]
ROLLBACK = ("seed_rollback", "--force")
LIMIT = 120_000
"""Bytes of a transaction: less than a batch of a thousand rows needs, and more than the run's own record, which is one row."""


def test_a_transaction_that_is_too_large_is_halved(
    group: GroupReplication, new_database: Make, commands: Commands, rows: Read, undisturbed: Callable[[str], Any]
) -> None:
    name = new_database(group)
    for node in group.nodes:
        node.sql(f"SET GLOBAL group_replication_transaction_size_limit = {LIMIT}")
    try:
        seeded = commands.seed(group.nodes[0].at(name), "--size=medium", SEEDING_BATCH_SIZE="1000").wait()
    finally:
        for node in group.nodes:
            node.sql("SET GLOBAL group_replication_transaction_size_limit = DEFAULT")

    assert seeded.code == 0, seeded.err
    assert "is too large, trying" in seeded.err
    group.settle()
    assert_as_undisturbed(rows(group.nodes[0].at(name)), undisturbed("medium"))
    assert len(set(group.checksums(name))) == 1


def test_a_member_that_only_reads_is_refused(group: GroupReplication, new_database: Make, commands: Commands) -> None:
    name = new_database(group)

    refused = commands.run(group.nodes[1].at(name), "seed", "--patience=0")

    assert refused.code == 2
    assert "The server only reads" in refused.err


def test_every_member_accepts_writes(
    new_database: Make, commands: Commands, rows: Read, undisturbed: Callable[[str], Any]
) -> None:
    require(Member)
    group = GroupReplication(every_one_writes=True)
    with group.started():
        name = new_database(group)
        one, two = (node.at(name) for node in group.nodes[:2])
        application = Application(connect=connecting(group.nodes[2], name), tag="third")

        seeding = commands.seed(one)
        seeding.wait_until_it_says("rows of", times=20)
        rollback = commands.run(two, "seed_rollback", "--force")
        seeded = seeding.wait()
        found = rows(two)
        with working(application):
            undone = commands.run(two, "seed_rollback", "--force")
            again = commands.seed(two, "--size=small").wait()

        assert seeded.code == 0, seeded.err
        assert_refused_for(rollback, run="seed")
        assert_as_undisturbed(found, undisturbed(SIZE))
        assert (undone.code, again.code) == (0, 0), (undone.err, again.err)
        assert commands.run(one, "seed_check", "--invariants").code == 0
        assert len(set(group.checksums(name))) == 1


def test_tables_that_the_group_does_not_change_are_refused(new_database: Make, commands: Commands) -> None:
    require(Member)
    group = GroupReplication(members=1, every_one_writes=True)
    (node,) = group.nodes
    with group.started():
        name = new_database(group)
        url, rows = node.at(name), "SELECT (SELECT COUNT(*) FROM client_needs), (SELECT COUNT(*) FROM strains)"
        seeded = commands.run(url, "seed", "--table=client_needs")
        before = node.sql(rows, name)
        node.sql("STOP GROUP_REPLICATION; SET GLOBAL group_replication_enforce_update_everywhere_checks = ON")
        node.found()
        until(lambda: node.accepts_writes)

        refused = [commands.run(url, *command) for command in (("seed", "--size=medium", "--table=strains"), ROLLBACK)]
        after = node.sql(rows, name)
        node.sql("SELECT group_replication_switch_to_single_primary_mode()")
        undone = commands.run(url, *ROLLBACK)

        assert seeded.code == 0, seeded.err
        assert [one.code for one in refused] == [3, 3], refused
        assert all("strains is part of the cascading foreign key client_needs_strainId" in one.err for one in refused)
        assert all("; switch the group to single-primary mode." in one.err for one in refused)
        assert after == before
        assert undone.code == 0, undone.err
        assert node.sql(rows, name).split() == ["0", "0"]
