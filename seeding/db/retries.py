"""Which database errors are transient, and how often a batch is retried for each."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import tenacity
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError

from seeding.db.interruption import interruption

T = TypeVar("T")

PACKET_TOO_LARGE = 1153
CONNECTION_CODES = frozenset({1053, 1077, 2002, 2003, 2005, 2006, 2013, 2055, 4031})
CONTENTION_CODES = frozenset({1020, 1205, 1213, 3572})
FINAL_CODES = frozenset({1044, 1045, 1142, 1143, PACKET_TOO_LARGE, 1227, 1290, 1370, 1698, 1836})
"""Error numbers of MySQL and MariaDB: server gone or shutting down; row changed meanwhile, lock wait timeout, deadlock, NOWAIT;
missing privilege, packet too large, read-only server."""

CONNECTION_STATES = ("08", "57P", "25P03", "25P04")
CONTENTION_STATES = ("40001", "40P01", "55P03")
FINAL_STATES = ("28", "42", "25006", "3D000")
"""Prefixes of PostgreSQL's SQLSTATEs: connection lost, server shutting down or starting, idle for too long; serialisation
failure, deadlock, lock timeout; rejected account, missing privilege, read-only server, no such database."""


ROW_CODES = frozenset({1292, 1366, 1411, 1644})
"""Errors of MySQL and MariaDB about a row, which the driver raises as operational ones: a value, and a trigger's SIGNAL."""
RAISED = "P0001"
"""The SQLSTATE of an exception raised by a PostgreSQL trigger."""


class Transience(Enum):
    """A family of transient errors."""

    CONNECTION = "connection"
    CONTENTION = "contention"
    OTHER = "other"


RETRIES = {Transience.CONNECTION: 3, Transience.CONTENTION: 3, Transience.OTHER: 1}
"""How often each family is retried."""

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
    code = error.args[0] if error.args else None
    if code in CONNECTION_CODES:
        return Transience.CONNECTION
    if code in CONTENTION_CODES or "database is locked" in str(error):
        return Transience.CONTENTION
    return None if code in FINAL_CODES | ROW_CODES else Transience.OTHER


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


def _by_state(error: Error, state: str) -> Transience | None:
    operational = isinstance(error, OperationalError)
    if not state:  # an error of the client library: the server no longer answers
        return Transience.CONNECTION if operational else None
    if state.startswith(CONNECTION_STATES):
        return Transience.CONNECTION
    if state in CONTENTION_STATES:
        return Transience.CONTENTION
    return Transience.OTHER if operational and not state.startswith(FINAL_STATES) else None


def refuses_row(error: BaseException) -> bool:
    """Whether the database rejects this particular row, and would accept others."""
    if isinstance(error, (IntegrityError, DataError)) or sqlstate(error) == RAISED:
        return True
    return isinstance(error, OperationalError) and bool(ROW_CODES.intersection(error.args[:1]))


def too_large(error: BaseException) -> bool:
    """Whether the statement was larger than the server accepts: split, it may pass."""
    return isinstance(error, OperationalError) and bool(error.args) and error.args[0] == PACKET_TOO_LARGE


def retrying(action: Callable[[], T], before_retry: Callable[[BaseException, int], None]) -> T:
    """The result of `action`, retried while it fails with a transient error; the last error is raised unchanged.

    `before_retry` is passed the error and the number of the coming retry, and can repair what the error broke. If a signal
    caused the error, which a driver may wrap, the signal's own exception is raised.
    """

    def hopeful(state: tenacity.RetryCallState) -> bool:
        error = _error(state)
        family = transience(error)
        return (
            family is not None
            and error is not None
            and interruption(error) is error
            and state.attempt_number <= RETRIES[family]
        )

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
