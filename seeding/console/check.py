"""Findings in the schema and the data."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seeding.console.layout import say, short
from seeding.schema.results import Difference
from seeding.verification.results import CheckReport, Verdict


def show_report(out: Console, report: CheckReport) -> None:
    """What `seed_check` found."""
    if "schema" in report.checks:
        show_differences(out, report.differences, report.tables)
        for sentence in report.refusals:
            say(out, f"[red]refused[/]: {escape(sentence)}")
    if report.checks != ("schema",):
        show_verdicts(out, report.verdicts, report.seeded)


def show_differences(out: Console, found: Sequence[Difference], tables: int) -> None:
    """The differences between the models and the live tables, blocking ones first."""
    if not found:
        say(out, f"{tables} tables are as their models say.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("table", "column", "difference", "expected", "actual", ""):
        table.add_column(heading, overflow="fold")
    for one in found:
        weight = "harmless" if one.harmless else "[red]refused[/]"
        table.add_row(one.table, one.column, one.issue, escape(short(one.expected)), escape(short(one.actual)), weight)
    out.print(table)
    for one in found:
        if not one.harmless:
            say(out, f"[red]{one.table}{'.' if one.column else ''}{one.column}[/]: {escape(one.fix)}")
    refused = {one.table for one in found if not one.harmless}
    say(out, f"\n{len(refused)} of {tables} tables are not as their models say: their seeders would be refused.")


def show_verdicts(out: Console, verdicts: Sequence[Verdict], seeded: int = 0) -> None:
    """The table of rules, then each broken rule with its sentence and a few rows; `seeded` rows are in the ledger."""
    table = Table(box=None, pad_edge=False)
    table.add_column("rule")
    table.add_column("table")
    is_changed = any(verdict.changed for verdict in verdicts)
    for heading in ("rows looked at", "rows that break it", *(["changed since"] if is_changed else [])):
        table.add_column(heading, justify="right")
    for verdict in verdicts:
        broken = f"[red]{verdict.broken:,}[/]" if verdict.broken else "0" if verdict.looked_at else "-"
        looked_at = f"no {', '.join(verdict.missing)}" if verdict.missing else f"{verdict.looked_at:,}"
        changed = [f"{verdict.changed:,}" if verdict.changed else "-"] if is_changed else []
        table.add_row(verdict.rule, verdict.table, looked_at, "-" if verdict.missing else broken, *changed)
    out.print(table)
    for verdict in (one for one in verdicts if one.broken):
        keys = _some(verdict.examples, verdict.broken)
        say(out, f"[red]{verdict.rule}[/]: {escape(verdict.sentence)} Not so in {verdict.table}: {keys}")
    for verdict in (one for one in verdicts if one.changed):
        keys = _some(verdict.changed_examples, verdict.changed)
        say(out, f"{verdict.rule}: changed since in {verdict.table}: {keys}")
    _sum_up(out, verdicts, seeded)


def _sum_up(out: Console, verdicts: Sequence[Verdict], seeded: int) -> None:
    rows, asked = sum(verdict.looked_at for verdict in verdicts), sum(bool(verdict.looked_at) for verdict in verdicts)
    broken, changed = sum(bool(verdict.broken) for verdict in verdicts), sum(bool(verdict.changed) for verdict in verdicts)
    unasked = sum(bool(verdict.missing) for verdict in verdicts)
    if not rows and seeded:
        say(out, f"\n{seeded:,} rows are seeded here, and none was looked at.")
    elif not rows:
        say(out, "\nNothing is seeded here: there was nothing to look at.")
    elif broken:
        say(out, f"\n{broken} of {asked} rules are broken.")
    else:
        say(out, f"\nAll {asked} rules hold{' for what nobody has changed' if changed else ''}.")
    if changed:
        count = sum(verdict.changed for verdict in verdicts)
        say(out, f"{count:,} rows break {changed} of them and involve rows that were edited or inserted since: counted apart.")
    if unasked:
        say(out, f"{unasked} more could not be checked: the database lacks what they need.")
    if rows and (idle := len(verdicts) - unasked - asked):
        say(out, f"{idle} more were not checked: no generated row, or no reference, is there to look at.")


def _some(examples: Sequence[str], count: int) -> str:
    return escape("; ".join(examples)) + (", …" if count > len(examples) else "")
