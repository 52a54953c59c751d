"""Whether a snapshot is one of this project: its seeders, their versions, and columns that hold such values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.utils import timezone

from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.generation.rows import faker_version
from seeding.generation.seeder_columns import derived_columns, seeded_references
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeySet
from seeding.ledger.queries import generator_version
from seeding.schema.kinds import base_of
from seeding.schema.references import column_name, key_columns
from seeding.snapshots.document import Snapshot, SnapshotPart
from seeding.snapshots.values import ROW, original

MOST = 10
"""Problems that are listed."""
KINDS: Sequence[tuple[Any, Any]] = (
    ((models.CharField, models.TextField), str),
    (models.BinaryField, bytes),
    ((models.IntegerField, models.BooleanField), int),
    (models.DateTimeField, datetime),
    (models.DateField, date),
    (models.TimeField, time),
    (models.DurationField, timedelta),
    (models.DecimalField, (Decimal, int)),
)
"""Fields → the types of their values."""


def require_fitting(
    snapshot: Snapshot, registry: Registry, using: str, *, refused: Mapping[str, Collection[str]] | None = None
) -> None:
    """Raise ConfigurationError, with all that is wrong, for a snapshot that this project cannot restore.

    `refused` are columns, by seeder, of which it must hold no values.
    """
    problems = list[str]()
    if snapshot.faker != faker_version():
        problems.append(f"it was made with Faker {snapshot.faker}, and {faker_version()} is installed, which makes other names")
    for part in snapshot.parts:
        seeder = registry.by_name.get(part.seeder)
        if seeder is None or seeder.config.table_name != part.table:
            problems.append(f"this project has no {part.seeder} of {part.table}")
        else:
            problems += _problems(part, seeder, snapshot, using)
            hidden = {name for cells in part.edited.values() for name in cells}.intersection(
                (refused or {}).get(part.seeder, ())
            )
            problems += [f"it holds values of {part.table}.{name}, which is classified" for name in sorted(hidden)]
    if problems:
        listed = list(dict.fromkeys(problems))
        more = f"; and {len(listed) - MOST} more" if len(listed) > MOST else ""
        raise ConfigurationError(
            f"The snapshot does not fit this project: {'; '.join(listed[:MOST])}{more}. Nothing was changed."
        )


def index_set(ranges: Iterable[Sequence[int]]) -> KeySet:
    """The row indexes of [first, count]."""
    return KeySet.of((first, first + count - 1) for first, count in ranges if count)


def _problems(part: SnapshotPart, seeder: BaseSeeder, snapshot: Snapshot, using: str) -> Iterator[str]:
    if (version := generator_version(seeder)) != part.version:
        yield f"{part.seeder} made version {part.version}, and makes {version} now"
    if seeder.config.capacity is not None and part.count > seeder.config.capacity:
        yield f"{part.seeder} can make {seeder.config.capacity:,} rows, and {part.count:,} are to be there"
    edited = np.array(sorted(part.edited), np.int64)
    if len(outside := edited[~index_set(part.rows).has(edited)]):
        yield f"{part.table}: row {outside[0]} is edited, and is not among its rows"
    model = seeder.config.model
    fields = {column_name(one): one for one in model._meta.concrete_fields}
    references = {one.column for one in seeded_references(seeder) if not (one.json_key or one.when)}
    fixed = {*key_columns(model), *derived_columns(seeder, snapshot.dataset)}
    for index, cells in part.edited.items():
        for name, told in cells.items():
            if name not in fields:
                yield f"{part.table} has no column {name}"
            elif name in fixed or fields[name].generated:
                yield f"{part.table}.{name} is a key, or follows from other columns: no snapshot holds it"
            elif why := _refused(fields[name], told, using, is_reference=name in references):
                yield f"{part.table}, row {index}: {name} cannot be {str(told)[:40]}: {why}"


def _refused(field: models.Field[Any, Any], told: Any, using: str, *, is_reference: bool) -> str:
    """Why the field cannot have the value; empty if it can."""
    is_row = isinstance(told, Mapping) and ROW in told
    if told is None:
        return "" if field.null else "it cannot be empty"
    if is_reference or is_row:
        return "" if is_reference and is_row else "a reference is the index of a row"
    return _unfit(base_of(field), original(told), using)


def _unfit(base: models.Field[Any, Any], value: Any, using: str) -> str:
    if isinstance(base, models.JSONField):
        return ""
    if any(isinstance(base, kinds) and not isinstance(value, types) for kinds, types in KINDS):
        return "it is of another kind"
    if isinstance(value, datetime) and timezone.is_naive(value) is settings.USE_TZ:
        return "its time zone is missing, or too much"
    try:
        cleaned = base.to_python(value)
        base.run_validators(cleaned)
        base.get_db_prep_save(cleaned, connections[using])
    except (ValidationError, ArithmeticError, TypeError, ValueError, AttributeError) as error:
        return "; ".join(error.messages) if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
    return ""
