"""References that lead in a circle: filled where they are empty, by rows that are there."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from django.db import connections

from seeding import Dataset, Registry, Rows
from seeding.exceptions import LockLostError
from seeding.ledger.recorder import Recorder
from seeding.ledger.reference_resolution import Resolver
from seeding.locks import seeding_lock
from seeding.orchestration import deferred_references
from seeding.orchestration.deferred_references import DeferredReferences
from seeding.runs.retrier import Retrier
from seeding.runs.transaction_size import TransactionSize
from seeding.safety import Survey
from seeding.schema.introspection import read_tables
from seeding.telemetry.events import Event
from tests.support.databases import AS_OF, Database
from tests.support.runs import run
from tests.unit.orchestration.categories import PostponingSeeder, create_categories, parents

DATASET = Dataset(seed=42, as_of=AS_OF)
CHAIN = {"C0": None, "C1": "C0", "C2": "C1", "C3": "C2", "C4": "C3", "C5": "C4"}


class LosingSeeder(PostponingSeeder):
    """Every second category belongs to one that is never made."""

    config = replace(PostponingSeeder.config)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        parent = pl.when(pl.Series(rows.index) % 2 == 0).then(99).otherwise("parent_id")
        return super().generate_data(rows).with_columns(parent_id=parent)


class Filling:
    """The work on one database, with what it tells."""

    def __init__(self, shop: Database, seeder: PostponingSeeder) -> None:
        self.told: list[Event] = []
        self._seeder = seeder
        self._lock = seeding_lock(shop.alias)
        self._deferred = DeferredReferences(
            using=shop.alias,
            dataset=DATASET,
            resolver=Resolver(Registry([seeder]), Recorder(shop.alias), DATASET),
            lock=self._lock,
            live=read_tables(connections[shop.alias], ["shop_category"]),
            survey=Survey(watched=frozenset({"shop_category"})),
            tell=self.told.append,
            retry=Retrier(using=shop.alias, tell=self.told.append),
            size=TransactionSize(8_000_000, self.told.append),
        )

    def fill(self, *, locked: bool = True) -> int:
        if not locked:
            return self._deferred.fill(self._seeder)
        with self._lock.held(0):
            return self._deferred.fill(self._seeder)


@pytest.fixture
def categories(shop: Database) -> Database:
    """Six categories, the references of which were emptied again."""
    create_categories(shop)
    run(shop, PostponingSeeder())
    shop.query("UPDATE shop_category SET parent_id = NULL")
    return shop


def test_empty_references_are_filled(categories: Database) -> None:
    filling = Filling(categories, PostponingSeeder())

    assert filling.fill() == 0
    assert parents(categories) == CHAIN
    assert filling.told == []


def test_what_somebody_has_set_stays(categories: Database) -> None:
    categories.query("UPDATE shop_category SET parent_id = 6 WHERE name = 'C3'")

    Filling(categories, PostponingSeeder()).fill()

    assert parents(categories) == {**CHAIN, "C3": "C5"}


def test_rows_of_others_stay_as_they_are(categories: Database) -> None:
    categories.query("INSERT INTO shop_category (id, name) VALUES (100, 'theirs')")

    Filling(categories, PostponingSeeder()).fill()

    assert parents(categories) == {**CHAIN, "theirs": None}


def test_references_that_lead_nowhere_are_counted_and_told(categories: Database) -> None:
    categories.query("UPDATE seeding_metadata SET seeder_name = 'LosingSeeder'")
    filling = Filling(categories, LosingSeeder())

    assert filling.fill() == 3
    assert parents(categories) == {"C0": None, "C1": "C0", "C2": None, "C3": "C2", "C4": None, "C5": "C4"}
    (event,) = filling.told
    assert (event.level, event.record_count, event.seeder) == ("warn", 3, "LosingSeeder")
    assert event.message == "3 references of shop_category lead to rows that are not there, and stay empty"


@pytest.mark.parametrize("size", [1, 4, 6])
def test_every_row_is_filled_however_many_go_in_one_transaction(
    categories: Database, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(deferred_references, "BATCH", size)

    assert Filling(categories, PostponingSeeder()).fill() == 0
    assert parents(categories) == CHAIN


def test_without_rows_there_is_nothing_to_fill(shop: Database) -> None:
    create_categories(shop)

    assert Filling(shop, PostponingSeeder()).fill() == 0


def test_nothing_is_committed_that_the_lock_does_not_cover(categories: Database) -> None:
    with pytest.raises(LockLostError):
        Filling(categories, PostponingSeeder()).fill(locked=False)

    assert set(parents(categories).values()) == {None}
