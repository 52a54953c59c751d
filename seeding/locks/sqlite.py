"""A lock on a file beside the SQLite database; the file names the holder, and stays when the lock is released."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import signal
import socket
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from seeding.db.connection import database_name
from seeding.exceptions import LockError, LockLostError
from seeding.locks.base import Holder, SeedingLock, ask_until
from seeding.telemetry.events import Sink, ignore

GLANCE_SECONDS = 0.2
"""How long a process that only checks whether the lock is held (`holder`) can block its acquisition."""
WRITING_SECONDS = 1
"""How long a new holder may take to write its identity to the file."""


def lock_path(database: str) -> Path:
    """`<database file>.seeding.lock`; an in-memory database belongs to one process, and so does its lock."""
    if database == ":memory:" or "mode=memory" in database:
        return Path(tempfile.gettempdir()) / f"seeding-{os.getpid()}.lock"
    return Path(f"{os.path.realpath(database)}.seeding.lock")


class SQLiteLock(SeedingLock):
    """`flock` on a file: the system frees it when the process ends, however it ends."""

    def __init__(self, using: str, command: str = "", tell: Sink = ignore) -> None:
        super().__init__(using, command, tell)
        self._path = lock_path(database_name(using))
        self._file: IO[str] | None = None

    @property
    def connection_id(self) -> int | None:
        """The process id, while held."""
        return os.getpid() if self._file else None

    def acquire(self, timeout: int) -> bool:
        """Lock the file, retrying until `timeout`."""
        self._file = ask_until(self._try, max(timeout, GLANCE_SECONDS))
        return self._file is not None

    def release(self) -> None:
        """Empty the file and close it, which unlocks it."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
        self._file = None

    def assign(self, run: int) -> None:
        """The file names the process, and the ledger the process's run."""

    def fence(self) -> None:
        """Check that the file was not deleted or replaced, in which case another run can lock another file."""
        try:
            ours = self._file is not None and os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except OSError as error:
            raise LockLostError from error
        if not ours:
            raise LockLostError

    def holder(self) -> Holder | None:
        """What the holder wrote into the file, and its run from the ledger."""
        found = ask_until(self._found, WRITING_SECONDS)
        return Holder() if found is None else found[0]

    def _found(self) -> tuple[Holder | None] | None:
        """The holder, if any; None while it is unknown, because the lock has just been acquired or released."""
        with self._path.open("a+", encoding="utf-8") as probe, suppress(BlockingIOError):
            fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two mere checks do not see each other as a holder
            probe.truncate(0)
            return (None,)
        try:
            written = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        since = datetime.fromisoformat(written["since"])
        return (self.described(Holder(connection=written["pid"], host=written["host"], user=written["user"], since=since)),)

    def _end(self, holder: Holder) -> None:
        """Send SIGTERM, which makes a command end; only on the holder's own machine."""
        if holder.connection in (None, os.getpid()) or holder.host != socket.gethostname():
            raise LockError(f"The lock's holder is {holder}: a process that must be ended where it runs.")
        try:
            os.kill(holder.connection, signal.SIGTERM)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise LockError(f"This account may not end the lock's holder: {holder}. End that process yourself.") from error

    def _try(self) -> IO[str] | None:
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        file.truncate(0)
        json.dump(
            {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "user": getpass.getuser(),
                "since": datetime.now(UTC).isoformat(),
            },
            file,
        )
        file.flush()
        return file
