"""The life of a run as Django signals, for projects that act on it.

`seed`, `seed_rollback` and `seed_mask` send them, also through `call_command` and as functions, for every run recorded in the
ledger: not for a dry run, a refused run, or a rollback that finds nothing to do. The sender is the command's class, or the
`seeding` function that was called. Receivers run in the run's thread, outside its transactions. An exception raised by a
receiver is logged and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.dispatch import Signal

from seeding.db.redaction import error_text, redacted
from seeding.telemetry.events import Event, Sink, event
from seeding.telemetry.metrics import RunMetrics


class RunSignal(Signal):
    """A signal whose failed receivers are reported in the run's log, and in no other."""

    def _log_robust_failure(self, receiver: Callable[..., Any], err: Exception) -> None:
        """Omit Django's own line: it quotes the error verbatim, and cannot name a receiver that is not a function."""


run_started = RunSignal()
"""A run is recorded in the ledger and holds the lock. `using`, the alias; `run`, its key; `operation`, the command's name."""

rows_rejected = RunSignal()
"""A seeder ended without inserting all of its rows. Besides the arguments of `run_started`: `seeder`, `table`, `count` of rows,
`reasons` → how often: names of columns and rules, the kind and number of a database error, never a value."""

run_finished = RunSignal()
"""A run ended, successfully or not: it is closed in the ledger, and the lock is free. Besides the arguments of `run_started`:
`exit_code`; `summary`, the RunSummary, RollbackSummary or MaskingSummary, whose `as_dict()` is what --json prints, or None for
a run that did not complete."""


class Signals:
    """A sink that sends the signals of a command's run on the database `using`; receivers' exceptions go to `tell`."""

    def __init__(self, sender: object, using: str, tell: Sink) -> None:
        self._sender, self._using, self._tell = sender, using, tell
        self._run: dict[str, Any] = {}
        """The open run, as passed to every signal; empty while there is none, as in a dry run."""

    def sink(self, event: Event) -> None:
        """Send the signal for the event, if it has one."""
        context = event.context
        if event.operation == "open":
            self._run = {"using": self._using, "run": context["run"], "operation": context["command"]}
            self._send("run_started", run_started)
        elif self._run and event.operation == "reject":
            named = {"seeder": event.seeder, "table": context["table"], "count": event.record_count}
            self._send("rows_rejected", rows_rejected, **named, reasons=context["reasons"])
        elif self._run and isinstance(metrics := context.get("metrics"), RunMetrics):
            self._send("run_finished", run_finished, exit_code=metrics.exit_code, summary=event.summary)
            self._run = {}

    def _send(self, name: str, signal: Signal, **values: Any) -> None:
        for receiver, error in signal.send_robust(self._sender, **self._run, **values):
            if isinstance(error, Exception):
                who, kind = _name(receiver), type(error).__name__
                words = f"The receiver {who} of {name} raised {kind}: {error_text(error).removeprefix(kind).strip()}"
                self._tell(event("signal", words, level="error", error=redacted(error)))


def _name(receiver: Callable[..., Any]) -> str:
    """The receiver's qualified name; for an object that is not a function, that of its class."""
    named = receiver if hasattr(receiver, "__qualname__") else type(receiver)
    return f"{named.__module__}.{named.__qualname__}"
