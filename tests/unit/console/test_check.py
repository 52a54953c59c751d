"""What `seed_check` shows: differences, rules, and what they add up to."""

from __future__ import annotations

from typing import Any

from seeding.console import show_report
from seeding.console.check import show_differences, show_verdicts
from seeding.schema.results import Difference
from seeding.verification.results import CheckReport, Verdict
from tests.unit.console.shown import coloured, shown


def difference(table: str, column: str, issue: str, **facts: Any) -> Difference:
    return Difference(**{"table": table, "column": column, "issue": issue, "expected": "a", "actual": "b", **facts})


def verdict(rule: str, **facts: Any) -> Verdict:
    return Verdict(**{"rule": rule, "sentence": f"It is {rule}.", "table": "lots", **facts})


FOUND = (
    difference("lots", "", "missing table", fix="Make it [now]."),
    difference("orders", "total", "other type", expected="x" * 61, fix="Migrate."),
    difference("bills", "note", "new column", harmless=True),
    difference("orders", "state", "other type", fix="Migrate."),
)


def test_a_schema_that_is_as_it_should_be_is_one_line() -> None:
    assert shown(show_differences, (), 5) == ["5 tables are as their models say."]


def test_each_difference_is_a_row_and_those_that_matter_have_a_way_out() -> None:
    assert shown(show_differences, FOUND, 5) == [
        "table   column  difference     expected                                                      actual",
        "lots            missing table  a                                                             b       refused",
        f"orders  total   other type     {'x' * 57}...  b       refused",
        "bills   note    new column     a                                                             b       harmless",
        "orders  state   other type     a                                                             b       refused",
        "lots: Make it [now].",
        "orders.total: Migrate.",
        "orders.state: Migrate.",
        "",
        "2 of 5 tables are not as their models say: their seeders would be refused.",
    ]


def test_each_rule_is_a_row_and_a_broken_one_is_quoted_with_some_rows() -> None:
    verdicts = (
        verdict("whole", looked_at=1_000),
        verdict("sound", looked_at=20, broken=2, examples=("1", "[2]")),
        verdict("paid", looked_at=20, broken=1_234, examples=("7",)),
        verdict("kept", missing=("bills", "lots.due")),
    )

    assert shown(show_verdicts, verdicts) == [
        "rule   table      rows looked at  rows that break it",
        "whole  lots                1,000                   0",
        "sound  lots                   20                   2",
        "paid   lots                   20               1,234",
        "kept   lots   no bills, lots.due                   -",
        "sound: It is sound. Not so in lots: 1; [2]",
        "paid: It is paid. Not so in lots: 7, …",
        "",
        "2 of 3 rules are broken.",
        "1 more could not be checked: the database lacks what they need.",
    ]
    assert coloured(show_verdicts, verdicts).count("\x1b[31m") == 4


def test_where_every_rule_holds_one_line_says_so() -> None:
    verdicts = (verdict("whole", looked_at=1), verdict("sound", looked_at=2))

    assert shown(show_verdicts, verdicts)[-2:] == ["", "All 2 rules hold."]


def test_a_rule_that_no_row_was_looked_at_for_is_not_said_to_hold() -> None:
    lines = shown(show_verdicts, (verdict("whole", looked_at=1), verdict("sound"), verdict("kept", missing=("bills",))))

    assert lines[2].split() == ["sound", "lots", "0", "-"]
    assert lines[-3:] == [
        "All 1 rules hold.",
        "1 more could not be checked: the database lacks what they need.",
        "1 more were not checked: no generated row, or no reference, is there to look at.",
    ]


def test_where_there_is_no_row_no_rule_is_said_to_hold() -> None:
    assert shown(show_verdicts, (verdict("whole"),))[-1] == "Nothing is seeded here: there was nothing to look at."


def report(*checks: str) -> CheckReport:
    return CheckReport(
        checks=checks, tables=5, differences=(), refusals=("lots is a view; leave [it] out.",), verdicts=(), unreadable=()
    )


def test_only_what_was_asked_for_is_shown() -> None:
    schema = ["5 tables are as their models say.", "refused: lots is a view; leave [it] out."]

    assert shown(show_report, report("schema")) == schema
    assert shown(show_report, report("schema", "invariants"))[:2] == schema
    assert shown(show_report, report("invariants"))[0].split()[:2] == ["rule", "table"]
    assert len(shown(show_report, report("schema", "invariants"))) > 2


def test_rows_that_were_not_looked_at_are_not_said_to_be_missing() -> None:
    report = CheckReport(
        checks=("references",), tables=0, differences=(), refusals=(), verdicts=(), unreadable=(), seeded=1_234
    )

    assert shown(show_report, report)[-1] == "1,234 rows are seeded here, and none was looked at."
