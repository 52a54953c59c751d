"""Which rows a rollback was asked to delete: by tables, run, date and conditions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from django.apps import apps
from django.core.exceptions import FieldError
from django.core.exceptions import ValidationError as InvalidValue
from django.db import DatabaseError, models

from seeding.conf import RollbackConfig
from seeding.db.connection import database_name
from seeding.db.redaction import error_text
from seeding.db.retries import Transience, transience
from seeding.db.sql import every_row
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.keys import KeySet
from seeding.ledger.queries import Ledger
from seeding.models import BatchQuerySet, SeedingMetadata


class Selection(Protocol):
    """Which rows are to go."""

    @property
    def tables(self) -> Sequence[str]:
        """The tables that hold such rows."""

    @property
    def goes_alone(self) -> bool:
        """Whether no other row goes with them."""

    def keys(self, table: str) -> KeySet:
        """The primary keys of the table's rows."""

    def refuse_unknown_run(self) -> None:
        """Raise ConfigurationError if they are those of a run that the ledger does not have."""


class GivenRows:
    """These rows, table by table, and no others."""

    goes_alone = True

    def __init__(self, rows: Mapping[str, KeySet]) -> None:
        self._rows = rows

    @property
    def tables(self) -> Sequence[str]:
        """The tables, sorted by name."""
        return sorted(self._rows)

    def keys(self, table: str) -> KeySet:
        """The primary keys of the table's rows."""
        return self._rows[table]

    def refuse_unknown_run(self) -> None:
        """There is no run among what is asked for."""


class RollbackSelection:
    """The rows that the options of one rollback select: from the ledger alone, except for --where."""

    goes_alone = False

    def __init__(self, config: RollbackConfig, ledger: Ledger, registry: Registry) -> None:
        self._config = config
        self._ledger = ledger
        self._registry = registry

    @property
    def tables(self) -> Sequence[str]:
        """The tables that hold such rows, sorted by name."""
        return list(self._entries.order_by("table_name").values_list("table_name", flat=True).distinct())

    def keys(self, table: str) -> KeySet:
        """The primary keys of the table's rows; raises ConfigurationError if --where is not a valid lookup on the table."""
        seeded = self._entries.filter(table_name=table).key_set()
        return self._meeting(table, seeded) if self._config.where else seeded

    def refuse_unknown_run(self) -> None:
        """Raise ConfigurationError if --run is not a run of this ledger."""
        run = self._config.run
        if run is not None and not self._ledger.runs.filter(pk=run).exists():
            database = database_name(self._config.database)
            raise ConfigurationError(f"--run={run}: the ledger of {database} has no such run.")

    @cached_property
    def _entries(self) -> BatchQuerySet:
        """The live ledger entries that the options select."""
        config, entries = self._config, self._ledger.live
        if config.run is not None:
            entries = entries.filter(run_id=config.run)
        if config.before is not None:
            entries = entries.filter(created_at__lt=config.before)
        if config.tables:
            ledgered = self._ledger.tables()
            named = self._registry.within(config.database).named(name for name in config.tables if name not in ledgered)
            made = models.Q(seeder_name__in={seeder.name for seeder in named})
            loaded = models.Q(origin=SeedingMetadata.Origin.SOURCE, table_name__in={one.config.table_name for one in named})
            entries = entries.filter(models.Q(table_name__in=config.tables) | made | loaded)
        return entries

    def _meeting(self, table: str, seeded: KeySet) -> KeySet:
        """The rows that match every --where."""
        model = next((one for one in apps.get_models() if one._meta.db_table == table), None)
        if model is None:
            raise ConfigurationError(f"--where: no model describes {table}, so its fields are not known.")
        rows, identity = every_row(model, self._config.database), self._ledger.identities().get(table)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # a date for a datetime field means UTC
                for lookup, text in self._config.where:
                    value: Any = text.split(",") if lookup.endswith(("__in", "__range")) else text
                    if lookup.endswith("__isnull"):
                        value = {"true": True, "false": False}[text.lower()]
                    rows = rows.filter(**{lookup: value})
                parts = seeded.conditions() if identity is None else identity.conditions(model, seeded)
                found = [key for part in parts for key in rows.filter(part).values_list("pk", flat=True)]
                found = found if identity is None else identity.numbers_of(found)
        except (FieldError, InvalidValue, ValueError, TypeError, LookupError, OverflowError, DatabaseError) as error:
            if transience(error) in (Transience.CONNECTION, Transience.CONTENTION):
                raise
            words = "; ".join(error.messages) if isinstance(error, InvalidValue) else error_text(error)
            raise ConfigurationError(f"--where {lookup}={text} is not a valid lookup on {table}: {words}") from error
        return KeySet.holding(np.array(found, dtype=np.int64))
