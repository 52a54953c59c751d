"""Commands as processes of their own, as a person starts them: several at once, on any node."""

from __future__ import annotations

import itertools
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.clusters.engines import until
from tests.clusters.extent import BATCH, SIZE
from tests.support.databases import AS_OF, ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that was started."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def said(self) -> str:
        """Its log so far."""
        return self.err.read_text(encoding="utf-8", errors="replace")

    def wait_until_it_says(self, words: str, times: int = 1) -> None:
        """Wait for words in its log; returns early if it ends."""
        until(lambda: self.said().count(words) >= times or not self.is_running, seconds=600)

    def wait(self, seconds: float = 1_500) -> Ended:
        """Wait for its end; raises TimeoutExpired."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return Ended(code=self.process.returncode, out=self.out.read_text(encoding="utf-8"), err=self.said())


HOLDER = re.compile(r"Another run holds the seeding lock.*?: .*?host (?P<host>[^,]+),.*? run (?P<run>\d+) \((?P<command>\w+)\)")


def assert_refused_for(ended: Ended, *, run: str) -> None:
    """It was refused because a run of the command `run` holds the lock, and it names that run and its host."""
    held = HOLDER.search(ended.err)
    assert ended.code == 2, ended
    assert held is not None, ended.err
    assert (held["host"], held["command"]) == (socket.gethostname(), run)


class Commands:
    """Starts commands, with these environment variables, and writes what they print into files in `folder`."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder, self._variables = folder, variables
        self._numbers = itertools.count(1)
        self._started: list[Command] = []

    def start(self, url: str, *arguments: str, **variables: str) -> Command:
        """`manage.py` with these arguments, on the database of the URL."""
        number = next(self._numbers)
        out, err = (self._folder / f"command{number}.{stream}" for stream in ("out", "err"))
        with out.open("wb") as printed, err.open("wb") as logged:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env={**self._variables, "DATABASE_URL": url, **variables},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=logged,
            )
        command = Command(process=process, out=out, err=err)
        self._started.append(command)
        return command

    def run(self, url: str, *arguments: str, **variables: str) -> Ended:
        """The same, to its end."""
        return self.start(url, *arguments, **variables).wait()

    def seed(self, url: str, *arguments: str, **variables: str) -> Command:
        """`seed` with a fixed day, in `extent.SIZE` unless another is given, and a log that tells of every batch."""
        slow = {"SEEDING_LOG_LEVEL": "debug", "SEEDING_BATCH_SIZE": BATCH, **variables}
        return self.start(url, "seed", f"--as-of={AS_OF}", f"--size={SIZE}", *arguments, **slow)

    def stop(self) -> None:
        """End those that a failed test has left."""
        for command in self._started:
            if command.is_running:
                command.process.kill()
                command.process.wait()
