"""How it is with a job: it waits, its process runs or has ended, with what, and as which run of the ledger."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from seeding.exceptions import SeedingError
from seeding.jobs import tasks
from seeding.jobs.records import Job
from seeding.jobs.starting import folder
from seeding.models import SeedRun

CLOCK = timedelta(seconds=2)
"""By how much a run may seem to begin before the job that makes it."""
STARTING = timedelta(seconds=10)
"""How long a worker may take to say which process it has started."""


class Standing(StrEnum):
    """How it is with a job."""

    WAITING = "waiting"
    """It waits for a worker; nothing has been started."""
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"
    """It ended with an error, and its output says which."""
    DIED = "died"
    """It ended without a word: it was killed, or could not begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job now."""

    job: Job
    standing: Standing
    output: Mapping[str, Any]
    """What the command printed: its summary, or the error."""
    run: SeedRun | None
    """Its run, once that is in the ledger."""

    @property
    def is_running(self) -> bool:
        """Whether it goes on: its process runs, or a worker is yet to start it."""
        return self.standing in (Standing.RUNNING, Standing.WAITING)

    @property
    def error(self) -> str:
        """What went wrong as a whole; empty if nothing did."""
        return str(self.output.get("error", ""))

    @property
    def exit_code(self) -> int | None:
        """The command's exit code, if it has told one."""
        code = self.output.get("exit_code")
        return code if isinstance(code, int) else None

    @property
    def is_startable(self) -> bool:
        """Whether it is a preview that can be carried out."""
        return self.job.is_preview and self.standing is Standing.ENDED and self.job.age < tasks.STARTABLE

    @property
    def is_repeatable(self) -> bool:
        """Whether it did not come to its end, or is a preview that cannot be carried out: asked for again, it goes on."""
        whole = self.standing is Standing.ENDED and not self.exit_code
        return not (self.is_running or self.is_startable) and (self.job.is_preview or not whole)


def state_of(job: Job) -> JobState:
    """How it is with the job now."""
    alive = job.process is not None and job.host == socket.gethostname() and job.process.is_alive  # before its output is read
    output = folder().output(job.token)
    if output is not None:
        standing = Standing.FAILED if "error" in output else Standing.ENDED
    elif job.process is None:
        standing, output = _unstarted(job)
    else:
        standing = Standing.RUNNING if alive else Standing.DIED
    return JobState(job=job, standing=standing, output=output or {}, run=None if job.is_preview else run_of(job))


def run_of(job: Job) -> SeedRun | None:
    """The run that the job's process has recorded; None if it has not yet, or had nothing to do.

    Of several, as when a snapshot is restored: the one that it is at, and the first after its end.
    """
    if job.process is None:
        return None
    of_process = SeedRun.objects.using(job.database).filter(
        host=job.host,
        process_id=job.process.pid,
        started_at__gte=(job.begun or job.at) - CLOCK,
        command__in=sorted(job.action.commands),
    )
    return of_process.order_by("-pk" if len(job.action.commands) > 1 and job.process.is_alive else "pk").first()


def job_of(run: SeedRun) -> Job | None:
    """The job of this host whose process records the run; None if there is none, or not any more."""
    if run.host != socket.gethostname():
        return None
    for job in folder().latest():
        if job.process is None or job.is_preview or run.command not in job.action.commands:
            continue
        if job.process.pid == run.process_id and (job.begun or job.at) - CLOCK <= run.started_at:
            return job
    return None


def _unstarted(job: Job) -> tuple[Standing, Mapping[str, Any]]:
    """How it is with a job of which nobody has said which process it has, and what is to be said of it."""
    taken = folder().taken_since(job.token)
    if taken is not None:
        return (Standing.RUNNING if taken < STARTING else Standing.DIED), {}
    if tasks.has_failed(job.task):
        words = "A worker has taken it, and failed before it started a process: the worker's log says why."
    elif job.age > tasks.STARTABLE:
        words = "No worker has taken it within an hour. Nothing was started, and nothing will be."
    else:
        return Standing.WAITING, {}
    return Standing.FAILED, {"error": words, "exit_code": SeedingError.exit_code}
