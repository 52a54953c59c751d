"""Processes of this host: started apart from the one that starts them, known again for certain, and asked to end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
DEAD = frozenset({"Z", "X"})
"""States of a process that has ended, and that nobody has waited for yet."""
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process of this host; the numbers of ended ones are given out again, the pair is not."""

    pid: int
    started: str
    """The kernel's time of its start, and which boot that was in; empty if it had ended before anybody could ask."""

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return bool(self.started) and started_at(self.pid) == self.started

    def terminate(self) -> bool:
        """Send SIGTERM; False if it has ended."""
        if not hasattr(os, "pidfd_open"):
            return self.is_alive and _kill(self.pid)
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:  # the handle is of the process that has the number now, and stays so
            if not self.is_alive:
                return False
            signal.pidfd_send_signal(handle, signal.SIGTERM)
        except OSError:
            return False
        finally:
            os.close(handle)
        return True


def start(command: Sequence[str], variables: Mapping[str, str], *, out: Path, log: Path) -> ProcessIdentity:
    """Start a process in a session of its own, which outlives this one; its stdout and stderr go to new files.

    Raises OSError if it cannot be started.
    """
    with os.fdopen(os.open(out, NEW, 0o600), "wb") as told, os.fdopen(os.open(log, NEW, 0o600), "wb") as said:
        process = subprocess.Popen(  # noqa: S603 - a list, never a shell
            list(command), env=dict(variables), stdin=subprocess.DEVNULL, stdout=told, stderr=said, start_new_session=True
        )
    identity = ProcessIdentity(pid=process.pid, started=started_at(process.pid))
    threading.Thread(target=process.wait, daemon=True, name=f"seeding-job-{process.pid}").start()
    return identity


def started_at(pid: int) -> str:
    """When the process with this number began, as the kernel tells it; empty if there is none that runs."""
    if PROC.joinpath("self", "stat").exists():
        with suppress(OSError, IndexError):
            fields = PROC.joinpath(str(pid), "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            boot = PROC.joinpath("sys", "kernel", "random", "boot_id").read_text(encoding="utf-8").strip()
            return "" if fields[0] in DEAD else f"{boot}/{fields[19]}"
        return ""
    return _told_by_ps(pid)


def _told_by_ps(pid: int) -> str:
    """The same where there is no /proc."""
    program = shutil.which("ps")
    if program is None:
        return ""
    asked = [program, "-o", "stat=,lstart=", "-p", str(pid)]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - a list, of numbers
    state, _, began = told.partition(" ")
    return "" if not state or state[0] in DEAD else began.strip()


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError:
        return False
    return True
