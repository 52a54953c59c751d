"""The life cycle of a command that writes: connected, confirmed, locked, measured, and always recorded in the ledger."""

from __future__ import annotations

import time
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar

from django.db import Error, connections

from seeding.conf import DEFAULT_SEED, Environment, WritingConfig, detect_environment, protected_databases
from seeding.conf.jobs import requested_by
from seeding.db.connection import connect, database_name, host_name, other_names
from seeding.db.interruption import interruption
from seeding.db.redaction import error_text, redacted
from seeding.db.topology import Topology
from seeding.exceptions import ConfigurationError, LockHeldError, SchemaError, SeedingError, Terminated
from seeding.generation.datasets import Dataset
from seeding.ledger.queries import CLAIM
from seeding.ledger.recorder import Recorder
from seeding.locks import SeedingLock, seeding_lock
from seeding.models import SeedRun
from seeding.runs.confirmation import Ask, Place, Question, confirm
from seeding.runs.retrier import Retrier
from seeding.runs.transaction_size import TransactionSize
from seeding.safety import LEDGER, Need, Survey, Touch, require_ledger, require_safe_server, require_visible, survey
from seeding.schema.letter_case import Spelling
from seeding.telemetry.events import Event, Sink, event
from seeding.telemetry.metrics import Meter, Summary, exit_code_of

S = TypeVar("S", bound=Summary)

NOTE_SECONDS = 1.0
"""How long a run's recorded progress stands at least, while its steps are short."""


class Result(Protocol):
    """The result of one seeder or table."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the run records them."""


def place_of(ledger: Recorder, *, is_there: bool = True) -> Place:
    """The ledger's database, as the confirmation needs it; it remembers nothing if the ledger is not there."""
    using, remembered = ledger.using, ledger.environments() if is_there else frozenset[str]()
    return Place(name=database_name(using), host=host_name(using), remembered=remembered, others=partial(other_names, using))


def production(using: str, environment: Environment | None = None, *, has_ledger: bool = True) -> str:
    """Why this database counts as production, in a sentence; empty if it does not.

    The `environment`, else the process's, the protected databases and the ledger's claim, if it has one, decide. An
    environment that nobody can read counts as production.
    """
    try:
        environment, patterns = environment or detect_environment(), protected_databases()
    except ConfigurationError as error:
        return str(error)
    if environment is Environment.PRODUCTION:
        return "This is production."
    place = place_of(Recorder(using), is_there=has_ledger)
    if pattern := place.matches(patterns):
        return f"{place.name} matches {pattern!r} of SEEDING_PROTECTED_DATABASES: it counts as production."
    if Environment.PRODUCTION in place.remembered:
        return f"The ledger of {place.name} says that it has been a production database."
    return ""


def claim(ledger: Recorder, environment: Environment, today: date) -> None:
    """Record the database's environment from now on, whatever it was before. The lock must be held."""
    dataset = ledger.dataset()
    run = ledger.open_run(
        command=CLAIM,
        environment=environment,
        seed=dataset.seed if dataset else DEFAULT_SEED,
        as_of=dataset.as_of if dataset else today,
        profile=dataset.rules.digest if dataset else "",
        profile_rules=dataset.rules.text if dataset else "",
        faker_version="",
    )
    ledger.close_run(run, SeedRun.State.SUCCEEDED, exit_code=0, results=[{"claimed": environment}])


