"""What may be started where: nothing in production, whatever says that it is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from seeding.jobs.actions import Action, allowed
from seeding.models import SeedRun
from seeding.runs.lifecycle import production
from tests.support.databases import AS_OF, Database


class Person:
    def __init__(self, *permissions: str) -> None:
        self._permissions = permissions

    def has_perm(self, perm: str) -> bool:
        return perm in self._permissions


EVERYTHING = Person(*(one.permission for one in Action))


def test_each_action_has_a_permission_of_its_own(shop: Database) -> None:
    resetting = {Action.RESET, Action.RESTORE}  # which both make seeded rows what they were

    for one in Action:
        assert allowed(Person(one.permission), shop.alias) == (resetting if one in resetting else {one})
    assert allowed(EVERYTHING, shop.alias) == frozenset(Action)
    assert allowed(Person(), shop.alias) == frozenset()


@pytest.mark.parametrize(
    "variables",
    [
        {"SEEDING_ENV": "production"},
        {"NODE_ENV": "prod"},
        {"SEEDING_ENV": "nobody knows"},
        {"SEEDING_PROTECTED_DATABASES": "*shop*"},
        {"SEEDING_ENV": "production", "ALLOW_PRODUCTION_SEEDING": "true"},
    ],
)
def test_nothing_is_started_in_production(
    shop: Database, monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert production(shop.alias)
    assert allowed(EVERYTHING, shop.alias) == frozenset()


def test_a_ledger_that_knows_of_production_is_believed(shop: Database) -> None:
    facts = {"command": "seed", "seed": 1, "as_of": AS_OF, "faker_version": "", "host": "", "process_id": 1, "user": ""}
    assert production(shop.alias) == ""

    SeedRun.objects.using(shop.alias).create(environment="production", started_at="2026-03-02T09:30:00Z", **facts)

    assert "has been a production database" in production(shop.alias)
    assert allowed(EVERYTHING, shop.alias) == frozenset()
