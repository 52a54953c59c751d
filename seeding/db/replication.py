"""What a node of a cluster is asked: to catch up with the others, and how large a transaction they take from it."""

from __future__ import annotations

from django.db import connections

CAUSAL = {"wsrep_sync_wait": "1", "group_replication_consistency": "'BEFORE'"}
"""Variables of Galera and Group Replication, and the value with which a read waits for what was committed before it."""
LIMITS = ("wsrep_max_ws_size", "group_replication_transaction_size_limit", "max_binlog_cache_size")
"""Variables that bound the bytes of a transaction; 0 means that there is no bound."""


def catch_up(using: str) -> None:
    """Wait, on a node of a cluster, until it has applied what was committed on any node before.

    After a failover, the COMMIT that was not answered may have reached the other nodes and wait to be applied.
    """
    for variable in CAUSAL.keys() & _variables(using, *CAUSAL).keys():
        with connections[using].cursor() as cursor:
            cursor.execute(f"SET SESSION {variable} = {CAUSAL[variable]}")
            cursor.execute("SELECT 1 FROM seeding_run LIMIT 1")
            cursor.fetchall()
            cursor.execute(f"SET SESSION {variable} = DEFAULT")


def transaction_limit(using: str) -> int | None:
    """The bytes that a transaction may have; None if the server has no such limit."""
    limits = [int(value) for value in _variables(using, *LIMITS).values() if int(value)]
    return min(limits, default=None)


def _variables(using: str, *names: str) -> dict[str, str]:
    """The variables of MySQL and MariaDB that the server has."""
    connection = connections[using]
    if connection.vendor != "mysql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SHOW VARIABLES WHERE variable_name IN %s", [names])
        return {str(name): str(value) for name, value in cursor.fetchall()}
