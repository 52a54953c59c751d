"""Keys that an application inserts on other nodes of a cluster while a table is seeded."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import MySQLdb  # PyMySQL, if the settings substitute it
import pytest

from seeding.safety import server_checks
from tests.support.databases import Database
from tests.support.rows import ledgered_keys

engines: Any = pytest.importorskip("tests.clusters.engines")

RATE = 50
"""Rows a second on each node."""


class Elsewhere:
    """An application that inserts clients on one node; `keys` are those that it was told."""

    def __init__(self, node: Any, database: str) -> None:
        self.keys: list[int] = []
        self.errors: list[str] = []
        self._node, self._database = node, database
        self._stop = threading.Event()

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _work(self) -> None:
        connection = MySQLdb.connect(unix_socket=str(self._node.socket), user="root", database=self._database, autocommit=True)
        with contextlib.closing(connection), connection.cursor() as cursor:
            while not self._stop.wait(1 / RATE):
                try:
                    cursor.execute("INSERT INTO clients (teri_code, name) VALUES (UUID(), 'real')")
                    self.keys.append(cursor.lastrowid)
                except MySQLdb.Error as error:
                    self.errors.append(str(error))


@pytest.fixture
def cluster() -> Iterator[Any]:
    if missing := engines.GaleraNode.missing():
        pytest.skip(f"NOT TESTED: {missing}")
    found = engines.Galera()
    try:
        found.start()
        yield found
    finally:
        found.stop()


def test_no_key_is_given_twice_while_other_nodes_insert(
    cluster: Any, make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_checks, "_require_one_writer", lambda _: None, raising=False)
    monkeypatch.setenv("SEEDING_BATCH_SIZE", "50")  # after each of them, the other nodes count on from its last key
    database = make_database("mariadb", on=cluster.nodes[0])
    others = [Elsewhere(node, database.alias) for node in cluster.nodes[1:]]

    with contextlib.ExitStack() as working:
        for one in others:
            working.enter_context(one.working())
        time.sleep(0.5)
        summary = database.seed(size="large", table="clients")
        time.sleep(0.5)

    assert summary["exit_code"] == 0
    assert [one.errors for one in others] == [[], []]
    told = {key for one in others for key in one.keys}
    seeded = ledgered_keys(database, "clients")
    assert len(told) == sum(len(one.keys) for one in others)
    assert told.isdisjoint(seeded)
    assert {key for (key,) in database.query("SELECT id FROM clients")} == told | seeded
    first, *rest = cluster.checksums(database.alias)
    assert rest == [first, first]
