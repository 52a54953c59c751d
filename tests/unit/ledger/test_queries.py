"""What is seeded, by what the ledger says."""

from __future__ import annotations

from datetime import date

import pytest

from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.exceptions import ConfigurationError
from seeding.generation.streams import GENERATOR_VERSION
from seeding.ledger.queries import Ledger, generator_version
from seeding.ledger.recorder import Recorder
from seeding.models import SeedRun
from tests.support.databases import Database
from tests.unit.ledger.entries import a_batch, a_masked_batch, a_run, numbers

LOADED = {"seeder_name": "source:shop_product", "origin": "source"}


@pytest.fixture
def ledger(shop: Database) -> Ledger:
    return Ledger(shop.alias)


def test_a_complete_ledger_is_enough(ledger: Ledger) -> None:
    ledger.require()


def test_what_the_ledger_lacks_is_named_with_the_way_out(shop: Database, ledger: Ledger) -> None:
    shop.query("ALTER TABLE seeding_run DROP COLUMN metrics")
    shop.query("DROP TABLE seeding_masked")

    with pytest.raises(ConfigurationError) as refused:
        ledger.require()

    assert str(refused.value) == (
        "The ledger is missing (seeding_run.metrics and seeding_masked). "
        f"Create it with: python manage.py migrate --database={shop.alias}"
    )


def test_there_is_no_dataset_without_rows(ledger: Ledger) -> None:
    a_batch(a_run(ledger.using), [0, 1, 1], live=None)

    assert ledger.dataset() is None


def test_the_first_rows_say_what_the_dataset_is(ledger: Ledger) -> None:
    a_batch(a_run(ledger.using, seed=5), [0, 1, 1], live=None)
    a_batch(a_run(ledger.using, seed=7, as_of=date(2025, 5, 5)), [0, 1, 1])
    a_batch(a_run(ledger.using, seed=8), [1, 1, 2])

    dataset = ledger.dataset()

    assert dataset is not None
    assert (dataset.seed, dataset.as_of) == (7, date(2025, 5, 5))


def test_rows_from_files_count_only_where_generated_ones_are_not_asked_for(ledger: Ledger) -> None:
    a_batch(a_run(ledger.using, seed=7), [0, 1, 1], **LOADED)

    assert ledger.dataset() is not None
    assert ledger.dataset(generated=True) is None


def test_environments_are_counted_from_the_last_claim_on(ledger: Ledger) -> None:
    assert ledger.environments() == set()
    a_run(ledger.using, environment="development")
    a_run(ledger.using, environment="test")
    assert ledger.environments() == {"development", "test"}

    a_run(ledger.using, command="claim", environment="test")
    a_run(ledger.using, command="claim", environment="staging")
    assert ledger.environments() == {"staging"}

    a_run(ledger.using, environment="production")
    assert ledger.environments() == {"staging", "production"}


def test_the_keys_of_a_seeder_are_its_live_rows_of_its_table(ledger: Ledger) -> None:
    first, second = a_run(ledger.using), a_run(ledger.using)
    a_batch(first, [0, 2, 1])
    a_batch(second, [2, 2, 11])
    a_batch(first, [4, 1, 30], live=None)
    a_batch(first, [0, 1, 31], seeder_name="Another")
    a_batch(first, [0, 1, 32], table_name="shop_review")

    assert ledger.keys(ProductSeeder()).as_lists() == [[0, 2, 1], [2, 2, 11]]
    assert ledger.keys(ProductSeeder(), second).as_lists() == [[2, 2, 11]]
    assert ledger.keys(ReviewSeeder()).as_lists() == []


def test_the_keys_of_a_table_are_those_of_all_its_seeders(ledger: Ledger) -> None:
    first, second = a_run(ledger.using), a_run(ledger.using)
    a_batch(first, [0, 2, 1])
    a_batch(second, [0, 2, 11], **LOADED)
    a_batch(first, [4, 1, 30], live=None)
    a_batch(first, [0, 1, 32], table_name="shop_review")

    assert numbers(ledger.key_set("shop_product")) == [1, 2, 11, 12]
    assert {table: numbers(keys) for table, keys in ledger.key_sets(first).items()} == {
        "shop_product": [1, 2],
        "shop_review": [32],
    }
    assert numbers(ledger.generated_keys("shop_product")) == [1, 2]


def test_rows_show_nobody_unless_they_are_real_and_unmasked(ledger: Ledger) -> None:
    run = a_run(ledger.using)
    a_batch(run, [0, 1, 1])
    a_batch(run, [1, 1, 2], environment="staging")
    a_batch(run, [2, 1, 3], environment="production")
    a_batch(run, [0, 1, 4], masked_fields=["name", "city"], **LOADED)
    a_batch(run, [1, 1, 5], masked_fields=["name"], environment="staging", **LOADED)
    a_batch(run, [2, 1, 6], environment="production", **LOADED)
    a_batch(run, [3, 1, 7], live=None)
    a_batch(run, [0, 1, 8], table_name="shop_review")

    def masked(*, partly: bool) -> dict[str, list[int]]:
        found = ledger.masked_keys("shop_product", ("name", "city", "note"), partly=partly)
        return {column: numbers(keys) for column, keys in found.items()}

    assert masked(partly=True) == {"name": [1, 2, 4, 5], "city": [1, 2, 4], "note": [1, 2]}
    assert masked(partly=False) == {"name": [1, 2, 4], "city": [1, 2, 4], "note": [1, 2]}


