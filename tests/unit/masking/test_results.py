"""What a masking run says of what it did."""

from __future__ import annotations

from typing import Any

from seeding.masking.results import LeftColumn, MaskingResult, MaskingSummary

LEFT = LeftColumn(table="guest", column="mail", kind="email")


def summary(*codes: int, **values: Any) -> MaskingSummary:
    return MaskingSummary(
        run=1, database="shop", environment="dev", mode="full", key="abcd", dry_run=False, duration=1.0,
        results=tuple(MaskingResult(table="guest", exit_code=code) for code in codes), **values,
    )  # fmt: skip


def test_the_smallest_code_of_a_table_wins() -> None:
    assert (summary().exit_code, summary(0, 0).exit_code, summary(0, 5, 3).exit_code) == (0, 0, 3)


def test_a_column_that_nobody_has_classified_is_exit_code_three() -> None:
    assert (summary(0, left=(LEFT,)).exit_code, summary(5, left=(LEFT,)).exit_code) == (3, 3)
    assert summary(2, left=(LEFT,)).exit_code == 2


def test_json_has_the_code_and_the_ledger_has_no_example() -> None:
    result = MaskingResult(table="guest", rows=2, masked=1, examples=[{"column": "mail", "after": "x"}])

    assert summary(3).as_dict()["exit_code"] == 3
    assert result.as_dict() == {
        "table": "guest", "rows": 2, "masked": 1, "duration": 0.0, "error": "", "exit_code": 0, "masking": {},
    }  # fmt: skip
