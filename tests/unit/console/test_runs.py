"""A run that has ended, and a rollback, as people see them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from seeding.console import AGAIN, show_plan, show_rollback, show_summary
from seeding.console.runs import UNDO_THE_REST
from seeding.orchestration.forecast import Forecast
from seeding.orchestration.plan import Step
from seeding.orchestration.results import RunSummary, SeederResult, SeederState
from seeding.rollbacks.results import Kept, Modified, RollbackResult, RollbackSummary
from tests.unit.console.shown import shown

KEYS = "The keys shown are not the final ones."
FIX = "Fix the cause. Run the same command again: only what is missing is tried."
SEE = "Fix what the message names; seed_check --schema lists everything."
AS_OF = date(2026, 3, 2)


def summary(*results: SeederResult, **facts: Any) -> RunSummary:
    values = {"run": 7, "database": "shop", "environment": "dev", "size": "small", "scale": 1, "seed": 42, "as_of": AS_OF,
              "edge_cases": True, "dry_run": False, "duration": 1.5}  # fmt: skip
    return RunSummary(**{**values, "results": results, **facts})


def result(state: SeederState = SeederState.SEEDED, **facts: Any) -> SeederResult:
    return SeederResult(**{"seeder": "Lots", "table": "lots", "state": state, "records_planned": 5, **facts})


def undone(*results: RollbackResult, **facts: Any) -> RollbackSummary:
    values = {"run": 8, "database": "shop", "environment": "dev", "strategy": "x", "dry_run": False, "duration": 0.5}
    return RollbackSummary(**{**values, "results": results, **facts})


def test_a_run_without_anything_to_insert_says_so() -> None:
    lines = shown(show_summary, summary(result(SeederState.EXISTING, records_existing=5)))

    assert lines[-1] == "Nothing to do: all rows exist in shop, 1.5 s (seed 42, as of 2026-03-02, run 7)."


def test_a_run_that_went_well_ends_with_its_figures() -> None:
    metrics = {"rate": 1234.5, "queries": 5_000, "peak_memory": 10**6, "lock_wait": 61}

    lines = shown(show_summary, summary(result(records_inserted=5), metrics=metrics))

    assert lines[-2:] == [
        "5 rows inserted in shop, 1.5 s (seed 42, as of 2026-03-02, run 7).",
        "1,234 rows/s, 5,000 queries, 1.0 MB of memory at most, 0:01:01 for the lock.",
    ]


def test_a_dry_run_shows_examples_without_what_is_null() -> None:
    examples = {"lots": [{"id": 1, "name": "[a]", "note": None, "text": "x" * 61}]}

    lines = shown(show_summary, summary(result(records_inserted=5), dry_run=True, run=None, examples=examples))

    assert lines[0].split()[3:5] == ["would", "insert"]
    assert lines[3:] == [
        "",
        "lots for example",
        f"  id=1, name=[a], text={'x' * 57}...",
        "",
        f"Dry run (seed 42, as of 2026-03-02): 5 rows would be inserted; nothing was written. {KEYS}",
    ]


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        (SeederState.PARTIAL, f"Partial? The log names every rejected row and what was expected. {FIX}"),
        (SeederState.REFUSED, f"Refused? Nothing was written. {SEE} {AGAIN}"),
        (SeederState.FAILED, f"Failed? The log has the traceback. Batches committed before stay. {FIX}"),
        (SeederState.SKIPPED, "Skipped? A dependency failed; fix it and run again."),
    ],
)  # fmt: skip
def test_what_did_not_go_well_has_its_advice_once(state: SeederState, advice: str) -> None:
    wrong = (result(state, error="so [it] is", exit_code=5), result(state, table="", seeder="Others", error="x", exit_code=5))

    lines = shown(show_summary, summary(*wrong))

    assert lines[-5:] == ["", "lots: so [it] is", "Others: x", "", advice]


def test_a_size_that_nobody_can_estimate_is_a_question_mark() -> None:
    forecast = Forecast(
        database="shop", environment="dev", size="small", scale=1, seed=42, as_of=AS_OF, edge_cases=True, asked=(), added=(),
        steps=(Step(seeder="Lots", table="lots", rows=5, existing=0),), seconds={"Lots": 0.04}, sizes={},
    )  # fmt: skip

    lines = shown(show_plan, forecast)

    assert lines[0] == "shop (dev): small, seed 42, as of 2026-03-02"
    assert lines[2].split() == ["1.", "lots", "Lots", "5", "0", "5", "0.0", "s", "?"]
    assert lines[3].split() == ["in", "all", "5", "0", "5", "0.0", "s", "0", "B"]


def test_a_rollback_is_told_table_by_table_and_then_why_something_stays() -> None:
    summary = undone(
        RollbackResult(table="lots", records_planned=1_500, records_deleted=1_000, records_gone=400, records_kept=90,
                       records_failed=10, duration=0.25, error="a [key] holds it"),
        RollbackResult(table="orders", records_planned=2, records_deleted=2),
        kept=(Kept(table="lots", keys=(1, 2), count=90, reason="referred to by", by="bills.lot_id", referring=("7",),
                   referring_count=1),),
        modified=(Modified(table="orders", count=1, examples={5: ("state",)}),),
        uncompared=("lots", "orders", "bills"), loaded=("orders",), left=100,
    )  # fmt: skip

    assert shown(show_rollback, summary) == [
        "table   seeded  deleted  gone before  kept  refused  seconds",
        "lots     1,500    1,000          400    90       10     0.25",
        "orders       2        2            0     0        0     0.00",
        "",
        "1,002 rows deleted from shop, 100 seeded rows are left (exit code 6), 0.5 s (run 8).",
        "",
        "Changed since they were seeded:",
        "  1 row of orders (5: state)",
        "",
        "Kept:",
        "  90 rows of lots (1, 2, …): referred to by bills.lot_id (7)",
        "",
        "lots: 400 of 1,500 planned rows were not found: they were deleted outside of seeding, and the ledger drops them.",
        "",
        "Rows of lots, bills cannot be compared with what was seeded: they were made by another version or by receivers.",
        "",
        "Rows of orders cannot be compared with what was seeded: they were loaded from files.",
        "",
        "lots: a [key] holds it",
        "",
        UNDO_THE_REST,
    ]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, "Nothing to roll back in shop: its ledger holds no seeded rows."),
        ({"left": 1_200}, "Nothing to roll back in shop: 1,200 seeded rows are there."),
    ],
)
def test_a_rollback_of_nothing_is_one_line(facts: dict[str, Any], told: str) -> None:
    assert shown(show_rollback, undone(**facts)) == [told]


@pytest.mark.parametrize(
    ("facts", "row", "told"),
    [
        ({}, {"records_deleted": 2}, "2 rows deleted from shop, nothing seeded is left, 0.5 s (run 8)."),
        ({"left": 3}, {"records_deleted": 2}, "2 rows deleted from shop, 3 seeded rows are left, 0.5 s (run 8)."),
        (
            {},
            {"records_deleted": 2, "error": "1 more is gone"},
            "2 rows deleted from shop, and the counts do not agree (exit code 6), 0.5 s (run 8).",
        ),
        (
            {"dry_run": True, "run": None},
            {"records_deleted": 2},
            "2 rows would be deleted from shop; nothing was changed.",
        ),
    ],
)
def test_a_rollback_says_in_one_line_what_is_left(facts: dict[str, Any], row: dict[str, Any], told: str) -> None:
    lines = shown(show_rollback, undone(RollbackResult(table="lots", records_planned=2, **row), **facts))

    assert lines[3] == told
    assert ("would delete" in lines[0]) is ("dry_run" in facts)
    assert UNDO_THE_REST not in lines
