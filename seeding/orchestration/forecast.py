"""How long a run will take and how much it will write, from earlier runs and from samples of its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from seeding.generation.datasets import Dataset
from seeding.generation.seeders import BaseSeeder
from seeding.ledger.queries import Ledger
from seeding.models import SeedRun
from seeding.orchestration.plan import Step
from seeding.writing import Writers

ROWS_PER_SECOND: Mapping[str, int] = {
    "create": 500,
    "bulk_create": 4_000,
    "executemany": 15_000,
    "multi_insert": 25_000,
    "load_data": 30_000,
    "copy": 30_000,
}
"""Writer → TERP rows per second, generated, validated and written: measured on two cores, superseded by recorded runs."""
START_SECONDS = 0.02
"""A seeder's overhead before its first row."""
RUNS_REMEMBERED = 20
COMPARABLE = 10
"""An earlier run predicts the rate of one at most this many times as large: few rows are mostly overhead."""
SAMPLE_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A whole run before it starts. Time and size are estimates."""

    database: str
    environment: str
    size: str
    scale: int
    seed: int
    as_of: date
    edge_cases: bool
    asked: tuple[str, ...]
    """The requested tables and groups; none means all."""
    added: tuple[str, ...]
    """Tables added as their dependencies or companions."""
    steps: tuple[Step, ...]
    seconds: Mapping[str, float]
    """Seeder → seconds for its missing rows."""
    sizes: Mapping[str, int]
    """Seeder → bytes of its missing rows, without indexes; no entry for a seeder that fails to generate a sample."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Table or model that automatic seeders leave out → why."""
    unfillable: Mapping[str, str] = field(default_factory=dict)
    """Table that no automatic seeder could be made for → why."""
    doubts: Mapping[str, str] = field(default_factory=dict)
    """Table → what is wrong with rows of its automatic seeder."""


def estimated_seconds(
    steps: Iterable[Step], ledger: Ledger, writers: Writers, *, signalling: Collection[str] = ()
) -> dict[str, float]:
    """Seeder → seconds for its missing rows, at the rate of its last comparable run, else at its writer's rate.

    `signalling` are the seeders whose rows are created one by one.
    """
    remembered = _remembered(ledger)
    found = {}
    for step in steps:
        rate: float = ROWS_PER_SECOND["create" if step.seeder in signalling else writers.choose(step.rows).name]
        for rows, duration in remembered.get(step.seeder, ()):
            if rows * COMPARABLE >= step.missing:
                rate = rows / duration
                break
        found[step.seeder] = START_SECONDS + step.missing / rate if step.missing else 0.0
    return found


def estimated_bytes(steps: Iterable[Step], seeders: Mapping[str, BaseSeeder], dataset: Dataset) -> dict[str, int]:
    """Seeder → bytes of its missing rows, by the width of a sample; a failure here is reported when the seeder runs."""
    found = {}
    for step in steps:
        seeder = seeders[step.seeder]
        try:
            sample = dataset.generate(seeder, np.arange(min(SAMPLE_ROWS, step.rows)))
        except Exception:  # noqa: BLE001, S112 - whatever a seeder raises
            continue
        found[step.seeder] = round(sample.estimated_size() / max(1, sample.height) * step.missing)
    return found


def _remembered(ledger: Ledger) -> Mapping[str, Sequence[tuple[int, float]]]:
    """Seeder → (rows inserted, seconds) in recent runs, the latest first."""
    found: dict[str, list[tuple[int, float]]] = {}
    late = ledger.runs.filter(command="seed", state=SeedRun.State.SUCCEEDED).order_by("-pk")[:RUNS_REMEMBERED]
    for results in late.values_list("results", flat=True):
        for result in results:
            if result["records_inserted"] and result["duration"]:
                found.setdefault(result["seeder"], []).append((result["records_inserted"], result["duration"]))
    return found
