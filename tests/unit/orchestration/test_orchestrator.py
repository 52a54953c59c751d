"""A whole run: what it costs a seeder that another one fails, and what is said before, during and after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from seeding import BaseSeeder, Registry, Rows, SeedConfig
from seeding.conf import Environment
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.exceptions import ConfigurationError, LockHeldError, RefusedError
from seeding.generation.discovery import BrokenModule
from seeding.ledger.recorder import Recorder
from seeding.locks import seeding_lock
from seeding.models import SeedRun
from seeding.orchestration.forecast import ROWS_PER_SECOND, START_SECONDS
from seeding.orchestration.orchestrator import SeedOrchestrator
from seeding.telemetry.events import Event
from tests.support.databases import AS_OF, Database
from tests.support.runs import run

BROKEN = BrokenModule(module="shop.seeders.catalogue", error=ImportError("no module named prices"))


class FailingSeeder(ProductSeeder):
    config = replace(ProductSeeder.config)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        raise ValueError("no rows")


class ReplySeeder(ReviewSeeder):
    """Replies to reviews: it needs them, and what they need."""

    config = replace(ReviewSeeder.config, dependencies=("ReviewSeeder", "shop_product"))


class Watched(SeedOrchestrator):
    """An orchestrator on a database, with what it tells and asks."""

    def __init__(self, shop: Database, *seeders: BaseSeeder, answer: str = "yes", **options: Any) -> None:
        self.told: list[Event] = []
        self.asked: list[str] = []
        self._answer = answer
        given: dict[str, Any] = {"environment": Environment.DEV, "today": AS_OF, **options}
        config = SeedConfig(database=shop.alias, **given)
        super().__init__(config, Registry(seeders), tell=self.told.append, ask=self._asked, missing_table_help="")

    def _asked(self, text: str) -> str:
        self.asked.append(text)
        return self._answer


def test_a_seeder_is_skipped_where_one_that_it_needs_has_failed(shop: Database) -> None:
    summary, told = run(shop, FailingSeeder(), ReviewSeeder(), ReplySeeder())

    found = [(one.seeder, one.state, one.exit_code, one.records_skipped, one.error) for one in summary.results]
    assert found[1:] == [
        ("ReviewSeeder", "skipped", 0, 30, "needs shop_product, which could not be seeded"),
        ("ReplySeeder", "skipped", 0, 30, "needs shop_review, shop_product, which could not be seeded"),
    ]
    assert (found[0][:2], summary.exit_code) == (("FailingSeeder", "failed"), 4)
    assert [(event.message, event.level, event.record_count) for event in told if event.operation == "skip"] == [
        ("ReviewSeeder needs shop_product, which could not be seeded", "warn", 30),
        ("ReplySeeder needs shop_review, shop_product, which could not be seeded", "warn", 30),
    ]


def test_a_seeder_of_which_some_rows_are_there_can_be_needed(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (id, name, price) VALUES (1, 'Product 3', 1)")

    summary, _ = run(shop, ProductSeeder(), ReviewSeeder())

    assert [(one.state, one.records_inserted) for one in summary.results] == [("partial", 9), ("partial", 27)]


def test_a_module_that_cannot_be_imported_fails_and_costs_those_that_need_it(shop: Database) -> None:
    summary, told = run(shop, registry=Registry([ReviewSeeder()], [BROKEN]))

    assert [(one.seeder, one.state, one.exit_code, one.error) for one in summary.results] == [
        ("shop.seeders.catalogue", "failed", 4, "cannot be imported: ImportError: no module named prices"),
        ("ReviewSeeder", "skipped", 0, "needs shop_product, which could not be seeded"),
    ]
    (event,) = (event for event in told if event.operation == "discover")
    assert (event.level, event.error) == ("error", BROKEN.error)


def test_a_run_is_told_from_its_beginning_to_its_end(shop: Database) -> None:
    orchestrator = Watched(shop, ProductSeeder(), ReviewSeeder(), batch_size=100)

    orchestrator.run()

    of_the_run = [event for event in orchestrator.told if not event.seeder]
    assert [(event.operation, event.message) for event in of_the_run][:-1] == [
        ("open", "Run 1 is in the ledger"),
        ("start", "Run 1 begins"),
        ("phase", "ProductSeeder"),
        ("progress", "1 of 2 seeders done"),
        ("phase", "ReviewSeeder"),
        ("progress", "2 of 2 seeders done"),
        ("phase", "derive"),
        ("phase", "verify"),
        ("complete", "40 rows in 2 seeders, exit code 0"),
    ]
    start, complete, metrics = of_the_run[1], of_the_run[-2], of_the_run[-1]
    assert start.context["configuration"] | {"steps": None} == {
        "size": "small", "scale": 1, "tables": [], "chunk_rows": 20_000, "steps": None, "seed": 42,
        "asOf": "2026-03-02", "batchSize": 100,
    }  # fmt: skip
    assert complete.context["states"] == {"ProductSeeder": "seeded", "ReviewSeeder": "seeded"}
    assert (complete.record_count, complete.context["dryRun"]) == (40, None)
    assert metrics.context["metrics"].rows == {"ProductSeeder": 10, "ReviewSeeder": 30}
    assert (metrics.context["metrics"].planned, metrics.context["metrics"].error_rate) == (40, 0)


def test_the_ledger_has_the_plan_and_the_results(shop: Database) -> None:
    shop.seed(table="shop_product")

    summary, _ = run(shop, ProductSeeder(), ReviewSeeder(), tables=("shop_review",), size="medium")

    there = SeedRun.objects.using(shop.alias).latest("pk")
    assert there.plan == {
        "size": "medium",
        "scale": 1,
        "tables": ["shop_review"],
        "chunk_rows": 20_000,
        "steps": [
            {"seeder": "ProductSeeder", "table": "shop_product", "rows": 100, "existing": 10},
            {"seeder": "ReviewSeeder", "table": "shop_review", "rows": 300, "existing": 0},
        ],
    }
    assert (there.pk, there.state, there.exit_code, there.seed, there.as_of) == (summary.run, "succeeded", 0, 42, AS_OF)
    assert [(one["seeder"], one["records_inserted"]) for one in there.results] == [("ProductSeeder", 90), ("ReviewSeeder", 300)]
    assert there.faker_version


@pytest.mark.parametrize(("seconds", "second"), [(0, ("ReviewSeeder", ["shop_product"])), (60, ("ProductSeeder", []))])
def test_others_see_what_a_run_is_at_but_not_every_short_step(
    shop: Database, monkeypatch: pytest.MonkeyPatch, seconds: float, second: tuple[str, list[str]]
) -> None:
    monkeypatch.setattr("seeding.runs.lifecycle.NOTE_SECONDS", seconds)
    seen: list[tuple[str, list[str]]] = []

    def look(event: Event) -> None:
        if event.operation == "finish":
            now = SeedRun.objects.using(shop.alias).get()
            seen.append((now.phase, [one["table"] for one in now.results]))

    run(shop, ProductSeeder(), ReviewSeeder(), listen=look)

    assert seen == [("ProductSeeder", []), second]


def test_a_step_of_many_rows_is_recorded_when_it_begins(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeding.runs.lifecycle.NOTE_SECONDS", 60)
    seen: list[str] = []

    def look(event: Event) -> None:
        if event.operation == "start" and event.seeder:
            seen.append(SeedRun.objects.using(shop.alias).get().phase)

    run(shop, ProductSeeder(), ReviewSeeder(), listen=look, size="large", scale=4)

    assert seen == ["ProductSeeder", "ReviewSeeder"]


def test_a_dry_run_asks_nobody_and_leaves_no_trace(shop: Database, settings: Any) -> None:
    settings.SEEDING_DATABASE_IS_FALLBACK = False
    orchestrator = Watched(shop, ProductSeeder(), environment=Environment.STAGING, size="small", dry_run=True)

    with seeding_lock(shop.alias).held(0):
        summary = orchestrator.run()

    assert (summary.run, summary.dry_run, summary.records_inserted, summary.exit_code) == (None, True, 10, 0)
    assert list(summary.examples) == ["shop_product"]
    assert orchestrator.asked == []
    complete = orchestrator.told[-1]
    assert complete.message == "10 rows would be inserted by 1 seeders, exit code 0"
    assert complete.context["dryRun"] is True
    assert not SeedRun.objects.using(shop.alias).exists()
    assert shop.content("shop_product") == []


def test_staging_is_asked_for_before_the_lock_is_taken(shop: Database, settings: Any) -> None:
    settings.SEEDING_DATABASE_IS_FALLBACK = False
    refused = Watched(shop, ProductSeeder(), answer="no", environment=Environment.STAGING, interactive=True)
    agreed = Watched(shop, ProductSeeder(), environment=Environment.STAGING, interactive=True)

    with seeding_lock(shop.alias).held(0), pytest.raises(RefusedError, match=r"^Not confirmed; nothing was changed\.$"):
        refused.run()
    summary = agreed.run()

    name = shop.url.removeprefix("sqlite:///")
    assert refused.asked == agreed.asked == [f"Seed the staging database {name}? Type yes:"]
    assert (summary.run, summary.environment, summary.size, summary.records_inserted) == (1, "staging", "medium", 100)


def test_a_run_waits_for_no_other_unless_it_is_told_to(shop: Database) -> None:
    with seeding_lock(shop.alias).held(0), pytest.raises(LockHeldError):
        Watched(shop, ProductSeeder()).run()

    assert not SeedRun.objects.using(shop.alias).exists()


class LoadedSeeder(ReviewSeeder):
    config = replace(ReviewSeeder.config, masking="full", masking_key="new-key", dependencies=())


def test_the_plan_of_a_run_that_loads_files_says_how_it_masks(shop: Database, tmp_path: Path) -> None:
    run(shop, LoadedSeeder(), source=tmp_path)

    plan = SeedRun.objects.using(shop.alias).get().plan
    assert (plan["size"], plan["masking"]) == ("source", {"mode": "full", "key": "new-key"})


def test_a_database_that_was_masked_by_another_key_is_refused(shop: Database) -> None:
    ledger = Recorder(shop.alias)
    before = ledger.open_run(command="seed_mask", environment="dev", seed=42, as_of=AS_OF, faker_version="")
    before.masked_batches.create(
        table_name="shop_review", first_key=1, last_key=2, mode="full", key_fingerprint="old-key", fields={}, seals=b"",
        created_at=before.started_at,
    )  # fmt: skip

    with pytest.raises(ConfigurationError, match=r"^This database was masked with the key old-key, and .* is new-key"):
        run(shop, LoadedSeeder())
    assert run(shop, ProductSeeder())[0].exit_code == 0  # there is nobody to protect


def test_a_forecast_says_what_the_run_is_going_to_do(shop: Database) -> None:
    shop.seed(table="shop_product", seed=7)
    SeedRun.objects.using(shop.alias).update(results=[])  # no rate is remembered
    orchestrator = Watched(shop, ProductSeeder(), ReviewSeeder(), tables=("shop_review",), writer="bulk_create")

    forecast = orchestrator.forecast()

    assert (forecast.database, forecast.environment) == (shop.url.removeprefix("sqlite:///"), "dev")
    assert (forecast.size, forecast.scale, forecast.seed, forecast.as_of) == ("small", 1, 7, AS_OF)
    assert (forecast.asked, forecast.added) == (("shop_review",), ("shop_product",))
    assert [(step.table, step.rows, step.existing) for step in forecast.steps] == [
        ("shop_product", 10, 10),
        ("shop_review", 30, 0),
    ]
    assert forecast.seconds == {
        "ProductSeeder": 0,
        "ReviewSeeder": pytest.approx(START_SECONDS + 30 / ROWS_PER_SECOND["bulk_create"]),
    }
    assert (forecast.sizes["ProductSeeder"], forecast.sizes["ReviewSeeder"] > 30 * 40) == (0, True)
    assert orchestrator.told == []


def test_a_run_without_seeders_has_nothing_to_do(shop: Database) -> None:
    summary = Watched(shop).run()

    assert (summary.results, summary.exit_code, summary.run) == ((), 0, 1)


def test_of_two_seeders_of_a_table_a_dry_run_shows_the_rows_of_the_first(shop: Database) -> None:
    class OtherSeeder(ProductSeeder):
        config = replace(ProductSeeder.config)

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(name="Other " + pl.col("name"))

    summary, _ = run(shop, ProductSeeder(), OtherSeeder(), dry_run=True)

    assert {table: [row["name"] for row in rows] for table, rows in summary.examples.items()} == {
        "shop_product": ["Other Product 1", "Other Product 2", "Other Product 3"]
    }
