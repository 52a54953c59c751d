"""What people see: the progress bar and the summary. Rich draws them; without a terminal they are plain lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from seeding.events import Event
from seeding.results import (
    CheckReport,
    ClassifiedColumn,
    Difference,
    MaskingSummary,
    RollbackSummary,
    RunSummary,
    SeederState,
    Verdict,
)

if TYPE_CHECKING:
    from types import TracebackType

STYLES = {
    SeederState.SEEDED: "green",
    SeederState.EXISTING: "dim",
    SeederState.PARTIAL: "yellow",
    SeederState.REFUSED: "red",
    SeederState.FAILED: "red",
    SeederState.SKIPPED: "yellow",
}
PLAIN_WIDTH = 120
"""Columns of a line where there is no terminal to ask."""


class ProgressBar:
    """A sink that draws one bar per seeder under way, on a terminal; elsewhere it does nothing."""

    def __init__(self, stream: TextIO, *, enabled: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(file=stream),
            disable=not enabled,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def sink(self, event: Event) -> None:
        """Follow the events of the seeders."""
        if event.seeder is None:
            return
        if event.operation == "start":
            table, planned = str(event.context["table"]), int(event.context["planned"])
            self._tasks[event.seeder] = self._progress.add_task(table, total=planned)
        elif event.seeder in self._tasks and "done" in event.context:
            self._progress.update(self._tasks[event.seeder], completed=int(event.context["done"]))
        elif event.operation == "finish" and event.seeder in self._tasks:
            self._progress.remove_task(self._tasks.pop(event.seeder))


def console(stream: Any, *, color: bool) -> Console:
    """A Rich console on `stream`: as wide as the terminal, or PLAIN_WIDTH."""
    terminal = stream.isatty()
    return Console(file=stream, no_color=not color, highlight=False, soft_wrap=False, width=None if terminal else PLAIN_WIDTH)


def show_plan(out: Console, added: list[str], asked: list[str]) -> None:
    """Say which tables come along with those that were asked for."""
    if added:
        out.print(f"{', '.join(asked)} needs or brings: {', '.join(added)}")


def show_summary(out: Console, summary: RunSummary) -> None:
    """The table of results, then what went wrong, then what was done in one line."""
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    table.add_column("seeder")
    for heading in ("planned", "would insert" if summary.dry_run else "inserted", "existing", "skipped", "seconds"):
        table.add_column(heading, justify="right")
    table.add_column("state")
    for result in summary.results:
        table.add_row(
            result.table or "-",
            result.seeder,
            f"{result.records_planned:,}",
            f"{result.records_inserted:,}",
            f"{result.records_existing:,}",
            f"{result.records_skipped:,}",
            f"{result.duration:.2f}",
            f"[{STYLES[result.state]}]{result.state}[/]",
        )
    out.print(table)
    for name, rows in summary.examples.items():
        out.print(f"\n[bold]{name}[/] for example")
        for row in rows:
            out.print("  " + escape(", ".join(f"{key}={_short(value)}" for key, value in row.items() if value is not None)))
    for result in summary.results:
        if result.error:
            out.print(f"[{STYLES[result.state]}]{result.table or result.seeder}[/]: {escape(result.error)}")
    out.print(_sentence(summary))


def show_rollback(out: Console, summary: RollbackSummary) -> None:
    """The table of results, what somebody changed, what stays and why, then what was done in one line."""
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for heading in ("seeded", "would delete" if summary.dry_run else "deleted", "gone before", "kept", "refused", "seconds"):
        table.add_column(heading, justify="right")
    for result in summary.results:
        kept = f"[yellow]{result.records_kept:,}[/]" if result.records_kept else "0"
        table.add_row(
            result.table,
            f"{result.records_planned:,}",
            f"{result.records_deleted:,}",
            f"{result.records_gone:,}",
            kept,
            f"[red]{result.records_failed:,}[/]" if result.records_failed else "0",
            f"{result.duration:.2f}",
        )
    if summary.results:
        out.print(table)
    for heading, lines in (("Changed since they were seeded:", summary.modified), ("Kept:", summary.kept)):
        if lines:
            out.print(f"\n[yellow]{heading}[/]")
        for line in lines:
            out.print(f"  {escape(str(line))}")
    if summary.uncompared:
        tables = ", ".join(summary.uncompared)
        out.print(f"\nWhether somebody has changed rows of {tables} cannot be said: they were made by another version.")
    for result in summary.results:
        if result.error:
            out.print(f"[red]{result.table}[/]: {escape(result.error)}")
    out.print(_undone(summary))


def show_lock(out: Console, database: str, facts: Mapping[str, str] | None, *, released: bool) -> None:
    """Who holds the lock, or held it until it was `released`."""
    if facts is None:
        out.print(f"The seeding lock of {escape(database)} is free.")
        return
    out.print(f"The seeding lock of {escape(database)} {'was taken from' if released else 'is held by'}")
    for heading, value in facts.items():
        out.print(f"  {heading:<12}{escape(value)}")
    if released:
        out.print("That run stops before its next commit; the next one goes on where it stopped.")


def show_environments(out: Console, database: str, remembered: Sequence[str]) -> None:
    """Under which environments the ledger says that the database was written to."""
    out.print(f"{escape(database)} was written to as {', '.join(remembered)}." if remembered else "It was never written to.")


def show_report(out: Console, report: CheckReport) -> None:
    """What `seed_check` found."""
    if "schema" in report.checks:
        show_differences(out, report.differences, report.tables)
    if report.checks != ("schema",):
        show_verdicts(out, report.verdicts)


def show_differences(out: Console, found: Sequence[Difference], tables: int) -> None:
    """The table of differences between the models and the live tables, those that refuse a seeder first."""
    if not found:
        out.print(f"{tables} tables are as their models say.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("table", "column", "difference", "expected", "actual", ""):
        table.add_column(heading, overflow="fold")
    for one in found:
        weight = "harmless" if one.harmless else "[red]refused[/]"
        table.add_row(one.table, one.column, one.issue, escape(_short(one.expected)), escape(_short(one.actual)), weight)
    out.print(table)
    for one in found:
        if not one.harmless:
            out.print(f"[red]{one.table}{'.' if one.column else ''}{one.column}[/]: {escape(one.fix)}")
    refused = {one.table for one in found if not one.harmless}
    out.print(f"\n{len(refused)} of {tables} tables are not as their models say: their seeders would be refused.")


def show_verdicts(out: Console, verdicts: Sequence[Verdict]) -> None:
    """The table of rules, then those that are broken, each with what it says and a few rows."""
    table = Table(box=None, pad_edge=False)
    table.add_column("rule")
    table.add_column("table")
    for heading in ("rows looked at", "rows that break it"):
        table.add_column(heading, justify="right")
    for verdict in verdicts:
        broken = f"[red]{verdict.broken:,}[/]" if verdict.broken else "0"
        looked_at = f"no {', '.join(verdict.missing)}" if verdict.missing else f"{verdict.looked_at:,}"
        table.add_row(verdict.rule, verdict.table, looked_at, "-" if verdict.missing else broken)
    out.print(table)
    broken_rules = [verdict for verdict in verdicts if verdict.broken]
    for verdict in broken_rules:
        more = ", …" if verdict.broken > len(verdict.examples) else ""
        keys = escape("; ".join(verdict.examples))
        out.print(f"[red]{verdict.rule}[/]: {escape(verdict.sentence)} Not so in {verdict.table}: {keys}{more}")
    rows = sum(verdict.looked_at for verdict in verdicts)
    if not rows:
        out.print("\nNothing is seeded here: there was nothing to look at.")
    elif broken_rules:
        out.print(f"\n{len(broken_rules)} of {len(verdicts)} rules are broken.")
    else:
        out.print(f"\nAll {len(verdicts)} rules hold.")


def show_masking(out: Console, summary: MaskingSummary) -> None:
    """The table of what was masked, the examples of a dry run, and what nobody has classified."""
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    for heading in ("rows", "values masked", "seconds"):
        table.add_column(heading, justify="right")
    for result in summary.results:
        table.add_row(result.table, f"{result.rows:,}", f"{result.masked:,}", f"{result.duration:.2f}")
    out.print(table)
    for result in summary.results:
        if result.examples:
            out.print(f"\n[bold]{result.table}[/] for example")
        for one in result.examples:
            out.print(escape(f"  {one['column']}: {one['before']} → {one['after']}"))
    for result in summary.results:
        if result.error:
            out.print(f"[red]{result.table}[/] cannot be masked: {escape(result.error)}")
    for left in summary.left:
        out.print(f"[red]{left.table}.{left.column}[/] looks like personal data ({left.kind}), and nobody has classified it")
    masked = sum(result.masked for result in summary.results)
    if summary.dry_run:
        out.print(f"\nDry run ({summary.mode} masking, key {summary.key}): nothing was written.")
    else:
        done = f"{masked:,} values masked" if masked else "Nothing to do: all of it is masked"
        out.print(
            f"\n{done} in {summary.database} ({summary.mode}, key {summary.key}, {summary.duration:.1f} s, run {summary.run})."
        )


def show_inventory(out: Console, columns: Sequence[ClassifiedColumn]) -> None:
    """The columns that hold personal data and those that nobody has decided about, then what is counted."""
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
            out.print(f"[red]{one.table}.{one.column}[/] {escape(one.problem)}")
    held = sum(one.holds == "personal data" for one in columns)
    undecided = sum(one.holds == "undecided" for one in columns)
    tables = len({one.table for one in columns})
    out.print(f"\n{held} of {len(columns)} columns of {tables} tables hold personal data; {undecided} are undecided.")


def markdown_inventory(columns: Sequence[ClassifiedColumn]) -> str:
    """The same as a Markdown table, for the compliance page."""
    rows = ["| table | column | strategy | a mask is | partial masking keeps |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| {one.table} | {one.column} | {one.strategy or one.holds} | {one.masked} | {one.kept} |"
        for one in columns
        if one.holds != "nothing personal"
    ]
    return "\n".join(rows)


def _sentence(summary: RunSummary) -> str:
    dataset = f"seed {summary.seed}, as of {summary.as_of}"
    if summary.dry_run:
        rows = f"{summary.records_inserted:,} rows would be inserted"
        return f"\nDry run ({dataset}): {rows}; nothing was written. The keys shown are not the final ones."
    done = f"{summary.records_inserted:,} rows inserted" if summary.records_inserted else "Nothing to do: all rows exist"
    if summary.exit_code:
        done = f"{summary.records_inserted:,} rows inserted, and not all went well (exit code {summary.exit_code})"
    return f"\n{done} in {summary.database}, {summary.duration:.1f} s ({dataset}, run {summary.run})."


def _undone(summary: RollbackSummary) -> str:
    if summary.dry_run:
        return f"\n{summary.records_deleted:,} rows would be deleted from {summary.database}; nothing was changed."
    if not summary.results:
        rest = f"{summary.left:,} seeded rows are there" if summary.left else "nothing is seeded there"
        return f"Nothing to roll back in {summary.database}: {rest}."
    kept = f", {summary.left:,} seeded rows are left" if summary.left else ", nothing seeded is left"
    code = f" (exit code {summary.exit_code})" if summary.exit_code else ""
    done = f"{summary.records_deleted:,} rows deleted from {summary.database}{kept}{code}"
    return f"\n{done}, {summary.duration:.1f} s (run {summary.run})."


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
