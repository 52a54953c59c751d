"""Which rows of caches go along: those that refer to nothing but rows that are to go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from django.apps import apps
from django.db import connections

from seeding.rollbacks.planner import Planner
from seeding.schema.introspection import all_tables
from seeding.schema.relations import Relation, relations
from seeding.verification.referring_rows import Pairs, Tracer
from tests.support.databases import Database
from tests.unit.rollbacks.conftest import MakePlanner, keys, script, told

SCORES = """
CREATE TABLE scores (id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES shop_product (id), beside TEXT);
INSERT INTO scores VALUES (1, 3, NULL), (2, 3, '[{"product": 3}, {"product": 1}]');
"""
BESIDE = Relation(
    table="scores", key="id", column="beside", target="shop_product", target_key="id", target_column="id", declared=False,
    nullable=True, json_key="product",
)  # fmt: skip
BEYOND = 2**63 + 5
"""A key that only an unsigned column can hold."""


def with_scores(shop: Database, make_planner: MakePlanner, tracer: type[Tracer] = Tracer) -> Planner:
    script(shop, SCORES)
    there = all_tables(connections[shop.alias])
    links = relations(there, apps.get_app_config("shop").get_models())
    return Planner(make_planner().seeded, there, (*links, BESIDE), tracer(shop.alias), frozenset({"scores"}))


def test_a_list_of_references_may_name_rows_that_stay(shop: Database, make_planner: MakePlanner) -> None:
    planner = with_scores(shop, make_planner)
    everything = dict(planner.seeded.of_table)

    plan = planner.keep_referenced(planner.plan(everything, cascade=False))
    shop.query("DELETE FROM scores WHERE id = 2")
    without = planner.keep_referenced(planner.plan(everything, cascade=False))

    assert (told(plan.caches), told(plan.kept)["shop_product"]) == ({}, [1, 3])
    assert (told(without.caches), told(without.kept)) == ({"scores": [1]}, {})


class _Beyond(Tracer):
    """As if score 1 were the one of a key beyond an int64."""

    def referring(self, link: Relation, *others: Any, **options: Any) -> Iterator[Pairs]:
        if link.column == "product_id" and link.table == "scores":
            yield Pairs(referring=[BEYOND], targets=np.array([3]))
        elif link is not BESIDE:
            yield from super().referring(link, *others, **options)


def test_a_key_that_is_no_int64_is_no_other_row_s(shop: Database, make_planner: MakePlanner) -> None:
    planner = with_scores(shop, make_planner, _Beyond)

    plan = planner.keep_referenced(planner.plan({"shop_product": keys(3)}, cascade=True))

    assert (told(plan.caches), told(plan.kept)["shop_product"]) == ({}, [3])
