"""Clusters, replicas and proxies that the tests start themselves: one module per engine.

What is in front of PostgreSQL, and its standby, are those of `tests.servers.engines`.
"""

from tests.clusters.engines.base import checksum, until
from tests.clusters.engines.dask import Dask, DaskWorker
from tests.clusters.engines.galera import Galera, GaleraNode
from tests.clusters.engines.group_replication import GroupReplication, Member
from tests.clusters.engines.haproxy import FirstUp, RoundRobin
from tests.clusters.engines.mariadb_replica import Replication

__all__ = [
    "Dask", "DaskWorker", "FirstUp", "Galera", "GaleraNode", "GroupReplication", "Member", "Replication", "RoundRobin",
    "checksum", "until",
]  # fmt: skip
