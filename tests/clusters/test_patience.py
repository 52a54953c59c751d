"""A run whose node of a cluster is killed continues on another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from seeding.generation.registry import Registry
from seeding.locks.server_lock import ServerLock
from seeding.safety import server_checks
from seeding.telemetry.events import Event
from tests.support.databases import Database, closed, opened
from tests.support.rows import business_data
from tests.support.runs import run

engines: Any = pytest.importorskip("tests.clusters.engines")


@pytest.fixture
def cluster() -> Iterator[Any]:
    for engine in (engines.GaleraNode, engines.FirstUp):
        if missing := engine.missing():
            pytest.skip(f"NOT TESTED: {missing}")
    found = engines.Galera()
    try:
        found.start()
        yield found
    finally:
        found.stop()


def test_a_killed_node_costs_nothing(
    cluster: Any, make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_checks, "_require_one_writer", lambda _: None, raising=False)
    monkeypatch.setattr(ServerLock, "verify", lambda _: None, raising=False)  # of the connection to the killed node
    undisturbed = make_database("sqlite", seeded=True)
    survivor = make_database("mariadb", on=cluster.nodes[1])
    proxy = engines.FirstUp(*(node.port for node in cluster.nodes))
    database = opened("behind", "mariadb", cluster.nodes[0].url(survivor.alias, address=("127.0.0.1", proxy.port)))
    inserted = []

    def kill(event: Event) -> None:
        inserted.extend([event] if event.operation == "insert" else [])
        if len(inserted) == 15 and cluster.nodes[0].is_running:
            cluster.nodes[0].crash()

    try:
        summary, told = run(database, registry=Registry.discover(), listen=kill, patience=60)
    finally:
        closed("behind")
        proxy.stop()

    assert summary.exit_code == 0
    assert {event.operation for event in told} >= {"retry"}
    assert business_data(survivor) == business_data(undisturbed)
