"""The process of a job: which command it is, in which environment, and that it begins at most once."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime

from seeding.conf.jobs import REQUESTED_BY, job_folder, manage_command, printable
from seeding.jobs import processes
from seeding.jobs.records import Job, JobFolder


def folder() -> JobFolder:
    """Where the jobs of this host are recorded."""
    return JobFolder(path=job_folder())


def begin(job: Job) -> Job:
    """Start the job's process; returns the job with it, which is not saved.

    Raises FileExistsError if it was started or called off before, another OSError or ValueError if it cannot be started, and
    ConfigurationError if nobody can say what `manage.py` is.
    """
    jobs, begun = folder(), datetime.now(UTC)
    command = [*manage_command(), job.action, *job.arguments]
    out, log = jobs.output_file(job.token), jobs.log_file(job.token)
    process = processes.start(command, _variables(job.requested_by), out=out, log=log)
    return replace(job, process=process, begun=begun, host=socket.gethostname())


def _variables(account: str) -> dict[str, str]:
    """The environment in which the process finds the same modules and settings as this one, and learns who asked."""
    path = os.pathsep.join(dict.fromkeys(one for one in sys.path if one))
    return {**os.environ, "PYTHONPATH": path, REQUESTED_BY: printable(account)}
