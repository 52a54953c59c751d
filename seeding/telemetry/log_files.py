"""A rotating log file to which several processes append whole lines."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from concurrent_log_handler import ConcurrentRotatingFileHandler


class LogFile(ConcurrentRotatingFileHandler):
    """Appends to `file` under a lock that all processes respect; `failed` is called for each line that could not be written.

    Raises OSError if the file cannot be opened, or if its folder, which holds the lock and the rotated files, cannot be
    written.
    """

    def __init__(self, file: Path, *, max_bytes: int, backups: int, failed: Callable[[BaseException], None]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(str(file), mode="a+", maxBytes=max_bytes, backupCount=backups, encoding="utf-8")
        self._failed = failed
        try:
            self._do_lock()
            self.stream = self.do_open()
        except BaseException:
            self.close()
            raise
        finally:
            self._do_unlock()

    def do_write(self, msg: str) -> None:
        """The library's hook, called with the lock held: append the whole line, or leave the file unchanged."""
        if self.stream is None:
            self.stream = self.do_open()
        file = self.stream.fileno()
        size = os.fstat(file).st_size
        # A process killed in the middle of a line leaves only that line unreadable.
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        rest = memoryview((("\n" if torn else "") + msg + "\n").encode())
        try:
            while rest:
                rest = rest[os.write(file, rest) :]
        except BaseException:
            with suppress(OSError):
                os.ftruncate(file, size)
            raise

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's hook
        """Report the error instead of printing a traceback."""
        error = sys.exc_info()[1]
        if error is not None:
            self._failed(error)
