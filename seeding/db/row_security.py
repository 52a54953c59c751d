"""Makes PostgreSQL raise an error where a policy would hide rows from a command.

Row-level security leaves out rows without a word: a row that refers to a seeded one would be deleted with it, and a masked
column would keep values. With `row_security = off` the server refuses every query that a policy would filter, whichever table
it reads, and whenever the policy was made. The catalogue is asked beforehand (`safety`), before anything is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from seeding.db.sessions import is_pooled, own_backend

P = ParamSpec("P")
R = TypeVar("R")

RAISE_ERRORS = "SELECT set_config('row_security', 'off', false) WHERE pg_backend_pid() = COALESCE(%s, pg_backend_pid())"
"""Not in a session that a pooler has lent."""

_commands: Counter[str] = Counter()
"""Alias → how many commands of this process are using it."""


@contextmanager
def every_row(using: str) -> Iterator[None]:
    """Within the block, a query on the alias that a policy would filter raises a DatabaseError; other servers have no policies.

    It counts for the connection that is open and for those that are opened meanwhile, in every thread. This thread's
    connection filters again afterwards, since it may be the application's.
    """
    connection_created.connect(_raise_errors, dispatch_uid="seeding.row_security")
    _commands[using] += 1
    try:
        for connection in _opened(using):
            _raise_errors(connection)
        yield
    finally:
        _commands[using] -= 1
        for connection in () if _commands[using] else _opened(using):
            with suppress(Error), connection.cursor() as cursor:  # a lost connection has no settings to restore
                cursor.execute("RESET row_security")


class Configured(Protocol):
    """A job whose config names its database."""

    @property
    def config(self) -> Any:
        """`config.database` is an alias of DATABASES."""


C = TypeVar("C", bound=Configured)


def seeing_every_row(method: Callable[Concatenate[C, P], R]) -> Callable[Concatenate[C, P], R]:
    """Run the method with `every_row` of its database."""

    @wraps(method)
    def run(self: C, *args: P.args, **kwargs: P.kwargs) -> R:
        with every_row(self.config.database):
            return method(self, *args, **kwargs)

    return run  # type: ignore[return-value]  # mypy loses the name of `self`


def _opened(using: str) -> Iterator[BaseDatabaseWrapper]:
    """The connection of this thread to the alias, if it is open and to PostgreSQL; behind a pooler transactions set it."""
    for connection in connections.all(initialized_only=True):
        if connection.alias != using or connection.vendor != "postgresql" or is_pooled(using):
            continue
        if connection.connection is not None:
            yield connection


def _raise_errors(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "postgresql" and _commands[connection.alias] and not is_pooled(connection.alias):
        with connection.cursor() as cursor:
            cursor.execute(RAISE_ERRORS, [own_backend(connection)])
