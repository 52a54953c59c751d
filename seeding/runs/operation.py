"""A run as the ledger records it: opened under the lock, and closed whatever happens."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Any

from django.db import Error, connections

from seeding.conf import DEFAULT_SEED, Environment
from seeding.db.connection import database_name, host_name
from seeding.db.interruption import interruption
from seeding.db.redaction import error_text, redacted
from seeding.exceptions import LockHeldError, SeedingError, Terminated
from seeding.ledger.ledger import CLAIM, Ledger
from seeding.locks import SeedingLock
from seeding.models import SeedRun
from seeding.runs.confirmation import Place
from seeding.safety import require_visible
from seeding.telemetry.events import Event, Sink
from seeding.telemetry.metrics import Meter, exit_code_of


def place_of(ledger: Ledger) -> Place:
    """The ledger's database, as the guard wants to know it."""
    return Place(name=database_name(ledger.using), host=host_name(ledger.using), remembered=ledger.environments())


def claim(ledger: Ledger, environment: Environment, today: date) -> None:
    """Write down what the database is from now on, whatever it has been. The lock must be held."""
    dataset = ledger.dataset()
    run = ledger.open_run(
        command=CLAIM,
        environment=environment,
        seed=dataset.seed if dataset else DEFAULT_SEED,
        as_of=dataset.as_of if dataset else today,
        faker_version="",
    )
    ledger.close_run(run, SeedRun.State.SUCCEEDED, exit_code=0, results=[{"claimed": environment}])


@contextmanager
def locked(ledger: Ledger, lock: SeedingLock, timeout: int, tell: Sink, meter: Meter) -> Iterator[None]:
    """Hold the lock for a block; marks earlier runs that are found dead, and settles what they left open."""
    asked = time.monotonic()
    with ExitStack() as held:
        try:
            held.enter_context(lock.held(timeout))
        except LockHeldError as refusal:
            tell(Event(operation="refuse", message=str(refusal), duration=time.monotonic() - asked))
            raise
        finally:
            meter.lock_wait = time.monotonic() - asked
        ledger.settle_truncations()
        dead = ledger.close_dead_runs()
        if dead:
            message = f"{dead} earlier runs died; this one goes on where they stopped"
            tell(Event(operation="recover", message=message, level="warn"))
        yield


@contextmanager
def recorded(ledger: Ledger, run: SeedRun, tell: Sink, meter: Meter) -> Iterator[SeedRun]:
    """Close the run as failed or interrupted if the block raises; the block itself closes it where it ends well."""
    meter.run = run.pk
    try:
        require_visible(ledger.using, run.pk)
        words, context = f"Run {run.pk} is in the ledger", {"run": run.pk, "command": run.command}
        tell(Event(operation="open", message=words, level="debug", context=context))
        yield run
    except BaseException as caught:
        error = interruption(caught)
        stopped = isinstance(error, (KeyboardInterrupt, Terminated))
        state = SeedRun.State.INTERRUPTED if stopped else SeedRun.State.FAILED
        code = error.exit_code if isinstance(error, SeedingError) else None
        metrics = meter.finish(exit_code_of(error), gave_up=True).as_dict()
        message = f"Run {run.pk} {state}: {error_text(error) or type(error).__name__}"
        tell(Event(operation="stop", message=message, level="error", error=redacted(error)))
        # A signal may have cut a query short, and then the connection answers nothing any more.
        connections[ledger.using].close()
        try:
            words = error_text(error) or type(error).__name__
            ledger.close_run(run, state, exit_code=code, error=words, metrics=metrics)
        except Exception as lost:  # noqa: BLE001 - the database may be what failed; the next run finds this one dead
            tell(Event(operation="stop", message=f"Run {run.pk} could not be closed: {lost}", level="warn"))
        raise


def note(ledger: Ledger, run: SeedRun, tell: Sink, phase: str, results: Sequence[Mapping[str, Any]]) -> None:
    """Let those who look on see how far the run is. That is worth no retry: where it fails, the run goes on."""
    tell(Event(operation="phase", message=phase, level="debug"))
    try:
        ledger.note(run, phase, results)
    except Error as error:
        connections[ledger.using].close()
        tell(Event(operation="note", message=f"Run {run.pk}: its progress is not recorded: {error_text(error)}", level="warn"))
