"""A few rows of the shop, written by hand, and planners of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connections

from seeding.conf import Environment, RollbackConfig, Strategy
from seeding.generation.datasets import Dataset
from seeding.keys import KeySet
from seeding.models import SeedRun
from seeding.rollbacks.deletion import Deleter
from seeding.rollbacks.execution import Execution
from seeding.rollbacks.plan import RollbackPlan, SeededRows
from seeding.rollbacks.planner import Planner
from seeding.runs.audit import AuditLog, auditing
from seeding.runs.lifecycle import Operation
from seeding.schema.introspection import all_tables
from seeding.schema.relations import relations
from seeding.telemetry.events import Event
from seeding.verification.referring_rows import Tracer
from tests.support.databases import Database

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ROWS = """
INSERT INTO shop_product (id, name, price) VALUES (1, 'cup', 5), (2, 'jar', 6), (3, 'mug', 7);
INSERT INTO shop_review (id, product_id, author, stars, text, written_at)
    VALUES (1, 1, 'Ann', 5, '', '2026-03-02'), (2, 1, 'Ben', 4, '', '2026-03-02'), (3, 2, 'Cid', 3, '', '2026-03-02');
INSERT INTO shop_customer (id, name, email, joined_at)
    VALUES (1, 'Dan', 'dan@example.com', '2026-03-02'), (2, 'Eve', 'eve@example.com', '2026-03-02');
INSERT INTO shop_order (id, customer_id, status, ordered_at, total)
    VALUES (1, 1, 'paid', '2026-03-02', 0), (2, 1, 'paid', '2026-03-02', 0), (3, 2, 'paid', '2026-03-02', 0);
INSERT INTO shop_orderline (id, order_id, product_id, quantity, unit_price)
    VALUES (1, 1, 1, 1, 5), (2, 1, 2, 1, 6), (3, 2, 1, 1, 5), (4, 3, 3, 1, 7);
"""
"""Orders 1 and 2 are Dan's, of lines 1 and 2, and 3; order 3 is Eve's, of line 4. Cup and jar have been reviewed."""
SEEDED = {
    ("Products", "shop_product"): (1, 2, 3),
    ("Reviews", "shop_review"): (1, 2, 3),
    ("Customers", "shop_customer"): (1, 2),
    ("Orders", "shop_order"): (1, 2, 3),
    ("Lines", "shop_orderline"): (1, 2, 3, 4),
}

MakePlanner = Callable[..., Planner]


def keys(*numbers: int) -> KeySet:
    return KeySet.of((number, number) for number in numbers)


def told(rows: Mapping[str, KeySet]) -> dict[str, list[int]]:
    """Rows as plain lists, those of tables that have some."""
    return {table: one.first(len(one)) for table, one in sorted(rows.items()) if one}


def script(shop: Database, statements: str) -> None:
    """Run statements that a semicolon at the end of a line separates."""
    for statement in statements.split(";\n"):
        if statement.strip():
            shop.query(statement)


@pytest.fixture
def make_planner(shop: Database) -> MakePlanner:
    """A planner of the rows above; all of them are seeded unless told otherwise."""
    script(shop, ROWS)

    def make(
        companions: Collection[Collection[str]] = (),
        followed: Mapping[str, Collection[str]] | None = None,
        seeded: Mapping[tuple[str, str], tuple[int, ...]] = SEEDED,
        kept_with: Collection[tuple[str, str]] = (),
        accompanied: Collection[tuple[str, str]] = (),
    ) -> Planner:
        rows = SeededRows(
            of_seeder={name: keys(*numbers) for name, numbers in seeded.items()},
            companions=tuple(frozenset(group) for group in companions),
            followed=followed or {},
            kept_with=tuple(kept_with),
            accompanied=accompanied,
        )
        there = all_tables(connections[shop.alias])
        links = relations(there, apps.get_app_config("shop").get_models())
        return Planner(rows, there, tuple(sorted(links, key=str)), Tracer(shop.alias))

    return make


@dataclass(frozen=True, slots=True)
class Scene:
    """A rollback of the rows above, with the lock held and its run in the ledger."""

    shop: Database
    planner: Planner
    operation: Operation
    run: SeedRun
    events: list[Event]
    required: list[Collection[str]] = field(default_factory=list)
    """The tables that had to be compared, each time before rows changed."""

    def execution(self, plan: RollbackPlan | None = None, strategy: Strategy = Strategy.DELETE) -> Execution:
        """Of a plan: of everything, unless told otherwise."""
        whole = {table: keys(*numbers) for (_, table), numbers in SEEDED.items()}
        plan = plan or self.planner.plan(whole, cascade=False)
        return Execution(self.operation, self.planner, plan, strategy, self.run, before=self.required.append)

    def deleter(self) -> Deleter:
        """Alone."""
        audit = AuditLog(self.run, "shop")
        tools = self.operation.ledger, self.operation.lock, audit, self.run
        return Deleter(self.shop.alias, *tools, tracer=self.planner.tracer, caches=self.planner.caches)

    def there(self, table: str) -> list[int]:
        """The keys of a table's rows."""
        return [key for (key,) in self.shop.query(f"SELECT id FROM {table} ORDER BY id")]  # noqa: S608 - of the tests

    def live(self, table: str) -> list[int]:
        """The keys of the rows that the ledger has as live."""
        held = self.operation.ledger.key_set(table)
        return held.first(len(held))

    def batches(self, table: str) -> list[int]:
        """The ledger's entries for a table."""
        return list(self.operation.ledger.live.filter(table_name=table).values_list("pk", flat=True))

    def refuse(self, table: str, condition: str) -> None:
        """Have the database refuse to delete some of the rows."""
        body = f"WHEN {condition} BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        self.shop.query(f"CREATE TRIGGER refuse_{table} BEFORE DELETE ON {table} {body}")


@pytest.fixture
def scene(shop: Database, make_planner: MakePlanner, audit_file: Path) -> Iterator[Scene]:
    """The rows above as a run has seeded them, and a rollback of them under way."""
    events: list[Event] = []
    config = RollbackConfig(database=shop.alias, environment=Environment.DEV, force=True)
    operation = Operation(config, "seed_rollback", tell=events.append, ask=input)
    seeding = operation.ledger.open_run(command="seed", environment="dev", seed=42, as_of=NOW.date(), state="succeeded")
    for (seeder, table), numbers in SEEDED.items():
        operation.ledger.batches.create(
            run=seeding,
            table_name=table,
            seeder_name=seeder,
            generator_version="1.1",
            first_index=0,
            key_ranges=[[0, len(numbers), 1]],
            record_count=len(numbers),
            environment="dev",
            created_at=NOW,
        )
    with operation.locked(), auditing(audit_file), operation.recorded(Dataset(seed=42, as_of=NOW.date()), {}) as run:
        yield Scene(shop, make_planner(), operation, run, events)
