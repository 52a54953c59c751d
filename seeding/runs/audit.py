"""The audit log of deletions and of rows put back: one JSON object per line, in a separate append-only file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from seeding.exceptions import ConfigurationError
from seeding.keys import KeySet
from seeding.ledger.row_identity import RowIdentity
from seeding.models import SeedRun
from seeding.telemetry.log_files import LogFile
from seeding.telemetry.logs import JsonLines

LOGGER = "seeding.audit"
CACHE = "(cache)"
"""Stands for the seeder of real rows of caches."""
MAX_BYTES, BACKUPS = 50_000_000, 1_000


class AuditLog:
    """Records, before a transaction commits, which rows it deletes, inserts again or updates, and afterwards if it did not."""

    def __init__(self, run: SeedRun, database: str) -> None:
        self._run = run
        self._database = database
        self._logger = logging.getLogger(LOGGER)

    def record(self, found_by: RowIdentity, table: str, seeder: str, keys: KeySet, *, operation: str = "delete") -> None:
        """Write one line: all keys, the run, user, host and database. The line has the time.

        The keys are ranges [first, last], or each key as a list of its columns where the server has not counted them.
        """
        self._logger.info(
            "%s rows of %s", operation, table,
            extra={
                "operation": operation,
                "table": table,
                "seeder": seeder,
                "recordCount": len(keys),
                "keys": found_by.listed(keys),
                "run": self._run.pk,
                "user": self._run.user,
                "host": self._run.host,
                "database": self._database,
                "environment": self._run.environment,
            },
        )  # fmt: skip


@contextmanager
def auditing(file: Path) -> Iterator[None]:
    """Append the audit log to `file` within a block; raises ConfigurationError if it cannot be written, now or later."""

    def refuse(error: BaseException) -> NoReturn:
        raise ConfigurationError(
            f"The audit log cannot be written ({error}), and nothing is changed without it. Set SEEDING_AUDIT_FILE."
        ) from error

    logger = logging.getLogger(LOGGER)
    try:
        handler = LogFile(file, max_bytes=MAX_BYTES, backups=BACKUPS, failed=refuse)
    except OSError as error:
        refuse(error)
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
