"""Commands as processes of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

Manage = Callable[..., "subprocess.CompletedProcess[str]"]
"""Runs `manage.py` with these arguments; see the fixture `manage`."""


def wait_for(words: str, stream: IO[str] | None) -> None:
    """Read lines until one holds `words`; fails where the stream ends without it."""
    assert stream is not None
    assert any(words in line for line in iter(stream.readline, "")), f"{words!r} was never said"
