"""A plan carried out: what is counted, what the database refuses, and what stays for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import OperationalError

from seeding.conf import Strategy
from seeding.models import SeedingMetadata
from seeding.rollbacks import execution as module
from seeding.rollbacks.deletion import Deleter
from seeding.rollbacks.execution import _portions
from seeding.rollbacks.results import RollbackResult
from tests.unit.rollbacks.conftest import Scene, keys, told


def counts(results: list[RollbackResult]) -> dict[str, tuple[int, int, int, int]]:
    """Table → deleted, gone, kept, failed; checks that they add up to what was planned."""
    found = {}
    for one in results:
        found[one.table] = (one.records_deleted, one.records_gone, one.records_kept, one.records_failed)
        assert one.records_planned == sum(found[one.table])
    return found


def test_everything_goes_children_first_and_the_ledger_says_so(scene: Scene) -> None:
    results = scene.execution().run()

    assert [one.table for one in results] == ["shop_orderline", "shop_review", "shop_order", "shop_product", "shop_customer"]
    assert counts(results)["shop_orderline"] == (4, 0, 0, 0)
    assert all(one.success and not one.error for one in results)
    assert [scene.there(one.table) + scene.live(one.table) for one in results] == [[]] * 5


def test_rows_that_somebody_has_deleted_are_gone_and_leave_the_ledger(scene: Scene) -> None:
    scene.shop.query("DELETE FROM shop_review WHERE id = 2")

    results = scene.execution().run()

    assert counts(results)["shop_review"] == (2, 1, 0, 0)
    assert scene.live("shop_review") == []


def test_the_row_that_the_database_refuses_is_found_and_not_quoted_and_the_others_go(scene: Scene) -> None:
    scene.refuse("shop_review", "OLD.id = 2")

    execution = scene.execution()
    results = execution.run()

    assert counts(results)["shop_review"] == (2, 0, 0, 1)
    assert {one.table: one.error for one in results}["shop_review"] == "the database refused: IntegrityError"
    assert (scene.there("shop_review"), scene.live("shop_review")) == ([2], [2])
    assert counts(results)["shop_product"] == (2, 0, 1, 0)
    assert scene.there("shop_product") == [1]
    assert [str(reason) for reason in execution.plan.reasons] == [
        "1 row of shop_review (2): the database would not delete them: IntegrityError",
        "1 row of shop_product (1): what stays of shop_review needs them",
    ]
    assert [event.message for event in scene.events if event.operation == "fail"] == [
        "shop_review: the database refused: IntegrityError"
    ]


def test_after_so_many_refusals_the_rest_of_the_table_is_left_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REFUSALS", 1)
    scene.refuse("shop_orderline", "OLD.id IN (1, 4)")

    results = scene.execution().run()

    # The later half first: 4 is refused alone, 3 goes, and of 1 and 2 nobody asks which it is.
    assert counts(results)["shop_orderline"] == (1, 0, 0, 3)
    assert scene.there("shop_orderline") == [1, 2, 4]


def test_one_table_s_refusals_are_not_counted_against_the_next(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REFUSALS", 1)
    scene.refuse("shop_orderline", "OLD.id = 4")
    scene.refuse("shop_review", "OLD.id = 3")

    results = scene.execution().run()

    assert [counts(results)[f"shop_{table}"] for table in ("orderline", "review")] == [(3, 0, 0, 1), (2, 0, 0, 1)]


def test_a_row_to_which_others_refer_by_now_stays_with_what_it_needs(scene: Scene) -> None:
    execution = scene.execution()
    scene.shop.query("INSERT INTO shop_orderline VALUES (9, 1, 5, 3, 1)")  # of order 3, after the plan was made

    results = execution.run()

    assert counts(results)["shop_order"] == (2, 0, 1, 0)
    assert told(execution.plan.kept) == {"shop_customer": [2], "shop_order": [3], "shop_product": [1]}
    assert (scene.there("shop_customer"), scene.there("shop_product")) == ([2], [1])
    assert not any(one.error for one in results)


def test_rows_that_are_still_there_under_their_keys_are_an_error(scene: Scene) -> None:
    scene.shop.query(
        "CREATE TRIGGER again AFTER DELETE ON shop_review WHEN OLD.id = 2 BEGIN "
        "INSERT INTO shop_review VALUES (OLD.id, OLD.author, OLD.stars, OLD.text, OLD.written_at, 3); END"
    )

    (review,) = (one for one in scene.execution().run() if one.table == "shop_review")

    assert (review.success, review.error) == (True, "1 rows are still there under keys that were rolled back, the first 2")
    assert [event.message for event in scene.events if event.operation == "count"] == [f"shop_review: {review.error}"]


def test_a_table_that_is_not_there_keeps_its_rows_in_the_ledger(scene: Scene) -> None:
    execution = scene.execution()
    scene.shop.query("DROP TABLE shop_review")
    plan = scene.planner.plan({"shop_review": keys(1, 2, 3)}, cascade=False)
    plan = replace(plan, there={table: schema for table, schema in plan.there.items() if table != "shop_review"})
    execution.plan = scene.planner.keep(plan, "shop_review", keys(1, 2, 3), "it is not there")

    assert counts(execution.run()) == {"shop_review": (0, 0, 3, 0)}
    assert scene.live("shop_review") == [1, 2, 3]


def test_a_lost_connection_ends_the_run_and_is_no_refusal(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise OperationalError(2006, "Server has gone away")

    monkeypatch.setattr(Deleter, "delete", lost)
    monkeypatch.setattr("seeding.runs.lifecycle.Retrier.__call__", lambda _, work, **__: work())

    with pytest.raises(OperationalError, match="gone away"):
        scene.execution().run()
    assert [event for event in scene.events if event.operation == "fail"] == []


def test_where_truncation_is_unknown_rows_are_deleted(scene: Scene) -> None:
    assert counts(scene.execution(strategy=Strategy.TRUNCATE).run())["shop_review"] == (3, 0, 0, 0)


def test_progress_is_noted_before_each_table(scene: Scene) -> None:
    scene.execution().run()

    assert [event.message for event in scene.events if event.operation == "phase"] == [
        "shop_orderline",
        "shop_review",
        "shop_order",
        "shop_product",
        "shop_customer",
    ]
    scene.run.refresh_from_db(using=scene.shop.alias)
    assert (scene.run.phase, len(scene.run.results)) == ("shop_customer", 4)


def batch(number: int, *ranges: list[int]) -> SeedingMetadata:
    return SeedingMetadata(pk=number, key_ranges=list(ranges))


def test_portions_are_bounded_and_name_the_entries_that_hold_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_PER_TRANSACTION", 4)
    batches = [batch(2, [5, 3, 21], [8, 3, 41]), batch(1, [0, 5, 11])]

    found = [(entries, rows.ranges) for entries, rows in _portions(batches, keys(*range(11, 16), 21, 23, 41, 42, 43))]

    assert found == [([2], [(23, 23), (41, 43)]), ([2, 1], [(13, 15), (21, 21)]), ([1], [(11, 12)])]


def test_a_portion_that_is_just_full_is_followed_by_no_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_PER_TRANSACTION", 2)

    assert [(entries, rows.ranges) for entries, rows in _portions([batch(1, [0, 2, 7])], keys(7, 8))] == [([1], [(7, 8)])]
    assert list(_portions([batch(1, [0, 2, 7])], keys(9))) == []
