"""References in a circle: which of them are set to null before the rows that they name go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connections

from seeding.keys import KeySet
from seeding.rollbacks.deletion import null_out
from seeding.rollbacks.plan import RollbackPlan
from seeding.schema.introspection import all_tables
from seeding.schema.relations import Relation
from seeding.verification.referring_rows import Tracer
from tests.support.databases import Database
from tests.unit.rollbacks.conftest import keys, script

TABLES = """
CREATE TABLE node (id INTEGER PRIMARY KEY, above INTEGER REFERENCES node (id));
CREATE TABLE mark (id INTEGER PRIMARY KEY, node_id INTEGER);
INSERT INTO node VALUES (1, NULL), (2, 1), (3, 1), (4, 3), (5, 1);
INSERT INTO mark VALUES (1, 1), (2, 2);
"""
ABOVE = Relation(
    table="node", key="id", column="above", target="node", target_key="id", target_column="id", declared=True, nullable=True
)
SEEDED = keys(1, 2, 3, 4)
Null = Callable[..., dict[int, int | None]]


@pytest.fixture
def null(shop: Database) -> Null:
    """Null what refers to rows of `node`; returns what each of them refers to afterwards."""
    script(shop, TABLES)

    def run(going: KeySet, *, declared: bool = True, selected: KeySet = SEEDED, circular: bool = True) -> dict[int, int | None]:
        link = replace(ABOVE, declared=declared)
        plan = RollbackPlan(
            there=all_tables(connections[shop.alias]),
            links=(link,),
            order=("node",),
            circular=(link,) if circular else (),
            selected={"node": selected},
        )
        null_out(shop.alias, Tracer(shop.alias), plan, "node", going)
        null_out(shop.alias, Tracer(shop.alias), plan, "mark", SEEDED)
        return dict(shop.query("SELECT id, above FROM node"))

    return run


def test_seeded_rows_that_go_later_lose_their_reference_and_others_keep_it(null: Null) -> None:
    assert null(keys(1), selected=keys(1, 2, 3)) == {1: None, 2: None, 3: None, 4: 3, 5: 1}


def test_rows_that_go_along_lose_it_only_where_the_database_would_look(null: Null) -> None:
    assert null(keys(3, 4)) == {1: None, 2: 1, 3: 1, 4: None, 5: 1}


def test_rows_that_go_along_keep_a_reference_that_no_database_checks(null: Null) -> None:
    assert null(keys(3, 4), declared=False) == {1: None, 2: 1, 3: 1, 4: 3, 5: 1}
    assert null(keys(1, 2), declared=False) == {1: None, 2: 1, 3: None, 4: 3, 5: 1}


def test_a_link_that_the_order_serves_is_left_alone(null: Null) -> None:
    assert null(keys(1), circular=False) == {1: None, 2: 1, 3: 1, 4: 3, 5: 1}
