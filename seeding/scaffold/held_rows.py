"""What the ledger holds of automatic seeders: what they were asked for, and which versions of their rows are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Max

from seeding.ledger.queries import Ledger


def held_plans(ledger: Ledger) -> Iterator[tuple[dict[str, Any], set[str]]]:
    """What each `seed --auto` whose rows are in the database was asked for, and the seeders of its rows; the newest run first.

    A seeder with rows of several runs is among those of the newest. Nothing if there is no ledger.
    """
    newest: dict[str, int] = {}
    if ledger.is_there():
        newest = dict(ledger.live.generated().order_by().values_list("seeder_name").annotate(Max("run")))
    plans = dict(ledger.runs.filter(pk__in=set(newest.values())).values_list("pk", "plan")) if newest else {}
    for run in sorted(plans, reverse=True):
        if "auto" in plans[run]:
            yield plans[run], {name for name, own in newest.items() if own == run}


def held_versions(ledger: Ledger) -> dict[str, set[int]]:
    """Seeder → the versions of its rows that are in the database now; nothing if there is no ledger."""
    found: dict[str, set[int]] = {}
    if ledger.is_there():
        for name, version in ledger.live.generated().values_list("seeder_name", "generator_version").distinct():
            found.setdefault(name, set()).add(int(version.rpartition(".")[2] or 0))
    return found
