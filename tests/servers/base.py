"""The interface of every throwaway server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import tenacity

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of Linux's that lies in memory
ROOM = 4 << 30
"""Bytes that the servers of a few parallel tests can need there."""


class Server(ABC):
    """A server in its own folder. `options` are added to its command line."""

    stop_signal = signal.SIGTERM
    ready = "SELECT 1"
    """A statement that succeeds once the server is usable."""
    in_memory = True
    """Whether its files are kept in memory if there is room: they survive a killed server, and nothing waits for a disk."""

    def __init__(self, *options: str) -> None:
        roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
        # Not pytest's own folder: a socket's path has 107 characters at most, and another account must reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="terp-", dir=MEMORY if self.in_memory and roomy else None))
        self.folder.chmod(0o755)
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    @abstractmethod
    def missing(cls) -> str:
        """Why such a server cannot start on this machine; empty if it can."""

    @classmethod
    @abstractmethod
    def version(cls) -> str:
        """Product and version, as a person would name them."""

    @abstractmethod
    def install(self) -> None:
        """Create the data folder."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line that runs the server."""

    @abstractmethod
    def sql(self, statements: str, database: str = "") -> str:
        """Run statements as the server's owner; returns the rows, tab-separated."""

    @abstractmethod
    def url(self, database: str, user: str = "", address: tuple[str, int] | None = None) -> str:
        """DATABASE_URL of one of its databases, over its socket unless `address` names a host and a port."""

    @abstractmethod
    def create(self, database: str) -> None:
        """Create an empty database."""

    @abstractmethod
    def copy(self, database: str, to: str) -> None:
        """Create a copy of a database that has no open connections."""

    @abstractmethod
    def drop(self, database: str) -> None:
        """Drop a database despite open connections."""

    @abstractmethod
    def connections(self, database: str) -> int:
        """Number of open connections to the database."""

    @property
    @abstractmethod
    def socket(self) -> Path:
        """The Unix socket it listens on."""

    def start(self) -> Server:
        """Start it, on a new data folder the first time; returns when it answers."""
        if not (self.folder / "data").exists():
            # On a busy machine MariaDB's bootstrap sometimes gives up; it reports why, and the next attempt works.
            tenacity.Retrying(stop=tenacity.stop_after_attempt(3), reraise=True)(self.install)
        with (self.folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(self.command(), stdout=output, stderr=output, **self.account())
        patience = tenacity.Retrying(stop=tenacity.stop_after_delay(60), wait=tenacity.wait_fixed(0.05), reraise=True)
        patience(self.sql, self.ready)
        return self

    def stop(self) -> None:
        """Shut it down cleanly and remove its folder."""
        if self.process is not None:
            self.process.send_signal(self.stop_signal)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def crash(self) -> None:
        """End it with SIGKILL, as the system does when memory runs out; `start` restarts it with its data."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def account(self) -> dict[str, Any]:
        """Arguments of `subprocess` for the account it runs as; empty for the current account."""
        return {}

    def run(self, command: list[str], statements: str = "") -> str:
        """The output of one of the server's programs; raises RuntimeError with its output if it fails."""
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, input=statements, text=True, capture_output=True, check=False, **self.account()
        )
        if done.returncode:
            raise RuntimeError(done.stderr + done.stdout)
        return done.stdout


def url(scheme: str, user: str, database: str, address: tuple[str, int] | None, options: Mapping[str, str]) -> str:
    """A DATABASE_URL."""
    host = "" if address is None else f"{address[0]}:{address[1]}"
    return f"{scheme}://{user}@{host}/{database}?{urlencode(options)}".rstrip("?")


def is_root() -> bool:
    """Whether the tests run as root."""
    return os.geteuid() == 0