class Operation:
    """The life cycle of one command that writes, from the first connection to the closed run.

    `tell` receives every event, `ask` the question. The order: `connect`, `confirm`, then within `locked` the ledger's record
    of the run: `recorded`, `note` after each step, and `close`.
    """

    def __init__(self, config: WritingConfig, command: str, *, tell: Sink, ask: Ask) -> None:
        self.config = config
        self.command = command
        self.ledger = Recorder(config.database)
        self.sink = tell
        self.retry = Retrier(using=config.database, tell=tell, patience=config.patience)
        self.size = TransactionSize(config.transaction_mb * 1_000_000, tell)
        self._ask = ask
        self._topology: Topology | None = None
        self.left: Collection[str] = ()
        """The tables in which derived columns may be stale when the run ends."""
        self._noted = -NOTE_SECONDS
        """When the run's progress was recorded last, by the monotonic clock."""

    @cached_property
    def meter(self) -> Meter:
        """Measures the run."""
        return Meter(self.config.database, command=self.command, environment=self.config.environment, tell=self.sink)

    @cached_property
    def lock(self) -> SeedingLock:
        """The database's lock."""
        return seeding_lock(self.config.database, self.command, self.sink)

    @property
    def database_name(self) -> str:
        """The name that is passed to the driver."""
        return database_name(self.config.database)

    def tell(self, operation: str, message: str, **values: Any) -> None:
        """Send an event to the sink."""
        self.sink(event(operation, message, **values))

    def connect(self) -> None:
        """Connect, with retries. Raises SeedingError if the server or the ledger is unfit for every command."""
        if self._topology is not None:
            return
        connect(self.config.database, replace(self.retry, doing="No connection to the database").prepare)
        topology = require_safe_server(self.config.database)
        require_ledger(self.config.database)
        self.ledger.require()
        self._topology = topology

    @property
    def topology(self) -> Topology:
        """What answers behind the database's address, as it was when the command connected."""
        if self._topology is None:
            self.connect()
        assert self._topology is not None
        return self._topology

    def survey(
        self, touches: Mapping[str, Touch], *, needs: Mapping[str, Need] | None = None, refusing: Container[str] | None = LEDGER
    ) -> Survey:
        """The reasons not to touch these tables and the ledger's; raises SchemaError if one concerns a table in `refusing`.

        `refusing` None means all tables. `needs` is what this command needs of them.
        """
        self._require_one_spelling(touches)
        found = survey(self.config.database, {**touches, **LEDGER}, needs)
        found.refuse_any(refusing)
        for sentence in found.unseen:
            self.tell("survey", sentence, level="warn")
        return found

    def _require_one_spelling(self, tables: Collection[str]) -> None:
        """Raise SchemaError if the ledger has a table under another name that is the same to the server."""
        connection = connections[self.config.database]
        if not Spelling(connection).folds:
            return
        recorded = self.ledger.names()
        spelling = Spelling(connection, (*tables, *recorded))
        for table in tables:
            if table not in recorded and (known := spelling.of(table)) in recorded:
                raise SchemaError(
                    f"{table} is spelled {known} in the ledger, and this server ignores letter case: "
                    "spell it so where it is named. Nothing was changed."
                )

    def place(self) -> Place:
        """The database, as the confirmation needs it."""
        return place_of(self.ledger)

    def confirm(self, question: Question | None, preface: str = "") -> None:
        """Ask the question, if there is one; raises RefusedError unless the answer is the expected one."""
        confirm(question, self._ask, preface)

    @contextmanager
    def locked(self) -> Iterator[Meter]:
        """Measure the block and hold the lock; marks dead runs, and settles the truncations that they left open."""
        require_ledger(self.config.database, self.command)
        with self.meter as meter, ExitStack() as held:
            asked = time.monotonic()
            try:
                held.enter_context(self.lock.held(self.config.lock_timeout))
            except LockHeldError as refusal:
                self.tell("refuse", str(refusal), duration=time.monotonic() - asked)
                raise
            finally:
                meter.lock_wait = time.monotonic() - asked
            if dead := self.retry(self._recover):
                self.tell("recover", f"{dead} earlier runs died; this run resumes where they stopped", level="warn")
            yield meter

    def _recover(self) -> int:
        """Settle what dead runs have left open; returns how many they are."""
        with self.lock.fenced():
            self.ledger.settle_truncations()
            return self.ledger.close_dead_runs()

    @contextmanager
    def recorded(self, dataset: Dataset, plan: Mapping[str, Any], *, faker_version: str = "") -> Iterator[SeedRun]:
        """Open a run in the ledger; if the block raises, close it as failed or interrupted, otherwise see `close`."""
        started_at = datetime.now(UTC)
        opening = partial(
            self.ledger.open_run,
            started_at=started_at,
            command=self.command,
            environment=self.config.environment,
            seed=dataset.seed,
            as_of=dataset.as_of,
            profile=dataset.rules.digest,
            profile_rules=dataset.rules.text,
            faker_version=faker_version,
            requested_by=requested_by(),
            plan=plan,
            lock_connection=self.lock.connection_id,
        )
        run = self.retry(opening, committed=partial(self.ledger.opened_run, started_at))
        self.meter.run = run.pk
        self.lock.assign(run.pk)
        try:
            self.retry(partial(require_visible, self.ledger.using, run.pk))
            context = {"run": run.pk, "command": run.command}
            self.sink(Event(operation="open", message=f"Run {run.pk} is in the ledger", level="debug", context=context))
            yield run
        except BaseException as caught:
            self._give_up(run, interruption(caught))
            raise

    def note(self, run: SeedRun, phase: str, results: Iterable[Result], *, is_short: bool = False) -> None:
        """Record the run's progress for observers. It is not retried: if it fails, the run continues.

        A phase that `is_short` is recorded only if nothing was for NOTE_SECONDS.
        """
        self.tell("phase", phase, level="debug")
        now = time.monotonic()
        if is_short and now - self._noted < NOTE_SECONDS:
            return
        self._noted = now
        try:
            self.ledger.note(run, phase, [result.as_dict() for result in results])
        except Error as error:
            connections[self.ledger.using].close()
            self.tell("note", f"Run {run.pk}: its progress is not recorded: {error_text(error)}", level="warn")

    def close(self, run: SeedRun, summary: S, results: Iterable[Mapping[str, Any]]) -> S:
        """Close the run in the ledger, with its final results; returns the summary with the run's metrics."""
        state = SeedRun.State.FAILED if summary.exit_code else SeedRun.State.SUCCEEDED
        complete = self.meter.sum_up(summary)
        account = {"exit_code": complete.exit_code, "results": list(results), "metrics": complete.metrics}
        if self.left:
            account["plan"] = {**run.plan, "stale": sorted(self.left)}
        self.retry(partial(self._close, run, state, account))
        return complete

    def _close(self, run: SeedRun, state: SeedRun.State, account: Mapping[str, Any]) -> None:
        with self.lock.fenced():
            self.ledger.close_run(run, state, **account)

    def _give_up(self, run: SeedRun, error: BaseException) -> None:
        stopped = isinstance(error, (KeyboardInterrupt, Terminated))
        state = SeedRun.State.INTERRUPTED if stopped else SeedRun.State.FAILED
        code = error.exit_code if isinstance(error, SeedingError) else None
        metrics = self.meter.finish(exit_code_of(error), gave_up=True).as_dict()
        words = error_text(error) or type(error).__name__
        self.tell("stop", f"Run {run.pk} {state}: {words}", level="error", error=redacted(error))
        # A signal may have interrupted a query, and then the connection is unusable.
        connections[self.ledger.using].close()
        try:
            connections[self.ledger.using].connect()  # also where the signal came while a transaction was being closed
            self.ledger.close_run(run, state, exit_code=code, error=words, metrics=metrics)
        except Exception as lost:  # noqa: BLE001 - the database may be what failed; the next run finds this one dead
            self.tell("stop", f"Run {run.pk} could not be closed: {lost}", level="warn")
