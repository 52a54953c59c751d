"""What a command's sessions are set to: reads that see what is so now, and settings that survive a pooler.

In a cluster a node may answer before it has applied what another one has committed, and MySQL remembers for a day what it has
counted. Behind a pooler, which may keep a server's
session for one transaction only, a setting may belong to whoever comes next; so each transaction makes its own, which end
with it. Both are for connections of a command's alias from its first connection on, in every thread.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.db import DatabaseError, Error, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

IDLE = 0
"""libpq's PQTRANS_IDLE: no transaction is open."""
REFUSED = "unsupported startup parameter"
"""What PgBouncer says to settings of a session that it does not forward."""
STATEMENT_MODE = "statement pooling mode"
"""What PgBouncer says to a transaction where it pools statements."""
STATEMENTS = "is reached through a pooler that gives every statement another session: it has no transactions"
INSTEAD = "connect to the server itself, or to a pool in session or transaction mode"
BELATED = """
    SHOW VARIABLES WHERE (Variable_name = 'wsrep_on' AND Value = 'ON')
    OR (Variable_name = 'group_replication_group_name' AND Value <> '')
    OR (Variable_name = 'information_schema_stats_expiry' AND Value <> '0')
"""
CURRENT = {
    "wsrep_on": "SET SESSION wsrep_sync_wait = 7",  # before reads, updates and inserts
    "group_replication_group_name": "SET SESSION group_replication_consistency = 'BEFORE'",
    "information_schema_stats_expiry": "SET SESSION information_schema_stats_expiry = 0",
}
"""Variable of a server that answers with what was so before → statement after which it answers with what is so now.

A node of a cluster then applies what was committed on others before a transaction begins, and MySQL counts keys anew.
"""
RESET_PATH = "NULLIF((SELECT reset_val FROM pg_settings WHERE name = 'search_path'), '')"
OWN_PATH = f"set_config('search_path', concat_ws(', ', {RESET_PATH}, 'pg_temp'), true)"
"""The path that a new session has, whatever another client has set; temporary tables, also another client's, come last."""
OWN_ROLE = """
    set_config('role', COALESCE((
        SELECT substr(setting, 6) FROM pg_catalog.pg_db_role_setting, unnest(setconfig) AS setting
        WHERE setting LIKE 'role=%%'
          AND setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user))
          AND setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
        ORDER BY setrole = 0, setdatabase = 0 LIMIT 1
    ), 'none'), true)
"""
"""The role that a new session has: another client's has other rights, and "$user" in the path is the role."""
OWN_TRIGGERS = """
    (SELECT set_config(name, reset_val, true) FROM pg_catalog.pg_settings
     WHERE name = 'session_replication_role' AND setting <> reset_val)
"""
"""Another client may have switched off triggers, and with them the checks of foreign keys."""

_current: dict[str, list[str]] = {}
"""Alias → statements for each new connection."""
_pooled: dict[str, Pooled] = {}


class Pooled:
    """Sets a session's settings within every transaction; a Django execute wrapper.

    A statement outside a transaction gets one of its own. `first` are expressions that make settings before the others.
    """

    def __init__(self, settings: Mapping[str, str], *, first: Sequence[str] = ()) -> None:
        path = "set_config('search_path', %s || ', pg_temp', true)" if "search_path" in settings else OWN_PATH
        others = {name: value for name, value in settings.items() if name != "search_path"}
        self._sql = "SELECT " + ", ".join([*first, path, *("set_config(%s, %s, true)" for _ in others)])
        self._values = [*(settings[name] for name in ("search_path",) if name in settings)]
        self._values += [text for pair in others.items() for text in pair]

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        """Run the statement with the settings."""
        connection: BaseDatabaseWrapper = statement[-1]["connection"]
        if connection.connection.info.transaction_status != IDLE:
            return execute(*statement)
        if not connection.get_autocommit():
            self._set(connection)
            return execute(*statement)
        connection.set_autocommit(False)
        try:
            self._set(connection)
            result = execute(*statement)
            connection.commit()
        except BaseException:
            with suppress(Error):
                connection.rollback()
                connection.set_autocommit(True)
            raise
        connection.set_autocommit(True)
        return result

    def _set(self, connection: BaseDatabaseWrapper) -> None:
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(self._sql, self._values)


