"""Every combination of environment, permission, force, terminal and memory: production has one door."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from seeding.conf import Config, Environment
from seeding.exceptions import RefusedError
from seeding.guard import question
from seeding.seeders import BaseSeeder
from terpseed.seeders.clients import ClientSeeder
from terpseed.seeders.pricing_defaults import PricingDefaultSeeder

REFERENCE, SYNTHETIC = PricingDefaultSeeder(), ClientSeeder()


def config(environment: Environment, *, allowed: bool, force: bool, terminal: bool, confirmed: str | None) -> Config:
    return Config(
        database="default",
        environment=environment,
        tables=(),
        size="small",
        scale=1,
        seed=None,
        as_of=None,
        today=date(2026, 1, 1),
        dry_run=False,
        force=force,
        interactive=terminal,
        confirm_database=confirmed,
        lock_timeout=0,
        batch_size=1,
        writer=None,
        allow_production=allowed,
    )


COMBINATIONS = list(
    itertools.product(
        Environment, (False, True), (False, True), (False, True), (None, "terp", "other"), (REFERENCE, SYNTHETIC),
        ((), ("production",), ("dev",)),
    )
)  # fmt: skip


@pytest.mark.parametrize(("environment", "allowed", "force", "terminal", "confirmed", "seeder", "remembered"), COMBINATIONS)
def test_every_combination(  # noqa: PLR0917
    environment: Environment,
    allowed: bool,  # noqa: FBT001
    force: bool,  # noqa: FBT001
    terminal: bool,  # noqa: FBT001
    confirmed: str | None,
    seeder: BaseSeeder,
    remembered: tuple[str, ...],
) -> None:
    told = config(environment, allowed=allowed, force=force, terminal=terminal, confirmed=confirmed)
    try:
        asked = question(told, "terp", [seeder], remembered)
        outcome = "go" if asked is None else asked.answer
    except RefusedError:
        outcome = "refused"

    if environment == "production":
        door = allowed and seeder is REFERENCE
        expected = ("go" if confirmed == "terp" else "refused") if force else ("terp" if terminal else "refused")
        assert outcome == (expected if door else "refused")
    elif "production" in remembered:
        assert outcome == "refused"
    elif environment == "staging" and not force:
        assert outcome == ("yes" if terminal else "refused")
    else:
        assert outcome == "go"
