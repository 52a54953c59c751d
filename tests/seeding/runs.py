"""A run of seeders made for a test."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from seeding import conf
from seeding.events import Sink, broadcast
from seeding.orchestrator import SeedOrchestrator
from seeding.registry import Registry
from seeding.results import RollbackSummary, RunSummary
from seeding.rollback import RollbackManager
from seeding.seeders import BaseSeeder, RowRule
from tests.conftest import AS_OF, Database


def run(
    database: Database,
    *seeders: BaseSeeder,
    registry: Registry | None = None,
    rules: Sequence[RowRule] = (),
    listen: Sink | None = None,
    **options: Any,
) -> tuple[RunSummary, list[Any]]:
    """Run the seeders, or a registry; returns the summary and every event, each of which `listen` is told as it happens."""
    told: list[Any] = []
    tell = broadcast(told.append, *([listen] if listen else ()))
    config = conf.load(
        {
            "database": database.alias, "table": None, "size": None, "scale": 1, "seed": None, "as_of": None,
            "lock_timeout": 0, "dry_run": False, "force": False, "interactive": False, "confirm_database": None, **options,
        },
        {},
        today=AS_OF,
        terminal=False,
    )  # fmt: skip
    registry = registry or Registry(seeders)
    orchestrator = SeedOrchestrator(config, registry, tell=tell, ask=input, missing_table_help="", rules=rules)
    return orchestrator.run(), told


def undo(database: Database, *seeders: BaseSeeder, **options: Any) -> tuple[RollbackSummary, list[Any]]:
    """A rollback of what seeders made for a test have seeded."""
    told: list[Any] = []
    config = conf.load_rollback(
        {
            "database": database.alias, "table": None, "run": None, "before": None, "where": None, "strategy": "delete",
            "cascade": False, "keep_modified": False, "lock_timeout": 0, "dry_run": False, "force": True, "interactive": False,
            "confirm_database": None, **options,
        },
        os.environ,
        terminal=False,
    )  # fmt: skip
    return RollbackManager(config, Registry(seeders), tell=told.append, ask=input).rollback(), told
