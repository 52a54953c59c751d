"""What a worker must know of a run before its first task."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seeding.conf import SeedConfig
from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset
from seeding.generation.value_rules.shape import Shape
from seeding.orchestration.context import RunContext
from seeding.orchestration.plan import Plan
from seeding.safety import Survey
from seeding.schema.tables import TableSchema
from seeding.workers.versions import Versions, versions

READY = "ready"
"""What a worker says when it can do tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """From what the run's seeders are made."""

    config: SeedConfig
    shape: Shape | None
    """What automatic seeders follow; None if there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A run as its first process has found and planned it; plain values, which another process can read."""

    recipe: Recipe
    dataset: Dataset
    counts: Mapping[str, int]
    """Seeder → rows."""
    run: int
    run_token: str
    """Tells the run from one of another database under the same key."""
    live: Mapping[str, TableSchema]
    survey: Survey
    ahead: frozenset[str]
    """Seeders whose rows are generated with their derived columns."""
    missing_table_help: str
    database: Mapping[str, Any]
    """The connection's settings, for a process of this host; empty where a worker has its own."""
    versions: Versions

    @classmethod
    def of(cls, recipe: Recipe, context: RunContext, plan: Plan, database: Mapping[str, Any]) -> Order:
        """The order for the workers of a run, which is in the ledger."""
        assert context.run is not None  # nothing is divided in a dry run
        return cls(
            recipe=recipe,
            dataset=context.dataset,
            counts=plan.counts,
            run=context.run.pk,
            run_token=token(context.run),
            live=context.live,
            survey=context.survey,
            ahead=frozenset(context.ahead.reads),
            missing_table_help=context.missing_table_help,
            database=database,
            versions=versions(plan.seeders),
        )

    def pickled(self, way_out: str) -> bytes:
        """The order for another process; raises ConfigurationError, with the way out, if it cannot be read there."""
        try:
            return pickle.dumps(self)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"Another process cannot read what this run needs: {error}. {way_out}") from error


def token(run: Any) -> str:
    """What a run is known by in any database."""
    return f"{run.host} {run.process_id} {run.started_at.isoformat()}"
