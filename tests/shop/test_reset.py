"""`seed_reset` puts back what was edited and deleted, and touches nothing else."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.models import F
from django.test import override_settings

from seeding import api
from seeding.conf import ResetConfig, VerifyConfig
from seeding.exceptions import ConfigurationError, RefusedError, SchemaError
from seeding.models import SeedRun
from seeding.restoration import beside
from seeding.restoration.results import ResetSummary
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database

with INSTALLED:
    from seeding.example.models import Customer, Order, OrderLine, Product, Review


@pytest.fixture(autouse=True)
def _two_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows are looked at by two threads, too, where the server lets them."""
    monkeypatch.setattr(beside, "FEW", 1)


def reset(database: Database, **options: Any) -> ResetSummary:
    """The summary of a reset that does not ask."""
    return api.reset(ResetConfig(database=database.alias, **{"force": True, **options}))


def held(database: Database) -> dict[str, list[dict[str, Any]]]:
    """All rows of the shop."""
    models = (Customer, Order, OrderLine, Product, Review)
    return {one._meta.db_table: list(one._base_manager.using(database.alias).order_by("pk").values()) for one in models}


def of(database: Database, model: Any, place: int) -> Any:
    """One row: servers begin to count keys anywhere."""
    rows = model._base_manager.using(database.alias)
    return rows.filter(pk=list(rows.order_by("pk").values_list("pk", flat=True))[place])


def done(summary: ResetSummary) -> dict[str, tuple[int, int, int, int]]:
    """Table → rows updated, inserted, derived and left, where there are any."""
    found = {
        one.table: (one.records_updated, one.records_inserted, one.records_derived, one.records_left) for one in summary.results
    }
    return {table: numbers for table, numbers in found.items() if any(numbers)}


def test_edits_and_deletions_are_undone_and_additions_stay(shop: Database, tmp_path: Path) -> None:
    shop.seed()
    Product.objects.using(shop.alias).create(name="Real", price=1)
    before = held(shop)
    of(shop, Customer, 3).update(name="Edited", email="edited@example.org")
    of(shop, Order, 4).update(total=0, status="returned")
    of(shop, Review, -1).update(stars=F("stars") % 5 + 1)
    Review.objects.using(shop.alias).filter(product=of(shop, Product, 1).get()).delete()
    line = of(shop, OrderLine, 30).get()
    of(shop, OrderLine, 30).delete()
    edited = held(shop)
    audit = tmp_path / "audit.log"

    foreseen = reset(shop, dry_run=True)
    assert held(shop) == edited
    summary = reset(shop, audit_file=audit)

    reviews = len(before["shop_review"]) - len(edited["shop_review"])
    assert done(summary) == {
        "shop_customer": (1, 0, 0, 0),
        "shop_order": (1, 0, 1, 0),
        "shop_orderline": (0, 1, 0, 0),
        "shop_review": (1, reviews, 0, 0),
    }
    assert done(foreseen) == {**done(summary), "shop_order": (1, 0, 2, 0)}  # the line that lacks is back when they are derived
    assert (foreseen.run, summary.exit_code) == (None, 0)
    assert held(shop) == before
    assert {one.others for one in summary.results if one.table == "shop_product"} == {1}
    told = [json.loads(one) for one in audit.read_text().splitlines()]
    assert {"insert", "update"} == {one["operation"] for one in told}
    assert next(one["keys"] for one in told if one["table"] == "shop_orderline") == [[line.pk, line.pk]]
    run = SeedRun.objects.using(shop.alias).latest("pk")
    assert (run.command, run.state, run.pk) == ("seed_reset", "succeeded", summary.run)
    assert reset(shop).run is None


def test_only_the_tables_that_are_named(shop: Database) -> None:
    shop.seed()
    of(shop, Customer, 3).update(name="Edited")
    of(shop, Review, 5).update(author="Edited")

    assert done(reset(shop, tables=("shop_review",))) == {"shop_review": (1, 0, 0, 0)}

    assert of(shop, Customer, 3).get().name == "Edited"
    with pytest.raises(ConfigurationError, match=r"No rows of 'shop_reviw' are seeded\. Did you mean shop_review"):
        reset(shop, tables=("shop_reviw",))


