"""What a person can do about a database's error, for those where the server's own words leave it open."""

from __future__ import annotations

from django.db import Error

from seeding.db.retries import Transience, sqlstate, transience

GRANT = (
    "The account lacks a right: it needs SELECT, INSERT, UPDATE and DELETE on the database's tables (and, on PostgreSQL, "
    "USAGE and UPDATE on their sequences); CREATE only for `migrate`."
)
POLICY = "Row-level security hides rows of it from this account: use an account that bypasses it (BYPASSRLS)."
ACCOUNT = "The server rejects the account: check user and password in DATABASE_URL."
READ_ONLY = "The server is read-only. Is it a replica, or under maintenance?"
FULL = "The database's disk is full. Free some space."
DISK = "Writes do not reach the disk. Is it full, or failing?"
TOO_LARGE = "One row is larger than the server accepts: raise its max_allowed_packet."
LIMIT = (
    "One transaction is larger than the server accepts: lower SEEDING_TRANSACTION_MB, or raise the server's limit "
    "(wsrep_max_ws_size, wsrep_max_ws_rows, group_replication_transaction_size_limit, max_binlog_cache_size)."
)
UNFIT = (
    "Group Replication in multi-primary mode takes no changes of tables with cascading foreign keys: switch the group to "
    "single-primary mode."
)
CONNECTIONS = "The server has no free connections: close some, or raise its limit."

BY_CODE = {
    **dict.fromkeys((1044, 1142, 1143, 1227, 1370), GRANT),
    **dict.fromkeys((1045, 1698), ACCOUNT),
    **dict.fromkeys((1290, 1792, 1836), READ_ONLY),
    **dict.fromkeys((3, 28, 1021, 1026, 1114), FULL),
    1153: TOO_LARGE,
    3098: UNFIT,
    1040: CONNECTIONS,
}
"""Error numbers of MySQL and MariaDB."""
BY_STATE = {"42501": GRANT, "28000": ACCOUNT, "28P01": ACCOUNT, "25006": READ_ONLY, "53100": FULL, "53300": CONNECTIONS}
"""SQLSTATEs of PostgreSQL."""
BY_WORDS = {"readonly database": READ_ONLY, "disk is full": FULL, "disk I/O error": DISK}
"""SQLite's errors have no number."""


def hint(error: BaseException) -> str:
    """A sentence that says what to do; empty where there is nothing to add, as to what is no error of a database."""
    if not isinstance(error, Error):
        return ""
    state = sqlstate(error)
    if state is not None and "row-level security" in str(error):
        return POLICY
    if state is not None:
        return BY_STATE.get(state, "")
    code = error.args[0] if error.args else None
    if isinstance(code, int):
        return BY_CODE.get(code, LIMIT if transience(error) is Transience.SIZE else "")
    return next((words for said, words in BY_WORDS.items() if said in str(error)), "")
