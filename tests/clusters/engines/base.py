"""What the clusters have in common."""

from __future__ import annotations

import shutil
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

import MySQLdb
import tenacity

from tests.servers import MariaDB
from tests.servers.engines import free_port
from tests.servers.mysql import HOSTILE

HOST = "127.0.0.1"
SETTINGS = (
    f"--bind-address={HOST}", "--skip-name-resolve", "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=2",
    "--local-infile=1", "--character-set-server=utf8mb4",
)  # fmt: skip
"""Three nodes share a small machine; a commit survives a killed server, and power cuts are not tested."""


class Node(MariaDB):
    """A server that listens on a port of its own and can be killed and restarted."""

    stop_signal = signal.SIGKILL  # at the end of the tests: a clean departure takes seconds
    settings = (*SETTINGS, *HOSTILE)

    def __init__(self, *options: str) -> None:
        super().__init__(*options)
        self.port = free_port()

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    @property
    def accepts_writes(self) -> bool:
        """Whether it is up and not read-only."""
        return self.is_running and self.sql("SELECT @@read_only").strip() == "0"

    def command(self) -> list[str]:
        """With its port."""
        return [*super().command(), f"--port={self.port}", f"--server-id={self.port}"]

    def at(self, database: str) -> str:
        """DATABASE_URL of a database, through its port."""
        return self.url(database, address=(HOST, self.port))

    def restart(self) -> None:
        """Start it again after a crash, and let it rejoin."""
        self.start()


AnyNode = TypeVar("AnyNode", bound=Node)


class Cluster(ABC, Generic[AnyNode]):
    """Nodes that hold the same rows. The first one's data folder is installed and copied, so that no node needs a full copy."""

    def __init__(self, nodes: Sequence[AnyNode]) -> None:
        self.nodes = list(nodes)

    @abstractmethod
    def start(self) -> None:
        """Start every node, the first one first."""

    def repair(self) -> None:
        """Restart the nodes that are down."""
        for node in self.nodes:
            if not node.is_running:
                node.restart()

    def stop(self) -> None:
        """End every node, and remove its folder."""
        at_once([node.stop for node in self.nodes])

    @contextmanager
    def started(self) -> Iterator[None]:
        """Started during a block."""
        try:
            self.start()
            yield
        finally:
            self.stop()

    def install(self, *leave_out: str) -> None:
        """Create the data folders: the other nodes' are copies of the first one's without the named files."""
        first, *others = self.nodes
        tenacity.Retrying(stop=tenacity.stop_after_attempt(3), reraise=True)(first.install)
        for node in others:
            shutil.copytree(first.folder / "data", node.folder / "data", ignore=shutil.ignore_patterns(*leave_out))

    @property
    def writer(self) -> AnyNode:
        """The first node that accepts writes."""
        return next(node for node in self.nodes if node.accepts_writes)

    def serving(self, database: str) -> AnyNode:
        """The node that has most connections to the database."""
        return max((node for node in self.nodes if node.is_running), key=lambda node: node.connections(database))

    def checksums(self, database: str) -> list[str]:
        """The server's checksums of all tables, one text per node, once every node has applied everything."""
        self.settle()
        return [checksum(node, database) for node in self.nodes]

    @abstractmethod
    def settle(self) -> None:
        """Wait until every node has applied what the others have committed."""


def checksum(node: MariaDB, database: str) -> str:
    """The server's own checksums of the rows of every table."""
    names = node.sql(f"SHOW TABLES FROM {database}").split()
    return node.sql(f"CHECKSUM TABLE {', '.join(f'`{name}`' for name in names)} EXTENDED", database)


def connecting(node: Node, database: str) -> Callable[[], Any]:
    """What opens a connection to a node, as an application does, which commits every statement."""
    return lambda: MySQLdb.connect(host=HOST, port=node.port, user="root", database=database, autocommit=True)


def at_once(actions: Iterable[Callable[[], object]]) -> None:
    """Call all of them at the same time; raises the first one's error."""
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(action) for action in actions]:
            done.result()


def until(question: Callable[[], bool], seconds: float = 180) -> None:
    """Wait until the answer is yes; no answer counts as no. Raises TimeoutError if it is not within that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(RuntimeError):  # a server that does not answer yet
            if question():
                return
        time.sleep(0.1)
    raise TimeoutError
