"""`seed_reset` puts back what was edited and deleted, and touches nothing else."""

from __future__ import annotations

import random
from typing import Any

from seeding import api
from seeding.conf import ResetConfig, VerifyConfig
from seeding.restoration.results import ResetSummary
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database

with INSTALLED:
    from seeding.example.models import Customer, OrderLine, Product, Review


def reset(database: Database, **options: Any) -> ResetSummary:
    """The summary of a reset that does not ask."""
    return api.reset(ResetConfig(database=database.alias, force=True, **options))


def test_x(shop: Database) -> None:
    shop.seed()
    chance, using = random.Random(1), shop.alias
    ids = list(Customer.objects.using(using).order_by("pk").values_list("pk", flat=True))
    Customer.objects.using(using).filter(pk=ids[0]).update(name="Edited")
    OrderLine.objects.using(using).filter(quantity__gt=3).delete()
    Review.objects.using(using).all().delete()
    Product.objects.using(using).create(name="Real", price=1)
    print(reset(shop, dry_run=True))
    summary = reset(shop)
    print(summary)
    report = api.verify(VerifyConfig(database=using))
    print(report)
    assert report.is_as_seeded
