"""A job is started, its end is read, and it is asked to end."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from seeding.conf.jobs import REQUESTED_BY, job_folder, manage_command, printable
from seeding.exceptions import RefusedError, SeedingError
from seeding.jobs import processes
from seeding.jobs.actions import Action
from seeding.jobs.records import Job, JobFolder
from seeding.locks import seeding_lock
from seeding.models import SeedRun

STARTABLE = timedelta(hours=1)
"""How old a preview may be that is carried out."""
CLOCK = timedelta(seconds=2)
"""By how much a run may seem to begin before the job that makes it."""


class Standing(StrEnum):
    """How it is with a job."""

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
        """Whether its process runs."""
        return self.standing is Standing.RUNNING

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
        return self.job.is_preview and self.standing is Standing.ENDED and self.job.age < STARTABLE


def folder() -> JobFolder:
    """Where the jobs of this host are recorded."""
    return JobFolder(path=job_folder())


def preview(
    action: Action,
    options: Sequence[str],
    *,
    database: str,
    account: str,
    instead: Sequence[str] = (),
    forecast: Mapping[str, Any] | None = None,
) -> Job:
    """Start a dry run of the command with these options, or with those that stand `instead`; nothing is written.

    Raises SeedingError if no process can be started.
    """
    job = _started(action, (*(instead or options), "--dry-run"), database=database, account=account, is_preview=True)
    job = replace(job, options=tuple(options), preview_options=tuple(instead), forecast=forecast or {})
    folder().save(job)
    return job


def carry_out(preview: JobState, *, typed: str, name: str, account: str) -> Job:
    """Start what was previewed, with the database's name that was typed, which answers the command's question.

    Raises RefusedError unless it is the database's `name`, and the preview of late; SeedingError if no process can be started.
    """
    if typed.strip() != name:
        raise RefusedError(f"Nothing was started: to confirm, type the database's name, {name}.")
    if not preview.is_startable:
        raise RefusedError("Nothing was started: this preview has failed, has not ended, or is too old. Make another one.")
    job = preview.job
    asked = (*job.options, "--force", f"--confirm-database={name}")
    done = _started(job.action, asked, database=job.database, account=account, is_preview=False)
    done = replace(done, options=job.options)
    folder().save(done)
    return done


def state_of(job: Job) -> JobState:
    """How it is with the job now."""
    alive = job.host == socket.gethostname() and job.process.is_alive  # before its output is read
    output = folder().output(job.token)
    if alive and output is None:
        standing = Standing.RUNNING
    elif output is None:
        standing = Standing.DIED
    else:
        standing = Standing.FAILED if "error" in output else Standing.ENDED
    return JobState(job=job, standing=standing, output=output or {}, run=None if job.is_preview else run_of(job))


def run_of(job: Job) -> SeedRun | None:
    """The run that the job's process has recorded; None if it has not yet, or had nothing to do."""
    of_process = SeedRun.objects.using(job.database).filter(
        host=job.host, process_id=job.process.pid, started_at__gte=job.at - CLOCK, command=job.action
    )
    return of_process.order_by("pk").first()


def job_of(run: SeedRun) -> Job | None:
    """The job of this host whose process records the run; None if there is none, or not any more."""
    if run.host != socket.gethostname():
        return None
    for job in folder().latest():
        same = (job.process.pid, job.action, job.is_preview) == (run.process_id, run.command, False)
        if same and job.at - CLOCK <= run.started_at:
            return job
    return None


def stop(job: Job) -> None:
    """Ask the job's process to end; its run ends at the batch that it is at, and what is committed stays.

    Raises RefusedError if it is not a process that this host has started and that runs, or if another run holds the lock.
    """
    if job.host != socket.gethostname():
        raise RefusedError(f"It runs on {job.host}, as process {job.process.pid}: stop it there with kill {job.process.pid}.")
    run = None if job.is_preview else run_of(job)
    if run is not None and run.state == SeedRun.State.RUNNING:
        holder = seeding_lock(job.database).holder()
        if holder is not None and holder.run not in (None, run.pk):
            raise RefusedError(f"Run {run.pk} does not hold the lock any more; run {holder.run} does. Nothing was stopped.")
    if not job.process.terminate():
        raise RefusedError("It has ended already.")


def _started(action: Action, options: Sequence[str], *, database: str, account: str, is_preview: bool) -> Job:
    jobs, at = folder(), datetime.now(UTC)
    command = [*manage_command(), action, *options, f"--database={database}", "--json", "--no-color"]
    if is_preview:
        command.append("--no-input")
    try:
        token = jobs.new_token()
        process = processes.start(command, _variables(account), out=jobs.output_file(token), log=jobs.log_file(token))
    except (OSError, ValueError) as error:
        raise SeedingError(f"No process could be started: {error}. Is {jobs.path} a folder that may be written?") from error
    return Job(
        token=token,
        action=action,
        options=tuple(options),
        is_preview=is_preview,
        database=database,
        requested_by=account,
        host=socket.gethostname(),
        at=at,
        process=process,
    )


def _variables(account: str) -> dict[str, str]:
    """The environment in which the process finds the same modules and settings as this one, and learns who asked."""
    path = os.pathsep.join(dict.fromkeys(one for one in sys.path if one))
    return {**os.environ, "PYTHONPATH": path, REQUESTED_BY: printable(account)}
