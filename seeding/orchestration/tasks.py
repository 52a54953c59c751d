"""A run's work in parts that other processes can do: a few names and numbers, never rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.apps import apps
from django.db import DatabaseError, models

from seeding.db.redaction import error_text
from seeding.db.retries import Transience, transience
from seeding.exceptions import InsertionError
from seeding.keys import KeyMap, KeySet
from seeding.locks import Grant
from seeding.orchestration.context import RunContext
from seeding.orchestration.pipeline.chunk_pipeline import ChunkPipeline
from seeding.orchestration.pipeline.chunks import Account, Chunk, Early, Opened
from seeding.orchestration.pipeline.seeder_pipeline import SeederPipeline
from seeding.orchestration.plan import Plan
from seeding.orchestration.results import SeederResult
from seeding.runs.derivation import Portion, recorded_identity
from seeding.verification.dangling_references import shortcomings, verify
from seeding.verification.results import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A task of which every worker died."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A task that the database, or a table's state, has refused."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Derived columns of so many rows."""

    rows: int


Outcome = SeederResult | Opened | Account | Early | Derived | Sequence[Verdict] | Failed | Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(ABC):
    """One thing to do."""

    grant: Grant | None = None
    """Leave to commit; None in the run's own process, which holds the lock."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What is done, for messages."""

    @abstractmethod
    def do(self, context: RunContext, plan: Plan, *, divides: bool) -> Done:
        """Do it; whether seeders are to be divided. Raises LockError and DatabaseUnavailableError, which end the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A task that has ended."""

    task: Task
    outcome: Outcome
    examples: Sequence[Mapping[str, Any]] = ()
    """A few rows, in a dry run."""
    attempts: int = 1
    """How many workers it took."""
    outages: int = 0
    """How often its connection was lost."""
    grant: Grant | None = None
    """The leave, with the transactions committed by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedingTask(Task):
    """Rows of a seeder are made."""

    seeder: str
    chunk: Chunk | None = None
    """None: the seeder as a whole, or its opening if it can be divided."""
    known: Mapping[str, KeyMap] = field(default_factory=dict)
    """Seeders whose rows it refers to → their keys."""

    @property
    def name(self) -> str:
        """The seeder, and which rows."""
        return self.seeder if self.chunk is None else f"{self.seeder}, {self.chunk}"

    def do(self, context: RunContext, plan: Plan, *, divides: bool) -> Done:
        """A SeederResult, or Opened; of a chunk its Account, or Early."""
        seeder = context.registry.by_name[self.seeder]
        for name, keys in self.known.items():
            context.resolver.know(context.registry.by_name[name], keys)
        if self.chunk is not None:
            return Done(task=self, outcome=ChunkPipeline(seeder, self.chunk, context).seed_chunk())
        pipeline = SeederPipeline(seeder, plan.counts[seeder.name], context)
        return Done(task=self, outcome=pipeline.seed(dividing=divides), examples=pipeline.examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivationTask(Task):
    """Derived columns of some rows of a seeder are derived again."""

    portion: Portion

    @property
    def name(self) -> str:
        """The seeder."""
        return f"derived columns of {self.portion.seeder}"

    def do(self, context: RunContext, plan: Plan, *, divides: bool) -> Done:
        """Derived, or Failed."""
        seeder, retry = context.registry.by_name[self.portion.seeder], context.retry
        try:
            identity = retry(partial(recorded_identity, context.using, seeder.config.table_name))
            rows = self.portion.derive(
                context.using, seeder, context.dataset, context.lock, identity=identity, retry=retry, size=context.size
            )
        except DatabaseError as error:
            if transience(error) is Transience.CONNECTION:
                raise
            return Done(task=self, outcome=Failed(words=error_text(error)))
        return Done(task=self, outcome=Derived(rows=rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationTask(Task):
    """The references of rows of a table are verified."""

    table: str
    keys: KeySet

    @property
    def name(self) -> str:
        """The table."""
        return f"the references of {self.table}"

    def do(self, context: RunContext, plan: Plan, *, divides: bool) -> Done:
        """A verdict on each reference."""
        model = self._model(context)
        identity = context.ledger.identities({self.table: context.live[self.table]} if self.table in context.live else None)

        def verdicts() -> list[Verdict]:
            lacks = shortcomings(context.using, [model])
            return list(verify(context.using, model, self.keys, lacks, identity=identity.get(self.table)))

        return Done(task=self, outcome=context.retry(verdicts))

    def _model(self, context: RunContext) -> type[models.Model]:
        seeders = context.registry.by_table.get(self.table)
        if seeders:
            return seeders[0].config.model
        return next(one for one in apps.get_models(include_auto_created=True) if one._meta.db_table == self.table)


def refuse_lost(outcome: Outcome) -> None:
    """Raise InsertionError for a task that nobody could do."""
    if isinstance(outcome, Lost):
        raise InsertionError(f"{outcome.words} Run again.")
