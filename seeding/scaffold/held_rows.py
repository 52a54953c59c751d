"""What the ledger holds of automatic seeders: what they were asked for, and which versions of their rows are there."""

from __future__ import annotations

from typing import Any

from seeding.ledger.queries import Ledger


def last_plan(ledger: Ledger) -> dict[str, Any] | None:
    """What the last `seed --auto` was asked for; None if there was none, or no ledger."""
    if not ledger.is_there():
        return None
    return ledger.runs.filter(command="seed", plan__has_key="auto").order_by("-pk").values_list("plan", flat=True).first()


def held_versions(ledger: Ledger) -> dict[str, set[int]]:
    """Seeder → the versions of its rows that are in the database now; nothing if there is no ledger."""
    found: dict[str, set[int]] = {}
    if ledger.is_there():
        for name, version in ledger.live.generated().values_list("seeder_name", "generator_version").distinct():
            found.setdefault(name, set()).add(int(version.rpartition(".")[2] or 0))
    return found
