"""A job is previewed, carried out, and asked to end."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from seeding.db.connection import host_name
from seeding.exceptions import RefusedError, SeedingError
from seeding.jobs import tasks
from seeding.jobs.actions import Action
from seeding.jobs.records import Job
from seeding.jobs.standing import JobState, run_of
from seeding.jobs.starting import begin, folder
from seeding.locks import seeding_lock
from seeding.models import SeedRun


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
    job = _new(action, options, database=database, account=account, is_preview=True)
    return _launched(replace(job, preview_options=tuple(instead), forecast=forecast or {}))


def carry_out(preview: JobState, *, typed: str, name: str, account: str) -> Job:
    """Start what was previewed, with the database's name that was typed, which answers the command's question.

    Raises RefusedError unless it is the database's `name`, and the preview of late; SeedingError if no process can be started.
    """
    if typed.strip() != name:
        raise RefusedError(f"Nothing was started: to confirm, type the database's name, {name}.")
    if not preview.is_startable:
        raise RefusedError("Nothing was started: this preview has failed, has not ended, or is too old. Make another one.")
    asked = preview.job
    job = _new(asked.action, asked.options, database=asked.database, account=account, is_preview=False)
    return _launched(replace(job, confirmed=name))


def stop(job: Job) -> None:
    """Ask the job's process to end; its run ends at the batch that it is at, and what is committed stays.

    A job that waits for a worker is called off. Raises RefusedError if it is not a process that this host has started and that
    runs, or if another run holds the lock.
    """
    if job.host != socket.gethostname():
        number = f", as process {job.process.pid}: stop it there with kill {job.process.pid}" if job.process else ""
        raise RefusedError(f"It runs on {job.host}{number}.")
    if job.process is None:
        if folder().refuse(job.token, "It was called off before a worker took it. Nothing was started."):
            return
        raise RefusedError("A worker is taking it at this moment. Try again.")
    run = None if job.is_preview else run_of(job)
    if run is not None and run.state == SeedRun.State.RUNNING:
        holder = seeding_lock(job.database).holder()
        if holder is not None and holder.run not in (None, run.pk):
            raise RefusedError(f"Run {run.pk} does not hold the lock any more; run {holder.run} does. Nothing was stopped.")
    if not job.process.terminate():
        raise RefusedError("It has ended already.")


def _new(action: Action, options: Sequence[str], *, database: str, account: str, is_preview: bool) -> Job:
    jobs = folder()
    try:
        token = jobs.new_token()
    except OSError as error:
        raise _impossible(error) from error
    return Job(
        token=token,
        action=action,
        options=tuple(options),
        is_preview=is_preview,
        database=database,
        requested_by=account,
        host=socket.gethostname(),
        at=datetime.now(UTC),
        database_host=host_name(database),
    )


def _launched(job: Job) -> Job:
    """The job, saved: with its process, or waiting for a worker where there are such."""
    jobs = folder()
    try:
        if tasks.backend() is None:
            job = begin(job)
        else:  # its record comes first: a worker may take it before this goes on
            jobs.save(job)
            job = _queued(job)
        jobs.save(job)
    except (OSError, ValueError) as error:
        raise _impossible(error) from error
    return job


def _queued(job: Job) -> Job:
    try:
        return replace(job, task=tasks.enqueue(job.token))
    except SeedingError as error:
        folder().refuse(job.token, str(error))
        raise


def _impossible(error: Exception) -> SeedingError:
    return SeedingError(f"No process could be started: {error}. Is {folder().path} a folder that may be written?")
