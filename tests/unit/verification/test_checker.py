"""What a check asks, and what it calls unreadable."""

from __future__ import annotations

import pytest

from seeding import Registry
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.exceptions import ConfigurationError, LockHeldError
from seeding.generation.discovery import BrokenModule
from seeding.locks import seeding_lock
from seeding.verification.checker import Checker
from tests.support.databases import Database

EVERYTHING = ("schema", "references", "invariants")


def checker(shop: Database, registry: Registry | None = None) -> Checker:
    return Checker(shop.alias, "Make the table.", registry or Registry.discover())


def test_a_seeded_database_holds_what_it_should(shop: Database) -> None:
    shop.seed()

    report = checker(shop).run(EVERYTHING, 0)

    assert (report.checks, report.tables, report.refusals, report.unreadable) == (EVERYTHING, 5, (), ())
    assert (report.refused, report.broken) == (False, False)
    assert sorted(verdict.rule for verdict in report.verdicts) == [
        "reviews-are-of-what-has-a-price",
        "shop_order.customer_id leads to shop_customer",
        "shop_orderline.order_id leads to shop_order",
        "shop_orderline.product_id leads to shop_product",
        "shop_review.product_id leads to shop_product",
    ]


@pytest.mark.parametrize(("asked", "tables", "verdicts"), [("schema", 5, 0), ("references", 0, 1), ("invariants", 0, 1)])
def test_only_what_is_asked_for_is_checked(shop: Database, asked: str, tables: int, verdicts: int) -> None:
    shop.seed(table="shop_review")
    shop.query("PRAGMA foreign_keys = OFF")
    shop.query("DROP TABLE shop_customer")

    report = checker(shop).run((asked,), 0)

    assert (report.tables, len(report.verdicts), bool(report.differences)) == (tables, verdicts, asked == "schema")


def test_broken_references_and_rules_are_told(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query("PRAGMA foreign_keys = OFF")
    shop.query("UPDATE shop_product SET price = 0 WHERE id = 1")
    shop.query("DELETE FROM shop_product WHERE id = 2")

    report = checker(shop).run(EVERYTHING, 0)

    told = {one.rule: (one.broken, one.examples, one.changed, one.changed_examples) for one in report.verdicts}
    assert told == {
        "shop_review.product_id leads to shop_product": (3, ("4", "5", "6"), 0, ()),
        "reviews-are-of-what-has-a-price": (0, (), 3, ("1", "2", "3")),  # somebody has edited the product
    }
    assert report.broken


def test_differences_that_do_harm_come_first(shop: Database) -> None:
    shop.query("ALTER TABLE shop_customer ADD COLUMN nickname TEXT")
    shop.query("ALTER TABLE shop_review DROP COLUMN text")

    report = checker(shop).run(("schema",), 0)

    told = [(one.table, one.column, one.harmless) for one in report.differences]
    assert told == sorted(told, key=lambda one: one[2])
    assert ("shop_review", "text", False) in told
    assert report.refused


def test_a_missing_table_is_told_with_the_project_s_help(shop: Database) -> None:
    shop.query("DROP TABLE shop_review")

    (difference,) = checker(shop).run(("schema",), 0).differences

    assert str(difference) == "The table shop_review is missing. Make the table."


def test_why_a_table_would_not_be_touched_is_a_sentence(shop: Database) -> None:
    shop.query("CREATE TRIGGER no BEFORE INSERT ON shop_review BEGIN UPDATE shop_product SET stars = 1; END")

    report = checker(shop).run(("schema",), 0)

    assert len(report.refusals) == 1
    assert report.refusals[0].startswith("shop_review has the trigger no (BEFORE INSERT)")


def test_modules_that_cannot_be_imported_are_unreadable(shop: Database) -> None:
    registry = Registry([ProductSeeder(), ReviewSeeder()], [BrokenModule(module="a.seeders.b", error=ValueError("typo"))])

    report = checker(shop, registry).run(("schema",), 0)

    assert (report.tables, report.unreadable) == (2, ("a.seeders.b cannot be imported: ValueError('typo')",))


def test_without_a_ledger_nothing_seeded_can_be_checked(shop: Database) -> None:
    shop.query("DROP TABLE seeding_masked")

    for asked in ("references", "invariants"):
        with pytest.raises(ConfigurationError, match="The ledger is missing"):
            checker(shop).run((asked,), 0)
    assert checker(shop).run((), 0).verdicts == ()


def test_while_a_run_is_under_way_nothing_is_checked(shop: Database) -> None:
    with seeding_lock(shop.alias).held(0), pytest.raises(LockHeldError):
        checker(shop).run(EVERYTHING, 0)


@pytest.mark.parametrize("name", ["shop_gone", "Shop_Review", "shop_reviews"])
def test_rows_of_a_table_without_a_model_are_not_said_to_be_checked(shop: Database, name: str) -> None:
    shop.seed(table="shop_review")
    shop.query("UPDATE seeding_metadata SET table_name = %s WHERE table_name = 'shop_review'", name)

    report = checker(shop).run(("references",), 0)

    (sentence,) = report.unreadable
    assert sentence.startswith(f"{name}: 30 rows are seeded, and no seeder or model has a table of that name")
    assert report.seeded == 40


def test_rows_whose_seeder_is_gone_are_checked_by_their_model(shop: Database) -> None:
    shop.seed(table="shop_review")

    report = checker(shop, Registry([ProductSeeder()])).run(("references",), 0)

    assert [(one.rule, one.looked_at) for one in report.verdicts] == [("shop_review.product_id leads to shop_product", 30)]
    assert report.unreadable == ()


def test_rows_that_no_rule_looks_at_are_still_there(shop: Database) -> None:
    shop.seed(table="shop_product")

    report, empty = checker(shop).run(("references",), 0), checker(shop).run(("schema",), 0)

    assert (report.verdicts, report.seeded, report.unreadable, empty.seeded) == ((), 10, (), 0)
