"""What every kind of lock has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from seeding.exceptions import LockHeldError
from seeding.models import SeedRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lock; what cannot be found out is None."""

    connection: int | None = None
    """The server's connection id; on SQLite the process id."""
    host: str | None = None
    user: str | None = None
    since: datetime | None = None
    run: int | None = None

    def __str__(self) -> str:
        parts = [
            f"connection {self.connection}" if self.connection else "",
            f"host {self.host}" if self.host else "",
            f"user {self.user}" if self.user else "",
            f"since {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else "",
            f"run {self.run}" if self.run else "run not recorded yet",
        ]
        return ", ".join(part for part in parts if part)


class SeedingLock(ABC):
    """The lock on seeding one database. It lives on a connection (or file handle) of its own, never on the run's."""

    def __init__(self, using: str) -> None:
        self.using = using

    @property
    @abstractmethod
    def connection_id(self) -> int | None:
        """What identifies the holder to the server, while held."""

    @abstractmethod
    def acquire(self, timeout: int) -> bool:
        """Take the lock, waiting at most `timeout` seconds (0: try once). False if another holds it."""

    @abstractmethod
    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""

    @abstractmethod
    def verify(self) -> None:
        """Raise LockLostError unless the lock is still ours."""

    @abstractmethod
    def holder(self) -> Holder | None:
        """Who holds the lock now, if anybody."""

    @property
    def is_locked(self) -> bool:
        """Whether anybody holds the lock."""
        return self.holder() is not None

    @contextmanager
    def held(self, timeout: int) -> Iterator[None]:
        """Hold the lock for a block; raises LockHeldError, naming the holder, if it cannot be had in time."""
        if not self.acquire(timeout):
            waited = f" after {timeout} s" if timeout else ""
            raise LockHeldError(
                f"Another run holds the seeding lock{waited}: {self.holder() or 'it has just ended'}. "
                "Wait for it, or give --lock-timeout=SECONDS."
            )
        try:
            yield
        finally:
            self.release()

    def run_of(self, connection_id: int) -> SeedRun | None:
        """The run under way on `connection_id`, if it has been recorded."""
        runs = SeedRun.objects.using(self.using)
        return runs.filter(state=SeedRun.State.RUNNING, lock_connection=connection_id).first()
