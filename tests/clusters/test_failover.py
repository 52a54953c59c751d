"""HAProxy in front of a cluster whose node dies in mid-run: the run goes on, and no second command is needed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.clusters.commands import Commands
from tests.clusters.conftest import require
from tests.clusters.engines import FirstUp, Galera, GroupReplication
from tests.clusters.engines.base import HOST, Cluster
from tests.clusters.extent import SIZE, times, whole
from tests.clusters.rows import Rows, assert_as_undisturbed
from tests.servers.engines import stopping

KILLS = times(1, 20)
LAST_BATCH = times(200, 600)
"""The node is killed after this batch of the run at the latest."""

Make = Callable[[Any], str]
Read = Callable[[str], Rows]


@pytest.mark.parametrize("kill", range(KILLS))
def test_galera_loses_the_runs_node(  # noqa: PLR0917
    galera: Galera, new_database: Make, commands: Commands, rows: Read, undisturbed: Callable[[str], Any], kill: int
) -> None:
    name = new_database(galera)

    survivor = lose_a_node(galera, name, commands, batch=random.Random(kill).randint(1, LAST_BATCH))

    assert_as_undisturbed(rows(survivor), undisturbed(SIZE))
    galera.repair()
    assert len(set(galera.checksums(name))) == 1


@whole
def test_group_replication_loses_its_primary(
    group: GroupReplication, new_database: Make, commands: Commands, rows: Read, undisturbed: Callable[[str], Any]
) -> None:
    name = new_database(group)

    survivor = lose_a_node(group, name, commands, batch=100)

    assert_as_undisturbed(rows(survivor), undisturbed(SIZE))
    group.repair()
    assert len(set(group.checksums(name))) == 1


def lose_a_node(cluster: Cluster[Any], database: str, commands: Commands, batch: int) -> str:
    """Kill the run's node after a batch; the run ends with 0. Returns the database's URL on a node that has survived."""
    require(FirstUp)
    with stopping(proxy := FirstUp(*(node.port for node in cluster.nodes))):
        url = cluster.nodes[0].url(database, address=(HOST, proxy.port))
        seeding = commands.seed(url)
        seeding.wait_until_it_says("rows of", times=batch)
        assert seeding.is_running
        cluster.serving(database).crash()
        seeded = seeding.wait()
        checked = commands.run(url, "seed_check", "--invariants")

    assert seeded.code == 0, seeded.err
    assert checked.code == 0, checked.out
    return str(cluster.writer.at(database))
