"""Derived columns that are not what their derivations compute now."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from django.db.models import F, Q

from seeding.comparison.same_values import is_stored
from seeding.generation.seeder_columns import columns_of
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeySet, union
from seeding.ledger.key_values import NOBODY
from seeding.restoration.generated_rows import GeneratedRows


def stale_rows(rows: GeneratedRows, seeder: BaseSeeder, keys: KeySet) -> Mapping[str, KeySet]:
    """Derived field → those of the seeder's rows `keys` in which it is not what is derived now; none if there are none."""
    assert rows.dataset is not None  # the seeder has rows
    model, table = seeder.config.model, rows.there[seeder.config.table_name]
    identity = rows.identity(table.name)
    conditions = list(identity.conditions(model, keys))
    found: dict[str, list[KeySet]] = {}
    for derivation in seeder.derivations(rows.dataset):
        held = model._base_manager.using(rows.using)
        held = held if derivation.where is None else held.filter(derivation.where)
        for name, value in derivation.values.items():
            (column,) = columns_of(seeder, [name])
            empty = Q(**{f"{name}__isnull": True}), Q(seeding_computed__isnull=True)
            differs = ~Q(**{name: F("seeding_computed")}) & ~empty[0] & ~empty[1] | empty[0] ^ empty[1]
            for condition in conditions:
                suspects = held.filter(condition).annotate(seeding_computed=value).filter(differs)
                told = suspects.values_list("pk", name, "seeding_computed").iterator()
                stale = [key for key, stored, computed in told if not is_stored(computed, stored, table.columns[column])]
                numbers = np.array(sorted(identity.numbers_of(stale)), np.int64)
                found.setdefault(name, []).append(KeySet.holding(numbers[numbers != NOBODY]))
    together = {name: union(ones) for name, ones in found.items()}
    return {name: ones for name, ones in together.items() if ones}
