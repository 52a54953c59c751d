"""Files by which the processes of one machine agree on test databases. The system frees a lock when its process ends."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import ConfigurationError

CLAIM, RECORD, LOCK, USE = ".claim", ".json", ".lock", ".use"
"""Endings: a process's own database; what is known of a template; held while it is made or copied; held by its users."""


def folder_of(connection: BaseDatabaseWrapper) -> Path:
    """Where the state of the server's test databases is; of SQLite, which has no server, those of one project.

    What stands there is dropped: raises ConfigurationError if somebody else could have written it.
    """
    values = connection.settings_dict
    place: list[str] = [connection.vendor, str(values["HOST"]), str(values["PORT"])]
    if connection.vendor == "sqlite":
        place += [os.environ.get("DJANGO_SETTINGS_MODULE", ""), str(Path.cwd())]
    else:
        place += [str(values["OPTIONS"].get(name)) for name in ("host", "unix_socket", "read_default_file", "service")]
    name = hashlib.sha256("\n".join(place).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"seeding-tests-{os.getuid()}" / name
    for made in (folder.parent, folder):
        with suppress(FileExistsError):
            made.mkdir(mode=0o700)
        found = made.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ConfigurationError(
                f"{made} tells which test databases are to be dropped, and not only this account can write to it. Remove it, "
                "or set TMPDIR to a folder of your own."
            )
    return folder


def database_in(folder: Path, name: str, vendor: str) -> str:
    """The database of a claim or template of this name: SQLite's are files beside it."""
    return str(folder / f"{name}.sqlite3") if vendor == "sqlite" else name


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file's lock for a block, as soon as nobody else does."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def shared(path: Path) -> IO[str]:
    """The file, with a lock that others may share; closing it gives it up."""
    file = path.open("a+")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def alone(path: Path) -> IO[str] | None:
    """The file, with a lock that nobody shares; None if somebody holds one."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


class Claim:
    """A name for a database that no other process uses; the claim of a process that was killed is free again."""

    def __init__(self, file: IO[str], name: str) -> None:
        self._file = file
        self.name = name

    @classmethod
    def of(cls, folder: Path, name: str) -> Claim:
        """The name, or the first free one of those with a number after it."""
        for number in itertools.count(1):
            numbered = name if number == 1 else f"{name}_{number}"
            if (file := alone(folder / f"{numbered}{CLAIM}")) is not None:
                return cls(file, numbered)
        raise AssertionError

    def note(self, database: str) -> None:
        """Write down which database there is, or, if it is empty, that there is none any more."""
        self._file.truncate(0)
        self._file.write(database)
        self._file.flush()

    def release(self) -> None:
        """Let others have the name."""
        self._file.close()


def abandoned(folder: Path) -> Iterator[tuple[str, Claim]]:
    """The databases of processes that were killed, each with its claim, which is released afterwards."""
    for path in sorted(folder.glob(f"*{CLAIM}")):
        if not path.stat().st_size or (file := alone(path)) is None:
            continue
        file.seek(0)
        claim = Claim(file, path.stem)
        try:
            if database := file.read():
                yield database, claim
        finally:
            claim.release()


def read_record(path: Path) -> dict[str, Any] | None:
    """What was written; None if nothing was, or something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write all of it or nothing."""
    half = path.with_suffix(".half")
    half.write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
    half.replace(path)
