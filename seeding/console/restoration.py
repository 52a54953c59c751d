"""What `seed_verify` and `seed_reset` print."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seeding.console.layout import say, short
from seeding.restoration.results import ResetSummary, TableVerdict, VerifyReport


def show_verification(out: Console, report: VerifyReport) -> None:
    """A line per table, then what differs, and the fingerprint."""
    if not report.tables:
        say(out, f"Nothing is seeded in {escape(report.database)}.")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for heading in ("seeded", "edited", "missing", "derived, not so now", "not compared", "other rows"):
        table.add_column(heading, justify="right")
    table.add_column("fingerprint")
    for one in report.tables:
        stale, unknown = sum(one.stale.values()), sum(one.unverifiable.values())
        numbers = [_number(number) for number in (one.edited, one.missing, stale, unknown)]
        table.add_row(escape(one.table), f"{one.seeded:,}", *numbers, f"{one.others:,}", one.fingerprint[:12] or "-")
    out.print(table)
    for one in report.tables:
        _show_differences(out, one)
    wrong = [one.table for one in report.tables if not one.is_as_seeded]
    say(out, f"\n{sum(one.seeded for one in report.tables):,} rows looked at in {report.duration:.1f} s: " + _sum_up(wrong))
    say(out, f"Fingerprint: {report.fingerprint or 'none, since not everything could be compared'}")


def show_reset(out: Console, summary: ResetSummary) -> None:
    """A line per table with anything to put back, then what stays and why."""
    worked = [one for one in summary.results if one.has_work or one.records_left or one.error]
    if not (worked or summary.left):
        rows = sum(one.seeded for one in summary.results)
        nothing = f"All {rows:,} seeded rows of {summary.database} are as they were seeded." if rows else ""
        say(out, escape(nothing or f"Nothing is seeded in {summary.database}."))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    would = "would be " if summary.dry_run else ""
    done = [f"{would}{word}" for word in ("updated", "inserted", "derived")]
    for heading in ("seeded", "edited", "missing", *done, "left", "other rows"):
        table.add_column(heading, justify="right")
    for one in worked:
        numbers = (one.records_edited, one.records_missing, one.records_updated, one.records_inserted, one.records_derived)
        shown = [f"{number:,}" if number else "-" for number in numbers]
        table.add_row(escape(one.table), f"{one.seeded:,}", *shown, _number(one.records_left), f"{one.others:,}")
    out.print(table)
    for kept in summary.left:
        say(out, f"[red]{escape(str(kept))}[/]")
    for one in worked:
        if one.error:
            say(out, f"[red]{escape(f'{one.table}: {one.error}')}[/]")
    rows = sum(one.records_updated + one.records_inserted for one in worked)
    end = f"put back in {summary.duration:.1f} s; rows that were not seeded stay as they are."
    say(out, f"\n{rows:,} rows {would or 'were '}{end}")


def _show_differences(out: Console, one: TableVerdict) -> None:
    for cell in one.cells:
        words = f"{one.table} {cell.key}: {cell.column} is {short(cell.found)}, and was seeded as {short(cell.expected)}"
        say(out, f"[red]{escape(words)}[/]")
    if one.missing_keys:
        more = f" and {one.missing - len(one.missing_keys):,} more" if one.missing > len(one.missing_keys) else ""
        say(out, f"[red]{escape(one.table)}: missing[/]: {escape(', '.join(one.missing_keys))}{more}")
    for column, rows in one.stale.items():
        say(out, f"[red]{escape(one.table)}.{escape(column)}[/]: in {rows:,} rows not what is derived now")
    for why, rows in one.unverifiable.items():
        say(out, f"{escape(one.table)}: {rows:,} rows were not compared: {escape(why)}")


def _number(number: int) -> str:
    return f"[red]{number:,}[/]" if number else "-"


def _sum_up(wrong: list[str]) -> str:
    return f"not as seeded: {escape(', '.join(wrong))}" if wrong else "everything is as it was seeded."
