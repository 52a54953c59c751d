"""Rules about seeded rows: how they are made, found and asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.db import OperationalError, connections, models
from django.db.models import F, QuerySet
from django.test.utils import isolate_apps

from seeding import Invariant, Seeded, invariant, unless
from seeding.example.models import Customer, Order, Product, Review
from seeding.verification import invariants as module
from seeding.verification.invariants import discover
from seeding.verification.rule_checks import check
from tests.support.databases import AS_OF, Database

with isolate_apps():

    class Goal(models.Model):
        """Its field has a name that comes to mind."""

        met = models.BooleanField()

        class Meta:
            app_label = "goals"
            db_table = "goal"


@invariant(Review, Product)
def reviews_have_few_stars(seeded: Seeded) -> QuerySet[Review]:
    """No review
    has more than 0 stars."""
    return unless(seeded.rows, stars__lte=0)


def rule(breaking: Any, *reads: Any, name: str = "a-rule") -> Invariant:
    return Invariant(name=name, sentence="It holds.", model=Product, reads=reads, breaking=breaking)


def test_a_function_becomes_a_rule_named_and_explained_by_itself() -> None:
    assert reviews_have_few_stars.name == "reviews-have-few-stars"
    assert reviews_have_few_stars.sentence == "No review has more than 0 stars."
    assert reviews_have_few_stars.tables == ("shop_review", "shop_product")


def test_a_name_and_a_sentence_may_be_given() -> None:
    made = invariant(Product, name="so", sentence="So it is.")(lambda seeded: seeded.rows.none())

    assert (made.name, made.sentence, made.tables) == ("so", "So it is.", ("shop_product",))


def test_the_rules_of_the_installed_apps_are_found_once() -> None:
    rules, broken = discover()

    assert [one.name for one in rules] == ["reviews-are-of-what-has-a-price"]
    assert broken == []


def test_rules_in_tuples_are_found_and_anything_else_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class Declaring:
        ONE = rule(None, name="one")
        MORE = (ONE, rule(None, name="two"), "three")
        OTHER = 5

    monkeypatch.setattr(module, "modules", lambda _: ([Declaring], []))

    assert [one.name for one in discover()[0]] == ["one", "two"]


def test_a_comparison_with_null_does_not_count_as_met(shop: Database) -> None:
    for key, stars in ((1, None), (2, 3), (3, 5)):
        shop.query("INSERT INTO shop_product VALUES (%s, %s, 1, %s)", key, str(key), stars)
    products = Product.objects.using(shop.alias).order_by("pk")

    assert [one.pk for one in unless(products, stars__gte=4)] == [1, 2]
    assert [one.pk for one in products.exclude(stars__gte=4)] == [1, 2]
    assert [one.pk for one in unless(products, stars__gte=F("price"))] == [1]


def test_a_field_of_the_model_may_be_called_anything(shop: Database) -> None:
    shop.query("CREATE TABLE goal (id INTEGER PRIMARY KEY, met INTEGER NOT NULL)")
    shop.query("INSERT INTO goal VALUES (1, 0), (2, 1)")

    assert [one.pk for one in unless(Goal._base_manager.using(shop.alias), met=True)] == [1]


def test_nothing_seeded_means_nothing_to_look_at(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (id, name, price) VALUES (1, 'cup', 5)")

    ((verdict,), failed) = check(shop.alias, [rule(lambda seeded: seeded.rows)])

    assert (verdict.looked_at, verdict.broken, verdict.missing, failed) == (0, 0, (), [])


def test_the_rows_that_break_a_rule_are_counted_and_a_few_are_named(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query("INSERT INTO shop_review VALUES (99, 'Flo', 5, '', '2026-03-02', 2)")

    ((verdict,), _) = check(shop.alias, [reviews_have_few_stars])

    assert (verdict.rule, verdict.table, verdict.looked_at, verdict.broken) == (
        "reviews-have-few-stars", "shop_review", 30, 30,
    )  # fmt: skip
    assert verdict.examples == ("1", "2", "3", "4", "5")


def test_rows_from_files_are_not_looked_at(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query("UPDATE seeding_metadata SET seeder_name = 'source:x', origin = 'source' WHERE table_name = 'shop_review'")

    ((verdict,), _) = check(shop.alias, [reviews_have_few_stars])

    assert (verdict.looked_at, verdict.broken) == (0, 0)


def test_a_rule_sees_the_dataset_s_last_day(shop: Database) -> None:
    shop.seed(table="shop_product")
    seen = []

    def look(seeded: Seeded) -> Iterable[int]:
        seen.append((seeded.as_of, seeded.rows.count()))
        return []

    check(shop.alias, [rule(look)])

    assert seen == [(AS_OF, 10)]


def test_many_ranges_of_keys_are_looked_at_in_parts_that_add_up(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeding.keys.RANGES_PER_STATEMENT", 1)
    shop.seed(table="shop_product")
    shop.query("UPDATE seeding_metadata SET key_ranges = '[[0, 4, 1], [5, 4, 6]]' WHERE table_name = 'shop_product'")

    ((verdict,), _) = check(shop.alias, [rule(lambda seeded: seeded.rows.order_by("pk"))])

    assert (verdict.looked_at, verdict.broken, verdict.examples) == (8, 8, ("1", "2", "3", "4", "6"))


@pytest.mark.parametrize(
    ("breaking", "named"),
    [
        (lambda seeded: seeded.rows.filter(pk__lte=2).order_by("pk"), ("1", "2")),
        (lambda seeded: seeded.rows.filter(pk=2).values("id", "name"), ("id=2, name=Product 2",)),
        (lambda _: (key for key in (7, 8)), ("7", "8")),
    ],
)
def test_whatever_a_rule_returns_is_named(shop: Database, breaking: Any, named: tuple[str, ...]) -> None:
    shop.seed(table="shop_product")

    ((verdict,), _) = check(shop.alias, [rule(breaking)])

    assert (verdict.examples, verdict.broken) == (named, len(named))


def test_what_a_rule_needs_and_the_database_lacks_is_told_and_the_rule_not_asked(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("DROP TABLE shop_orderline")
    shop.query("DROP TABLE shop_order")
    shop.query("ALTER TABLE shop_customer DROP COLUMN name")

    ((verdict,), failed) = check(shop.alias, [rule(lambda _: 1 / 0, Order, Customer)])

    assert (verdict.missing, verdict.looked_at, failed) == (("shop_order", "shop_customer.name"), 0, [])


def test_a_rule_that_raises_has_a_sentence_and_the_others_have_verdicts(shop: Database) -> None:
    shop.seed(table="shop_product")

    verdicts, failed = check(shop.alias, [rule(lambda _: 1 / 0, name="first"), rule(lambda _: [], name="second")])

    assert [one.rule for one in verdicts] == ["second"]
    assert failed == [f"The rule first ({__name__}) failed: ZeroDivisionError: division by zero"]


def test_what_the_database_cannot_answer_now_is_raised(shop: Database) -> None:
    shop.seed(table="shop_product")

    def busy(_: Seeded) -> Iterable[int]:
        raise OperationalError("database is locked")

    with pytest.raises(OperationalError):
        check(shop.alias, [rule(busy)])
    assert connections[shop.alias].is_usable()
