"""A MariaDB with an asynchronous replica that only reads."""

from __future__ import annotations

from tests.clusters.engines.base import HOST, Cluster, Node, at_once, until

FOLLOW = f"""
    CHANGE MASTER TO MASTER_HOST = '{HOST}', MASTER_PORT = {{}}, MASTER_USER = 'root', MASTER_USE_GTID = slave_pos;
    START SLAVE
"""


class Replica(Node):
    """The primary or its replica."""

    def command(self) -> list[str]:
        """With the binary log."""
        binary = f"--log-bin={self.folder / 'data' / 'binlog'}"
        strict = ("--log-slave-updates=1", "--gtid-strict-mode=1")
        return [*super().command(), binary, *strict]


class Replication(Cluster[Replica]):
    """The primary, then its replica."""

    def __init__(self) -> None:
        super().__init__([Replica(), Replica("--read-only=1")])

    @property
    def is_replicating(self) -> bool:
        """Whether the replica receives and applies what the primary writes."""
        status = self.nodes[1].sql("SHOW ALL SLAVES STATUS").split("\t")
        return status.count("Yes") >= len(("receives", "applies"))

    def start(self) -> None:
        """Start both, and let one follow the other."""
        self.install()
        at_once([node.start for node in self.nodes])
        self.nodes[1].sql(FOLLOW.format(self.nodes[0].port))
        until(lambda: self.is_replicating)

    def settle(self) -> None:
        """Wait until the replica has applied everything; raises AssertionError if it does not."""
        primary, replica = self.nodes
        position = primary.sql("SELECT @@gtid_binlog_pos").strip()
        assert replica.sql(f"SELECT MASTER_GTID_WAIT('{position}', 60)").strip() == "0"
