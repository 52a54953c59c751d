"""What an application may do to seeded rows, at random."""

from __future__ import annotations

import random
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

from seeding.ledger.queries import Ledger

FEWEST_ROWS, FEWEST_COLUMNS = 15, 8
"""Of a table that is edited: with fewer, a row that is edited twice may hold nothing more that tells it from others."""
DELETIONS = 0.3
"""How often a row is deleted instead of edited."""


def meddle(using: str, chance: random.Random, count: int) -> int:
    """Edit and delete `count` seeded rows at random, as far as constraints allow; returns how many have changed.

    An edited column gets the value of another row of its table.
    """
    ledger, mirrors = Ledger(using), {one._meta.db_table: one for one in apps.get_models(include_auto_created=True)}
    held = {table: ledger.key_set(table) for table in sorted(ledger.tables())}
    wide = {table for table, mirror in mirrors.items() if len(mirror._meta.concrete_fields) >= FEWEST_COLUMNS}
    keys = {table: found for table, found in held.items() if len(found) >= FEWEST_ROWS and table in wide}
    done = 0
    for _ in range(20 * count):
        table = chance.choice(sorted(keys))
        rows = mirrors[table]._base_manager.using(using)
        key, other = (_key(keys[table].ranges, chance) for _ in range(2))
        try:
            with transaction.atomic(using=using):
                done += _delete(rows, key) if chance.random() < DELETIONS else _edit(rows, key, other, chance)
        except IntegrityError:
            continue
        if done == count:
            break
    return done


def _key(ranges: list[tuple[int, int]], chance: random.Random) -> int:
    first, last = chance.choice(ranges)
    return chance.randint(first, last)


def _delete(rows: models.QuerySet[Any], key: int) -> int:
    return rows.filter(pk=key)._raw_delete(rows.db)


def _edit(rows: models.QuerySet[Any], key: int, other: int, chance: random.Random) -> int:
    field = chance.choice([one for one in rows.model._meta.concrete_fields if not one.primary_key])
    found = dict(rows.filter(pk__in=(key, other)).values_list("pk", field.attname))
    if len(found) < 2 or found[key] == found[other]:
        return 0
    return rows.filter(pk=key).update(**{field.attname: found[other]})
