"""Galera: every node accepts writes, and one run at a time seeds the cluster."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import Any

import pytest

from tests.clusters.application import Application, working
from tests.clusters.commands import Commands, assert_refused_for
from tests.clusters.engines import Galera, until
from tests.clusters.engines.base import connecting
from tests.clusters.extent import SIZE, times, whole
from tests.clusters.rows import Rows, assert_as_undisturbed
from tests.faults.processes import start
from tests.support.processes import plain_environment

Make = Callable[[Any], str]
Read = Callable[[str], Rows]


def test_a_run_on_another_node_is_told_who_is_at_work(
    galera: Galera, new_database: Make, commands: Commands, rows: Read, undisturbed: Callable[[str], Any]
) -> None:
    name = new_database(galera)
    one, two, three = (node.at(name) for node in galera.nodes)

    seeding = commands.seed(one)
    seeding.wait_until_it_says("rows of", times=20)
    others = [commands.start(two, "seed_rollback", "--force"), commands.start(three, "seed_status", "--lock")]
    rollback, status = (other.wait() for other in others)
    seeded = seeding.wait()
    checked = commands.run(three, "seed_check", "--invariants")

    assert seeded.code == 0, seeded.err
    assert_refused_for(rollback, run="seed")
    assert socket.gethostname() in status.out
    assert checked.code == 0, checked.out
    assert len(set(galera.checksums(name))) == 1
    assert_as_undisturbed(rows(two), undisturbed(SIZE))


def test_of_runs_started_together_on_every_node_one_works(galera: Galera, new_database: Make, tmp_path: Any) -> None:
    name, starts = new_database(galera), times(3, 50)
    quiet = {
        **plain_environment(),
        "ADMIN_DATABASE_URL": f"sqlite:///{tmp_path / 'admin.sqlite3'}",
        "SEEDING_LOG_FILE": str(tmp_path / "seeding.log"),
        "SEEDING_BATCH_SIZE": "1",  # the winner must outlive all the others
    }
    urls = [galera.nodes[number % len(galera.nodes)].at(name) for number in range(starts)]

    started = [start(("seed", "--size=large"), {**quiet, "DATABASE_URL": url}) for url in urls]
    while len(running := [process for process, _ in started if process.exitcode is None]) > 1:
        wait([process.sentinel for process in running], timeout=1)
    until(lambda: any(node.sql("SELECT COUNT(*) FROM seeding_run", name).strip() == "1" for node in galera.nodes))
    for winner in running:
        winner.terminate()
    told = {process: said.read() for process, said in started}
    for process, said in started:
        process.join()
        said.close()

    codes = Counter(process.exitcode for process in told)
    assert codes == {2: starts - 1, 143: 1}, list(told.values())
    for process, words in told.items():
        assert process in running or ("Another run holds the seeding lock: " in words and "host " in words), words
    assert galera.nodes[0].sql("SELECT COUNT(*) FROM seeding_run", name).strip() == "1"


@pytest.mark.lengthy
@pytest.mark.timeout(1800)
def test_an_application_on_the_other_nodes_is_not_disturbed(
    galera: Galera, new_database: Make, commands: Commands, undisturbed: Callable[[str], Any]
) -> None:
    name = new_database(galera)
    url = galera.nodes[0].at(name)
    planned = sum(map(len, undisturbed("small").values()))

    for number in range(times(1, 10)):
        applications = [
            Application(connect=connecting(node, name), tag=f"run{number}-node{place}")
            for place, node in enumerate(galera.nodes[1:])
        ]
        with working(*applications):
            seeded = commands.seed(url, "--size=small").wait()
            undone = commands.run(url, "seed_rollback", "--force") if number % 2 else None

        assert seeded.code == 0, seeded.err
        assert undone is None or undone.code == 0, undone
        there = sum(map(int, galera.nodes[2].sql(COUNT, name).split()))
        assert there == (0 if undone else planned)
    assert commands.run(url, "seed_check", "--invariants").code == 0
    assert len(set(galera.checksums(name))) == 1


def test_no_key_is_given_twice_while_other_nodes_insert(galera: Galera, new_database: Make, commands: Commands) -> None:
    name = new_database(galera)
    url = galera.nodes[0].at(name)
    applications = [
        Application(connect=connecting(node, name), tag=f"node{place}") for place, node in enumerate(galera.nodes[1:])
    ]

    with working(*applications):  # after each of the small batches, the other nodes count on from its last key
        seeded = commands.seed(url, "--table=clients", "--size=large", SEEDING_BATCH_SIZE="50").wait()

    assert seeded.code == 0, seeded.err
    assert len(set(galera.checksums(name))) == 1


COUNT = "SELECT COALESCE(SUM(record_count), 0) FROM seeding_metadata WHERE live"
"""How many rows the ledger holds."""


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("limit", "value", "size"),
    [
        ("wsrep_max_ws_rows", 20, "small"),
        pytest.param("wsrep_max_ws_rows", 100, "medium", marks=whole),
        pytest.param("wsrep_max_ws_size", 150_000, "medium", marks=whole),
    ],
)
def test_a_write_set_that_is_too_large_is_halved(  # noqa: PLR0917
    galera: Galera,
    new_database: Make,
    commands: Commands,
    rows: Read,
    undisturbed: Callable[[str], Any],
    limit: str,
    value: int,
    size: str,
) -> None:
    name = new_database(galera)
    before = galera.nodes[0].sql(f"SELECT @@{limit}").strip()
    for node in galera.nodes:
        node.sql(f"SET GLOBAL {limit} = {value}")
    try:
        seeded = commands.seed(galera.nodes[0].at(name), f"--size={size}", SEEDING_BATCH_SIZE="1000").wait()
        found = rows(galera.nodes[1].at(name))
        undone = commands.run(galera.nodes[0].at(name), "seed_rollback", "--force")
    finally:
        for node in galera.nodes:
            node.sql(f"SET GLOBAL {limit} = {before}")

    assert seeded.code == 0, seeded.err
    assert "is too large, trying" in seeded.err
    assert_as_undisturbed(found, undisturbed(size))
    assert undone.code == 0, undone.err
    assert sum(map(int, galera.nodes[2].sql(COUNT, name).split())) == 0
