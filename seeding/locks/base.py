"""What every kind of lock has in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import tenacity
from django.db import connections

from seeding.exceptions import LockError, LockHeldError
from seeding.locks.fence import Fenced, Grant
from seeding.models import SeedingMetadata, SeedRun
from seeding.telemetry.events import Sink, ignore

T = TypeVar("T")

POLL_SECONDS = 0.05
RELEASE_SECONDS = 10
"""How long an ended connection may take to release the lock: its running statement is rolled back first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lock; what cannot be found out is None."""

    connection: int | None = None
    """The server's connection id; on SQLite the process id."""
    host: str | None = None
    user: str | None = None
    since: datetime | None = None
    run: int | None = None
    command: str | None = None
    table: str | None = None
    """The table of the last batch that the run has committed."""
    batch: tuple[int, int] | None = None
    """That batch's first row index, and its rows."""
    batch_at: datetime | None = None
    expires_in: float | None = None
    """Seconds until others may take the lock unless it is renewed; None where it ends with the holder's connection."""

    def facts(self, now: datetime) -> dict[str, str]:
        """The known facts, by the headings shown to a person."""
        known = {
            "connection": self.connection,
            "host": self.host,
            "user": self.user,
            "run": f"{self.run} ({self.command})" if self.run else None,
            "command": self.command if not self.run else None,
            "since": f"{self.since:%Y-%m-%d %H:%M:%S} UTC, for {span(self.since, now)}" if self.since else None,
            "table": self.table,
            "batch": f"{self.batch[1]:,} rows from index {self.batch[0]:,}" if self.batch else None,
            "last commit": f"{span(self.batch_at, now)} ago" if self.batch_at else None,
            "expires": f"in {self.expires_in:.0f} s unless renewed" if self.expires_in is not None else None,
        }
        return {heading: str(value) for heading, value in known.items() if value is not None}

    def __str__(self) -> str:
        parts = [
            f"connection {self.connection}" if self.connection else "",
            f"host {self.host}" if self.host else "",
            f"user {self.user}" if self.user else "",
            f"since {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else "",
            f"command {self.command}" if self.command and not self.run else "",
            f"run {self.run} ({self.command})" if self.run else "run not recorded yet",
            f"last wrote {self.batch[1]} rows of {self.table} from index {self.batch[0]}" if self.batch else "",
            f"expires in {self.expires_in:.0f} s unless renewed" if self.expires_in is not None else "",
        ]
        return ", ".join(part for part in parts if part)


class SeedingLock(Fenced):
    """The lock on seeding one database, for a command. It is held by its own connection (or file handle), never the run's.

    `tell` receives what happens to it, also from a thread of its own.
    """

    def __init__(self, using: str, command: str = "", tell: Sink = ignore) -> None:
        self.using = using
        self.command = command
        self.tell = tell

    @property
    @abstractmethod
    def connection_id(self) -> int | None:
        """What identifies the holder to the server, while held."""

    @abstractmethod
    def acquire(self, timeout: int) -> bool:
        """Acquire the lock, waiting at most `timeout` seconds (0: try once). False if another process holds it."""

    @abstractmethod
    def release(self) -> None:
        """Release the lock; does nothing if it is not held."""

    @abstractmethod
    def holder(self) -> Holder | None:
        """Who holds the lock now; None if it is free."""

    @abstractmethod
    def _end(self, holder: Holder) -> None:
        """End the connection that holds the lock; raises LockError, with what to do, if this process may not end it."""

    @abstractmethod
    def assign(self, run: int) -> None:
        """Let others know which run holds the lock, where the lock itself says so."""

    def admit(self, slot: int) -> Grant:
        """Leave for another connection to commit in this run's name, until the lock is lost or leave is given for `slot` again.

        Raises LockError where one connection alone can write.
        """
        raise LockError("This database has one writer at a time.")

    @property
    def is_locked(self) -> bool:
        """Whether the lock is held."""
        return self.holder() is not None

    def force_release(self) -> Holder | None:
        """End the holder's connection, and with it the lock; returns the holder, None if the lock was free.

        The run that held it stops before its next commit. Raises LockError if it may not be ended, or does not end.
        """
        holder = self.holder()
        if holder is None:
            return None
        self._end(holder)
        if not ask_until(lambda: not self._is_held_by(holder) or None, RELEASE_SECONDS):
            raise LockError(f"The lock's holder was told to end and has not done so yet: {holder}. Check again later.")
        return holder

    @contextmanager
    def held(self, timeout: int) -> Iterator[None]:
        """Hold the lock for a block; raises LockHeldError, naming the holder, if it cannot be acquired in time."""
        granted = self.acquire(timeout)
        _close_ended(self.using)
        if not granted:
            waited = f" after {timeout} s" if timeout else ""
            raise LockHeldError(
                f"Another run holds the seeding lock{waited}: {self.holder() or 'it has just ended'}. "
                "Wait for it, or pass --lock-timeout=SECONDS."
            )
        try:
            yield
        finally:
            self.release()

    def described(self, holder: Holder) -> Holder:
        """The holder with what the ledger knows about its run, if that has been recorded."""
        runs = SeedRun.objects.using(self.using)
        named = {"pk": holder.run} if holder.run else {"state": SeedRun.State.RUNNING, "lock_connection": holder.connection}
        run = runs.filter(**named).first()
        if run is None:
            return holder
        holder = replace(holder, host=run.host, user=run.user, since=run.started_at, run=run.pk, command=run.command)
        last = SeedingMetadata.objects.using(self.using).filter(run=run).order_by("-id").first()
        if last is None:
            return holder
        return replace(holder, table=last.table_name, batch=(last.first_index, last.record_count), batch_at=last.created_at)

    def _is_held_by(self, holder: Holder) -> bool:
        now = self.holder()
        return now is not None and now.connection == holder.connection


def _close_ended(using: str) -> None:
    """Close this thread's connection if the server ended it while it was idle; the next query opens another."""
    connection = connections[using]
    if connection.connection is not None and not connection.in_atomic_block and not connection.is_usable():
        connection.close()


def span(start: datetime, end: datetime) -> str:
    """The time between, as h:mm:ss."""
    return str(timedelta(seconds=round((end - start).total_seconds())))


def ask_until(question: Callable[[], T | None], timeout: float) -> T | None:
    """The answer to `question`, asked again every POLL_SECONDS while it is None, until `timeout` seconds have passed."""
    patience = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda answer: answer is None),
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(POLL_SECONDS),
        retry_error_callback=lambda _: None,
    )
    return patience(question)
