"""The metrics of a run, as no run has measured them."""

from __future__ import annotations

from datetime import UTC, datetime

from seeding.telemetry.metrics import RunMetrics

METRICS = RunMetrics(
    command="seed",
    environment="staging",
    database="shop",
    run=7,
    exit_code=5,
    gave_up=False,
    finished_at=datetime(2026, 3, 2, 12, 30, tzinfo=UTC),
    duration=1_275.0,
    lock_wait=2.5,
    peak_memory=300_000_000,
    queries=1_000,
    planned=200,
    rows={"ProductSeeder": 90, "ReviewSeeder": 100},
    errors={"ProductSeeder": 10, "ReviewSeeder": 0},
    seconds={"ProductSeeder": 1.5, "ReviewSeeder": 60.0},
)
"""Ten of 200 rows failed."""
