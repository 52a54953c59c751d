"""Refuses servers on which the lock, the ledger and what is read back would not be reliable.

The checks look at what really answers: two new connections are asked in turn which backend serves them, and whether they see
the latest commit. Behind a proxy, a pooler or a read/write splitter the settings do not show this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain

from django.db import DatabaseError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sql import quoted_plainly
from seeding.exceptions import UnsafeServerError
from seeding.models import SeedRun
from seeding.safety.refusal import Refusal

FRESH = 2
"""Connections opened for the checks."""
ROUNDS = 3
"""How often each is asked: this exposes a pooler in transaction mode."""
OFF = frozenset({"0", "OFF"})

PLACES = {
    "mysql": "CONCAT_WS(':', @@hostname, @@port, @@server_id)",
    "postgresql": "concat_ws(', started ', current_setting('port'), pg_postmaster_start_time())",
}
"""Identifies a server."""
QUESTIONS = {
    "mysql": f"""
        SELECT CONNECTION_ID(), {PLACES["mysql"]}, @@global.read_only, @@autocommit,
               @@sql_select_limit < 18446744073709551615
    """,
    "postgresql": f"""
        SELECT pg_backend_pid(), {PLACES["postgresql"]},
               CASE WHEN pg_is_in_recovery() THEN 'on' ELSE current_setting('transaction_read_only') END, 'on', 0
    """,
}
"""This connection's backend and server, and whether it is read-only, autocommits and truncates results."""
PAST = "SHOW VARIABLES LIKE 'system_versioning_asof'"
"""MariaDB: the moment as of which queries read system-versioned tables."""
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
GALERA = "SHOW STATUS LIKE 'wsrep_cluster_size'"
GROUP = "SHOW GLOBAL VARIABLES LIKE 'group_replication_single_primary_mode'"
MEMBERS = "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE member_state <> 'OFFLINE'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What serves one connection at one moment."""

    backend: int
    """The server's number for the session."""
    server: str
    """Identifies the server."""
    reads_only: bool
    commits: bool
    """Whether the session autocommits, as Django expects of a connection outside a transaction."""
    cuts_answers: bool
    """Whether a query can return fewer rows than exist."""


def require_safe_server(using: str) -> None:
    """Raise UnsafeServerError, naming cause and remedy, if rows could be lost or misreported on this server."""
    connection = connections[using]
    if not connection.settings_dict.get("AUTOCOMMIT", True) or connection.in_atomic_block:
        raise _refusal(
            "has a transaction open (AUTOCOMMIT is off in DATABASES, or this is called inside atomic())",
            "switch AUTOCOMMIT on, and call it outside of transactions",
            subject=f"The connection {using!r}",
        )
    if connection.vendor not in QUESTIONS:  # a file has a single endpoint
        _require_no_shadows(connection)
        return
    session = _ask(connection)
    if session.reads_only:
        raise _refusal("only reads (a replica, a standby, or read_only is on)", "connect to the primary")
    if not session.commits:
        raise _refusal("has autocommit off in this session", "remove it from init_command and from the server's settings")
    if session.cuts_answers:
        raise _refusal("answers with fewer rows than there are (sql_select_limit)", "remove sql_select_limit from its settings")
    _require_no_shadows(connection)
    if connection.vendor == "mysql":
        _require_the_present(connection)
        _require_one_writer(connection)
    writing = _ask_within(connection)
    with _beside(using, FRESH) as others:
        seen = [[_ask(one) for one in (connection, *others)] for _ in range(ROUNDS)]
        places = [_place(one) for one in (connection, *others)]
    _require_one_server([*places, *(one.server for one in (writing, session, *chain.from_iterable(seen)))])
    _require_sessions(seen)


def require_visible(using: str, run: int) -> None:
    """Raise UnsafeServerError if a new connection does not see the run's row, which was just committed."""
    if connections[using].vendor not in QUESTIONS:
        return
    table = connections[using].ops.quote_name(SeedRun._meta.db_table)
    with _beside(using, 1) as others:
        for connection in others or [connections[using]]:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE id = %s", [run])  # noqa: S608 - the name is quoted
                if cursor.fetchone()[0] != 1:
                    raise _refusal(
                        "answers reads from elsewhere than writes: a new connection does not see the row just committed",
                        "connect to the primary itself",
                    )


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


