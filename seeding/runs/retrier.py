"""Retries idempotent work after transient errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import Error, OperationalError, connections

from seeding.db.redaction import error_text
from seeding.db.retries import TransactionTooLargeError, Transience, is_unclear, retrying, transience
from seeding.db.topology import membership
from seeding.telemetry.events import Event, Sink

T = TypeVar("T")

UNCLEAR = 2
"""How often an unclear error is taken for a lost connection, before it is taken for one of size."""
NEAR = 4
"""A transaction may take so many times the bytes that were counted."""


@dataclass(slots=True)
class Outages:
    """What a run has gone through."""

    count: int = 0
    """How often its connection was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """Retries work on the database `using` after transient errors, on a new connection if the old one is lost."""

    using: str
    tell: Sink
    doing: str = "Trying again"
    """The text of each retry's event, before its number and the error."""
    seeder: str | None = None
    patience: float = 0
    """Seconds for which a server that is gone is waited for."""
    outages: Outages = field(default_factory=Outages)
    """Of the run."""

    def __call__(self, work: Callable[[], T], *, committed: Callable[[], T | None] | None = None, written: float = 0) -> T:
        """The result of `work`; its last error is raised unchanged if no retry helps.

        `committed` is asked on the new connection whether the work was committed after all, and returns its result then;
        work that finds out by itself needs none. `written` is about how many bytes the transaction has: if an error may mean
        that they are too many, it becomes a TransactionTooLargeError.
        """
        lost, unclear = False, 0

        def attempt() -> T:
            nonlocal unclear
            if lost and committed is not None and (found := committed()) is not None:
                return found
            try:
                return work()
            except OperationalError as error:
                if is_unclear(error):
                    if unclear == UNCLEAR or self._is_large(written):
                        raise TransactionTooLargeError(*error.args) from error
                    unclear += 1
                raise

        def prepare(error: BaseException, number: int) -> None:
            nonlocal lost
            lost = lost or transience(error) is Transience.CONNECTION
            self.prepare(error, number)

        return retrying(attempt, prepare, self.patience)

    def prepare(self, error: BaseException, attempt: int) -> None:
        """Report the retry, and close the connection if it is lost."""
        if transience(error) is Transience.CONNECTION:
            self.outages.count += 1
            connections[self.using].close()
        words = f"{self.doing} (retry {attempt}): {error_text(error)}"
        self.tell(Event(operation="retry", message=words, level="warn", seeder=self.seeder))

    def _is_large(self, written: float) -> bool:
        """Whether so many bytes may be more than the server takes; False if it cannot be asked."""
        try:
            limit = membership(connections[self.using]).transaction_bytes
        except Error:
            return False
        return limit is not None and written * NEAR >= limit
