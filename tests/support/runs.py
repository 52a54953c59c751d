"""Runs of seeders made for a test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seeding.conf import Environment, MaskingConfig, RollbackConfig, SeedConfig
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder, RowRule
from seeding.masking.in_place import InPlaceMasking
from seeding.masking.masker import STRATEGIES
from seeding.masking.results import MaskingSummary
from seeding.orchestration.orchestrator import SeedOrchestrator
from seeding.orchestration.results import RunSummary
from seeding.rollbacks.manager import RollbackManager
from seeding.rollbacks.results import RollbackSummary
from seeding.telemetry.events import Sink, broadcast
from tests.support.databases import AS_OF, Database


def run(
    database: Database,
    *seeders: BaseSeeder,
    registry: Registry | None = None,
    rules: Sequence[RowRule] = (),
    listen: Sink | None = None,
    **options: Any,
) -> tuple[RunSummary, list[Any]]:
    """Run the seeders or a registry; returns the summary and every event. `listen` receives each as it happens."""
    told: list[Any] = []
    tell = broadcast(told.append, *([listen] if listen else ()))
    config = SeedConfig(database=database.alias, environment=Environment.DEV, today=AS_OF, **options)
    registry = registry or Registry(seeders)
    orchestrator = SeedOrchestrator(config, registry, tell=tell, ask=input, missing_table_help="", rules=rules)
    return orchestrator.run(), told


def undo(
    database: Database, *seeders: BaseSeeder, listen: Sink | None = None, **options: Any
) -> tuple[RollbackSummary, list[Any]]:
    """Roll back what a test's seeders inserted; returns the summary and every event. `listen` receives each as it happens."""
    told: list[Any] = []
    tell = broadcast(told.append, *([listen] if listen else ()))
    config = RollbackConfig(database=database.alias, environment=Environment.DEV, force=True, **options)
    return RollbackManager(config, Registry(seeders), tell=tell, ask=input).rollback(), told


def mask(database: Database, seeder: BaseSeeder) -> MaskingSummary:
    """Mask the real rows of the seeder's table in place."""
    config = MaskingConfig(
        database=database.alias,
        environment=Environment.DEV,
        key="ab" * 32,
        force=True,
        today=AS_OF,
        tables=(seeder.config.table_name,),
    )
    return InPlaceMasking(config, Registry([seeder]), STRATEGIES, tell=lambda _: None, ask=input).run()
