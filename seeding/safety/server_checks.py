"""Refuses servers on which the lock, the ledger and what is read back would not be reliable.

The checks look at what really answers (`db.topology`): behind a proxy, a pooler or a read/write splitter the settings do not
show this.
"""

from __future__ import annotations

from contextlib import closing, suppress

from django.db import DatabaseError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db import sessions
from seeding.db.sql import quoted_plainly
from seeding.db.topology import Cluster, Pooler, Topology, look
from seeding.exceptions import UnsafeServerError
from seeding.models import SeedRun
from seeding.safety.refusal import Refusal

OFF = frozenset({"0", "OFF"})

CHECKS = {
    "foreign_key_checks": "accepts references to rows that are not there",
    "unique_checks": "may accept rows twice",
    "check_constraint_checks": "accepts rows that a CHECK forbids",
}
"""Variable → what the server does where it is off. Other clients may have it off too if the server's settings say so."""
SESSION = f"""
    SHOW VARIABLES WHERE Variable_name IN ('autocommit', 'sql_select_limit', 'system_versioning_asof', 'log_bin', 'sql_log_bin',
    'wsrep_provider', 'wsrep_on', {", ".join(map(repr, CHECKS))})
"""
"""MariaDB alone has `system_versioning_asof`, the moment as of which queries read system-versioned tables, and
`check_constraint_checks`."""
UNLIMITED = 18446744073709551615
SHADOWS = {
    "postgresql": """
        SELECT DISTINCT t.relname FROM pg_class t
        JOIN pg_class r ON r.relname = t.relname AND r.oid <> t.oid
        JOIN pg_namespace n ON n.oid = r.relnamespace AND n.nspname = ANY(current_schemas(false))
        WHERE t.relnamespace = pg_my_temp_schema() AND t.relkind IN ('r', 'p', 'v') AND pg_table_is_visible(t.oid)
    """,
    "sqlite": """
        SELECT t.name FROM sqlite_temp_master t JOIN sqlite_master r ON r.name = t.name COLLATE NOCASE
        WHERE t.type IN ('table', 'view')
    """,
}
"""The temporary tables and views of this session that take the place of others, such as SQLite's own `sqlite_sequence`."""
CREATIONS = "SHOW SESSION STATUS LIKE 'Com_create%table'"
"""MySQL and MariaDB list no temporary tables, but count the statements of the session that made a table."""
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type <> 'VIEW'"
DISTRIBUTED = 1399
"""MySQL's and MariaDB's error number for a transaction within a distributed one."""


def require_safe_server(using: str) -> Topology:
    """What answers behind the alias; raises UnsafeServerError, naming cause and remedy, if rows could be lost or misreported.

    Where a pooler keeps sessions for transactions only, the alias works without settings of a session from now on.
    """
    connection = connections[using]
    if not connection.settings_dict.get("AUTOCOMMIT", True) or connection.in_atomic_block:
        raise _refusal(
            "has a transaction open (AUTOCOMMIT is off in DATABASES, or this is called inside atomic())",
            "switch AUTOCOMMIT on, and call it outside of transactions",
            subject=f"The connection {using!r}",
        )
    if connection.vendor == "mysql":
        _require_usual_session(connection)
    topology = topology_of(using)
    if refusal := unsafe(topology):
        raise UnsafeServerError(f"{refusal} Nothing was changed.")
    if not sessions.is_pooled(using):  # there, every transaction makes sure of it
        _require_no_shadows(connection)
    return topology


def topology_of(using: str) -> Topology:
    """What answers behind the alias, which works behind a pooler from now on; raises UnsafeServerError if it cannot."""
    connection = connections[using]
    topology = _seen(connection)
    if topology.pooler is Pooler.TRANSACTION and connection.vendor == "postgresql" and not sessions.is_pooled(using):
        sessions.pool(using)
    return topology


def unsafe(topology: Topology) -> Refusal | None:
    """Why nothing is done on what answers there; None if it is safe."""
    known, servers = topology.membership, " and ".join(topology.servers)
    found = (
        (topology.reads_only, "only reads (a replica, a standby, or read_only is on)", "connect to the primary"),
        (
            known.cluster is Cluster.GALERA and not known.is_ready,
            "is a node of a Galera cluster that is not ready, or not in its primary component",
            "connect to a node whose wsrep_cluster_status is Primary and whose wsrep_ready is ON",
        ),
        (
            known.cluster is Cluster.GROUP and not known.is_ready,
            "is a member of a replication group and not online there",
            "connect to a member that is ONLINE in performance_schema.replication_group_members",
        ),
        (
            topology.is_split or not topology.is_one_cluster,
            f"is several servers behind one address ({servers})",
            "connect to the primary itself",
        ),
    )
    if topology.pooler is Pooler.STATEMENT:
        return Refusal(subject="The server", cause=sessions.STATEMENTS, remedy=sessions.INSTEAD)
    if topology.pooler is Pooler.TRANSACTION and known.packet_bytes is not None:
        cause = "is reached through a pooler that does not keep the session: connections shared one backend"
        return Refusal(subject="The server", cause=cause, remedy="connect to the server itself, or to a pool in session mode")
    return next((Refusal(subject="The server", cause=cause, remedy=remedy) for holds, cause, remedy in found if holds), None)


