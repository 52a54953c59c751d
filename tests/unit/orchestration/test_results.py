"""What a run says of each seeder, and the exit code of it all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from seeding.orchestration.results import RunSummary, SeederResult, SeederState, exit_code
from tests.support.databases import AS_OF

DONE = SeederResult(
    seeder="ProductSeeder", table="shop_product", state=SeederState.SEEDED, records_planned=10, records_inserted=8,
    records_existing=2,
)  # fmt: skip


@pytest.mark.parametrize(("state", "success", "has_rows"), [
    ("seeded", True, True),
    ("existing", True, True),
    ("partial", False, True),
    ("refused", False, False),
    ("failed", False, False),
    ("skipped", False, False),
])  # fmt: skip
def test_a_state_says_whether_rows_are_there_and_whether_all_are(state: str, *, success: bool, has_rows: bool) -> None:
    result = replace(DONE, state=SeederState(state))

    assert (result.success, result.has_rows, result.as_dict()["success"]) == (success, has_rows, success)


@pytest.mark.parametrize(("codes", "expected"), [((), 0), ((0, 0), 0), ((0, 5), 5), ((5, 3, 0, 4), 3)])
def test_the_smallest_code_of_a_failure_wins(codes: tuple[int, ...], expected: int) -> None:
    assert exit_code(replace(DONE, exit_code=code) for code in codes) == expected


def test_a_summary_is_plain_values_with_its_sums() -> None:
    summary = RunSummary(
        run=3, database="shop", environment="dev", size="small", scale=1, seed=42, as_of=AS_OF, edge_cases=True,
        dry_run=False, duration=0.5,
        results=(DONE, replace(DONE, seeder="ReviewSeeder", state=SeederState.PARTIAL, records_inserted=3, exit_code=5)),
    )  # fmt: skip

    told = json.loads(json.dumps(summary.as_dict()))

    assert (told["as_of"], told["exit_code"], told["records_inserted"]) == ("2026-03-02", 5, 11)
    assert [(one["seeder"], one["state"], one["success"]) for one in told["results"]] == [
        ("ProductSeeder", "seeded", True),
        ("ReviewSeeder", "partial", False),
    ]
