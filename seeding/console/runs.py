"""The plan before a run, its summary afterwards, and the summary of a rollback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seeding.console.layout import dataset_of, names, say, short, size_of, span_of, table_for
from seeding.orchestration.forecast import Forecast
from seeding.orchestration.results import RunSummary, SeederResult, SeederState
from seeding.rollbacks.results import IN_HISTORY, RollbackSummary

STYLES = {
    SeederState.SEEDED: "green",
    SeederState.EXISTING: "dim",
    SeederState.PARTIAL: "yellow",
    SeederState.REFUSED: "red",
    SeederState.FAILED: "red",
    SeederState.SKIPPED: "yellow",
}
AGAIN = "Run the same command again: only what is missing is tried."
NEXT = {
    SeederState.PARTIAL: f"The log names every rejected row and what was expected. Fix the cause. {AGAIN}",
    SeederState.REFUSED: f"Nothing was written. Fix what the message names; seed_check --schema lists everything. {AGAIN}",
    SeederState.FAILED: f"The log has the traceback. Batches committed before stay. Fix the cause. {AGAIN}",
    SeederState.SKIPPED: "A dependency failed; fix it and run again.",
}
"""What to do about a seeder that did not succeed."""
UNDO_THE_REST = "What is kept stays in the ledger. Once nothing refers to it, roll back again to delete the rest."


def show_plan(out: Console, forecast: Forecast) -> None:
    """The plan: the database, the tables in order, their existing rows, and the estimated time and size."""
    dataset = dataset_of(forecast)
    scale = f" × {forecast.scale:,}" if forecast.scale > 1 else ""
    say(out, f"[bold]{escape(forecast.database)}[/] ({forecast.environment}): {forecast.size}{scale}, {dataset}")
    if forecast.added:
        say(out, f"{', '.join(forecast.asked)} needs or brings: {', '.join(forecast.added)}")
    table = table_for(out, ("", "table", "seeder"), ("rows", "existing", "to insert", "time", "size"))
    for number, step in enumerate(forecast.steps, start=1):
        size = forecast.sizes.get(step.seeder)
        table.add_row(
            f"{number}.",
            *names(out, step.table, step.seeder),
            f"{step.rows:,}",
            f"{step.existing:,}",
            f"{step.missing:,}",
            span_of(forecast.seconds[step.seeder]) if step.missing else "-",
            "-" if not step.missing else "?" if size is None else size_of(size),
        )
    rows, existing = sum(step.rows for step in forecast.steps), sum(step.existing for step in forecast.steps)
    missing, size = rows - existing, sum(forecast.sizes.values())
    took = span_of(sum(forecast.seconds.values()))
    table.add_section()
    table.add_row("", *names(out, "in all", ""), f"{rows:,}", f"{existing:,}", f"{missing:,}", took, size_of(size))
    out.print(table)
    say(out, "Time and size are estimates; indexes are not counted.\n")
    for heading, words_of in (
        ("[bold]Left out[/], unless they are named with --table:", forecast.left_out),
        ("[red]Cannot be filled[/]:", forecast.unfillable),
        ("[yellow]Not valid by the models' own word[/], and made all the same:", forecast.doubts),
    ):
        if words_of:
            lines = (f"  {escape(name)}: {escape(words)}" for name, words in words_of.items())
            say(out, "\n".join((heading, *lines, "")))


def show_summary(out: Console, summary: RunSummary) -> None:
    """The table of results, a one-line summary, then the errors and what to do about them."""
    inserted = "would insert" if summary.dry_run else "inserted"
    table = table_for(out, ("table", "seeder"), ("planned", inserted, "existing", "skipped", "seconds"), ("state",))
    for result in summary.results:
        table.add_row(
            *names(out, result.table or "-", result.seeder),
            *(f"{rows:,}" for rows in _rows(result)),
            f"{result.duration:.2f}",
            f"[{STYLES[result.state]}]{result.state}[/]",
        )
    totals = (sum(column) for column in zip(*map(_rows, summary.results), strict=True))
    table.add_section()
    table.add_row(*names(out, "in all", ""), *(f"{total:,}" for total in totals), f"{summary.duration:.2f}", "")
    out.print(table)
    for name, rows in summary.examples.items():
        say(out, f"\n[bold]{name}[/] for example")
        for row in rows:
            say(out, "  " + escape(", ".join(f"{key}={short(value)}" for key, value in row.items() if value is not None)))
    say(out, _sentence(summary))
    if summary.metrics:
        say(out, _measured(summary.metrics))
    wrong = sorted(filter(attrgetter("error"), summary.results), key=lambda result: result.state is SeederState.SKIPPED)
    if wrong:
        say(out, "")
    for result in wrong:
        say(out, f"[{STYLES[result.state]}]{result.table or result.seeder}[/]: {escape(result.error)}")
    for state in dict.fromkeys(result.state for result in wrong):
        say(out, f"\n[bold]{state.capitalize()}?[/] {NEXT[state]}")


def show_rollback(out: Console, summary: RollbackSummary) -> None:
    """The table of results, a one-line summary, then modified rows, kept rows with the reason, and errors."""
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
    say(out, _undone(summary))
    listed: dict[str, Sequence[object]] = {
        "Changed since they were seeded:": summary.modified,
        "Kept:": summary.kept,
        f"Real rows of caches that {'would go' if summary.dry_run else 'went'} with what they refer to:": summary.cached,
    }
    for heading, lines in listed.items():
        if lines:
            say(out, f"\n[yellow]{heading}[/]")
        for line in lines:
            say(out, f"  {escape(str(line))}")
    for sentence in (*_not_found(summary), *_uncompared(summary), *map(IN_HISTORY.format, summary.in_history)):
        say(out, f"\n{sentence}")
    for result in filter(attrgetter("error"), summary.results):
        say(out, f"\n[red]{result.table}[/]: {escape(result.error)}")
    if summary.left and summary.exit_code:
        say(out, f"\n{UNDO_THE_REST}")


def _not_found(summary: RollbackSummary) -> Iterator[str]:
    for result in filter(attrgetter("records_gone"), summary.results):
        gone = f"{result.records_gone:,} of {result.records_planned:,} planned rows were not found"
        yield f"[yellow]{result.table}[/]: {gone}: they were deleted outside of seeding, and the ledger drops them."


def _uncompared(summary: RollbackSummary) -> Iterator[str]:
    made = [table for table in summary.uncompared if table not in summary.loaded]
    for tables, reason in ((made, "made by another version or by receivers"), (summary.loaded, "loaded from files")):
        if tables:
            yield f"Rows of {', '.join(tables)} cannot be compared with what was seeded: they were {reason}."


def _rows(result: SeederResult) -> tuple[int, int, int, int]:
    return result.records_planned, result.records_inserted, result.records_existing, result.records_skipped


def _measured(metrics: Mapping[str, Any]) -> str:
    memory, wait = size_of(metrics["peak_memory"]), span_of(metrics["lock_wait"])
    return f"{metrics['rate']:,.0f} rows/s, {metrics['queries']:,} queries, {memory} of memory at most, {wait} for the lock."


def _sentence(summary: RunSummary) -> str:
    dataset = dataset_of(summary)
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
        rest = f"{summary.left:,} seeded rows are there" if summary.left else "its ledger holds no seeded rows"
        return f"Nothing to roll back in {summary.database}: {rest}."
    counted = not any(result.error for result in summary.results)
    nothing = ", nothing seeded is left" if counted else ", and the counts do not agree"
    kept = f", {summary.left:,} seeded rows are left" if summary.left else nothing
    code = f" (exit code {summary.exit_code})" if summary.exit_code else ""
    done = f"{summary.records_deleted:,} rows deleted from {summary.database}{kept}{code}"
    return f"\n{done}, {summary.duration:.1f} s (run {summary.run})."
