"""Runs and batches of a ledger, written by hand."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import Any

from seeding.keys import KeySet
from seeding.models import MaskedBatch, SeedingMetadata, SeedRun

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_numbers = itertools.count()


def a_run(using: str, **values: Any) -> SeedRun:
    """A run of `seed` in development that has succeeded, unless `values` say otherwise."""
    described = {
        "command": "seed",
        "state": SeedRun.State.SUCCEEDED,
        "environment": "development",
        "seed": 1,
        "as_of": date(2026, 3, 2),
        "host": "here",
        "process_id": 1,
        "user": "somebody",
        "started_at": NOW,
        **values,
    }
    return SeedRun.objects.using(using).create(**described)


def a_batch(run: SeedRun, *key_ranges: list[int], **values: Any) -> SeedingMetadata:
    """A live batch of products, with these ranges [first index, count, first key]."""
    described = {
        "table_name": "shop_product",
        "seeder_name": "ProductSeeder",
        "generator_version": "1.1",
        "first_index": key_ranges[0][0] if key_ranges else next(_numbers),
        "key_ranges": list(key_ranges),
        "record_count": sum(count for _, count, _ in key_ranges),
        "environment": run.environment,
        "created_at": NOW,
        **values,
    }
    return SeedingMetadata.objects.using(run._state.db).create(run=run, **described)


def a_masked_batch(run: SeedRun, table: str, fingerprint: str) -> MaskedBatch:
    """What `seed_mask` has done to the row with the key 1."""
    return MaskedBatch.objects.using(run._state.db).create(
        run=run,
        table_name=table,
        first_key=1,
        last_key=1,
        mode="partial",
        key_fingerprint=fingerprint,
        fields={},
        seals=b"",
        created_at=NOW,
    )


def numbers(keys: KeySet) -> list[int]:
    """Every key of a set."""
    return [key for first, last in keys.ranges for key in range(first, last + 1)]
