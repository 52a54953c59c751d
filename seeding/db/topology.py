"""What answers behind an address: which servers, whether they are a cluster, what they limit, and what pools their sessions.

The settings do not show this. Two new connections are asked in turn which server and which of its sessions serves them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain

from django.db import DatabaseError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sessions import own_backend

UNCOUNTED = 2
"""Members of a group that this account may not count."""
FRESH = 2
"""New connections that are asked."""
ROUNDS = 3
"""How often each is asked: this exposes a pooler in transaction mode."""
OFF = frozenset({"", "0", "OFF"})

SERVERS = {
    "mysql": "CONCAT_WS(':', @@hostname, @@port, @@server_id)",
    "postgresql": "concat_ws(', started ', current_setting('port'), pg_postmaster_start_time())",
}
"""Identifies a server."""
QUESTIONS = {
    "mysql": f"SELECT CONNECTION_ID(), {SERVERS['mysql']}, @@global.read_only",
    "postgresql": f"""
        SELECT pg_backend_pid(), {SERVERS["postgresql"]},
               CASE WHEN pg_is_in_recovery() THEN 'on' ELSE current_setting('transaction_read_only') END
    """,
}
"""This connection's session and server, and whether it only reads."""
VARIABLES = """
    SHOW VARIABLES WHERE Variable_name IN ('version', 'version_comment', 'aurora_version', 'max_allowed_packet',
    'wsrep_on', 'wsrep_max_ws_size', 'wsrep_max_ws_rows', 'group_replication_group_name',
    'group_replication_single_primary_mode', 'group_replication_transaction_size_limit')
"""
GALERA = """
    SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_cluster_state_uuid', 'wsrep_ready')
"""
MEMBERS = """
    SELECT COUNT(*), SUM(member_id = @@server_uuid AND member_state = 'ONLINE')
    FROM performance_schema.replication_group_members WHERE member_state <> 'OFFLINE'
"""
UNTESTED = ("Aurora", "TiDB", "Vitess", "Percona XtraDB Cluster", "Yugabyte", "-YB-", "CockroachDB", "Greenplum", "Redshift")
"""Parts of the versions of servers that speak a tested one's protocol, and on which nothing here has been tested."""


class Cluster(StrEnum):
    """What kind of cluster a server is a member of."""

    NONE = "none"
    GALERA = "galera"
    GROUP = "group replication"


class Pooler(StrEnum):
    """For how long a client keeps a server's session."""

    NONE = "none"
    """For good: there is no pooler, or none that could be told."""
    SESSION = "session"
    TRANSACTION = "transaction"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What one server says of the cluster that it belongs to."""

    cluster: Cluster = Cluster.NONE
    identity: str = ""
    """The same for all members of one cluster."""
    nodes: int = 1
    """Members of the cluster; two where this account may not count them."""
    writers: int = 1
    """Those of them that accept writes."""
    is_ready: bool = True
    """Whether it takes part, and what is written is replicated."""
    transaction_bytes: int | None = None
    """The largest transaction that the cluster replicates; None where there is no limit."""
    transaction_rows: int | None = None
    packet_bytes: int | None = None
    """The largest statement that the server accepts; None where it has no limit of its own."""
    version: str = ""

    @property
    def is_shared(self) -> bool:
        """Whether other servers accept writes too, or may do so: a table lock holds on one server."""
        return self.cluster is Cluster.GALERA or self.writers > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """What answers behind one address."""

    version: str
    """Of the server, such as MariaDB 10.11.6."""
    untested: str = ""
    """What it is, where nothing here has been tested on it."""
    servers: tuple[str, ...] = ()
    """Which servers have answered."""
    is_split: bool = False
    """Whether several servers have answered one connection."""
    reads_only: bool = False
    pooler: Pooler = Pooler.NONE
    membership: Membership = field(default_factory=Membership)
    is_one_cluster: bool = True
    """Whether all servers that have answered are one server, or members of one cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What serves one connection at one moment."""

    backend: int
    """The server's number for the session."""
    server: str
    reads_only: bool


def look(using: str) -> Topology:
    """The topology behind the alias `using`. It opens at most FRESH connections, and changes nothing."""
    connection = connections[using]
    if connection.vendor not in QUESTIONS:
        return Topology(version=f"SQLite {'.'.join(map(str, connection.get_database_version()))}")
    own = _ask(connection)
    within = _ask_within(connection)
    with _beside(using) as others:
        each = (connection, *others)
        seen = [[_ask(one) for one in each] for _ in range(ROUNDS)]
        places = [_place(one) for one in each]
        served = [
            {place, *(turn[number].server for turn in seen)}
            | (set() if number else {own.server, *(one.server for one in within)})
            for number, place in enumerate(places)
        ]
        known = membership(connection)
        servers = sorted(set(chain.from_iterable(served)))
        joined = {known.identity, *(membership(one).identity for one in others)} if len(servers) > 1 else set()
    return Topology(
        version=known.version,
        untested=next((name for name in UNTESTED if name.lower() in known.version.lower()), ""),
        servers=tuple(servers),
        is_split=any(len(one) > 1 for one in served),
        reads_only=any(one.reads_only for one in (own, *within, *chain.from_iterable(seen))),
        pooler=_pooler(connection, within, seen),
        membership=known,
        is_one_cluster=len(servers) < 2 or (len(joined) == 1 and "" not in joined),
    )


