"""What a rollback says of what it did."""

from __future__ import annotations

from typing import Any

import pytest

from seeding.rollbacks.results import Kept, Modified, RollbackResult, RollbackSummary


def summary(*results: RollbackResult) -> RollbackSummary:
    return RollbackSummary(
        run=7, database="shop", environment="dev", strategy="delete", dry_run=False, duration=1.5, results=results
    )


def result(**counts: Any) -> RollbackResult:
    return RollbackResult(table="shop_order", records_planned=3, **counts)


def test_all_that_was_planned_and_deleted_is_a_success() -> None:
    whole = result(records_deleted=3)

    assert whole.success
    assert (summary(whole).exit_code, summary(whole, whole).records_deleted) == (0, 6)


@pytest.mark.parametrize("count", ["records_gone", "records_kept", "records_failed"])
def test_a_single_row_that_is_not_deleted_is_exit_code_six(count: str) -> None:
    short = result(records_deleted=2, **{count: 1})

    assert not short.success
    assert summary(result(records_deleted=3), short).exit_code == 6


def test_an_error_is_exit_code_six_though_every_row_is_gone() -> None:
    assert summary(result(records_deleted=3, error="rows are still there")).exit_code == 6


def test_nothing_to_do_is_exit_code_zero() -> None:
    assert (summary().exit_code, summary().records_deleted) == (0, 0)


def test_json_has_the_success_of_each_table_and_of_the_whole() -> None:
    told = summary(result(records_deleted=2, records_kept=1)).as_dict()

    assert (told["exit_code"], told["records_deleted"], told["results"][0]["success"]) == (6, 2, False)
    assert (told["results"][0]["table"], told["results"][0]["records_kept"], told["run"]) == ("shop_order", 1, 7)


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (Kept(table="t", keys=(4,), count=1, reason="so"), "1 row of t (4): so"),
        (Kept(table="t", keys=(4, 5), count=2, reason="so"), "2 rows of t (4, 5): so"),
        (Kept(table="t", keys=(4, 5), count=1_200, reason="so"), "1,200 rows of t (4, 5, …): so"),
        (
            Kept(table="t", keys=(4,), count=1, reason="named by", by="u.t_id", referring=("8", "9"), referring_count=2),
            "1 row of t (4): named by u.t_id (8, 9)",
        ),
        (
            Kept(table="t", keys=(4,), count=1, reason="named by", by="u.t_id", referring=("8",), referring_count=2),
            "1 row of t (4): named by u.t_id (8, …)",
        ),
    ],
)
def test_a_reason_names_a_few_rows_and_counts_all(kept: Kept, words: str) -> None:
    assert str(kept) == words


@pytest.mark.parametrize(
    ("modified", "words"),
    [
        (Modified(table="t", count=1, examples={3: ("a", "b")}), "1 row of t (3: a, b)"),
        (Modified(table="t", count=2, examples={3: ("a",), 4: ("b",)}), "2 rows of t (3: a; 4: b)"),
        (Modified(table="t", count=9_000, examples={3: ("a",)}), "9,000 rows of t (3: a; …)"),
    ],
)
def test_changed_rows_are_told_with_their_columns(modified: Modified, words: str) -> None:
    assert str(modified) == words
