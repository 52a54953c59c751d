"""How many workers a run has."""

from __future__ import annotations

import os
from functools import partial

from django.db import connections

from seeding.orchestration.context import RunContext
from seeding.orchestration.crew import Alone, Crew
from seeding.orchestration.plan import Plan
from seeding.telemetry.events import event
from seeding.workers.order import Recipe
from seeding.workers.processes import Processes

WORTH = 200_000
"""From how many missing rows on workers are worth the time that they take to start."""
MOST = 4
"""More were never measured to pay on one machine."""


def hired(recipe: Recipe, context: RunContext, plan: Plan) -> Crew:
    """The crew that the config wants, or else the one that has been measured to be fastest."""
    wanted, vendor = recipe.config.jobs, connections[context.using].vendor
    if context.run is None:
        return Alone(context, plan)
    if vendor == "sqlite":
        if wanted not in (None, 1):
            words = f"A SQLite file has one writer at a time: --jobs={wanted} is as --jobs=1"
            context.tell(event("workers", words, level="warn"))
        return Alone(context, plan)
    jobs = wanted or default_jobs(vendor, _missing(context, plan), os.cpu_count() or 1)
    if jobs == 1:
        return Alone(context, plan)
    context.tell(event("workers", f"{jobs} worker processes seed", level="debug", workers=jobs))
    return Processes(jobs, recipe, context, plan)


def default_jobs(vendor: str, missing: int, cores: int) -> int:
    """How many jobs pay for so many missing rows: on PostgreSQL one per core; MySQL and MariaDB gain nothing by them."""
    return max(1, min(MOST, cores)) if vendor == "postgresql" and missing >= WORTH else 1


def _missing(context: RunContext, plan: Plan) -> int:
    held = (context.retry(partial(context.resolver.keys, one)).count_below(plan.counts[one.name]) for one in plan.seeders)
    return sum(plan.counts.values()) - sum(held)
