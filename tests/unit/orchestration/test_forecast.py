"""What a plan says before the run: time at the rate of earlier runs, size by samples."""

from __future__ import annotations

import polars as pl
import pytest

from seeding import BaseSeeder, Dataset, RecordCount, Rows, SeederConfig
from seeding.example.models import Product
from seeding.ledger.queries import Ledger
from seeding.ledger.recorder import Recorder
from seeding.models import SeedRun
from seeding.orchestration.forecast import (
    ROWS_PER_SECOND,
    RUNS_REMEMBERED,
    START_SECONDS,
    estimated_bytes,
    estimated_seconds,
)
from seeding.orchestration.plan import Step
from seeding.writing import Writers
from tests.support.databases import AS_OF, Database

DATASET = Dataset(seed=1, as_of=AS_OF)


class Counters(BaseSeeder):
    config = SeederConfig(model=Product, record_count=RecordCount.fixed(4))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"one": pl.Series(rows.index, dtype=pl.Int64), "two": pl.Series(rows.index, dtype=pl.Int32)})


class Failing(Counters):
    config = Counters.config

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        raise ValueError("no sample")


def step(missing: int, *, existing: int = 0, seeder: str = "Counters") -> Step:
    return Step(seeder=seeder, table="shop_product", rows=missing + existing, existing=existing)


def past(shop: Database, rows: int, duration: float, *, command: str = "seed", state: str = "succeeded") -> None:
    ledger = Recorder(shop.alias)
    run = ledger.open_run(command=command, environment="dev", seed=1, as_of=AS_OF, faker_version="")
    results = [{"seeder": "Counters", "records_inserted": rows, "duration": duration}]
    ledger.close_run(run, SeedRun.State(state), results=results)


def seconds(shop: Database, *steps: Step) -> dict[str, float]:
    return estimated_seconds(steps, Recorder(shop.alias), Writers(shop.alias))


@pytest.mark.parametrize(("missing", "expected"), [
    (0, 0),
    (50, START_SECONDS + 50 / 100),  # the last run: 20 rows in 0.2 s
    (200, START_SECONDS + 200 / 100),
    (201, START_SECONDS + 201 / 50),  # the one before, of 1,000 rows in 20 s: the last was ten times smaller
    (10_001, START_SECONDS + 10_001 / ROWS_PER_SECOND["executemany"]),  # none is large enough
])  # fmt: skip
def test_time_is_that_of_the_last_comparable_run(shop: Database, missing: int, expected: float) -> None:
    past(shop, 1_000, 20.0)
    past(shop, 20, 0.2)

    assert seconds(shop, step(missing, existing=5)) == {"Counters": pytest.approx(expected)}


@pytest.mark.parametrize(("rows", "writer"), [(1, "bulk_create"), (99, "bulk_create"), (100, "executemany")])
def test_where_nothing_is_remembered_the_writer_of_the_whole_table_tells(shop: Database, rows: int, writer: str) -> None:
    expected = START_SECONDS + 1 / ROWS_PER_SECOND[writer]

    assert seconds(shop, step(1, existing=rows - 1)) == {"Counters": pytest.approx(expected)}


def test_only_seeding_that_went_well_and_wrote_something_is_remembered(shop: Database) -> None:
    past(shop, 100, 1.0)
    past(shop, 100, 7.0, command="seed_rollback")
    past(shop, 100, 7.0, state="failed")
    past(shop, 0, 7.0)
    past(shop, 100, 0.0)

    assert seconds(shop, step(100))["Counters"] == pytest.approx(START_SECONDS + 1.0)


def test_only_the_runs_of_late_are_remembered(shop: Database) -> None:
    past(shop, 100, 7.0)
    for _ in range(RUNS_REMEMBERED):
        past(shop, 1, 1.0)

    assert seconds(shop, step(100))["Counters"] == pytest.approx(START_SECONDS + 100 / ROWS_PER_SECOND["executemany"])


def test_another_seeders_rate_tells_nothing(shop: Database) -> None:
    past(shop, 10, 7.0)

    expected = START_SECONDS + 10 / ROWS_PER_SECOND["bulk_create"]

    assert seconds(shop, step(10, seeder="Failing"))["Failing"] == pytest.approx(expected)


def test_rows_that_are_created_one_by_one_take_longer(shop: Database) -> None:
    steps, writers = [step(2_000)], Writers(shop.alias)

    found = estimated_seconds(steps, Ledger(shop.alias), writers, signalling={"Counters"})

    assert found["Counters"] == pytest.approx(START_SECONDS + 2_000 / ROWS_PER_SECOND["create"])


@pytest.mark.parametrize(("missing", "existing", "expected"), [(600, 400, 12 * 600), (2, 0, 24), (0, 7, 0), (0, 0, 0)])
def test_size_is_the_width_of_a_sample_times_what_is_missing(missing: int, existing: int, expected: int) -> None:
    found = estimated_bytes([step(missing, existing=existing)], {"Counters": Counters()}, DATASET)

    assert found == {"Counters": expected}


def test_a_seeder_that_fails_to_make_a_sample_has_no_size() -> None:
    seeders = {"Failing": Failing(), "Counters": Counters()}

    assert estimated_bytes([step(1, seeder="Failing"), step(1)], seeders, DATASET) == {"Counters": 12}
