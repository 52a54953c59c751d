"""The task by which a worker starts the process of a job. Only workers, and those who queue it, import this module."""

from __future__ import annotations

from seeding.jobs.tasks import decorated, take


@decorated
def carry(token: str, pid: int, started: str) -> None:
    """Start the process of the job, and wait for it."""
    take(token, pid, started)