def membership(connection: BaseDatabaseWrapper) -> Membership:
    """What the server of this connection says of its cluster and its limits."""
    if connection.vendor != "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT version()")
            version = str(cursor.fetchone()[0])
        return Membership(version=version.partition(" on ")[0].partition(" (")[0])
    known = _pairs(connection, VARIABLES)
    maria, vendor = "mariadb" in known.get("version", "").lower(), known.get("version_comment", "")
    version = f"{'MariaDB' if maria else 'MySQL'} {known.get('version', '').partition('-')[0]}"
    if "aurora_version" in known:
        version += f", Aurora {known['aurora_version']}"
    if any(name.lower() in f"{known.get('version', '')} {vendor}".lower() for name in UNTESTED):
        version += f" ({known.get('version', '')}, {vendor})"
    packet = _limit(known, "max_allowed_packet")
    if known.get("wsrep_on", "").upper() not in OFF:
        return _galera(connection, known, version, packet)
    if known.get("group_replication_group_name"):
        return _group(connection, known, version, packet)
    return Membership(version=version, packet_bytes=packet)


def _galera(connection: BaseDatabaseWrapper, known: Mapping[str, str], version: str, packet: int | None) -> Membership:
    status = _pairs(connection, GALERA)
    nodes = int(status.get("wsrep_cluster_size") or 1)
    return Membership(
        cluster=Cluster.GALERA,
        identity=status.get("wsrep_cluster_state_uuid", ""),
        nodes=nodes,
        writers=nodes,
        is_ready=status.get("wsrep_cluster_status") == "Primary" and status.get("wsrep_ready") == "ON",
        transaction_bytes=_limit(known, "wsrep_max_ws_size"),
        transaction_rows=_limit(known, "wsrep_max_ws_rows"),
        packet_bytes=packet,
        version=version,
    )


def _group(connection: BaseDatabaseWrapper, known: Mapping[str, str], version: str, packet: int | None) -> Membership:
    try:
        with connection.cursor() as cursor:
            cursor.execute(MEMBERS)
            nodes, online = cursor.fetchone()
    except DatabaseError:  # this account may not count them: there may be another one
        nodes, online = UNCOUNTED, 1
    else:
        if not nodes:  # the group has not been started
            return Membership(version=version, packet_bytes=packet)
    return Membership(
        cluster=Cluster.GROUP,
        identity=known["group_replication_group_name"],
        nodes=max(1, int(nodes)),
        writers=1 if known.get("group_replication_single_primary_mode", "").upper() == "ON" else max(1, int(nodes)),
        is_ready=bool(online),
        transaction_bytes=_limit(known, "group_replication_transaction_size_limit"),
        packet_bytes=packet,
        version=version,
    )


def _pooler(connection: BaseDatabaseWrapper, within: Sequence[Session], seen: Sequence[Sequence[Session]]) -> Pooler:
    """What pools sessions: connections that share a session, or do not keep theirs, or have another than they were told."""
    if len({one.backend for one in within}) > 1:
        return Pooler.STATEMENT
    first = [(one.server, one.backend) for one in seen[0]]
    if len(set(first)) < len(first) or any([(one.server, one.backend) for one in later] != first for later in seen):
        return Pooler.TRANSACTION
    return Pooler.NONE if own_backend(connection) in (None, seen[0][0].backend) else Pooler.SESSION


def _ask_within(connection: BaseDatabaseWrapper) -> tuple[Session, Session]:
    """What serves two statements of one transaction."""
    with transaction.atomic(using=connection.alias):
        return _ask(connection), _ask(connection)


def _place(connection: BaseDatabaseWrapper) -> str:
    """Which server answers a query that neither writes nor reads server state: a splitter routes it to a replica."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SERVERS[connection.vendor]}")
        return str(cursor.fetchone()[0])


def _ask(connection: BaseDatabaseWrapper) -> Session:
    with connection.cursor() as cursor:
        cursor.execute(QUESTIONS[connection.vendor])
        backend, server, reads_only = cursor.fetchone()
    return Session(backend=int(backend), server=str(server), reads_only=str(reads_only).upper() not in OFF)


def _pairs(connection: BaseDatabaseWrapper, query: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {str(name).lower(): str(value) for name, value in cursor.fetchall()}


def _limit(known: Mapping[str, str], name: str) -> int | None:
    """The variable's value; 0 means that there is no limit."""
    return int(known.get(name) or 0) or None


@contextmanager
def _beside(using: str) -> Iterator[list[BaseDatabaseWrapper]]:
    """As many new connections as the server allows, at most FRESH."""
    with ExitStack() as opened:
        others: list[BaseDatabaseWrapper] = []
        for _ in range(FRESH):
            one = opened.enter_context(closing(connections.create_connection(using)))
            with suppress(OperationalError):
                one.ensure_connection()
                others.append(one)
        yield others