def open_connection(using: str, *, pooled: bool) -> None:
    """Connect to the alias, and prepare its connections; `pooled` says that a pooler keeps sessions for transactions only."""
    connection = connections[using]
    if connection.vendor == "postgresql" and pooled and not is_pooled(using):  # a second time there are no options left
        pool(using)
    try:
        connection.ensure_connection()
    except OperationalError as error:
        if connection.vendor != "postgresql" or REFUSED not in str(error) or is_pooled(using):
            raise
        pool(using)
        connection.ensure_connection()
    if connection.vendor == "mysql":
        _read_current(connection)
    if connection.vendor == "postgresql" and not is_pooled(using) and has_pooler(connection):
        pool(using)
        connection.ensure_connection()


def own_backend(connection: BaseDatabaseWrapper) -> int | None:
    """The process that the server has named when this PostgreSQL connection was opened; a pooler names one of its own."""
    told: int | None = getattr(getattr(connection.connection, "info", None), "backend_pid", None)
    return told


def has_pooler(connection: BaseDatabaseWrapper) -> bool:
    """Whether another process serves a PostgreSQL connection than the one that it was opened by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (serving,) = cursor.fetchone()
    return own_backend(connection) not in (None, serving)


def has_transactions(using: str) -> bool:
    """Whether a pooler, if there is one, accepts transactions."""
    if not is_pooled(using):
        return True
    try:
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        if STATEMENT_MODE not in str(error):
            raise
        connections[using].close()  # the pooler has closed it already
        return False
    return True


def is_pooled(using: str) -> bool:
    """Whether the alias is reached through a pooler, so that each transaction makes its own settings."""
    return using in _pooled


def pool(using: str) -> None:
    """Let every transaction on the PostgreSQL alias make its own settings from now on; closes this thread's connection.

    What `options` would have set for the session is set in each transaction, and row-level security raises errors.
    """
    connection = connections[using]
    options = connection.settings_dict.setdefault("OPTIONS", {})
    settings = {
        **({"role": options.pop("assume_role")} if options.get("assume_role") else {}),
        "TimeZone": connection.timezone_name,
        "row_security": "off",
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        **_given(options.pop("options", "")),
    }
    if "prepare_threshold" in options:  # Django's own default is None
        options["prepare_threshold"] = None
    connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = True
    _pooled[using] = Pooled(settings, first=(OWN_ROLE, OWN_TRIGGERS))
    connection_created.connect(_prepare, dispatch_uid="seeding.sessions")
    connection.close()


def _given(options: str) -> dict[str, str]:
    """The settings of libpq's `options`: `-c name=value`, `-cname=value` or `--name=value`."""
    words = [word for word in shlex.split(options) if word != "-c"]
    pairs = [word.removeprefix("-c").removeprefix("--").partition("=") for word in words]
    return {name: value for name, _, value in pairs}


def _read_current(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BELATED)
        _current[connection.alias] = [CURRENT[str(name).lower()] for name, _ in cursor.fetchall()]
    connection_created.connect(_prepare, dispatch_uid="seeding.sessions")
    _prepare(connection)


def _prepare(connection: BaseDatabaseWrapper, **_: Any) -> None:
    for statement in _current.get(connection.alias, ()) if connection.vendor == "mysql" else ():
        with connection.cursor() as cursor:
            cursor.execute(statement)
    if connection.vendor == "postgresql" and connection.alias in _pooled:
        # The first one: an `execute_wrapper` block removes the last one when it ends.
        others = [wrapper for wrapper in connection.execute_wrappers if not isinstance(wrapper, Pooled)]
        connection.execute_wrappers[:] = [_pooled[connection.alias], *others]
