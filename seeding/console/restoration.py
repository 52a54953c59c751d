"""What `seed_verify` prints."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seeding.console.layout import say, short
from seeding.restoration.results import TableVerdict, VerifyReport


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