def test_values_that_must_be_unique_change_places(shop: Database) -> None:
    shop.seed()
    before = held(shop)
    first, second, third = (of(shop, Customer, place).get().email for place in range(3))
    of(shop, Customer, 0).update(email="parked@example.org")
    of(shop, Customer, 1).update(email=first)
    of(shop, Customer, 2).update(email=second)
    of(shop, Customer, 0).update(email=third)

    assert done(reset(shop)) == {"shop_customer": (3, 0, 0, 0)}

    assert held(shop) == before


def test_what_a_real_row_has_taken_stays_its_own(shop: Database) -> None:
    shop.seed()
    taken = of(shop, Product, 0).get()
    of(shop, Product, 0).update(name="Edited")
    real = Product.objects.using(shop.alias).create(name=taken.name, price=7)

    summary = reset(shop)

    assert done(summary) == {"shop_product": (0, 0, 0, 1)}
    (left,) = summary.left
    assert (left.table, left.keys, summary.exit_code) == ("shop_product", (str(taken.pk),), 5)
    assert of(shop, Product, 0).get().name == "Edited"
    assert Product.objects.using(shop.alias).filter(pk=real.pk, name=taken.name, price=7).exists()


def test_rows_under_keys_that_were_counted_again_are_not_taken_for_edited_ones(shop: Database) -> None:
    shop.seed()
    keys = list(Review.objects.using(shop.alias).order_by("pk").values_list("pk", flat=True)[:5])
    product = of(shop, Product, 0).get()
    Review.objects.using(shop.alias).filter(pk__in=keys).delete()
    for key in keys:
        moment = f"2026-03-0{1 + key % 5}T12:00Z"
        Review.objects.using(shop.alias).create(
            pk=key, product=product, author=f"Real {key}", stars=1, text="!", written_at=moment
        )
    before = held(shop)

    summary = reset(shop)

    assert held(shop) == before
    assert [(one.count, "may be other rows" in one.reason) for one in summary.left] == [(5, True)]


def test_rows_of_another_version_are_refused_and_nothing_is_touched(shop: Database) -> None:
    shop.seed()
    of(shop, Customer, 3).update(name="Edited")
    shop.query("UPDATE seeding_metadata SET generator_version = '1.9' WHERE table_name = 'shop_review'")
    before = held(shop)

    with pytest.raises(ConfigurationError, match="shop_review: another version of its seeder or of Faker has made them"):
        reset(shop)
    assert held(shop) == before
    assert done(reset(shop, tables=("shop_customer",))) == {"shop_customer": (1, 0, 0, 0)}


def test_nothing_is_put_back_without_an_answer(shop: Database) -> None:
    shop.seed()
    of(shop, Customer, 3).update(name="Edited")
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return answers.pop()

    answers = ["yes", "no"]
    config = ResetConfig(database=shop.alias, interactive=True)
    with pytest.raises(RefusedError, match="Not confirmed"):
        api.reset(config, ask=answer)
    with pytest.raises(RefusedError, match=r"there is no terminal\. Pass --force"):
        reset(shop, force=False)
    assert of(shop, Customer, 3).get().name == "Edited"
    api.reset(config, ask=answer)

    assert of(shop, Customer, 3).get().name != "Edited"
    assert "1 to update, 0 to insert, 0 to derive: shop_customer" in asked[0]


