"""Django's system checks of this app: columns that look like personal data and are not classified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name for it

UNCLASSIFIED, MISDECLARED = "seeding.W001", "seeding.W002"


def check_personal_data(**_: Any) -> list[CheckMessage]:
    """A warning per column; an error would stop `migrate`, and a seeder that cannot be imported stops nothing at all."""
    return list(_warnings())


def _warnings() -> Iterator[CheckMessage]:
    # Imported here, so that starting Django does not wait for Polars, and cannot fail with a seeder.
    from seeding.conf import masking_strategies
    from seeding.exceptions import SeedingError
    from seeding.inventory import suspicious
    from seeding.registry import Registry

    try:
        registry = Registry.discover()
        strategies = masking_strategies()
    except SeedingError as error:
        yield Warning(str(error), hint="Mend it; seed refuses to start until then.", id=MISDECLARED)
        return
    for seeder in registry.by_name.values():
        for column in suspicious(seeder, strategies):
            where = f"{seeder.name}: {column.table}.{column.column}"
            yield Warning(f"{where} {column.problem}", hint="seed refuses this seeder until then.", id=UNCLASSIFIED)
