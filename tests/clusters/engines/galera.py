"""A Galera cluster of MariaDB nodes, all of which accept writes."""

from __future__ import annotations

import os
import re
import shutil
from typing import Any

from tests.clusters.engines.base import HOST, Cluster, Node, at_once, until
from tests.servers import Server
from tests.servers.engines import PROVIDERS, free_port

TRANSFER = """#!/bin/sh
# A joining node gets the write sets that it has missed from another node's cache; a full copy is never needed.
while [ $# -gt 0 ]; do
    case $1 in
        --role) role=$2 ;; --address) address=$2 ;; --datadir) data=$2 ;; --gtid) position=$2 ;; --bypass) cached=yes ;;
    esac
    shift
done
case $role in
    joiner)
        rm -f "$data/told"
        echo "ready $data/told"
        until [ -s "$data/told" ]; do kill -0 $PPID || exit 1; sleep 0.1; done
        cat "$data/told" ;;
    donor)
        [ -n "$cached" ] || exit 22
        echo "$position" >"$address.new" && mv "$address.new" "$address"
        echo continue
        echo "done $position" ;;
esac
"""
"""The program that MariaDB calls on both sides when a node joins (a method of state transfer)."""
POSITION = re.compile(r"Recovered position:? ([0-9a-f-]{36}:\d+)")


class GaleraNode(Node):
    """One node. `crash` and `start` let it leave and rejoin; it catches up from another node's write set cache."""

    ready = "SELECT COUNT(*) FROM mysql.global_priv"  # refused until the node belongs to the primary component

    def __init__(self, *options: str) -> None:
        super().__init__(*options)
        self.group, self.transfer = free_port(), free_port()
        self.members: list[int] = []
        """The group ports of all nodes; none bootstraps the cluster."""
        self.position = ""

    @classmethod
    def missing(cls) -> str:
        """Reports a missing MariaDB or Galera library."""
        return super().missing() or ("" if any(one.exists() for one in PROVIDERS) else "there is no Galera (galera-4)")

    @property
    def is_synced(self) -> bool:
        """Whether it has caught up with the others."""
        return self.status("local_state_comment") == "Synced"

    def status(self, name: str) -> str:
        """One of the cluster's status variables."""
        return self.sql(f"SHOW STATUS LIKE 'wsrep_{name}'").partition("\t")[2].strip()

    def command(self) -> list[str]:
        """As a node of its cluster."""
        provider = (
            f"base_port={self.group};gmcast.listen_addr=tcp://{HOST}:{self.group};ist.recv_addr={HOST}:{self.transfer};"
            "gcache.size=128M;evs.suspect_timeout=PT3S;evs.inactive_timeout=PT6S;evs.inactive_check_period=PT0.5S"
        )
        return [
            *super().command(),
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
            "--wsrep-on=ON",
            f"--wsrep-provider={next(one for one in PROVIDERS if one.exists())}",
            f"--wsrep-provider-options={provider}",
            f"--wsrep-node-address={HOST}:{self.group}",
            "--wsrep-slave-threads=2",
            "--wsrep-sst-method=missed",
            f"--wsrep-cluster-address=gcomm://{','.join(f'{HOST}:{port}' for port in self.members)}",
            *([f"--wsrep-start-position={self.position}"] if self.position else []),
        ]

    def account(self) -> dict[str, Any]:
        """With the program of the state transfer in the path."""
        return {"env": {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}}

    def start(self) -> Server:
        """Start or restart it; returns when it serves queries and has caught up."""
        program = self.folder / "wsrep_sst_missed"
        program.write_text(TRANSFER, encoding="ascii")
        program.chmod(0o755)
        super().start()
        until(lambda: self.is_synced)
        return self

    def leave(self) -> None:
        """Shut it down cleanly."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait()

    def restart(self) -> None:
        """Start it again after a crash, from the position that its own tables have."""
        self.run([*self.command(), "--wsrep-recover", "--skip-networking"])
        found = POSITION.findall((self.folder / "error.log").read_text(encoding="utf-8", errors="replace"))
        self.position = found[-1]
        self.start()


class Galera(Cluster[GaleraNode]):
    """A cluster. `options` are added to every node's command line."""

    def __init__(self, *options: str, nodes: int = 3) -> None:
        super().__init__([GaleraNode(*options) for _ in range(nodes)])

    def start(self) -> None:
        """Bootstrap the first node, and let the others join it from where copies of its folder leave off."""
        first, *others = self.nodes
        first.install()
        first.start()
        first.sql("CREATE DATABASE cluster")  # a first position, which the copies start from
        first.leave()
        for node in others:
            shutil.copytree(first.folder / "data", node.folder / "data", ignore=shutil.ignore_patterns("galera.cache"))
        first.start()
        for node in self.nodes:
            node.members = [one.group for one in self.nodes]
        at_once([node.start for node in others])
        until(lambda: {node.status("cluster_size") for node in self.nodes} == {str(len(self.nodes))})

    def settle(self) -> None:
        """Wait until all nodes have committed the same number of write sets."""
        until(lambda: len({node.status("last_committed") for node in self.nodes}) == 1)