def _ask_within(connection: BaseDatabaseWrapper) -> Session:
    """What serves the connection inside a transaction."""
    try:
        with transaction.atomic(using=connection.alias):
            return _ask(connection)
    except OperationalError as error:
        if error.args[0] != DISTRIBUTED:
            raise
        raise _refusal(
            "is within a distributed transaction (XA START)",
            "end that one, or call the command from another connection",
            subject=f"The connection {connection.alias!r}",
        ) from error


def _require_the_present(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PAST)
        for _, moment in cursor.fetchall():
            if moment != "DEFAULT":
                raise _refusal(
                    f"reads system-versioned tables as of {moment} (system_versioning_asof)",
                    "remove system_versioning_asof from its settings",
                )


def _require_one_writer(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(GALERA)
        nodes = next((int(value) for _, value in cursor.fetchall() if str(value).isdecimal()), 0)
        if nodes > 1:
            raise _refusal(
                f"is one of {nodes} nodes of a Galera cluster that all accept writes, and the lock is held on one node only",
                "remove the other nodes from the cluster for the run, or seed a server outside of it",
            )
        cursor.execute(GROUP)
        if any(str(value).upper() == "OFF" for _, value in cursor.fetchall()) and _members(connection) > 1:
            raise _refusal(
                "is one of several members of a group that all accept writes (Group Replication in multi-primary mode)",
                "switch the group to one primary: SELECT group_replication_switch_to_single_primary_mode()",
            )


def _members(connection: BaseDatabaseWrapper) -> int:
    """How many members the group has; more than one if this account may not query it."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(MEMBERS)
            return int(cursor.fetchone()[0])
        except DatabaseError:
            return FRESH


def _require_one_server(places: Collection[str]) -> None:
    servers = sorted(set(places))
    if len(servers) > 1:
        raise _refusal(f"is several servers behind one address ({' and '.join(servers)})", "connect to the primary itself")


def _require_sessions(seen: Sequence[Sequence[Session]]) -> None:
    """Raise unless each connection keeps its own backend."""
    first = [one.backend for one in seen[0]]
    if len(set(first)) < len(first) or any([one.backend for one in later] != first for later in seen):
        raise _refusal(
            "is reached through a pooler that does not keep the session: connections shared one backend",
            "connect to the server itself, or to a pool in session mode",
        )


def _place(connection: BaseDatabaseWrapper) -> str:
    """Which server answers a query that neither writes nor reads server state: a splitter routes it to a replica."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {PLACES[connection.vendor]}")
        return str(cursor.fetchone()[0])


def _ask(connection: BaseDatabaseWrapper) -> Session:
    with connection.cursor() as cursor:
        cursor.execute(QUESTIONS[connection.vendor])
        backend, server, reads_only, commits, cuts_answers = cursor.fetchone()
    reads, inside = str(reads_only).upper() not in OFF, connection.in_atomic_block
    return Session(
        backend=int(backend),
        server=str(server),
        reads_only=reads,
        commits=inside or str(commits).upper() not in OFF,
        cuts_answers=bool(cuts_answers),
    )


@contextmanager
def _beside(using: str, count: int) -> Iterator[list[BaseDatabaseWrapper]]:
    """As many new connections as the server allows, at most `count`."""
    with ExitStack() as opened:
        others: list[BaseDatabaseWrapper] = []
        for _ in range(count):
            one = opened.enter_context(closing(connections.create_connection(using)))
            with suppress(OperationalError):
                one.ensure_connection()
                others.append(one)
        yield others


def _refusal(cause: str, remedy: str, subject: str = "The server") -> UnsafeServerError:
    return UnsafeServerError(f"{Refusal(subject=subject, cause=cause, remedy=remedy)} Nothing was changed.")
