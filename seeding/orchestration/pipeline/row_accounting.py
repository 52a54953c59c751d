"""Counts the outcomes of one seeder's planned rows and emits events, with personal data redacted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from django.db import DatabaseError

from seeding.arrays import Integers, Mask
from seeding.db.interruption import interruption
from seeding.db.redaction import REDACTED, error_text, redacted, without_words
from seeding.db.retries import Transience, transience
from seeding.exceptions import (
    DatabaseUnavailableError,
    InsertionError,
    LockError,
    SchemaError,
    SeedingError,
    UnclassifiedError,
)
from seeding.generation.seeders import BaseSeeder
from seeding.masking import FieldMasking, PIIMasker, TableMasking, maskable
from seeding.orchestration.pipeline.batch import Batch
from seeding.orchestration.pipeline.chunks import Account
from seeding.orchestration.results import SeederResult, SeederState
from seeding.schema.results import ValidationError
from seeding.telemetry.events import Event, Level, Sink
from seeding.writing import Refusal


class Outcome:
    """How many of the `planned` rows were inserted, existed already, or were skipped."""

    def __init__(self, seeder: BaseSeeder, planned: int, sink: Sink) -> None:
        self.planned = planned
        self.inserted = self.existing = self.skipped = 0
        self._seeder = seeder
        self._table = seeder.config.table_name
        self._sink = sink
        self._masked: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        """Why rows were rejected, and how often; one row can have several reasons."""
        self._rejected = 0
        self._first = ""
        """The first rejected row, and why."""

    @property
    def done(self) -> int:
        """The number of rows whose outcome is known."""
        return self.inserted + self.existing + self.skipped

    def enter(self, batch: Batch, refusals: Sequence[Refusal]) -> None:
        """Count a stored batch, and report the rows that validation or the database rejected."""
        rejected = int((~batch.accepted).sum())
        self.inserted += len(batch.accepted_index) - len(refusals)
        self.skipped += rejected + len(refusals)
        self._rejected += rejected + len(refusals)
        self._reasons.update(batch.reasons if rejected else {})
        self._reasons.update(error_text(refusal.error) for refusal in refusals)
        self._first = self._first or self._first_of(batch, refusals)
        refused = [one.row for one in refusals]
        self._count_masked(batch.rows[np.delete(np.arange(batch.rows.height), refused)] if refused else batch.rows)
        if rejected:
            self.tell(
                "skip",
                f"{rejected} rows of {self._table} are not valid",
                level="warn",
                record_count=rejected,
                reasons=batch.reasons,
                errors=[self._redacted(error, batch.index) for error in batch.errors],
            )
        for refusal in refusals:
            self.tell(
                "skip",
                f"The database refused a row of {self._table}, index {batch.accepted_index[refusal.row]}: "
                f"{error_text(refusal.error)}",
                level="warn",
                error=redacted(refusal.error),
                record_count=1,
                origin=self._seeder.origin(int(batch.accepted_index[refusal.row])) or None,
                statement=f"INSERT INTO {self._table} ({', '.join(batch.rows.columns)})",
                data={
                    name: REDACTED if self._is_personal(name) else value
                    for name, value in batch.rows.row(refusal.row, named=True).items()
                },
            )

    def find(self, data: pl.DataFrame, known: Mask, ours: Mask) -> None:
        """Count rows that are `known` to the ledger after all: this run inserted `ours`, the others existed."""
        self.inserted += int(ours.sum())
        self.existing += int((known & ~ours).sum())
        self._count_masked(data.filter(pl.Series(ours)))

    def fail(self, failure: BaseException) -> tuple[SeederState, str, int]:
        """Count all remaining rows as skipped, and report why; returns state, message and exit code of the seeder."""
        refused = isinstance(failure, (SchemaError, UnclassifiedError))
        state, words = SeederState.REFUSED if refused else SeederState.FAILED, error_text(failure)
        code = failure.exit_code if isinstance(failure, SeedingError) else InsertionError.exit_code
        self.skipped = self.planned - self.inserted - self.existing
        self.tell("fail", f"{self._seeder.name} {state}: {words}", level="error", error=redacted(failure))
        return state, words, code

    def ending(self, work: Callable[[], None]) -> tuple[SeederState, str, int]:
        """Do the work; returns state, message and exit code of how it ended. Raises errors that end the whole run."""
        try:
            work()
        except (LockError, DatabaseUnavailableError):
            raise
        except Exception as caught:
            if interruption(caught) is not caught:
                raise interruption(caught) from caught
            failure = self.discreet(caught)
            if transience(failure) is Transience.CONNECTION:
                words = f"The database is gone (run the command again: it resumes where it stopped): {error_text(failure)}"
                raise DatabaseUnavailableError(words) from failure
            return self.fail(failure)
        return self.verdict()

    def verdict(self) -> tuple[SeederState, str, int]:
        """State, message and exit code of a seeder that ran to its end."""
        if self.skipped:
            words = f"{self.skipped} rows were refused; the log names each.{self._first and f' The first is {self._first}.'}"
            return SeederState.PARTIAL, words, InsertionError.exit_code
        return SeederState.SEEDED if self.inserted else SeederState.EXISTING, "", 0

    def account(self, ending: tuple[SeederState, str, int]) -> Account:
        """What became of the planned rows, if they are a part of the seeder's that ended so."""
        state = ending[0]
        return Account(
            inserted=self.inserted,
            existing=self.existing,
            skipped=self.skipped,
            rejected=self._rejected,
            reasons=dict(self._reasons),
            first=self._first,
            masked=dict(self._masked),
            failure=ending if state in (SeederState.FAILED, SeederState.REFUSED) else None,
        )

    def add(self, part: Account) -> None:
        """Count a part of the planned rows."""
        self.inserted += part.inserted
        self.existing += part.existing
        self.skipped += part.skipped
        self._rejected += part.rejected
        self._reasons.update(part.reasons)
        self._masked.update(part.masked)
        self._first = self._first or part.first

    def close(self, state: SeederState, error: str, code: int, *, duration: float, audit: bool) -> SeederResult:
        """The result, with the masking audit of the inserted rows if `audit` is set."""
        result = SeederResult(
            seeder=self._seeder.name,
            table=self._table,
            state=state,
            records_planned=self.planned,
            records_inserted=self.inserted,
            records_existing=self.existing,
            records_skipped=self.skipped,
            duration=duration,
            error=error,
            exit_code=code,
            masking=self._audited() if audit else {},
        )
        if self._rejected:
            self.tell(
                "reject",
                f"{self._rejected} rows of {self._table} were rejected",
                level="debug",
                record_count=self._rejected,
                reasons=dict(self._reasons),
            )
        self.tell("finish", f"{self._table} {state}", record_count=self.inserted, duration=duration)
        return result

    def discreet(self, failure: BaseException) -> BaseException:
        """The failure, without its message if it may quote a real row: any library may quote the value it failed on."""
        ours = isinstance(failure, (SeedingError, DatabaseError))
        return without_words(failure) if self._seeder.config.is_real and not ours else failure

    def tell(
        self,
        operation: str,
        message: str,
        *,
        level: Level = "info",
        record_count: int | None = None,
        duration: float | None = None,
        error: BaseException | None = None,
        **details: Any,
    ) -> None:
        """Emit an event of this seeder."""
        self._sink(
            Event(
                operation=operation,
                message=message,
                level=level,
                seeder=self._seeder.name,
                record_count=record_count,
                duration=duration,
                error=error,
                context={"table": self._table, "planned": self.planned, **details},
            )
        )

    def _count_masked(self, inserted: pl.DataFrame) -> None:
        for column in inserted.columns:
            if column in self._seeder.config.pii_fields:
                self._masked[column] += int(maskable(inserted[column]).sum())

    def _audited(self) -> dict[str, Any]:
        """The masking audit; empty if no row was inserted or the table holds no personal data."""
        config = self._seeder.config
        fields = tuple(
            FieldMasking(column=column, strategy=config.pii_fields[column], count=count)
            for column, count in self._masked.items()
            if count
        )
        if not fields:
            return {}
        done = TableMasking(table=self._table, mode=config.masking, key=config.masking_key, fields=fields)
        PIIMasker.log_masking(done, self._sink, self._seeder.name)
        return done.as_dict()

    @staticmethod
    def _first_of(batch: Batch, refusals: Sequence[Refusal]) -> str:
        """The first rejected row, and its field or what the database says; empty if no row is named."""
        named = [(int(batch.index[one.row]), f"{one.field}: {one.issue}") for one in batch.errors if one.row is not None]
        named += [(int(batch.accepted_index[one.row]), error_text(one.error)) for one in refusals]
        return "row {}: {}".format(*min(named)) if named else ""

    def _redacted(self, error: ValidationError, index: Integers) -> dict[str, Any]:
        personal = any(self._is_personal(name) for name in error.field.split("|"))
        origin = "" if error.row is None else self._seeder.origin(int(index[error.row]))
        told = {**asdict(error), "actual": REDACTED if personal else error.actual}
        told |= {} if error.row is None else {"row": int(index[error.row])}
        return told | ({"origin": origin} if origin else {})

    def _is_personal(self, column: str) -> bool:
        """Whether messages must not quote the column; for real rows always, since any column may hold personal data."""
        return self._seeder.config.is_real or column in self._seeder.config.pii_fields
