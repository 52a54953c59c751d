"""What was masked, and which columns hold personal data, as people see it."""

from __future__ import annotations

from typing import Any

import pytest

from seeding.console import markdown_inventory, show_inventory, show_masking
from seeding.masking.results import ClassifiedColumn, LeftColumn, MaskingResult, MaskingSummary
from tests.unit.console.shown import shown


def summary(*results: MaskingResult, **facts: Any) -> MaskingSummary:
    values = {
        "run": 3,
        "database": "shop",
        "environment": "dev",
        "mode": "full",
        "key": "12ab",
        "dry_run": False,
        "duration": 1.25,
    }
    return MaskingSummary(**{**values, "results": results, **facts})


def test_masked_tables_are_counted_and_the_key_is_named() -> None:
    done = summary(
        MaskingResult(table="customers", rows=1_200, masked=2_400, duration=0.5),
        MaskingResult(table="reviews", rows=3, error="it is a [view]", exit_code=3),
        left=(LeftColumn(table="orders", column="note", kind="email"),),
    )

    assert shown(show_masking, done) == [
        "table       rows  values masked  seconds",
        "customers  1,200          2,400     0.50",
        "reviews        3              0     0.00",
        "reviews cannot be masked: it is a [view]",
        "orders.note looks like personal data (email) and is not classified",
        "",
        "2,400 values masked in shop (full, key 12ab, 1.2 s, run 3).",
    ]


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (MaskingResult(table="a"), "Nothing to do: no value was left to mask in shop (full, key 12ab, 1.2 s, run 3)."),
        (MaskingResult(table="a", error="x", exit_code=5), "No value masked in shop (full, key 12ab, 1.2 s, run 3)."),
    ],
)
def test_nothing_masked_is_not_told_as_done_where_something_went_wrong(result: MaskingResult, told: str) -> None:
    assert shown(show_masking, summary(result))[-1] == told


def test_a_dry_run_shows_examples_and_says_that_nothing_was_written() -> None:
    examples = ({"column": "email", "before": "a text like [email]", "after": "x@example.com"},)
    planned = summary(MaskingResult(table="customers", rows=2, masked=2, examples=examples), dry_run=True, run=None)

    assert shown(show_masking, planned) == [
        "table      rows  values to mask  seconds",
        "customers     2               2     0.00",
        "",
        "customers for example",
        "  email: a text like [email] → x@example.com",
        "",
        "Dry run (full masking, key 12ab): nothing was written, 2 values would be masked.",
    ]


def column(name: str, holds: str, **facts: Any) -> ClassifiedColumn:
    values = {"table": "customers", "column": name, "seeder": "S", "holds": holds, "strategy": "", "masked": "", "kept": ""}
    return ClassifiedColumn(**{**values, **facts})


COLUMNS = (
    column("email", "personal data", strategy="email", masked="an [address]", kept="the domain"),
    column("id", "nothing personal"),
    column("note", "undecided"),
    column("phone", "undecided", table="orders", problem="looks like personal data [phone]"),
)


def test_the_inventory_lists_what_is_personal_and_what_is_undecided() -> None:
    assert shown(show_inventory, COLUMNS) == [
        "table      column  strategy   a mask is     partial masking keeps",
        "customers  email   email      an [address]  the domain",
        "customers  note    undecided",
        "orders     phone   undecided",
        "orders.phone looks like personal data [phone]",
        "",
        "1 of 4 columns of 2 tables hold personal data; 2 are undecided.",
    ]


def test_the_inventory_as_markdown_has_the_same_rows() -> None:
    assert markdown_inventory(COLUMNS).splitlines() == [
        "| table | column | strategy | a mask is | partial masking keeps |",
        "| --- | --- | --- | --- | --- |",
        "| customers | email | email | an [address] | the domain |",
        "| customers | note | undecided |  |  |",
        "| orders | phone | undecided |  |  |",
    ]
