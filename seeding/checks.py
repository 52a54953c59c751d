"""The app's Django system checks: they report in advance what a command would refuse or do less well.

Most are warnings: an error would stop `migrate`. None of them loads Polars, so that starting Django does not wait for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name for it
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseFailure
from django.db import NotSupportedError, connections, router

from seeding.generation.deferral import deferred

UNCLASSIFIED, MISDECLARED, NO_LOG = "seeding.W001", "seeding.W002", "seeding.W003"
NOT_UTC, NO_LOAD_DATA, TOO_OLD = "seeding.W004", "seeding.W005", "seeding.E001"

HEAVY = ("numpy", "polars")
"""Libraries that the engine needs to generate rows, and no check needs."""


@deferred(*HEAVY)
def check_personal_data(**_: Any) -> list[CheckMessage]:
    """Columns that look like personal data and are not classified. A seeder that cannot be imported does not stop the check."""
    return list(_unclassified())


@deferred(*HEAVY)
def check_log_file(**_: Any) -> list[CheckMessage]:
    """A log file that cannot be written. The check creates no file."""
    from seeding.conf import load_logging
    from seeding.exceptions import ConfigurationError

    try:
        file = load_logging(os.environ).file
    except ConfigurationError as error:
        return [Warning(str(error), hint="Every command that writes refuses to start until then.", id=NO_LOG)]
    if file is None or not (obstacle := _obstacle(file)):
        return []
    hint = "Until then the log goes to stderr only. Set SEEDING_LOG_FILE, or SEEDING_LOG_FOLDER in the settings."
    return [Warning(f"The log file {file} cannot be written: {obstacle}.", hint=hint, id=NO_LOG)]


@deferred(*HEAVY)
def check_databases(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """What commands would refuse or do slowly on the servers of `databases`; only aliases that can hold the ledger are checked.

    A server that cannot be reached is left to Django, which reports it.
    """
    from seeding.models import SeedRun

    return [message for using in databases or () if router.allow_migrate_model(using, SeedRun) for message in _of_server(using)]


def _unclassified() -> Iterator[CheckMessage]:
    # Imported here, so that a broken seeder cannot keep Django from starting.
    from seeding.exceptions import SeedingError
    from seeding.generation.registry import Registry
    from seeding.masking.classification import suspicious
    from seeding.masking.masker import masking_strategies

    try:
        registry = Registry.discover()
        strategies = masking_strategies()
    except SeedingError as error:
        yield Warning(str(error), hint="Fix it; `seed` will not start until you do.", id=MISDECLARED)
        return
    for seeder in registry.by_name.values():
        for column in suspicious(seeder, strategies):
            where = f"{seeder.name}: {column.table}.{column.column}"
            yield Warning(f"{where} {column.problem}", hint="seed refuses this seeder until then.", id=UNCLASSIFIED)


def _obstacle(file: Path) -> str:
    """What keeps `file` from being written and rotated; empty if nothing does."""
    may = partial(os.access, effective_ids=os.access in os.supports_effective_ids)
    if may(file, os.F_OK) and not (file.is_file() and may(file, os.W_OK)):
        return "it is not a file, or this account may not write to it"
    folder = next(one for one in file.absolute().parents if may(one, os.F_OK))
    if not folder.is_dir():
        return f"{folder} is not a folder"
    return "" if may(folder, os.W_OK | os.X_OK) else f"this account may not write to {folder}"


def _of_server(using: str) -> Iterator[CheckMessage]:
    connection = connections[using]
    try:
        connection.ensure_connection()
        if connection.vendor == "mysql":
            yield from _of_mysql(using)
    except NotSupportedError as error:
        connection.close()  # Django opens it before it checks the version, and would not check again
        yield Error(f"The server of the database {using!r} is too old: {error}", hint="Upgrade the server.", id=TOO_OLD)
    except (DatabaseFailure, ImproperlyConfigured):
        return


def _of_mysql(using: str) -> Iterator[CheckMessage]:
    from seeding.db.connection import SET_UTC, is_in_utc
    from seeding.writing import Writers

    if not is_in_utc(using):
        yield Warning(
            f"The sessions of the database {using!r} are not in UTC, and timestamps would shift.",
            hint=f"Every command that writes refuses it. {SET_UTC}",
            id=NOT_UTC,
        )
    if not any(writer.name == "load_data" for writer in Writers(using).native):
        yield Warning(
            f"The database {using!r} does not accept LOAD DATA LOCAL: rows are written with INSERT, which is slower.",
            hint="Set OPTIONS['local_infile'] = True, and on the server local_infile = ON.",
            id=NO_LOAD_DATA,
        )
