"""`seed_mask` leaves what seeders have made, and nothing that somebody has entered into their rows since."""

from __future__ import annotations

from typing import Any

import pytest

from seeding import MaskingConfig, api
from seeding.conf import Environment
from seeding.masking.results import MaskingSummary
from seeding.models import SeedingMetadata
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database

with INSTALLED:
    from seeding.example.models import Customer
    from seeding.example.seeders.sales import CustomerSeeder

REAL = {"name": "Ann Example", "email": "ann.example@corp.test"}


def mask(shop: Database, **options: Any) -> MaskingSummary:
    return api.mask(
        MaskingConfig(
            database=shop.alias, environment=Environment.DEV, key="a key for tests, of some length", force=True, **options
        )
    )


def people(shop: Database) -> dict[int, tuple[str, str]]:
    """Key → name and email of each customer."""
    rows = Customer.objects.using(shop.alias).values_list("pk", "name", "email")
    return {key: (name, email) for key, name, email in rows}


def masked(summary: MaskingSummary) -> tuple[int, int]:
    """Exit code and masked values."""
    return summary.exit_code, sum(one.masked for one in summary.results)


def test_a_personal_value_in_a_seeded_row_is_masked_and_nothing_else_is(shop: Database) -> None:
    shop.seed()
    before = people(shop)
    edited, alike = sorted(before)[3], sorted(before)[4]
    Customer.objects.using(shop.alias).filter(pk=edited).update(email=REAL["email"])
    Customer.objects.using(shop.alias).filter(pk=alike).update(name=before[alike][0].swapcase())  # equal by some collations

    rehearsed, first, second = mask(shop, dry_run=True), mask(shop), mask(shop)

    assert [masked(one) for one in (rehearsed, first, second)] == [(0, 2), (0, 2), (0, 0)]
    after = people(shop)
    assert {key for key in before if before[key] != after[key]} == {edited, alike}
    assert after[edited][0] == before[edited][0]
    assert REAL["email"] not in after[edited][1]
    assert after[alike][1] == before[alike][1]


def test_a_real_person_under_a_key_that_was_counted_again_is_masked(shop: Database) -> None:
    shop.seed(table="shop_customer")
    before = people(shop)
    key = max(before)
    Customer.objects.using(shop.alias).filter(pk=key).delete()
    Customer(pk=key, joined_at="2026-01-01T00:00Z", **REAL).save(using=shop.alias, force_insert=True)

    assert masked(mask(shop)) == (0, 2)

    after = people(shop)
    assert not {*REAL.values()} & {*after[key]}
    assert {one: after[one] for one in after if one != key} == {one: before[one] for one in before if one != key}


@pytest.mark.parametrize("changed", [{"generator_version": "99"}, {"seeder_name": "GoneSeeder"}])
def test_rows_that_nobody_can_make_again_are_masked_once(shop: Database, changed: dict[str, str]) -> None:
    shop.seed(table="shop_customer")
    shop.seed(table="shop_product")
    before = people(shop)
    SeedingMetadata.objects.using(shop.alias).filter(table_name="shop_customer").update(**changed)

    assert [masked(mask(shop)), masked(mask(shop))] == [(0, 2 * len(before)), (0, 0)]

    after = people(shop)
    assert not {one for told in before.values() for one in told} & {one for told in after.values() for one in told}


def test_what_a_seeder_cannot_make_any_more_is_masked(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.seed(table="shop_customer")
    before = people(shop)
    monkeypatch.setattr(CustomerSeeder, "generate_data", lambda *_: 1 // 0)

    assert masked(mask(shop)) == (0, 2 * len(before))
