"""The standard streams of a process, of which each may be closed, or lead to somebody who has gone."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any


def open_closed() -> None:
    """Put the null device in the place of every standard stream that was closed when the process started.

    Otherwise the next file to be opened, perhaps a database, gets its descriptor, and what a library writes there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - it stays open to the end


def discard(stream: Any) -> None:
    """Send to the null device what is still to be written to `stream`, since nobody reads it any more.

    The descriptor is replaced, not the object: others hold it too, and the interpreter flushes it when it ends.
    """
    with suppress(OSError, ValueError, AttributeError):  # no stream with a descriptor
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
