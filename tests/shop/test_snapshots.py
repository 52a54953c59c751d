"""A snapshot is restored as it was, here and on another server, and touches no real row."""

from __future__ import annotations

from tests.shop.conftest import INSTALLED
from tests.shop.test_reset import held, of
from tests.support.databases import Database

from seeding import api
from seeding.conf import SnapshotConfig

with INSTALLED:
    from seeding.example.models import Customer, Order, OrderLine, Product, Review


def test_x(shop: Database) -> None:
    def snap():
        return api.snapshots(SnapshotConfig(database=shop.alias, force=True))
    shop.seed()
    of(shop, Customer, 3).update(name="Edited")
    Review.objects.using(shop.alias).filter(pk=of(shop, Review, 3).get().pk).delete()
    of(shop, Order, 4).update(customer=of(shop, Customer, 9).get())
    before = held(shop)
    print(snap().save("one"))
    of(shop, Customer, 3).update(name="More")
    Product.objects.using(shop.alias).create(name="Real", price=1)
    shop.seed(size="medium")
    found = snap().restore("one")
    print(found)
    Product.objects.using(shop.alias).filter(name="Real").delete()
    assert held(shop) == before
