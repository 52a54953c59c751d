"""Which plans may empty whole tables; the emptying itself is for servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seeding.db.topology import Cluster, Membership, Topology
from seeding.exceptions import RefusedError
from seeding.rollbacks.truncation import refuse_unless_seeded_alone
from tests.support.databases import Database
from tests.unit.rollbacks.conftest import MakePlanner, keys
from tests.unit.rollbacks.test_plan import EVERYTHING

ALONE = Topology(version="any")


@pytest.mark.parametrize(
    "membership", [Membership(cluster=Cluster.GALERA), Membership(cluster=Cluster.GROUP, nodes=3, writers=3)]
)
def test_a_table_lock_keeps_no_other_node_from_writing(make_planner: MakePlanner, membership: Membership) -> None:
    planner = make_planner()
    shared = Topology(version="any", membership=membership)

    with pytest.raises(RefusedError, match=r"^--strategy=truncate locks tables, and other nodes of this cluster write to them"):
        refuse_unless_seeded_alone(planner.plan(EVERYTHING, cascade=False), planner.tracer, shared)


def test_tables_of_seeded_rows_alone_may_be_emptied(make_planner: MakePlanner) -> None:
    planner = make_planner()

    refuse_unless_seeded_alone(planner.plan(EVERYTHING, cascade=False), planner.tracer, ALONE)


def test_rows_that_are_gone_already_are_no_obstacle(make_planner: MakePlanner, shop: Database) -> None:
    planner = make_planner()
    shop.query("DELETE FROM shop_review WHERE id = 2")

    refuse_unless_seeded_alone(planner.plan(EVERYTHING, cascade=False), planner.tracer, ALONE)


def test_every_table_that_holds_or_keeps_other_rows_is_named(make_planner: MakePlanner, shop: Database) -> None:
    planner = make_planner()
    shop.query("INSERT INTO shop_review VALUES (9, 'Flo', 5, '', '2026-03-02', 3)")
    plan = planner.keep(planner.plan(EVERYTHING, cascade=False), "shop_order", keys(1, 2), "so")

    with pytest.raises(RefusedError) as refused:
        refuse_unless_seeded_alone(plan, planner.tracer, ALONE)

    assert str(refused.value) == (
        "--strategy=truncate requires tables that hold only seeded rows: shop_review holds other rows too; "
        "shop_order keeps 2 of its seeded rows; shop_customer keeps 1 of its seeded rows. "
        "Nothing was changed. Leave the option out to delete only the seeded rows."
    )


def test_a_row_that_is_to_stay_is_an_obstacle_though_it_is_gone(make_planner: MakePlanner, shop: Database) -> None:
    planner = make_planner()
    plan = planner.keep(planner.plan({"shop_review": keys(1, 2, 3)}, cascade=False), "shop_review", keys(2), "so")
    shop.query("DELETE FROM shop_review WHERE id = 2")

    with pytest.raises(RefusedError, match="shop_review keeps 1 of its seeded rows"):
        refuse_unless_seeded_alone(plan, planner.tracer, ALONE)


def test_a_table_that_keeps_its_history_is_not_emptied(make_planner: MakePlanner) -> None:
    planner = make_planner()
    plan = planner.plan(EVERYTHING, cascade=False)
    there = {**plan.there, "shop_review": replace(plan.there["shop_review"], keeps_history=True)}

    with pytest.raises(RefusedError, match=r"^MariaDB does not truncate system-versioned tables: shop_review\. Nothing"):
        refuse_unless_seeded_alone(replace(plan, there=there), planner.tracer, ALONE)


def test_a_table_of_which_a_part_is_selected_holds_other_rows(make_planner: MakePlanner) -> None:
    planner = make_planner()

    with pytest.raises(RefusedError, match="shop_orderline holds other rows too"):
        refuse_unless_seeded_alone(planner.plan({"shop_orderline": keys(1, 2, 3)}, cascade=False), planner.tracer, ALONE)
