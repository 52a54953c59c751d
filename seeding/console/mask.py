"""Personal data: what was masked, and which columns hold it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seeding.console.layout import say
from seeding.masking.results import ClassifiedColumn, MaskingSummary


def show_masking(out: Console, summary: MaskingSummary) -> None:
    """The table of masked values, the examples of a dry run, and the unclassified columns."""
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for heading in ("rows", "values to mask" if summary.dry_run else "values masked", "seconds"):
        table.add_column(heading, justify="right")
    for result in summary.results:
        table.add_row(result.table, f"{result.rows:,}", f"{result.masked:,}", f"{result.duration:.2f}")
    out.print(table)
    for result in summary.results:
        if result.examples:
            say(out, f"\n[bold]{result.table}[/] for example")
        for one in result.examples:
            say(out, escape(f"  {one['column']}: {one['before']} → {one['after']}"))
    for result in summary.results:
        if result.error:
            say(out, f"[red]{result.table}[/] cannot be masked: {escape(result.error)}")
    _show_left(out, summary)
    masked = sum(result.masked for result in summary.results)
    if summary.dry_run:
        say(
            out,
            f"\nDry run ({summary.mode} masking, key {summary.key}): nothing was written, {masked:,} values would be masked.",
        )
    else:
        nothing = "No value masked" if summary.exit_code else "Nothing to do: no value was left to mask"
        done = f"{masked:,} values masked" if masked else nothing
        say(
            out,
            f"\n{done} in {summary.database} ({summary.mode}, key {summary.key}, {summary.duration:.1f} s, run {summary.run}).",
        )


def _show_left(out: Console, summary: MaskingSummary) -> None:
    for left in summary.left:
        say(out, f"[red]{left.table}.{left.column}[/] looks like personal data ({left.kind}) and is not classified")
    if summary.unseen:
        say(out, f"Not looked at, since search_path does not name them: the schemas {escape(', '.join(summary.unseen))}.")


def show_inventory(out: Console, columns: Sequence[ClassifiedColumn]) -> None:
    """The columns with personal data and the undecided ones, then the totals."""
    table = Table(box=None, pad_edge=False)
    for heading in ("table", "column", "strategy", "a mask is", "partial masking keeps"):
        table.add_column(heading, overflow="fold")
    for one in columns:
        if one.holds != "nothing personal":
            told = one.strategy or f"[red]{one.holds}[/]"
            table.add_row(one.table, one.column, told, escape(one.masked), escape(one.kept))
    out.print(table)
    for one in columns:
        if one.problem:
            say(out, f"[red]{one.table}.{one.column}[/] {escape(one.problem)}")
    held = sum(one.holds == "personal data" for one in columns)
    undecided = sum(one.holds == "undecided" for one in columns)
    tables = len({one.table for one in columns})
    say(out, f"\n{held} of {len(columns)} columns of {tables} tables hold personal data; {undecided} are undecided.")


def markdown_inventory(columns: Sequence[ClassifiedColumn]) -> str:
    """The same as a Markdown table, for the compliance page."""
    rows = ["| table | column | strategy | a mask is | partial masking keeps |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| {one.table} | {one.column} | {one.strategy or one.holds} | {one.masked} | {one.kept} |"
        for one in columns
        if one.holds != "nothing personal"
    ]
    return "\n".join(rows)
