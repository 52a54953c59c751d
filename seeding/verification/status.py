"""The status of a database: what is seeded, what is running, which errors were recent, whether the schema has drifted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import connections
from django.db.models import Count, Max, Min, Sum

from seeding.db.connection import database_name
from seeding.db.drivers import driver
from seeding.db.topology import Topology
from seeding.exceptions import INTERRUPTED, LockError, SchemaError
from seeding.ledger.queries import Ledger
from seeding.locks import Holder, seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from seeding.safety import is_visible, told, topology_of
from seeding.verification.checker import Checker
from seeding.writing import NATIVE_FROM, Writers

ERRORS = 5
"""How many of the last errors are reported."""
RUNS_LOOKED_AT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededTable:
    """What is seeded in one table."""

    table: str
    rows: int
    batches: int
    since: datetime
    last: datetime
    runs: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInProgress:
    """A run recorded as running; if `alive` is false, its lock is not held: its process died."""

    run: int
    command: str
    phase: str
    ended: int
    """Steps that have ended, of `steps`."""
    steps: int
    started_at: datetime
    host: str
    user: str
    process_id: int
    alive: bool
    table: str | None
    """Of the last batch that it has committed."""
    first_index: int | None
    rows: int | None
    committed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastError:
    """What went wrong in one step of a run, or in the run as a whole."""

    run: int
    command: str
    finished_at: datetime | None
    table: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One database at one moment."""

    database: str
    environment: str
    """Where a command would think it is, now."""
    environments: tuple[str, ...]
    """Under which the database was ever written to."""
    seed: int | None
    as_of: date | None
    edge_cases: bool | None
    """Whether the dataset has them; None, as for `seed` and `as_of`, where there is no dataset."""
    tables: tuple[SeededTable, ...]
    holder: Holder | None
    in_progress: tuple[RunInProgress, ...]
    errors: tuple[PastError, ...]
    """The last first."""
    last_run: int | None
    last_state: str | None
    last_exit_code: int
    """0 where the last run that ended went well."""
    writer: str
    """How many rows of a table would be written: load_data, copy, …"""
    driver: str
    """By which driver, as `mysqlclient 2.2.8`."""
    topology: Topology
    """What answers behind the database's address."""
    sees_commits: bool | None
    """Whether a new connection sees the last run; None where there is none."""
    drift: str
    refused: int
    """Tables whose seeders the drift would refuse."""

    @property
    def rows(self) -> int:
        """Seeded rows in all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def exit_code(self) -> int:
        """2 while the lock is held, 3 where a seeder would be refused, 130 after a run that has died, else the last run's."""
        if self.holder is not None:
            return LockError.exit_code
        if self.refused:
            return SchemaError.exit_code
        return INTERRUPTED if self.in_progress else self.last_exit_code

    @property
    def verdict(self) -> str:
        """What the exit code means, in a sentence."""
        if self.holder is not None:
            return "The seeding lock is held: a run is under way."
        if self.refused:
            return "The schema has moved: `seed_check --schema` shows all of it."
        if self.in_progress:  # the lock is free
            return f"Run {self.in_progress[0].run} has died; the next run resumes where it stopped."
        return f"Run {self.last_run} {self.last_state}." if self.last_exit_code else "All is well."

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return {**asdict(self), "rows": self.rows, "exit_code": self.exit_code}


def status(checker: Checker, environment: str, writer: str | None = None) -> Status:
    """The status of the checker's database; `writer` names the writer of a run, None lets the number of rows decide.

    It takes no lock, so that it can be called during a run.
    """
    using = checker.using
    ledger = Ledger(using)
    ledger.require()
    topology = topology_of(using)
    holder, dataset = seeding_lock(using).holder(), ledger.dataset()
    newest = ledger.runs.first()
    last = ledger.runs.exclude(state=SeedRun.State.RUNNING).first()
    drift, refused = _drift(checker)
    return Status(
        database=database_name(using),
        environment=environment,
        environments=tuple(sorted(ledger.environments())),
        seed=dataset.seed if dataset else None,
        as_of=dataset.as_of if dataset else None,
        edge_cases=dataset.rules.edge_cases if dataset else None,
        tables=_tables(ledger),
        holder=holder,
        in_progress=tuple(_progress(run, holder) for run in ledger.runs.filter(state=SeedRun.State.RUNNING)),
        errors=_errors(ledger),
        last_run=last.pk if last else None,
        last_state=last.state if last else None,
        last_exit_code=_exit_code(last),
        writer=Writers(using, writer).choose(NATIVE_FROM).name,
        driver=driver(connections[using]),
        topology=topology,
        sees_commits=None if newest is None else is_visible(using, newest.pk),
        drift=drift,
        refused=refused,
    )


def _tables(ledger: Ledger) -> tuple[SeededTable, ...]:
    runs: dict[str, list[int]] = {}
    for table, run in ledger.live.order_by("run_id").values_list("table_name", "run_id").distinct():
        runs.setdefault(table, []).append(run)
    counted = ledger.live.values("table_name").annotate(
        rows=Sum("record_count"), batches=Count("pk"), since=Min("created_at"), last=Max("created_at")
    )
    return tuple(
        SeededTable(
            table=one["table_name"],
            rows=one["rows"],
            batches=one["batches"],
            since=one["since"],
            last=one["last"],
            runs=tuple(runs[one["table_name"]]),
        )
        for one in counted.order_by("table_name")
    )


def _progress(run: SeedRun, holder: Holder | None) -> RunInProgress:
    last = run.batches.exclude(origin=SeedingMetadata.Origin.RECEIVER).last() or run.undone.order_by("rolled_back_at").last()
    return RunInProgress(
        run=run.pk,
        command=run.command,
        phase=run.phase,
        ended=len(run.results),
        steps=len(run.plan.get("steps", ())),
        started_at=run.started_at,
        host=run.host,
        user=run.user,
        process_id=run.process_id,
        alive=holder is not None and holder.run == run.pk,
        table=last.table_name if last else None,
        first_index=last.first_index if last else None,
        rows=last.record_count if last else None,
        committed_at=(last.rolled_back_at or last.created_at) if last else None,
    )


def _errors(ledger: Ledger) -> tuple[PastError, ...]:
    found: list[PastError] = []
    for run in ledger.runs.order_by("-pk")[:RUNS_LOOKED_AT]:
        told = [(result.get("table", ""), result["error"]) for result in run.results if result.get("error")]
        if run.error:
            told.insert(0, ("", run.error))
        found += [
            PastError(run=run.pk, command=run.command, finished_at=run.finished_at, table=table, error=error)
            for table, error in told
        ]
    return tuple(found[:ERRORS])


def _exit_code(run: SeedRun | None) -> int:
    if run is None or run.state == SeedRun.State.SUCCEEDED:
        return 0
    if run.exit_code is not None:
        return run.exit_code
    return INTERRUPTED if run.state == SeedRun.State.INTERRUPTED else 1


def _drift(checker: Checker) -> tuple[str, int]:
    """The drift in one line, and how many tables' seeders it would refuse."""
    found = checker.schema()
    refused: dict[str, object] = {table: told(reasons) for table, reasons in checker.refusals.items()}
    for one in found:
        if not one.harmless:
            refused.setdefault(one.table, one)
    if not refused:
        harmless = f" ({len(found)} harmless difference{'s' if len(found) > 1 else ''})" if found else ""
        return f"none: every table matches its model{harmless}", 0
    first, *others = refused.values()
    more = f" And {len(others)} more table{'s' if len(others) > 1 else ''}." if others else ""
    return f"{first}{more}", len(refused)