def require_visible(using: str, run: int) -> None:
    """Raise UnsafeServerError if a new connection does not see the run's row, which was just committed."""
    if not is_visible(using, run):
        raise _refusal(
            "answers reads from elsewhere than writes: a new connection does not see the row just committed",
            "connect to the primary itself",
        )


def is_visible(using: str, run: int) -> bool:
    """Whether a new connection sees the run's row."""
    if connections[using].vendor == "sqlite":  # a file has a single endpoint
        return True
    table = connections[using].ops.quote_name(SeedRun._meta.db_table)
    with closing(connections.create_connection(using)) as other:
        asked = connections[using]
        with suppress(OperationalError):  # the server can spare none
            other.ensure_connection()
            asked = other
        with asked.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE id = %s", [run])  # noqa: S608 - the name is quoted
            return bool(cursor.fetchone()[0] == 1)


def _require_no_shadows(connection: BaseDatabaseWrapper) -> None:
    if shadows := _shadows(connection):
        raise _refusal(
            f"hides tables from this connection behind temporary ones of the same names ({', '.join(shadows)})",
            "connect without what creates them, or drop those",
        )


def _shadows(connection: BaseDatabaseWrapper) -> list[str]:
    """The temporary tables of this session that hide others: what is written or looked for there is not in the database."""
    with connection.cursor() as cursor:
        if connection.vendor in SHADOWS:
            cursor.execute(SHADOWS[connection.vendor])
            return sorted(name for (name,) in cursor.fetchall())
        cursor.execute(CREATIONS)
        if not any(int(count) for _, count in cursor.fetchall()):
            return []
        cursor.execute(TABLES)
        return [name for (name,) in sorted(cursor.fetchall()) if _is_temporary(connection, name)]


def _is_temporary(connection: BaseDatabaseWrapper, name: str) -> bool:
    with connection.cursor() as cursor, suppress(DatabaseError):  # a session may read every temporary table of its own
        cursor.execute(f"SHOW CREATE TABLE {quoted_plainly(connection, name)}")
        return str(cursor.fetchone()[1]).startswith("CREATE TEMPORARY TABLE")
    return False


def _seen(connection: BaseDatabaseWrapper) -> Topology:
    try:
        return look(connection.alias)
    except DatabaseError as error:
        if error.args[:1] != (DISTRIBUTED,):
            raise
        raise _refusal(
            "is within a distributed transaction (XA START)",
            "end that one, or call the command from another connection",
            subject=f"The connection {connection.alias!r}",
        ) from error


def _require_usual_session(connection: BaseDatabaseWrapper) -> None:
    """Raise if the session commits nothing, cuts answers short, reads the past, or keeps what it writes from other nodes."""
    with connection.cursor() as cursor:
        cursor.execute(SESSION)
        settings = {str(name).lower(): str(value).upper() for name, value in cursor.fetchall()}
    if settings["autocommit"] in OFF:
        raise _refusal("has autocommit off in this session", "remove it from init_command and from the server's settings")
    for name, what in CHECKS.items():
        if settings.get(name, "ON") in OFF:
            raise _refusal(f"{what} ({name} is off in this session)", f"switch {name} on in init_command and in its settings")
    if int(settings["sql_select_limit"]) < UNLIMITED:
        raise _refusal("answers with fewer rows than there are (sql_select_limit)", "remove sql_select_limit from its settings")
    for replicates, off in (("log_bin", "sql_log_bin"), ("wsrep_provider", "wsrep_on")):
        if settings.get(replicates, "") not in (*OFF, "", "NONE") and settings.get(off) in OFF:
            raise _refusal(
                f"keeps what this session writes from other servers ({off} is off)",
                f"remove {off} from init_command and from the server's settings",
            )
    if (moment := settings.get("system_versioning_asof", "DEFAULT")) != "DEFAULT":
        raise _refusal(
            f"reads system-versioned tables as of {moment} (system_versioning_asof)",
            "remove system_versioning_asof from its settings",
        )


def _refusal(cause: str, remedy: str, subject: str = "The server") -> UnsafeServerError:
    return UnsafeServerError(f"{Refusal(subject=subject, cause=cause, remedy=remedy)} Nothing was changed.")
