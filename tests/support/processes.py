"""Commands in separate processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from tests.support.databases import OURS

if TYPE_CHECKING:
    import subprocess

Manage = Callable[..., "subprocess.CompletedProcess[str]"]
"""Runs `manage.py` with these arguments; see the fixture `manage`."""


def plain_environment() -> dict[str, str]:
    """This process's environment without variables of ours, for a process whose coverage is not measured.

    A process that may get a signal must not be measured: one that arrives inside coverage's own code leaves its lock taken, and
    one that arrives while a thread begins to run a function leaves that thread in an endless loop (Python 3.11, tracing).
    """
    plain = {key: value for key, value in os.environ.items() if not key.startswith((*OURS, "COVERAGE_"))}
    return {**plain, "SEEDING_PATIENCE": "0"}


def wait_for(words: str, stream: IO[str] | None) -> None:
    """Read lines until one contains `words`; fails if the stream ends first."""
    assert stream is not None
    assert any(words in line for line in iter(stream.readline, "")), f"{words!r} was never said"
