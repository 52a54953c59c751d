"""The file that Prometheus' node exporter collects, read by the client library's own parser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from seeding.telemetry.events import Event, event
from seeding.telemetry.prometheus import Textfile
from tests.unit.telemetry.measured import METRICS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "metrics" / "seeding.prom"


def samples(file: Path) -> list[Any]:
    return [one for family in text_string_to_metric_families(file.read_text(encoding="utf-8")) for one in family.samples]


def told(file: Path, *events: Event) -> list[Event]:
    """What the sink tells of these events."""
    heard: list[Event] = []
    for one in events:
        Textfile(file, heard.append).sink(one)
    return heard


def test_every_measurement_is_a_gauge_with_the_labels_of_its_run(file: Path) -> None:
    assert told(file, event("metrics", "", metrics=METRICS)) == []

    found = samples(file)
    assert {(one.name, one.labels.get("seeder")): one.value for one in found} == {
        ("seeding_run_duration_seconds", None): 1275,
        ("seeding_run_lock_wait_seconds", None): 2.5,
        ("seeding_run_peak_memory_bytes", None): 300_000_000,
        ("seeding_run_queries", None): 1000,
        ("seeding_run_planned_rows", None): 200,
        ("seeding_run_error_ratio", None): 0.05,
        ("seeding_run_exit_code", None): 5,
        ("seeding_run_finished_timestamp_seconds", None): 1_772_454_600,
        ("seeding_rows", "ProductSeeder"): 90,
        ("seeding_rows", "ReviewSeeder"): 100,
        ("seeding_errors", "ProductSeeder"): 10,
        ("seeding_errors", "ReviewSeeder"): 0,
        ("seeding_duration_seconds", "ProductSeeder"): 1.5,
        ("seeding_duration_seconds", "ReviewSeeder"): 60,
    }
    run = {"command": "seed", "environment": "staging", "database": "shop"}
    assert all(one.labels.items() >= run.items() for one in found)


def test_a_run_replaces_the_one_before_and_leaves_no_other_file(file: Path) -> None:
    told(file, event("metrics", "", metrics=replace(METRICS, rows={"Gone": 1})), event("metrics", "", metrics=METRICS))

    assert {one.labels["seeder"] for one in samples(file) if one.name == "seeding_rows"} == {"ProductSeeder", "ReviewSeeder"}
    assert list(file.parent.iterdir()) == [file]


def test_other_events_write_nothing(file: Path) -> None:
    assert told(file, event("insert", ""), event("insert", "", metrics={"duration": 1})) == []
    assert not file.parent.exists()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()

    (warning,) = told(tmp_path / "taken" / "seeding.prom", event("metrics", "", metrics=METRICS))

    assert (warning.operation, warning.level) == ("metrics", "warn")
    assert warning.message.startswith("The metrics file cannot be written ([Errno ")
    assert warning.message.endswith("). Set SEEDING_METRICS_FILE.")
