"""The standard streams of a process, each of which can be closed or have lost its reader."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any


def open_closed() -> None:
    """Replace every standard stream that was closed when the process started with the null device.

    Otherwise the next opened file, perhaps a database, gets its descriptor, and whatever a library writes to it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - it stays open to the end


def discard(stream: Any) -> None:
    """Send the remaining output of `stream` to the null device, because its reader is gone.

    The descriptor is replaced, not the object: other code holds it too, and the interpreter flushes it at exit.
    """
    with suppress(OSError, ValueError, AttributeError):  # not a stream with a descriptor
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
