"""Commits that fail for their size, as far as a server says, and are in the database all the same."""

from __future__ import annotations

import pytest
from django.db import OperationalError, transaction

from seeding.db import retries
from seeding.db.topology import Membership
from seeding.example.models import Product
from seeding.example.seeders.catalogue import ProductSeeder
from seeding.locks.sqlite import SQLiteLock
from seeding.models import SeedingMetadata
from seeding.runs import retrier
from tests.support.databases import Database
from tests.support.runs import run


def test_rows_of_a_commit_that_failed_for_its_size_in_doubt_are_not_doubled(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence, doubts = SQLiteLock.fence, [OperationalError(1180, "Got error 90 during COMMIT")]

    def doubt() -> None:
        if doubts:
            raise doubts.pop()

    def fence_and_doubt(self: SQLiteLock) -> None:
        fence(self)
        if SeedingMetadata.objects.using(shop.alias).exists():
            transaction.on_commit(doubt, using=shop.alias)

    monkeypatch.setattr(retries, "FIRST_WAIT", 0)
    monkeypatch.setattr(SQLiteLock, "fence", fence_and_doubt)
    monkeypatch.setattr(retrier, "membership", lambda _: Membership(transaction_bytes=1))

    summary, told = run(shop, ProductSeeder())

    assert doubts == []
    assert any("too large" in event.message for event in told)
    names = list(Product.objects.using(shop.alias).values_list("name", flat=True))
    assert sorted(names) == sorted(set(names))
    result = summary.results[0]
    assert (result.records_inserted, result.records_existing, result.records_skipped) == (10, 0, 0)
