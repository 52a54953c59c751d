"""What a rollback deletes, what goes along and what stays: plans of a few rows, told by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from itertools import chain, combinations

import numpy as np
import pytest

from seeding.exceptions import RefusedError
from seeding.rollbacks.plan import RollbackPlan, SeededRows
from seeding.rollbacks.planner import Planner
from seeding.rollbacks.results import EXAMPLES
from seeding.schema.relations import Relation
from seeding.schema.tables import TableSchema
from seeding.verification.referring_rows import Pairs, Tracer
from tests.support.databases import Database
from tests.unit.rollbacks.conftest import SEEDED, MakePlanner, keys, told

TOGETHER = [{"Orders", "Lines"}]
EVERYTHING = {table: keys(*numbers) for (_, table), numbers in SEEDED.items()}


def link(table: str, column: str, target: str, **values: object) -> Relation:
    given: dict[str, object] = {"target_key": "id", "target_column": "id", "declared": True, "nullable": True, **values}
    return Relation(table=table, key="id", column=column, target=target, **given)  # type: ignore[arg-type]  # fields of any type


def planner_of(*links: Relation) -> Planner:
    """A planner of tables without a row, which asks no database."""
    tables = {one.table: TableSchema(name=one.table, columns={}, key=("id",), unique=()) for one in links}
    return Planner(SeededRows(of_seeder={}, companions=(), followed={}), tables, links, Tracer("default"))


def test_companions_go_with_what_was_asked_for(make_planner: MakePlanner) -> None:
    planner = make_planner(TOGETHER)

    assert told(planner.plan({"shop_order": keys(1)}, cascade=False).selected) == {"shop_order": [1], "shop_orderline": [1, 2]}
    assert told(planner.plan({"shop_orderline": keys(2)}, cascade=False).selected) == {
        "shop_order": [1],
        "shop_orderline": [1, 2],
    }


def test_without_companions_the_rows_that_refer_are_a_refusal(make_planner: MakePlanner) -> None:
    with pytest.raises(RefusedError) as refused:
        make_planner().plan({"shop_product": keys(1)}, cascade=False)

    assert str(refused.value) == (
        "Other seeded rows depend on those of shop_product: 2 of shop_orderline (product_id), 2 of shop_review (product_id). "
        "Pass --cascade to roll them back too."
    )


def test_only_seeded_rows_that_are_not_selected_are_a_refusal(make_planner: MakePlanner) -> None:
    planner = make_planner(seeded={**SEEDED, ("Lines", "shop_orderline"): ()})
    selected = {"shop_product": keys(1), "shop_review": keys(1, 2)}

    assert told(planner.plan(selected, cascade=False).selected) == {"shop_product": [1], "shop_review": [1, 2]}


def test_a_cascade_follows_the_rows_that_refer_to_those_that_refer(make_planner: MakePlanner) -> None:
    plan = make_planner().plan({"shop_customer": keys(1)}, cascade=True)

    assert told(plan.selected) == {"shop_customer": [1], "shop_order": [1, 2], "shop_orderline": [1, 2, 3]}


def test_a_cascade_takes_the_companions_of_what_it_finds(make_planner: MakePlanner) -> None:
    plan = make_planner(TOGETHER).plan({"shop_product": keys(2)}, cascade=True)

    assert told(plan.selected) == {
        "shop_order": [1],
        "shop_orderline": [1, 2],
        "shop_product": [2],
        "shop_review": [3],
    }


def test_followers_go_when_nothing_is_left_of_what_they_followed(make_planner: MakePlanner) -> None:
    planner = make_planner(followed={"Customers": ["Reviews"]}, seeded={**SEEDED, ("Orders", "shop_order"): ()})

    assert told(planner.plan({"shop_review": keys(1, 2, 3)}, cascade=True).selected) == {
        "shop_customer": [1, 2],
        "shop_review": [1, 2, 3],
    }
    assert told(planner.plan({"shop_review": keys(1, 2)}, cascade=False).selected) == {"shop_review": [1, 2]}
    with pytest.raises(RefusedError, match=r"depend on those of shop_review: 2 of shop_customer\. Pass --cascade"):
        planner.plan({"shop_review": keys(1, 2, 3)}, cascade=False)


def test_companions_that_no_column_ties_go_as_a_whole(make_planner: MakePlanner) -> None:
    seeded = {**SEEDED, ("Orders", "shop_order"): (), ("Lines", "shop_orderline"): ()}
    planner = make_planner(accompanied=[("Customers", "Reviews"), ("Products", "Reviews")], seeded=seeded)

    assert told(planner.plan({"shop_review": keys(1, 2, 3)}, cascade=True).selected) == {
        "shop_customer": [1, 2],
        "shop_review": [1, 2, 3],  # and no product: reviews name theirs
    }
    assert told(planner.plan({"shop_review": keys(1, 2)}, cascade=False).selected) == {"shop_review": [1, 2]}
    with pytest.raises(RefusedError, match=r"depend on those of shop_review: 2 of shop_customer\. Pass --cascade"):
        planner.plan({"shop_review": keys(1, 2, 3)}, cascade=False)


def test_rows_of_its_own_companion_go_and_stay_with_those_that_they_refer_to(shop: Database, make_planner: MakePlanner) -> None:
    shop.query("ALTER TABLE shop_customer ADD COLUMN guest_of INTEGER REFERENCES shop_customer (id)")
    shop.query("UPDATE shop_customer SET guest_of = 1 WHERE id = 2")
    seeded = {("Customers", "shop_customer"): (1, 2)}
    everything = {"shop_customer": keys(1, 2)}

    assert told(make_planner(seeded=seeded).plan({"shop_customer": keys(2)}, cascade=False).selected) == {"shop_customer": [2]}
    planner = make_planner([{"Customers"}], seeded=seeded)
    for one in (1, 2):
        assert told(planner.plan({"shop_customer": keys(one)}, cascade=False).selected) == {"shop_customer": [1, 2]}
        assert told(planner.keep(planner.plan(everything, cascade=False), "shop_customer", keys(one), "so").kept) == {
            "shop_customer": [1, 2]
        }


def test_nothing_asked_for_is_an_empty_plan(make_planner: MakePlanner) -> None:
    plan = make_planner(TOGETHER).plan({}, cascade=False)

    assert (plan.selected, plan.order, plan.circular, plan.doomed("shop_order").ranges) == ({}, (), (), [])


def test_rows_that_refer_go_before_those_they_refer_to(make_planner: MakePlanner) -> None:
    order = make_planner().plan(EVERYTHING, cascade=False).order

    assert sorted(order) == sorted(EVERYTHING)
    for child, parent in (("orderline", "order"), ("orderline", "product"), ("order", "customer"), ("review", "product")):
        assert order.index(f"shop_{child}") < order.index(f"shop_{parent}")


def test_links_against_the_order_are_nulled_if_they_can_be() -> None:
    own, back, forth = link("box", "inside", "box"), link("box", "lid", "lid"), link("lid", "box", "box", nullable=False)
    written, required = link("box", "inside_text", "box", textual=True), link("box", "of", "box", nullable=False)
    plan = planner_of(own, back, forth, written, required).plan({"box": keys(1), "lid": keys(1)}, cascade=False)

    assert plan.order == ("lid", "box")
    assert plan.circular == (own, back)


def test_a_table_that_only_refers_from_outside_the_plan_is_not_nulled() -> None:
    outside = link("lid", "box", "box")

    assert planner_of(outside).plan({"box": keys(1)}, cascade=False).circular == ()
    assert planner_of(outside).plan({"lid": keys(1)}, cascade=False).circular == ()


def test_what_is_kept_with_a_row_stays_with_it_and_with_no_other(make_planner: MakePlanner, shop: Database) -> None:
    planner = make_planner(kept_with=[("Reviews", "Products")])
    plan = planner.plan(EVERYTHING, cascade=False)

    kept = planner.keep(plan, "shop_product", keys(1), "it is needed")
    assert told(kept.kept) == {"shop_product": [1], "shop_review": [1, 2]}
    assert str(kept.reasons[-1]) == "2 rows of shop_review (1, 2): what stays of shop_product needs them"

    parents = planner.keep(plan, "shop_orderline", keys(4), "it is needed")
    assert told(parents.kept) == {"shop_customer": [2], "shop_order": [3], "shop_orderline": [4], "shop_product": [3]}


def test_what_is_kept_with_a_row_is_not_selected_with_it(make_planner: MakePlanner) -> None:
    planner = make_planner(kept_with=[("Reviews", "Products")])

    with pytest.raises(RefusedError, match="3 of shop_review"):
        planner.plan({"shop_product": keys(1, 2), "shop_orderline": keys(1, 2, 3)}, cascade=False)


def test_what_stays_needs_its_parents_and_not_its_siblings(make_planner: MakePlanner) -> None:
    planner = make_planner()
    plan = planner.keep(planner.plan(EVERYTHING, cascade=False), "shop_orderline", keys(3), "of a whim")

    assert told(plan.kept) == {"shop_customer": [1], "shop_order": [2], "shop_orderline": [3], "shop_product": [1]}
    assert plan.doomed("shop_orderline").ranges == [(1, 2), (4, 4)]
    assert [str(reason) for reason in plan.reasons] == [
        "1 row of shop_orderline (3): of a whim",
        "1 row of shop_order (2): what stays of shop_orderline needs them",
        "1 row of shop_product (1): what stays of shop_orderline needs them",
        "1 row of shop_customer (1): what stays of shop_orderline needs them",
    ]


def test_companions_stay_together(make_planner: MakePlanner) -> None:
    planner = make_planner(TOGETHER)
    plan = planner.keep(planner.plan(EVERYTHING, cascade=False), "shop_orderline", keys(1), "of a whim")

    assert told(plan.kept) == {"shop_customer": [1], "shop_order": [1], "shop_orderline": [1, 2], "shop_product": [1, 2]}
    assert "1 row of shop_orderline (2): what stays of shop_orderline needs them" in map(str, plan.reasons)


def test_the_same_for_every_choice_of_orders(make_planner: MakePlanner) -> None:
    planner = make_planner(TOGETHER)
    whole = planner.plan(EVERYTHING, cascade=False)
    lines, customer, products = {1: [1, 2], 2: [3], 3: [4]}, {1: 1, 2: 1, 3: 2}, {1: [1, 2], 2: [1], 3: [3]}

    for orders in chain.from_iterable(combinations((1, 2, 3), count) for count in (1, 2, 3)):
        assert told(planner.keep(whole, "shop_order", keys(*orders), "so").kept) == {
            "shop_customer": sorted({customer[one] for one in orders}),
            "shop_order": sorted(orders),
            "shop_orderline": sorted(row for one in orders for row in lines[one]),
            "shop_product": sorted({row for one in orders for row in products[one]}),
        }


def test_only_what_was_selected_can_stay(make_planner: MakePlanner) -> None:
    planner = make_planner()
    plan = planner.plan({"shop_orderline": keys(1, 2, 3, 4), "shop_order": keys(1, 2, 3)}, cascade=False)

    assert told(planner.keep(plan, "shop_orderline", keys(4), "so").kept) == {"shop_order": [3], "shop_orderline": [4]}


def test_rows_that_are_gone_are_kept_by_nothing(make_planner: MakePlanner) -> None:
    planner = make_planner(TOGETHER)
    plan = planner.plan(EVERYTHING, cascade=False).without("shop_orderline", keys(1))

    assert plan.doomed("shop_orderline").ranges == [(2, 4)]
    assert told(planner.keep(plan, "shop_order", keys(1), "so").kept) == {
        "shop_customer": [1],
        "shop_order": [1],
        "shop_orderline": [2],
        "shop_product": [2],
    }


def test_a_reason_is_told_once_for_rows_that_stay_already(make_planner: MakePlanner) -> None:
    planner = make_planner()
    plan = planner.keep(planner.plan(EVERYTHING, cascade=False), "shop_order", keys(1), "first")
    plan = planner.keep(plan, "shop_order", keys(2), "second")

    assert [(one.table, one.keys, one.reason) for one in plan.reasons] == [
        ("shop_order", (1,), "first"),
        ("shop_customer", (1,), "what stays of shop_order needs them"),
        ("shop_order", (2,), "second"),
    ]


def test_what_real_rows_refer_to_stays(make_planner: MakePlanner, shop: Database) -> None:
    planner = make_planner()
    shop.query("INSERT INTO shop_review VALUES (9, 'Flo', 5, '', '2026-03-02', 3)")
    plan = planner.keep_referenced(planner.plan(EVERYTHING, cascade=False))

    assert told(plan.kept) == {"shop_product": [3]}
    assert [str(reason) for reason in plan.reasons] == [
        "1 row of shop_product (3): rows that were not seeded refer to them by shop_review.product_id (9)"
    ]


def test_where_only_seeded_rows_refer_nothing_stays(make_planner: MakePlanner) -> None:
    planner = make_planner()
    plan = planner.plan(EVERYTHING, cascade=False)

    assert planner.keep_referenced(plan) is plan


def test_a_seeded_row_that_does_not_go_keeps_what_it_refers_to(make_planner: MakePlanner) -> None:
    planner = make_planner(seeded={**SEEDED, ("Reviews", "shop_review"): (1, 2)})
    plan = planner.plan({"shop_product": keys(2, 3), "shop_orderline": keys(2, 4)}, cascade=False)

    assert told(planner.keep_referenced(plan).kept) == {"shop_product": [2]}


def test_many_rows_that_refer_are_counted_and_a_few_are_named(make_planner: MakePlanner) -> None:
    planner = make_planner()
    plan = planner.plan(EVERYTHING, cascade=False)
    pairs = [
        Pairs(referring=list(range(100, 115)), targets=np.array([1] * 15)),
        Pairs(referring=[None, *range(115, 130)], targets=np.array([2] * 16)),
    ]
    (reason,) = planner.keep_for(plan, link("shop_review", "product_id", "shop_product"), pairs).reasons

    assert (reason.keys, reason.count, reason.referring_count) == ((1, 2), 2, 31)
    assert reason.referring == tuple(str(number) for number in range(100, 119))
    assert len(reason.referring) < EXAMPLES


def test_no_pair_keeps_nothing(make_planner: MakePlanner) -> None:
    planner = make_planner()
    plan = planner.plan(EVERYTHING, cascade=False)

    assert planner.keep_for(plan, link("shop_review", "product_id", "shop_product"), []) is plan


def test_no_step_changes_the_plan_that_it_starts_from(make_planner: MakePlanner, shop: Database) -> None:
    def snapshot(plan: RollbackPlan) -> object:
        return told(plan.selected), told(plan.kept), plan.reasons, plan.order, plan.circular

    planner = make_planner(TOGETHER)
    shop.query("INSERT INTO shop_review VALUES (9, 'Flo', 5, '', '2026-03-02', 3)")
    asked = {"shop_product": keys(1, 2, 3)}
    first = planner.plan(asked, cascade=True)
    second = planner.keep(first, "shop_orderline", keys(1), "so")
    before = [snapshot(first), snapshot(second)]

    for plan in (first, second):
        planner.keep(plan, "shop_order", keys(2), "so")
        planner.keep_for(plan, link("shop_review", "product_id", "shop_product"), [Pairs(referring=[9], targets=np.array([3]))])
        assert told(planner.keep_referenced(plan).kept)["shop_product"][-1] == 3
        assert plan.without("shop_orderline", keys(1, 2, 3)).doomed("shop_orderline").ranges == [(4, 4)]

    assert [snapshot(first), snapshot(second)] == before
    assert told(asked) == {"shop_product": [1, 2, 3]}
    with pytest.raises(FrozenInstanceError):
        first.kept = {}  # type: ignore[misc]  # that it is frozen is what is tested


def test_a_table_that_is_not_in_the_plan_has_no_doomed_rows(make_planner: MakePlanner) -> None:
    plan = make_planner().plan({"shop_orderline": keys(1)}, cascade=False)

    assert not plan.doomed("shop_review")
    assert not replace(plan, kept={"shop_orderline": keys(1)}).doomed("shop_orderline")


def test_the_links_into_a_table_are_those_that_name_its_rows(make_planner: MakePlanner) -> None:
    plan = make_planner().plan({}, cascade=False)

    assert [str(one) for one in plan.into("shop_product")] == ["shop_orderline.product_id", "shop_review.product_id"]
    assert plan.into("shop_review") == ()