def test_masking_keys_are_those_of_loaded_rows_and_of_masked_ones(ledger: Ledger) -> None:
    using = ledger.using
    for number, key in enumerate(("aaaa", "bbbb", "bbbb", "")):
        a_batch(a_run(using), [number, 1, number + 1], masking_key=key, **LOADED)
    a_batch(a_run(using), [5, 1, 10], live=None, masking_key="gone", **LOADED)
    a_masked_batch(a_run(using), "shop_customer", "cccc")

    assert ledger.masking_keys() == {"aaaa", "bbbb", "cccc"}


def test_a_database_is_masked_with_one_key(ledger: Ledger) -> None:
    ledger.refuse_another_key("aaaa")
    a_masked_batch(a_run(ledger.using), "shop_customer", "aaaa")
    ledger.refuse_another_key("aaaa")

    with pytest.raises(ConfigurationError) as refused:
        ledger.refuse_another_key("ffff")

    assert str(refused.value) == (
        "This database was masked with the key aaaa, and SEEDING_MASKING_KEY is ffff: "
        "equal values would become different ones. Set the key of before, or restore or roll back first."
    )


def test_masked_batches_are_told_apart_by_table(ledger: Ledger) -> None:
    run = a_run(ledger.using)
    customers = a_masked_batch(run, "shop_customer", "aaaa")
    a_masked_batch(run, "shop_review", "aaaa")

    assert list(ledger.masked_batches("shop_customer")) == [customers]


def test_keys_are_listed_by_seeder_and_table(ledger: Ledger) -> None:
    run = a_run(ledger.using)
    a_batch(run, [0, 2, 1], [2, 1, 9])
    a_batch(run, [3, 2, 3])
    a_batch(run, [0, 1, 50], seeder_name="GoneSeeder")
    a_batch(run, [0, 1, 60], live=None)

    listed = {name: keys.ranges for name, keys in ledger.by_seeder().items()}

    assert listed == {
        ("ProductSeeder", "shop_product"): [(1, 4), (9, 9)],
        ("GoneSeeder", "shop_product"): [(50, 50)],
    }


def test_existing_counts_the_planned_rows_and_no_others(ledger: Ledger) -> None:
    run = a_run(ledger.using)
    a_batch(run, [0, 3, 1], [5, 5, 20])
    a_batch(run, [0, 9, 40], seeder_name="Unplanned")
    a_batch(run, [3, 2, 60], live=None)

    held = ledger.keys_of([ProductSeeder(), ReviewSeeder()])

    assert {name: keys.count_below(7) for name, keys in held.items()} == {"ProductSeeder": 5, "ReviewSeeder": 0}


def test_tables_are_those_that_hold_rows_and_those_that_ever_did(ledger: Ledger) -> None:
    run = a_run(ledger.using)
    a_batch(run, [0, 1, 1])
    a_batch(run, [1, 1, 2])
    a_batch(run, [0, 1, 1], table_name="shop_review", live=None)

    assert ledger.tables() == {"shop_product"}
    assert ledger.tables_ever() == {"shop_product", "shop_review"}


def test_versions_are_those_of_live_rows(ledger: Ledger) -> None:
    run = a_run(ledger.using)
    a_batch(run, [0, 1, 1], generator_version="1.1")
    a_batch(run, [1, 1, 2], generator_version="1.2")
    a_batch(run, [2, 1, 3], generator_version="1.3", live=None)

    assert ledger.versions(ProductSeeder()) == {"1.1", "1.2"}
    assert generator_version(ProductSeeder()) == f"{GENERATOR_VERSION}.1"


def test_nothing_is_unfinished_before_the_first_run(ledger: Ledger) -> None:
    assert not Recorder(ledger.using).is_unfinished()


@pytest.mark.parametrize(
    ("command", "state", "error"),
    [
        ("seed", SeedRun.State.RUNNING, ""),
        ("seed", SeedRun.State.INTERRUPTED, ""),
        ("seed_rollback", SeedRun.State.FAILED, "disk full"),
    ],
)
def test_a_run_is_unfinished_that_runs_was_interrupted_or_gave_up(
    ledger: Ledger, command: str, state: SeedRun.State, error: str
) -> None:
    a_run(ledger.using, command="seed")
    a_run(ledger.using, command=command, state=state, error=error)

    assert Recorder(ledger.using).is_unfinished()


@pytest.mark.parametrize(
    ("command", "state"),
    [("seed", SeedRun.State.FAILED), ("seed", SeedRun.State.SUCCEEDED), ("seed_mask", SeedRun.State.RUNNING)],
)
def test_a_run_is_finished_that_came_to_its_end_or_that_neither_seeds_nor_rolls_back(
    ledger: Ledger, command: str, state: SeedRun.State
) -> None:
    a_run(ledger.using, command=command, state=state)

    assert not Recorder(ledger.using).is_unfinished()


def test_a_later_run_that_came_to_its_end_finishes_what_was_left(ledger: Ledger) -> None:
    a_run(ledger.using, state=SeedRun.State.INTERRUPTED)
    a_run(ledger.using, command="seed_rollback")

    assert not Recorder(ledger.using).is_unfinished()


def test_the_seeders_of_entries_are_named_once_each_in_order(ledger: Ledger) -> None:
    run = a_run(ledger.using)
    batches = [
        a_batch(run, [0, 1, 1], seeder_name="Zebras"),
        a_batch(run, [0, 1, 2], seeder_name="Apples", live=None),
        a_batch(run, [1, 1, 3], seeder_name="Apples"),
    ]
    a_batch(run, [0, 1, 4], seeder_name="Others")

    assert ledger.seeders_of([batch.pk for batch in batches]) == ["Apples", "Zebras"]