def test_the_command_says_what_it_has_done(shop: Database) -> None:
    def said(**options: Any) -> tuple[int, str]:
        out, code = StringIO(), 0
        try:
            call_command("seed_reset", database=shop.alias, force=True, stdout=out, stderr=StringIO(), **options)
        except CommandError as error:
            code, _ = error.returncode, out.write(str(error))
        return code, " ".join(out.getvalue().split())

    shop.seed()
    nothing = said()
    name = of(shop, Product, 0).get().name
    of(shop, Product, 0).update(name="Edited")
    Product.objects.using(shop.alias).create(name=name, price=7)
    of(shop, Review, 5).update(author="Edited")
    code, text = said(dry_run=True)
    left, why = said()

    assert nothing[1].startswith("All 300 seeded rows of ")
    assert (code, "2 rows would be put back in" in text) == (0, True)
    assert (left, "1 rows were put back in" in why, "1 row of shop_product (" in why) == (5, True, True)
    assert "Not everything could be put back: see what stays and why." in why
    assert json.JSONDecoder().raw_decode(said(json=True)[1])[0]["exit_code"] == 5


def test_derived_columns_follow_what_was_added(shop: Database) -> None:
    shop.seed()
    order = of(shop, Order, 2).get()
    product = of(shop, Product, 0).get()
    OrderLine.objects.using(shop.alias).create(order=order, product=product, quantity=1, unit_price=10)

    assert done(reset(shop)) == {"shop_order": (0, 0, 1, 0)}

    assert of(shop, Order, 2).get().total == order.total + 10
    assert api.verify(VerifyConfig(database=shop.alias)).is_as_seeded


def taken(database: Database, model: Any, place: int, **values: Any) -> Any:
    """A real row under the key of a seeded one, as if the counter had been set back."""
    of(database, model, place).update(**values)  # all of its columns
    return of(database, model, place).get()


def test_nothing_of_a_real_row_under_a_used_key_is_derived_and_nothing_made_to_refer_to_it(shop: Database) -> None:
    shop.seed()
    customer = of(shop, Customer, 0).get()
    order = taken(shop, Order, -1, customer=customer, status="paid", ordered_at="2026-01-01T00:00Z", total=123)
    product = taken(shop, Product, 3, name="Real", price=7, stars=None)
    Review.objects.using(shop.alias).filter(product=product.pk).update(product=of(shop, Product, 4).get())
    of(shop, Customer, 3).update(name="Edited")
    before = held(shop)

    summary = reset(shop)
    reviews = reset(shop, tables=("shop_review",))

    after = held(shop)
    assert Order.objects.using(shop.alias).get(pk=order.pk).total == 123
    assert (after["shop_product"], after["shop_review"]) == (before["shop_product"], before["shop_review"])
    assert {one.table for one in summary.left} >= {"shop_order", "shop_product", "shop_review"}
    assert [one.reason for one in reviews.left] == ["they are to refer to rows that are not there"]
    assert (summary.exit_code, reviews.exit_code) == (5, 5)


def test_rows_are_looked_at_again_before_they_are_written(shop: Database) -> None:
    shop.seed()
    of(shop, Product, 3).update(price=1)
    now: list[Any] = []

    def meanwhile(event: Any) -> None:
        if event.operation == "start":
            now.append(taken(shop, Product, 3, name="Real", price=7, stars=None))

    summary = api.reset(ResetConfig(database=shop.alias, force=True), tell=meanwhile)

    assert Product.objects.using(shop.alias).get(pk=now[0].pk).name == "Real"
    assert (summary.exit_code, [one.table for one in summary.left]) == (5, ["shop_product"])


def test_production_gets_no_synthetic_row(shop: Database) -> None:
    shop.seed()
    of(shop, Review, 3).delete()
    before = held(shop)

    name = str(connections[shop.alias].settings_dict["NAME"])
    with override_settings(SEEDING_DATABASE_IS_FALLBACK=False), pytest.raises(RefusedError, match="Synthetic data never goes"):
        reset(shop, environment="production", allow_production=True, confirm_database=name)

    assert held(shop) == before


def test_a_table_without_a_generated_column_is_refused_and_not_called_as_seeded(shop: Database) -> None:
    shop.seed()
    shop.query("ALTER TABLE shop_review DROP COLUMN author")

    report = api.verify(VerifyConfig(database=shop.alias, tables=("shop_review",)))

    assert report.tables[0].unverifiable == {"the table has no column author": 30}
    with pytest.raises(SchemaError, match="shop_review has no column author any more"):
        reset(shop)
