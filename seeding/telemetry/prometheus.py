"""The metrics of the last run as a file that Prometheus' node exporter collects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from seeding.telemetry.events import Event, Sink
from seeding.telemetry.metrics import RunMetrics

LABELS = ("command", "environment", "database")


class Textfile:
    """A sink that rewrites the file atomically for every run; a failure is reported to `tell`."""

    def __init__(self, path: Path, tell: Sink) -> None:
        self._path = path
        self._tell = tell

    def sink(self, event: Event) -> None:
        """Write the metrics of a finished run."""
        metrics = event.context.get("metrics")
        if not isinstance(metrics, RunMetrics):
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write(self._path, metrics)
        except OSError as error:
            message = f"The metrics file cannot be written ({error}). Set SEEDING_METRICS_FILE."
            self._tell(Event(operation="metrics", message=message, level="warn"))


def write(path: Path, metrics: RunMetrics) -> None:
    """Write the file and move it into place atomically; raises OSError."""
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry = CollectorRegistry()
    labels = {name: getattr(metrics, name) for name in LABELS}
    single = {
        "run_duration_seconds": ("How long the run took", metrics.duration),
        "run_lock_wait_seconds": ("How long it waited for the lock", metrics.lock_wait),
        "run_peak_memory_bytes": ("The most memory that its process had", metrics.peak_memory),
        "run_queries": ("Statements that it sent", metrics.queries),
        "run_planned_rows": ("Rows that were to be seeded, rolled back or masked", metrics.planned),
        "run_error_ratio": ("Rows that could not be, of those planned", metrics.error_rate),
        "run_exit_code": ("How it ended", metrics.exit_code),
        "run_finished_timestamp_seconds": ("When it ended", metrics.finished_at.timestamp()),
    }
    for name, (words, value) in single.items():
        Gauge(f"seeding_{name}", words, LABELS, registry=registry).labels(**labels).set(value)
    several: dict[str, tuple[str, Mapping[str, float]]] = {
        "rows": ("Rows that were seeded, rolled back or masked", metrics.rows),
        "errors": ("Rows that could not be", metrics.errors),
        "duration_seconds": ("How long a seeder took", metrics.seconds),
    }
    for name, (words, counts) in several.items():
        gauge = Gauge(f"seeding_{name}", words, (*LABELS, "seeder"), registry=registry)
        for seeder, count in counts.items():
            gauge.labels(**labels, seeder=seeder).set(count)
    write_to_textfile(str(path), registry)
