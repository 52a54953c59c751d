"""One transaction of a rollback: rows, ledger and audit together, or none of them."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.db import IntegrityError, OperationalError

from seeding.exceptions import LockLostError, RollbackError
from tests.unit.rollbacks.conftest import Scene, keys


def audited(file: Path) -> list[tuple[str, list[list[int]]]]:
    """(operation, keys) of every line."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [(line["operation"], line["keys"]) for line in lines]


def test_rows_go_with_the_ledger_s_mark_and_the_audit_s_line(scene: Scene, audit_file: Path) -> None:
    plan = scene.planner.plan({"shop_review": keys(1, 2)}, cascade=False)

    done = scene.deleter().delete(plan, "shop_review", scene.batches("shop_review"), keys(1, 2))

    assert (done.deleted.ranges, done.gone.ranges) == ([(1, 2)], [])
    assert (scene.there("shop_review"), scene.live("shop_review")) == ([3], [3])
    assert audited(audit_file) == [("delete", [[1, 2]])]
    (retired,) = scene.operation.ledger.batches.filter(table_name="shop_review", live=None)
    assert (retired.key_ranges, retired.rolled_back_in_id) == ([[0, 2, 1]], scene.run.pk)


def test_only_what_is_asked_for_and_in_the_entries_goes(scene: Scene) -> None:
    plan = scene.planner.plan({"shop_review": keys(1, 2, 3)}, cascade=False)

    scene.deleter().delete(plan, "shop_review", scene.batches("shop_review"), keys(3))

    assert (scene.there("shop_review"), scene.live("shop_review")) == ([1, 2], [1, 2])


def test_what_others_refer_to_stays_and_who_they_are_is_told(scene: Scene) -> None:
    plan = scene.planner.plan({"shop_product": keys(1, 2, 3), "shop_review": keys(1, 2, 3)}, cascade=True)
    scene.shop.query("DELETE FROM shop_orderline")
    scene.shop.query("INSERT INTO shop_review VALUES (9, 'Flo', 5, '', '2026-03-02', 3)")
    scene.shop.query("DELETE FROM shop_review WHERE id < 9")

    done = scene.deleter().delete(plan, "shop_product", scene.batches("shop_product"), keys(1, 2, 3))

    assert (done.deleted.ranges, scene.there("shop_product"), scene.live("shop_product")) == ([(1, 2)], [3], [3])
    referring = {str(link): [(one.referring, one.targets.tolist()) for one in found] for link, found in done.referred.items()}
    assert referring == {"shop_orderline.product_id": [], "shop_review.product_id": [([9], [3])]}


def test_of_rows_that_are_to_go_the_database_has_the_last_word(scene: Scene) -> None:
    plan = scene.planner.plan({"shop_product": keys(3), "shop_orderline": keys(4)}, cascade=False)

    with pytest.raises(IntegrityError):  # line 4 keeps nothing, and is still there at the commit
        scene.deleter().delete(plan, "shop_product", scene.batches("shop_product"), keys(3))

    assert (scene.there("shop_product"), scene.live("shop_product")) == ([1, 2, 3], [1, 2, 3])


def test_what_is_refused_is_undone_and_said_not_to_be_deleted(scene: Scene, audit_file: Path) -> None:
    scene.shop.query("CREATE TRIGGER mute BEFORE DELETE ON shop_review WHEN OLD.id = 2 BEGIN SELECT RAISE(IGNORE); END")
    plan = scene.planner.plan({"shop_review": keys(1, 2, 3)}, cascade=False)

    with pytest.raises(RollbackError, match=r"^shop_review: 2 rows were deleted instead of 3; the transaction was undone\.$"):
        scene.deleter().delete(plan, "shop_review", scene.batches("shop_review"), keys(1, 2, 3))

    assert (scene.there("shop_review"), scene.live("shop_review")) == ([1, 2, 3], [1, 2, 3])
    assert audited(audit_file) == []


def test_without_the_lock_nothing_is_committed(scene: Scene, audit_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> None:
        raise LockLostError("somebody else has it")

    monkeypatch.setattr(scene.operation.lock, "fence", lost)
    plan = scene.planner.plan({"shop_review": keys(1, 2)}, cascade=False)

    with pytest.raises(LockLostError):
        scene.deleter().delete(plan, "shop_review", scene.batches("shop_review"), keys(1, 2))

    assert (scene.there("shop_review"), scene.live("shop_review")) == ([1, 2, 3], [1, 2, 3])
    assert audited(audit_file) == [("delete", [[1, 2]]), ("not deleted", [[1, 2]])]


@pytest.mark.parametrize(
    ("error", "revoked"),
    [
        (OperationalError("no answer"), False),
        (KeyboardInterrupt(), False),
        (IntegrityError("rolled back"), True),
        (LockLostError("lost"), True),
    ],
)
def test_the_audit_s_line_stays_if_the_commit_may_have_come(
    scene: Scene, audit_file: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, *, revoked: bool
) -> None:
    plan = scene.planner.plan({"shop_review": keys(1, 2)}, cascade=False)
    deleter, batches = scene.deleter(), scene.batches("shop_review")
    monkeypatch.setattr(scene.operation.lock, "committed", Mock(side_effect=error))

    with pytest.raises(type(error)):
        deleter.delete(plan, "shop_review", batches, keys(1, 2))

    assert audited(audit_file) == [("delete", [[1, 2]]), ("not deleted", [[1, 2]])][: 1 + revoked]


def test_a_second_attempt_after_a_commit_that_was_not_answered_counts_the_rows_as_deleted(
    scene: Scene, audit_file: Path
) -> None:
    plan, batches = scene.planner.plan({"shop_review": keys(1, 2, 3)}, cascade=False), scene.batches("shop_review")
    scene.deleter().delete(plan, "shop_review", batches, keys(1, 2, 3))

    again = scene.deleter().delete(plan, "shop_review", batches, keys(1, 2, 3))

    assert (again.deleted.ranges, again.gone.ranges) == ([(1, 3)], [])
    assert audited(audit_file) == [("delete", [[1, 3]]), ("delete", [[1, 3]])]


def test_rows_that_are_not_there_are_gone_and_not_deleted(scene: Scene, audit_file: Path) -> None:
    scene.shop.query("DELETE FROM shop_review WHERE id = 1")
    plan = scene.planner.plan({"shop_review": keys(1, 2)}, cascade=False)

    done = scene.deleter().delete(plan, "shop_review", scene.batches("shop_review"), keys(1, 2))

    assert (done.deleted.ranges, done.gone.ranges) == ([(2, 2)], [(1, 1)])
    assert (scene.live("shop_review"), audited(audit_file)) == ([3], [("delete", [[2, 2]])])
