"""What a plan says before the run: rows that are there, time at the rate of earlier runs, size by samples."""

from __future__ import annotations

import polars as pl
import pytest

from seeding.generation.datasets import Dataset
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.ledger.recorder import Recorder
from seeding.models import SeedRun
from seeding.orchestration.forecast import ROWS_PER_SECOND, START_SECONDS, estimated_bytes, estimated_seconds
from seeding.orchestration.plan import Step
from seeding.writing import Writers
from terpseed.models import Strain
from tests.support.databases import AS_OF, Database


class Strains(BaseSeeder):
    config = SeederConfig(model=Strain, record_count=RecordCount.fixed(4))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"parentStrainId": pl.Series(rows.index, dtype=pl.Int64)})


class Failing(Strains):
    def generate_data(self, rows: Rows) -> pl.DataFrame:
        raise ValueError("no sample")


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (0, 0.0),
        (50, START_SECONDS + 50 / 100),  # the last run that is large enough tells: 20 rows in 0.2 s
        (2_000, START_SECONDS + 2_000 / 50),  # an earlier one: 1,000 rows in 20 s
        (20_000, START_SECONDS + 20_000 / ROWS_PER_SECOND["executemany"]),  # none: the writer's own rate
    ],
)
def test_time_is_that_of_comparable_runs(sqlite: Database, missing: int, expected: float) -> None:
    ledger = Recorder(sqlite.alias)
    for rows, duration in ((1_000, 20.0), (20, 0.2)):
        run = ledger.open_run(command="seed", environment="dev", seed=1, as_of=AS_OF, faker_version="")
        results = [{"seeder": "Strains", "records_inserted": rows, "duration": duration}]
        ledger.close_run(run, SeedRun.State.SUCCEEDED, results=results)
    step = Step(seeder="Strains", table="strains", rows=missing + 5, existing=5)

    assert estimated_seconds([step], ledger, Writers(sqlite.alias)) == {"Strains": pytest.approx(expected)}


def test_size_is_the_width_of_a_sample_times_what_is_missing() -> None:
    steps = [Step(seeder=name, table="strains", rows=1_000, existing=400) for name in ("Strains", "Failing")]

    found = estimated_bytes(steps, {"Strains": Strains(), "Failing": Failing()}, Dataset(seed=1, as_of=AS_OF))

    assert found == {"Strains": 8 * 600}
