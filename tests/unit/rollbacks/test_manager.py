"""A rollback from the options to the summary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from django.db.models import Value
from django.test import override_settings

from seeding import Dataset, Derivation, MaskingConfig, RollbackConfig, Rows, api
from seeding.conf import Environment
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.example.seeders.sales import OrderSeeder
from seeding.exceptions import ConfigurationError, LockHeldError, RefusedError
from seeding.generation.registry import Registry
from seeding.locks import seeding_lock
from seeding.models import SeedRun
from seeding.rollbacks.manager import RollbackManager
from seeding.rollbacks.results import RollbackSummary
from seeding.telemetry.events import ignore
from tests.support.databases import Database
from tests.support.runs import undo


class FaithfulProductSeeder(ProductSeeder):
    """Its changed rows stay."""

    config = replace(ProductSeeder.config, keep_modified=True)
    name = "ProductSeeder"


class BrokenProductSeeder(ProductSeeder):
    """It cannot say any more what it has seeded."""

    name = "ProductSeeder"

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        raise ValueError("no idea")


def planned(summary: RollbackSummary) -> dict[str, tuple[int, int, int, int]]:
    """Table → planned, deleted, gone, kept."""
    return {
        one.table: (one.records_planned, one.records_deleted, one.records_gone, one.records_kept) for one in summary.results
    }


def count(shop: Database, table: str) -> int:
    (found,) = shop.query(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - of the tests
    return int(found[0])


def test_a_strategy_given_as_text_is_the_strategy(shop: Database) -> None:
    shop.seed(table="shop_product")
    only_report: Any = "none"

    summary = api.rollback(RollbackConfig(database=shop.alias, strategy=only_report, force=True))

    assert (summary.dry_run, summary.records_deleted) == (True, 10)
    assert shop.query("SELECT COUNT(*) FROM shop_product") == [(10,)]


def test_a_strategy_that_there_is_not_is_refused() -> None:
    misspelled: Any = "nnoe"

    with pytest.raises(ConfigurationError, match=r"--strategy=nnoe: give one of delete, truncate, none\."):
        RollbackConfig(strategy=misspelled)


@override_settings(SEEDING_DATABASE_IS_FALLBACK=False)
def test_production_given_as_text_is_production(shop: Database) -> None:
    shop.seed(table="shop_product")
    environment: Any = "production"

    with pytest.raises(RefusedError, match="This is production, and ALLOW_PRODUCTION_SEEDING is not 'true'"):
        api.rollback(RollbackConfig(database=shop.alias, environment=environment, force=True))
    with pytest.raises(RefusedError, match="Data in production is never masked"):
        api.mask(MaskingConfig(database=shop.alias, environment=environment, force=True, key="sixteen letters!"))

    assert shop.query("SELECT COUNT(*) FROM shop_product") == [(10,)]


def test_an_environment_that_there_is_not_is_refused() -> None:
    misspelled: Any = "prodution"

    with pytest.raises(ConfigurationError, match="--env=prodution: no such environment"):
        RollbackConfig(environment=misspelled)


def test_everything_goes_and_the_run_is_in_the_ledger(shop: Database) -> None:
    shop.seed()

    summary = api.rollback(RollbackConfig(database=shop.alias, environment=Environment.DEV, force=True))

    assert (summary.exit_code, summary.records_deleted, summary.left, summary.kept) == (0, 300, 0, ())
    run = SeedRun.objects.using(shop.alias).latest("pk")
    assert (run.pk, run.command, run.state, run.exit_code) == (summary.run, "seed_rollback", "succeeded", 0)
    assert len(run.results) == 5
    steps = [(step["table"], step["rows"]) for step in run.plan["steps"]]
    assert steps == [(one.table, one.records_planned) for one in summary.results]
    assert (summary.metrics["rows"]["shop_order"], run.metrics["planned"]) == (60, 300)


def test_a_dry_run_tells_the_same_counts_and_writes_nothing(shop: Database) -> None:
    shop.seed()
    shop.query("DELETE FROM shop_review WHERE id <= 3")
    shop.query("INSERT INTO shop_review VALUES (99, 'Flo', 5, '', '2026-03-02', 2)")

    dry, _ = undo(shop, *Registry.discover().ordered, dry_run=True)
    assert count(shop, "shop_product") == 10
    real, _ = undo(shop, *Registry.discover().ordered)

    assert (dry.run, dry.dry_run, dry.left, dry.metrics) == (None, True, 300, {})
    assert planned(dry) == planned(real)
    assert planned(real)["shop_review"] == (30, 27, 3, 0)
    assert planned(real)["shop_product"] == (10, 9, 0, 1)
    assert (dry.exit_code, real.exit_code, real.left) == (6, 6, 1)
    assert [str(reason) for reason in real.kept] == [
        "1 row of shop_product (2): rows that were not seeded refer to them by shop_review.product_id (99)"
    ]


def test_nothing_to_do_opens_no_run(shop: Database) -> None:
    summary, _ = undo(shop)

    assert (summary.run, summary.results, summary.exit_code, summary.left) == (None, (), 0, 0)
    assert not SeedRun.objects.using(shop.alias).exists()


def test_after_a_run_that_was_interrupted_there_is_something_to_do(shop: Database) -> None:
    shop.seed(table="shop_product")
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)

    assert undo(shop, ProductSeeder(), before=long_ago)[0].run is None
    SeedRun.objects.using(shop.alias).update(state="interrupted")
    summary, _ = undo(shop, ProductSeeder(), before=long_ago)

    assert (summary.run is not None, summary.results, summary.left) == (True, (), 10)


def test_changed_rows_are_told_and_go(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE shop_product SET price = 1 WHERE id = 4")

    summary, told = undo(shop, ProductSeeder())

    assert [str(one) for one in summary.modified] == ["1 row of shop_product (4: price)"]
    assert (summary.exit_code, count(shop, "shop_product")) == (0, 0)
    assert [event.message for event in told if event.operation == "modified"] == [
        "Changed since they were seeded: 1 row of shop_product (4: price)"
    ]


def test_changed_rows_stay_if_that_was_asked_for(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE shop_product SET price = 1 WHERE id = 4")

    summary, _ = undo(shop, ProductSeeder(), keep_modified=True)

    assert planned(summary) == {"shop_product": (10, 9, 0, 1)}
    assert [str(reason) for reason in summary.kept] == ["1 row of shop_product (4): they were changed since they were seeded"]
    assert (summary.exit_code, shop.query("SELECT id FROM shop_product")) == (6, [(4,)])


def test_changed_rows_stay_where_their_seeder_says_so(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query("UPDATE shop_product SET price = 1 WHERE id = 4")
    shop.query("UPDATE shop_review SET author = 'Zoe' WHERE id = 1")

    summary, _ = undo(shop, FaithfulProductSeeder(), ReviewSeeder())

    assert planned(summary) == {"shop_review": (30, 30, 0, 0), "shop_product": (10, 9, 0, 1)}


def test_a_seeder_that_fails_keeps_nothing_and_is_told(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE shop_product SET price = 1 WHERE id = 4")

    summary, told = undo(shop, BrokenProductSeeder(), keep_modified=True)

    assert (summary.exit_code, summary.uncompared, summary.loaded, count(shop, "shop_product")) == (0, ("shop_product",), (), 0)
    assert [event.message for event in told if event.operation == "compare"] == [
        "shop_product: its rows cannot be compared with what was seeded: no idea"
    ]


def test_rows_from_files_and_of_seeders_that_are_no_more_are_not_compared(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query(
        "UPDATE seeding_metadata SET seeder_name = 'source:shop_review', origin = 'source' WHERE table_name = 'shop_review'"
    )

    summary, _ = undo(shop)

    assert (summary.uncompared, summary.loaded) == (("shop_product", "shop_review"), ("shop_review",))
    assert summary.records_deleted == 40


def test_a_table_that_is_not_there_keeps_its_rows_and_what_is_left_goes(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query("DROP TABLE shop_review")

    dry, _ = undo(shop, dry_run=True)
    summary, _ = undo(shop)

    assert planned(summary) == planned(dry) == {"shop_review": (30, 0, 0, 30), "shop_product": (10, 10, 0, 0)}
    assert (summary.exit_code, summary.left) == (6, 30)
    assert str(summary.kept[0]).endswith(
        "the table is not in this database. Restore it under its name (an empty one is enough), then roll back again"
    )


def test_what_is_left_is_derived_again(shop: Database) -> None:
    shop.seed()

    summary, _ = undo(shop, *Registry.discover().ordered, tables=("shop_orderline",), where=(("id__lte", "91"),))

    lines = shop.query("SELECT order_id, quantity * unit_price FROM shop_orderline")
    sums = {order: round(sum(cost for one, cost in lines if one == order), 2) for order in range(1, 61)}
    totals = shop.query("SELECT id, total FROM shop_order")
    assert {order: round(total, 2) for order, total in totals} == sums
    assert (sums[30], sums[31] > 0, summary.exit_code) == (0, True, 0)


def test_after_a_run_that_was_interrupted_everything_is_derived_again(shop: Database) -> None:
    shop.seed()
    totals = dict(shop.query("SELECT id, total FROM shop_order"))
    shop.query("UPDATE shop_order SET total = 1")
    SeedRun.objects.using(shop.alias).update(state="interrupted")

    undo(shop, *Registry.discover().ordered, before=datetime(2000, 1, 1, tzinfo=UTC))

    assert dict(shop.query("SELECT id, total FROM shop_order")) == pytest.approx(totals)


def test_columns_that_cannot_be_derived_again_are_exit_code_six(shop: Database) -> None:
    class Underived(OrderSeeder):
        name = "OrderSeeder"

        def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
            return (Derivation(values={"total": Value(None)}, reads=("shop_orderline",)),)

    shop.seed()
    registry = Registry([*(one for one in Registry.discover().ordered if one.name != "OrderSeeder"), Underived()])

    summary, _ = undo(shop, *registry.ordered, tables=("shop_orderline",))

    assert planned(summary) == {"shop_orderline": (180, 180, 0, 0), "shop_order": (0, 0, 0, 0)}
    assert summary.results[-1].error.startswith("its rows are there, their derived columns are not: ")
    assert summary.exit_code == 6


def test_what_the_database_refuses_to_delete_is_among_what_was_kept(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query("CREATE TRIGGER no BEFORE DELETE ON shop_review WHEN OLD.id = 5 BEGIN SELECT RAISE(ABORT, 'no'); END")

    summary, _ = undo(shop, *Registry.discover().ordered)

    assert [str(reason) for reason in summary.kept] == [
        "1 row of shop_review (5): the database would not delete them: IntegrityError",
        "1 row of shop_product (2): what stays of shop_review needs them",
    ]
    assert (planned(summary)["shop_product"], summary.exit_code) == ((10, 9, 0, 1), 6)


def test_rows_that_refer_are_a_refusal_before_anything_happens(shop: Database) -> None:
    shop.seed(table="shop_review")

    with pytest.raises(RefusedError, match=r"30 of shop_review \(product_id\)\. Pass --cascade"):
        undo(shop, *Registry.discover().ordered, tables=("shop_product",))
    summary, _ = undo(shop, *Registry.discover().ordered, tables=("shop_product",), cascade=True)

    assert planned(summary) == {"shop_review": (30, 30, 0, 0), "shop_product": (10, 10, 0, 0)}


def test_truncation_is_refused_where_a_table_holds_other_rows(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("INSERT INTO shop_product VALUES (99, 'cup', 1, NULL)")
    truncating: Any = "truncate"

    with pytest.raises(RefusedError, match="shop_product holds other rows too"):
        undo(shop, ProductSeeder(), strategy=truncating)


def asked(shop: Database, answer: str, **options: Any) -> tuple[RollbackManager, list[str]]:
    """A manager that puts its questions to somebody who gives that answer, and the questions."""
    questions: list[str] = []

    def ask(text: str) -> str:
        questions.append(text)
        return answer

    config = RollbackConfig(database=shop.alias, environment=Environment.DEV, interactive=True, **options)
    return RollbackManager(config, Registry.discover(), tell=ignore, ask=ask), questions


def test_the_question_shows_what_would_go(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query("INSERT INTO shop_review VALUES (99, 'Flo', 5, '', '2026-03-02', 2)")
    manager, questions = asked(shop, "no")

    with pytest.raises(RefusedError):
        manager.rollback()

    (question,) = questions
    assert "rows to delete:\n          30  shop_review\n           9  shop_product\n" in question
    assert question.startswith("Environment dev, database ")
    assert count(shop, "shop_product") == 10


def test_the_question_does_not_count_changed_rows_that_stay(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE shop_product SET price = 1 WHERE id = 4")
    manager, questions = asked(shop, "yes", keep_modified=True)

    assert planned(manager.rollback()) == {"shop_product": (10, 9, 0, 1)}
    assert "           9  shop_product\n" in questions[0]


def test_nobody_is_asked_where_there_is_nothing_to_delete(shop: Database) -> None:
    manager, questions = asked(shop, "no")

    assert (manager.rollback().exit_code, questions) == (0, [])


def test_while_another_run_holds_the_lock_nothing_is_deleted(shop: Database) -> None:
    shop.seed(table="shop_product")

    with seeding_lock(shop.alias).held(0), pytest.raises(LockHeldError):
        undo(shop, ProductSeeder())

    assert count(shop, "shop_product") == 10


def test_seeders_follow_only_those_that_no_column_of_theirs_names(shop: Database) -> None:
    class Follower(ReviewSeeder):
        config = replace(ReviewSeeder.config, dependencies=("shop_product", "shop_customer"))
        name = "ReviewSeeder"

    shop.seed(table="shop_review,shop_customer")
    registry = Registry([one for one in Registry.discover().ordered if one.name != "ReviewSeeder"] + [Follower()])

    with pytest.raises(RefusedError, match=r"those of shop_customer: 30 of shop_review\. Pass"):
        undo(shop, *registry.ordered, tables=("shop_customer",))
    left, _ = undo(shop, *registry.ordered, tables=("shop_customer",), where=(("id__gt", "1"),))

    assert planned(left) == {"shop_customer": (19, 19, 0, 0)}
