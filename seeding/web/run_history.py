"""Runs as the ledger records them: rows, rate, progress, failures, and what was rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models

from seeding.models import SeedingMetadata, SeedRun

ROLLBACK = "seed_rollback"
"""The command whose batches are those that it has rolled back."""

RANGES = 10
"""Maximum number of ranges of rejected rows that are listed per batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """Figures of a run at one moment."""

    run: SeedRun
    rows: int
    """Rows inserted, rolled back or examined, depending on the command."""
    seconds: float

    @property
    def rate(self) -> float | None:
        """Rows per second; None without rows or without a duration."""
        return self.rows / self.seconds if self.rows and self.seconds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseProgress:
    """Progress of a run on one seeder, or of a rollback on one table."""

    name: str
    table: str
    planned: int
    done: int
    """Rows that need no more work: written, rejected or existing before."""
    state: str
    """Its final state, or running; empty while it waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a run."""

    figures: RunFigures
    steps: Sequence[PhaseProgress]
    alive: bool
    """Whether it is still running: its state says so, and its connection holds the lock."""

    @property
    def planned(self) -> int:
        """Rows of the whole plan."""
        return sum(step.planned for step in self.steps)

    @property
    def done(self) -> int:
        """Rows that need no more work."""
        return sum(step.done for step in self.steps)

    @property
    def seconds_left(self) -> float | None:
        """Estimated from the rate so far; None before the first row."""
        rate = self.figures.rate
        return (self.planned - self.done) / rate if rate else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Rejected rows of one batch."""

    batch: int
    table: str
    seeder: str
    count: int
    ranges: Sequence[Sequence[int]]
    """[first index, count]."""

    @property
    def indexes(self) -> str:
        """The row indexes, such as 3, 7-9; at most RANGES ranges of them."""
        named = [str(first) if count == 1 else f"{first}-{first + count - 1}" for first, count in self.ranges[:RANGES]]
        return ", ".join(named) + (", …" if len(self.ranges) > RANGES else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A personal column, and how it was masked."""

    table: str
    column: str
    strategy: str = ""
    count: int | None = None
    """Number of values; None if the run did not count them."""
    mode: str = ""
    key: str = ""
    """The fingerprint of the key, if one was used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Rows of one run that another run rolled back, or that still exist."""

    run: int | None
    """The other run; None for rows that still exist."""
    rows: int
    batches: int
    at: datetime | None


def figures(runs: Sequence[SeedRun], using: str, now: datetime) -> list[RunFigures]:
    """Figures of the runs; a running one is measured until `now`. Two statements, whatever the number of runs.

    Not subqueries of the runs' own statement: those took MySQL a minute, this takes a tenth of a second.
    """
    batches = SeedingMetadata.objects.using(using).order_by()
    inserted = _sums(batches.filter(run__in=runs), "run")
    undone = _sums(batches.filter(rolled_back_in__in=runs, live=None), "rolled_back_in")
    return [
        RunFigures(
            run=run,
            rows=inserted.get(run.pk, 0) + undone.get(run.pk, 0) or sum(result.get("rows", 0) for result in run.results),
            seconds=max(0.0, ((run.finished_at or now) - run.started_at).total_seconds()),
        )
        for run in runs
    ]


def _sums(batches: models.QuerySet[SeedingMetadata], reference: str) -> dict[int, int]:
    return dict(batches.values_list(reference).annotate(models.Sum("record_count")))


def progress(figures: RunFigures, using: str) -> Progress:
    """Progress of the run, from its plan, its results, its batches and, if its state is running, the lock."""
    run = figures.run
    steps = run.plan.get("steps", ())
    reference = "rolled_back_in" if run.command == ROLLBACK else "run"
    name = "seeder" if all("seeder" in step for step in steps) else "table"
    batches = SeedingMetadata.objects.using(using).filter(**{reference: run}).order_by().values_list(f"{name}_name")
    moved = dict(batches.annotate(rows=models.Sum(models.F("record_count") + models.F("skipped_count"))))
    for result in run.results:  # a reset puts rows back that are in batches of other runs
        if "records_updated" in result:
            moved[result["table"]] = result["records_updated"] + result["records_inserted"]
    ended = {result.get(name): result.get("state", "done") for result in run.results}
    going = {run.phase: SeedRun.State.RUNNING.value} if run.state == SeedRun.State.RUNNING else {}
    return Progress(
        figures=figures,
        alive=run.state == SeedRun.State.RUNNING and _holds_the_lock(run, using),
        steps=[
            PhaseProgress(
                name=step[name],
                table=step["table"],
                planned=step["rows"],
                done=min(step["rows"], step.get("existing", 0) + moved.get(step[name], 0)),
                state=(going | ended).get(step[name], ""),
            )
            for step in steps
        ],
    )


def _holds_the_lock(run: SeedRun, using: str) -> bool:
    from seeding.locks import seeding_lock  # imported late: every command loads the admin, even `manage.py help`

    holder = seeding_lock(using).holder()
    return holder is not None and holder.run == run.pk


def skipped(run: SeedRun, using: str) -> list[Skipped]:
    """The run's batches with rejected rows."""
    batches = SeedingMetadata.objects.using(using).filter(run=run, skipped_count__gt=0)
    columns = ("pk", "table_name", "seeder_name", "skipped_count", "skipped_ranges")
    return [
        Skipped(batch=pk, table=table, seeder=seeder, count=count, ranges=ranges)
        for pk, table, seeder, count, ranges in batches.order_by("pk").values_list(*columns)
    ]


def masked(run: SeedRun, using: str) -> list[Masked]:
    """The masking audits of ended seeders, and the masked columns of batches without an audit yet."""
    audits = [audit for result in run.results if (audit := result.get("masking"))]
    audited = [
        Masked(table=audit["table"], mode=audit["mode"], key=audit["key"], **one) for audit in audits for one in audit["fields"]
    ]
    ended = [result["seeder"] for result in run.results if "seeder" in result]
    batches = SeedingMetadata.objects.using(using).filter(run=run).exclude(seeder_name__in=ended)
    samples = [one["last"] for one in batches.order_by().values("seeder_name").annotate(last=models.Max("pk"))]
    held = list(batches.filter(pk__in=samples).order_by("pk").values_list("table_name", "masked_fields"))
    return audited + [Masked(table=table, column=column) for table, columns in held for column in columns]


def fate(run: SeedRun, using: str) -> list[Share]:
    """What became of the rows that the run inserted: they still exist, or were rolled back."""
    return _shares(SeedingMetadata.objects.using(using).filter(run=run), "rolled_back_in")


def undone(run: SeedRun, using: str) -> list[Share]:
    """The runs whose rows this run rolled back."""
    return _shares(SeedingMetadata.objects.using(using).filter(rolled_back_in=run, live=None), "run")


def _shares(batches: models.QuerySet[SeedingMetadata], other: str) -> list[Share]:
    grouped = batches.order_by().values_list(other).annotate(models.Sum("record_count"), models.Count("pk"))
    shares = grouped.annotate(models.Max("rolled_back_at")).order_by(other)
    return [Share(run=run, rows=rows, batches=count, at=at) for run, rows, count, at in shares]
