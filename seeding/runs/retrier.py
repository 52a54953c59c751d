"""Retries idempotent work after transient errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import connections

from seeding.db.redaction import error_text
from seeding.db.retries import Transience, retrying, transience
from seeding.telemetry.events import Event, Sink

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """Retries work on the database `using` after transient errors, on a new connection if the old one is lost."""

    using: str
    tell: Sink
    doing: str = "Trying again"
    """The text of each retry's event, before its number and the error."""
    seeder: str | None = None

    def __call__(self, work: Callable[[], T]) -> T:
        """The result of `work`; its last error is raised unchanged if no retry helps."""
        return retrying(work, self.prepare)

    def prepare(self, error: BaseException, attempt: int) -> None:
        """Report the retry, and close the connection if it is lost."""
        if transience(error) is Transience.CONNECTION:
            connections[self.using].close()
        words = f"{self.doing} (retry {attempt}): {error_text(error)}"
        self.tell(Event(operation="retry", message=words, level="warn", seeder=self.seeder))
