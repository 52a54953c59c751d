"""What is done once the tables are filled, and which seeder is marked where something is left to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
from django.db.models import F, Value

from seeding import BaseSeeder, Dataset, Derivation, Rows
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.example.seeders.sales import CustomerSeeder, OrderLineSeeder, OrderSeeder
from seeding.generation.registry import Registry
from seeding.orchestration.results import RunSummary
from seeding.telemetry.events import Event
from tests.support.databases import Database
from tests.support.runs import run
from tests.unit.orchestration.categories import PostponingSeeder, create_categories, parents


class UnderivableSeeder(ProductSeeder):
    """Its derived column breaks a unique key."""

    config = replace(ProductSeeder.config)

    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        return (Derivation(values={"name": Value("the same")}, reads=("shop_customer",)),)


def states(summary: RunSummary) -> dict[str, tuple[str, int, str]]:
    return {one.seeder: (one.state.value, one.exit_code, one.error) for one in summary.results}


def at(phase: str, act: Callable[[], Any]) -> Callable[[Event], None]:
    """A listener that does something when the run enters a phase."""

    def listen(event: Event) -> None:
        if event.operation == "phase" and event.message == phase:
            act()

    return listen


def test_columns_are_derived_before_references_are_verified(shop: Database) -> None:
    _, told = run(shop, ProductSeeder())

    assert [event.message for event in told if event.operation == "phase"] == ["ProductSeeder", "derive", "verify"]


def test_a_seeder_whose_columns_cannot_be_derived_is_partial(shop: Database) -> None:
    summary, _ = run(shop, UnderivableSeeder(), CustomerSeeder())

    words = "its rows are there, their derived columns are not: IntegrityError for shop_product.name. Run again to derive them."
    assert states(summary) == {"UnderivableSeeder": ("partial", 5, words), "CustomerSeeder": ("seeded", 0, "")}
    assert shop.query("SELECT COUNT(*) FROM shop_product") == [(10,)]


def test_a_seeder_of_an_earlier_run_may_have_to_be_derived_again(shop: Database) -> None:
    run(shop, UnderivableSeeder())
    summary, _ = run(shop, registry=Registry([UnderivableSeeder(), CustomerSeeder()]), tables=("shop_customer",))

    assert [(one.seeder, one.table, one.state, one.records_planned) for one in summary.results] == [
        ("CustomerSeeder", "shop_customer", "seeded", 20),
        ("UnderivableSeeder", "shop_product", "partial", 0),
    ]
    assert summary.exit_code == 5


def test_what_is_wrong_is_added_to_what_was_wrong_before(shop: Database) -> None:
    class ClumsySeeder(UnderivableSeeder):
        config = replace(ProductSeeder.config)

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(name=pl.Series(["first", *["again"] * 9]))

    summary, _ = run(shop, ClumsySeeder(), CustomerSeeder())

    state, code, error = states(summary)["ClumsySeeder"]
    assert (state, code) == ("partial", 5)
    assert error.startswith(
        "8 rows were refused; the log names each. The first is row 2: name: repeated. "
        "its rows are there, their derived columns are not: "
    )


def test_a_seeder_that_failed_is_not_derived(shop: Database) -> None:
    class Failing(OrderSeeder):
        config = OrderSeeder.config

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            raise ValueError("no rows")

    run(shop, CustomerSeeder(), OrderSeeder(), OrderLineSeeder(), ProductSeeder())
    shop.query("UPDATE seeding_metadata SET seeder_name = 'Failing' WHERE seeder_name = 'OrderSeeder'")
    shop.query("UPDATE shop_order SET total = 0")

    summary, told = run(shop, CustomerSeeder(), Failing(), size="medium")

    assert states(summary)["Failing"][0] == "failed"
    assert [event.seeder for event in told if event.operation == "derive"] == []
    assert shop.query("SELECT DISTINCT total FROM shop_order") == [(0,)]


def test_nothing_is_derived_from_a_table_that_was_refused(shop: Database) -> None:
    run(shop, CustomerSeeder(), OrderSeeder(), OrderLineSeeder(), ProductSeeder())
    shop.query("ALTER TABLE shop_orderline DROP COLUMN quantity")

    summary, _ = run(shop, CustomerSeeder(), OrderSeeder(), OrderLineSeeder(), ProductSeeder())

    assert {name: state for name, (state, *_) in states(summary).items() if state != "existing"} == {
        "OrderLineSeeder": "refused"
    }
    assert states(summary)["OrderSeeder"] == ("existing", 0, "")


def test_references_that_cannot_be_filled_are_told_with_the_way_out(shop: Database) -> None:
    create_categories(shop)
    shop.query("CREATE TRIGGER orphans BEFORE UPDATE ON shop_category BEGIN SELECT RAISE(ABORT, 'not for Ann'); END")

    summary, told = run(shop, PostponingSeeder())

    words = "Its rows are there, parent_id is not filled everywhere: IntegrityError. Run again to fill it."
    assert states(summary) == {"PostponingSeeder": ("partial", 5, words)}
    (event,) = (event for event in told if event.operation == "postponed")
    assert (event.level, event.message, event.seeder) == ("error", f"shop_category: {words}", "PostponingSeeder")
    assert "Ann" not in str(event.error)
    shop.query("DROP TRIGGER orphans")
    assert states(run(shop, PostponingSeeder())[0]) == {"PostponingSeeder": ("existing", 0, "")}
    assert parents(shop)["C5"] == "C4"


def test_references_that_lead_nowhere_make_a_seeder_partial(shop: Database) -> None:
    class Losing(PostponingSeeder):
        config = replace(PostponingSeeder.config)

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(parent_id=pl.lit(99))

    create_categories(shop)

    summary, _ = run(shop, Losing())

    assert states(summary) == {"Losing": ("partial", 5, "6 references lead to rows that are not there, and stay empty.")}


def test_a_seeder_without_rows_has_no_references_to_fill(shop: Database) -> None:
    create_categories(shop)
    shop.query("CREATE TRIGGER copies AFTER INSERT ON shop_category BEGIN DELETE FROM shop_review; END")

    summary, told = run(shop, PostponingSeeder())

    assert states(summary)["PostponingSeeder"][0] == "refused"
    assert [event for event in told if event.operation == "postponed"] == []


def lose_product(shop: Database, key: int) -> None:
    shop.query("PRAGMA foreign_keys = OFF")
    shop.query("DELETE FROM shop_product WHERE id = %s", key)


def test_a_dangling_reference_is_named_with_rows_that_have_it(shop: Database) -> None:
    summary, told = run(shop, ProductSeeder(), ReviewSeeder(), listen=at("verify", lambda: lose_product(shop, 3)))

    words = "3 rows break: Every product_id names a row of shop_product. Among them 7, 8, 9."
    assert states(summary) == {"ProductSeeder": ("seeded", 0, ""), "ReviewSeeder": ("partial", 5, words)}
    (event,) = (event for event in told if event.operation == "verify")
    assert (event.level, event.message, event.record_count) == ("error", f"shop_review: {words}", 3)


def test_of_two_seeders_of_a_table_the_first_is_marked(shop: Database) -> None:
    class MoreReviewSeeder(ReviewSeeder):
        config = replace(ReviewSeeder.config)

    seeders: list[BaseSeeder] = [ProductSeeder(), ReviewSeeder(), MoreReviewSeeder()]

    summary, _ = run(shop, *seeders, listen=at("verify", lambda: lose_product(shop, 3)))

    assert [(one.seeder, one.state) for one in summary.results] == [
        ("ProductSeeder", "seeded"),
        ("MoreReviewSeeder", "partial"),
        ("ReviewSeeder", "seeded"),
    ]
    assert summary.results[1].error.startswith("6 rows break: ")


def test_only_rows_of_this_run_are_verified(shop: Database) -> None:
    run(shop, ProductSeeder(), ReviewSeeder())

    summary, _ = run(shop, ProductSeeder(), ReviewSeeder(), listen=at("verify", lambda: lose_product(shop, 3)))

    assert summary.exit_code == 0


def test_a_derived_reference_is_verified_once_it_is_derived(shop: Database) -> None:
    class MovingSeeder(ReviewSeeder):
        config = replace(ReviewSeeder.config)

        def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
            return (Derivation(values={"product": F("product_id") + 1}, reads=("shop_product",)),)

    summary, _ = run(
        shop, ProductSeeder(), MovingSeeder(), listen=at("derive", lambda: shop.query("PRAGMA foreign_keys = OFF"))
    )

    words = "3 rows break: Every product_id names a row of shop_product. Among them 28, 29, 30."
    assert states(summary)["MovingSeeder"] == ("partial", 5, words)
