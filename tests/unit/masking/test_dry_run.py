"""What masking would do, told without a value that is there and without a change."""

from __future__ import annotations

from seeding.models import SeedRun
from tests.support.databases import Database
from tests.unit.masking.conftest import customers, expected, mask


def test_a_dry_run_shows_masks_and_lengths_and_writes_nothing(people: Database) -> None:
    before = customers(people)

    (result,) = mask(people, dry_run=True).results

    assert customers(people) == before
    assert not SeedRun.objects.using(people.alias).exists()
    assert (result.rows, result.masked) == (3, 5)
    masks = {(row[0], name): row[place] for row in expected(before) for place, name in ((1, "name"), (2, "email"))}
    assert result.examples == [
        {"column": "name", "before": "11 characters", "after": masks[1, "name"]},
        {"column": "email", "before": "13 characters", "after": masks[1, "email"]},
        {"column": "name", "before": "11 characters", "after": masks[2, "name"]},
        {"column": "email", "before": "13 characters", "after": masks[2, "email"]},
        {"column": "email", "before": "13 characters", "after": masks[5, "email"]},
    ]


def test_a_dry_run_shows_three_rows_across_batches_and_counts_all(people: Database) -> None:
    for key in range(10, 15):
        people.query("INSERT INTO shop_customer VALUES (%s, 'Eve', %s, '2026-03-02')", key, f"eve{key}@corp.test")

    (result,) = mask(people, dry_run=True, batch_size=2).results

    assert (result.rows, result.masked) == (8, 15)
    assert [one["column"] for one in result.examples] == ["name", "email", "name", "email", "email"]
