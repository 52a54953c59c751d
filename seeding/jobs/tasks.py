"""Jobs by Django's tasks: where a real backend is configured, its worker starts the process and waits for it."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from seeding.db.connection import database_name, host_name
from seeding.db.redaction import without_credentials
from seeding.exceptions import SeedingError
from seeding.jobs.processes import ProcessIdentity, started_at
from seeding.jobs.records import Job
from seeding.jobs.starting import begin, folder
from seeding.runs.lifecycle import production

FRAMEWORKS = ("django.tasks", "django_tasks")
"""Django's own since 6.0, and their backport."""
ALIASES = ("seeding", "default")
"""The aliases of TASKS that are looked for; the first that is there counts."""
QUEUES = ("seeding", "default")
"""The same of a backend's queues."""
NO_HOST = "this host, without a server"
STARTABLE = timedelta(hours=1)
"""How old a preview or a request may be when it is carried out."""
LOOKED_EVERY = 0.5
"""Seconds after which a worker looks again whether the process runs."""


def framework() -> Any:
    """The module of Django's tasks, or of their backport; None if neither is installed, or there is no setting TASKS."""
    for name in FRAMEWORKS if getattr(settings, "TASKS", None) else ():
        with suppress(ImportError):
            return import_module(name)
    return None


def backend() -> Any:
    """The backend whose worker starts processes; None if there is none, or it does nothing or all of it inside the request.

    Raises SeedingError if the settings name one that cannot be loaded.
    """
    found = framework()
    alias = next((one for one in ALIASES if found is not None and one in found.task_backends), None)
    if alias is None:
        return None
    inside = (
        import_module(f"{found.__name__}.backends.immediate").ImmediateBackend,
        import_module(f"{found.__name__}.backends.dummy").DummyBackend,
    )
    try:
        chosen = found.task_backends[alias]
    except (ImproperlyConfigured, ImportError) as error:
        raise SeedingError(f"TASKS[{alias!r}] cannot be used: {error}") from error
    return None if isinstance(chosen, inside) else chosen


def decorated(function: Any) -> Any:
    """The function as a task of the backend, and of the first of its queues that is for it."""
    chosen = backend()
    alias = chosen.alias if chosen is not None else ALIASES[-1]
    queues = sorted(chosen.queues) if chosen is not None else []
    queue = next((one for one in QUEUES if one in queues), queues[0] if queues else QUEUES[-1])
    return framework().task(function, backend=alias, queue_name=queue)


def enqueue(token: str) -> str:
    """Let a worker start the job; returns the name of the task. Raises SeedingError if it cannot be queued."""
    try:
        from seeding.jobs.worker import carry

        return str(carry.enqueue(token, os.getpid(), started_at(os.getpid())).id)
    except Exception as error:  # a backend's own: of its database, its broker
        words = without_credentials(f"{type(error).__name__}: {error}")
        raise SeedingError(f"The task could not be queued ({words}). Nothing was started.") from error


def has_failed(task: str) -> bool:
    """Whether a worker has taken the task and failed; False as well if the backend cannot tell."""
    with suppress(Exception):  # whatever the backend is: it does not tell
        return bool(backend().get_result(task).status == "FAILED")
    return False


def take(token: str, pid: int, started: str) -> None:
    """What a worker does with a job: start its process, and wait for it. The first two name who has asked, pid and start time.

    In the process that has asked, as a backend would that runs tasks inside the request, it does not wait. Raises SeedingError
    if the job is not in the folder of jobs, or its process cannot be started.
    """
    jobs = folder()
    job = jobs.load(token)
    if job is None:
        raise SeedingError(
            f"{jobs.path} has no such job: SEEDING_JOB_FOLDER is not that of the web server, or not of this host."
        )
    if words := _refusal(job):
        jobs.refuse(token, f"{words} Nothing was started.")
        return
    try:
        job = begin(job)
    except FileExistsError:  # called off, or brought a second time
        return
    except (OSError, ValueError, SeedingError) as error:
        jobs.tell_failure(token, f"No process could be started: {error}.")
        raise SeedingError(f"No process could be started: {error}.") from error
    jobs.note_begun(job)
    asking = ProcessIdentity(pid=pid, started=started)
    if os.getpid() == pid and asking.is_alive:
        return
    assert job.process is not None
    while job.process.is_alive:
        time.sleep(LOOKED_EVERY)


def _refusal(job: Job) -> str:
    """Why a worker does not start the job; empty if it does."""
    here = socket.gethostname()
    if job.host != here:
        return f"A worker on {here} has taken it, and only one on {job.host}, where it was requested, can."
    if job.age > STARTABLE:
        return "It has waited for a worker for more than an hour. Make another preview."
    if words := production(job.database):
        return words
    if (place := host_name(job.database)) != job.database_host:
        return f"The worker's database is on {place or NO_HOST}, and the web server's on {job.database_host or NO_HOST}."
    if not job.is_preview and (name := database_name(job.database)) != job.confirmed:
        return f"The worker's database is {name}, and {job.confirmed} was confirmed."
    return ""
