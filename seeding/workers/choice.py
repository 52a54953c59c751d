"""How many workers a run has."""

from __future__ import annotations

import os
from functools import partial
from importlib.util import find_spec

from django.db import connections

from seeding.conf import SeedConfig
from seeding.db.drivers import DISTRIBUTION
from seeding.exceptions import ConfigurationError
from seeding.orchestration.context import RunContext
from seeding.orchestration.crew import Alone, Crew
from seeding.orchestration.plan import Plan
from seeding.telemetry.events import event
from seeding.workers.order import Recipe
from seeding.workers.processes import Processes

WORTH = 200_000
"""From how many missing rows on workers are worth the time that they take to start."""
CORES = 2
"""What a worker and the server's process for it keep busy: a worker makes rows while the server loads others."""
MOST = 4
"""More were never measured to pay on one machine."""


def hired(recipe: Recipe, context: RunContext, plan: Plan) -> Crew:
    """The crew that the config wants, or else the one that has been measured to be fastest."""
    wanted, vendor = recipe.config.jobs, connections[context.using].vendor
    if context.run is None:
        return Alone(context, plan)
    if recipe.config.scheduler is not None:
        from seeding.workers.cluster import Cluster  # Dask is imported only where it is wanted

        return Cluster(recipe.config.scheduler, recipe, context, plan)
    if vendor == "sqlite":
        if wanted not in (None, 1):
            words = f"A SQLite file has one writer at a time: --jobs={wanted} is as --jobs=1"
            context.tell(event("workers", words, level="warn"))
        return Alone(context, plan)
    jobs = wanted or default_jobs(vendor, _missing(context, plan), os.cpu_count() or 1)
    if jobs == 1:
        return Alone(context, plan)
    context.tell(event("workers", f"{jobs} worker processes seed", level="debug", workers=jobs))
    try:
        return Processes(jobs, recipe, context, plan)
    except ConfigurationError as error:
        if wanted is not None:
            raise
        context.tell(event("workers", f"One process seeds: {error}", level="debug"))
        return Alone(context, plan)


def require_scheduler(config: SeedConfig) -> None:
    """Raise ConfigurationError if a scheduler is wanted, and its workers could not work for the run."""
    if config.scheduler is None or config.dry_run:
        return
    if find_spec("distributed") is None:
        raise ConfigurationError(f"--scheduler needs Dask distributed. Run: pip install '{DISTRIBUTION}[dask]'")
    if config.database in connections and connections[config.database].vendor == "sqlite":
        raise ConfigurationError("A SQLite file has one writer at a time, on one host: leave out --scheduler.")


def default_jobs(vendor: str, missing: int, cores: int) -> int:
    """How many jobs pay for so many missing rows: on PostgreSQL one per two cores; MySQL and MariaDB gain nothing by them."""
    return max(1, min(MOST, cores // CORES)) if vendor == "postgresql" and missing >= WORTH else 1


def _missing(context: RunContext, plan: Plan) -> int:
    held = (context.retry(partial(context.resolver.keys, one)).count_below(plan.counts[one.name]) for one in plan.seeders)
    return sum(plan.counts.values()) - sum(held)
