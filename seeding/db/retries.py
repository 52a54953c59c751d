"""Which database errors are transient, and how often a batch is retried for each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import tenacity
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError

from seeding.db.interruption import interruption

T = TypeVar("T")

CONNECTION_CODES = frozenset(
    {1040, 1047, 1053, 1077, 1158, 1159, 1160, 1161, 1203, 1836, 1927, 2002, 2003, 2005, 2006, 2013, 2026, 2055, 3032, 3168}
    | {3169, 3796, 3797, 4031}
)
CONTENTION_CODES = frozenset({1020, 1205, 1213, 3101, 3572})
SIZE_CODES = frozenset({1153, 1197, 1206, 1534, 3231})
UNCLEAR_CODES = frozenset({1180, 3100})
FORBIDDEN = 1290
FINAL_CODES = frozenset({1044, 1045, 1142, 1143, 1227, FORBIDDEN, 1370, 1698, 3098})
"""Error numbers of MySQL and MariaDB: server gone, shutting down, without a free connection, read-only, outside its cluster;
row changed meanwhile, lock wait timeout, deadlock, another node's transaction, NOWAIT; packet, binary log cache or lock
table too small; a COMMIT that failed, for its size or because the node left its cluster; missing privilege, forbidden by an
option, a table that a cluster does not take."""
READS_ONLY = "read-only option"
"""In the words of FORBIDDEN on a server that is not a primary yet, or no more; with other words the error is final."""
TOO_LARGE = ("wsrep_max_ws_rows", "writeset size")
"""In the words of errors without a number of their own (1105, 1180)."""

CONNECTION_STATES = ("08", "57P", "25P03", "25P04", "25006", "53300")
CONTENTION_STATES = ("40001", "40P01", "55P03")
SIZE_STATES = ("53200", "53400", "54000", "54001")
FINAL_STATES = ("28", "42", "3D000")
"""Prefixes of PostgreSQL's SQLSTATEs: connection lost, server shutting down or starting, idle for too long, read-only (a
standby), without a free connection; serialisation failure, deadlock, lock timeout; out of memory or of temporary files,
statement too complex; rejected account, missing privilege, no such database."""


ROW_CODES = frozenset({1292, 1366, 1411, 1644})
"""Errors of MySQL and MariaDB about a row, which the driver raises as operational ones: a value, and a trigger's SIGNAL."""
RAISED = "P0001"
"""The SQLSTATE of an exception raised by a PostgreSQL trigger."""


class TransactionTooLargeError(OperationalError):
    """An unclear error that turned out to be one of size."""


class Transience(Enum):
    """A family of transient errors."""

    CONNECTION = "connection"
    CONTENTION = "contention"
    SIZE = "size"
    """Only a smaller transaction helps."""
    OTHER = "other"


RETRIES = {Transience.CONNECTION: 3, Transience.CONTENTION: 3, Transience.SIZE: 0, Transience.OTHER: 1}
"""How often each family is retried; a lost connection at least so often, and as long as the patience lasts."""

FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
"""Seconds; each wait is twice the one before."""


def transience(error: BaseException | None) -> Transience | None:
    """The family `error` belongs to, or None if a retry is useless."""
    if isinstance(error, InterfaceError):
        return Transience.CONNECTION
    if isinstance(error, Error) and (state := sqlstate(error)) is not None:
        return _by_state(error, state)
    if not isinstance(error, OperationalError):
        return None
    return _by_code(error, error.args[0] if error.args else None)


def is_unclear(error: BaseException) -> bool:
    """Whether the error may be one of size, though its family is that of lost connections."""
    return transience(error) is Transience.CONNECTION and not UNCLEAR_CODES.isdisjoint(error.args[:1])


NO_TABLE = frozenset({1146, 1049})
NO_TABLE_STATES = frozenset({"42P01", "3F000"})
"""No such table, or no such database or schema; the same as PostgreSQL's SQLSTATEs."""


def is_of_no_table(error: Error) -> bool:
    """Whether a statement failed because a table that it names is not there."""
    told = bool(NO_TABLE.intersection(error.args[:1])) or sqlstate(error) in NO_TABLE_STATES
    return told or str(error).startswith(("no such table", "unknown database"))


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of a PostgreSQL error, whichever driver raised it; empty for an error of the client library.

    None for the errors of other servers, which begin with a number; PyMySQL's have a SQLSTATE too.
    """
    if error.args and isinstance(error.args[0], int):
        return None
    for name in ("sqlstate", "pgcode"):  # psycopg's name for it, and psycopg2's
        if hasattr(error.__cause__, name):
            return getattr(error.__cause__, name) or ""
    return None


def _by_code(error: OperationalError, code: object) -> Transience | None:
    words = str(error)
    if isinstance(error, TransactionTooLargeError) or code in SIZE_CODES or any(one in words for one in TOO_LARGE):
        return Transience.SIZE
    if code in CONNECTION_CODES | UNCLEAR_CODES or (code == FORBIDDEN and READS_ONLY in words):
        return Transience.CONNECTION
    if code in CONTENTION_CODES or "database is locked" in words:
        return Transience.CONTENTION
    return None if code in FINAL_CODES | ROW_CODES else Transience.OTHER


def _by_state(error: Error, state: str) -> Transience | None:
    operational = isinstance(error, OperationalError)
    if not state:  # an error of the client library: the server no longer answers
        return Transience.CONNECTION if operational else None
    if state.startswith(CONNECTION_STATES):
        return Transience.CONNECTION
    if state in CONTENTION_STATES:
        return Transience.CONTENTION
    if state in SIZE_STATES:
        return Transience.SIZE
    return Transience.OTHER if operational and not state.startswith(FINAL_STATES) else None


def refuses_row(error: BaseException) -> bool:
    """Whether the database rejects this particular row, and would accept others."""
    if isinstance(error, (IntegrityError, DataError)) or sqlstate(error) == RAISED:
        return True
    return isinstance(error, OperationalError) and bool(ROW_CODES.intersection(error.args[:1]))


def retrying(action: Callable[[], T], before_retry: Callable[[BaseException, int], None], patience: float = 0) -> T:
    """The result of `action`, retried while it fails with a transient error; the last error is raised unchanged.

    Every family is counted by itself. A lost connection is waited for until `patience` seconds after its first loss.
    `before_retry` is passed the error and the number of the coming retry, and can repair what the error broke. If a signal
    caused the error, which a driver may wrap, the signal's own exception is raised.
    """
    failures: Counter[Transience] = Counter()
    losses: list[tuple[float, float]] = []
    """When a connection was lost, and how many seconds had been waited by then."""

    def hopeful(state: tenacity.RetryCallState) -> bool:
        error = _error(state)
        family = transience(error)
        if family is None or error is None or interruption(error) is not error:
            return False
        failures[family] += 1
        if family is Transience.CONNECTION:
            losses.append((time.monotonic(), state.idle_for))
            if max(now - first for now, first in zip(losses[-1], losses[0], strict=True)) < patience:
                return True
        return failures[family] <= RETRIES[family]

    def prepare(state: tenacity.RetryCallState) -> None:
        error = _error(state)
        if error is not None:
            before_retry(error, state.attempt_number)

    retries = tenacity.Retrying(
        retry=hopeful,
        wait=tenacity.wait_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
        before_sleep=prepare,
        reraise=True,
    )
    try:
        return retries(action)
    except Exception as error:
        if (meant := interruption(error)) is not error:
            raise meant from error
        raise


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
