"""The state that all tables of a run share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder, RowRule
from seeding.ledger.recorder import Recorder
from seeding.ledger.reference_resolution import Resolver
from seeding.locks import Fenced
from seeding.masking import STRATEGIES, MaskingStrategy
from seeding.models import SeedRun
from seeding.receivers.writer import SignallingWriter
from seeding.runs.derived_ahead import DerivedAhead
from seeding.runs.retrier import Retrier
from seeding.runs.transaction_size import TransactionSize
from seeding.safety import Survey
from seeding.schema.tables import TableSchema
from seeding.telemetry.events import Sink
from seeding.writing import Writer, Writers


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """The state that all tables of a run share."""

    using: str
    dataset: Dataset
    registry: Registry
    ledger: Recorder
    resolver: Resolver
    lock: Fenced
    tell: Sink
    retry: Retrier
    size: TransactionSize
    batch_size: int | None
    """Rows; None adapts it to the writer and to the row width."""
    chunk_rows: int
    """Rows that one of several workers takes on at a time."""
    writers: Writers
    run: SeedRun | None
    """None in a dry run, which writes nothing."""
    live: Mapping[str, TableSchema]
    """The tables of the plan, and those they refer to, as they exist in the database."""
    survey: Survey
    """The reasons not to touch them."""
    missing_table_help: str
    """What to do about a missing table, for the message."""
    strategies: Sequence[MaskingStrategy] = STRATEGIES
    """All known strategies."""
    ahead: DerivedAhead
    """The seeders whose rows are generated with their derived columns."""
    stale: frozenset[str] = frozenset()
    """The tables that a run has left changed that did not come to its end: what depends on them is derived again, too."""
    rules: Sequence[RowRule] = ()
    """The project's rules, for every seeder."""

    def writer(self, seeder: BaseSeeder, count: int) -> Writer:
        """What writes the `count` rows of the seeder."""
        return SignallingWriter(seeder, self.ledger, self.run) if seeder.config.signals else self.writers.choose(count)
