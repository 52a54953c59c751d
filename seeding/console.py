"""What people see before and after a run. Rich draws it; without a terminal it is plain lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seeding.locks.base import span
from seeding.results import (
    CheckReport,
    ClassifiedColumn,
    Difference,
    MaskingSummary,
    RollbackSummary,
    RunSummary,
    SeederResult,
    SeederState,
    Verdict,
)
from seeding.status import RunInProgress, Status
from seeding.steps import Forecast

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
    SeederState.PARTIAL: f"The log names every row that was refused, with what was expected. Mend the cause. {AGAIN}",
    SeederState.REFUSED: f"Nothing was written there. Do what is said above; seed_check --schema shows all of it. {AGAIN}",
    SeederState.FAILED: f"The log has the traceback. What was committed before stays. Mend the cause. {AGAIN}",
    SeederState.SKIPPED: "These come along as soon as what they need is there.",
}
"""What to do about a seeder that did not end well."""
UNDO_THE_REST = "What is kept stays in the ledger. Once nothing holds it any more, roll back again: the rest goes then."
PLAIN_WIDTH = 120
"""Columns of a line where there is no terminal to ask."""
UNITS = {"GB": 10**9, "MB": 10**6, "kB": 10**3}
WIDE = 110
"""Columns from which on there is room for the seeders' names."""


def console(stream: Any, *, plain: bool, forced: bool = False) -> Console:
    """A Rich console on `stream`, as wide as the terminal or PLAIN_WIDTH; `plain` has no colour, `forced` has it anywhere."""
    return Console(
        file=stream,
        color_system=None if plain else "auto",
        force_terminal=True if forced else None,
        highlight=False,
        width=None if stream.isatty() else PLAIN_WIDTH,
    )


def say(out: Console, text: str) -> None:
    """A line, which is wrapped on a terminal alone: elsewhere it is searched and copied."""
    out.print(text, soft_wrap=not out.is_terminal)


def show_plan(out: Console, forecast: Forecast) -> None:
    """What is going to happen: where, the tables in order, what is there already, and about what it will take."""
    dataset = f"seed {forecast.seed}, as of {forecast.as_of}"
    scale = f" × {forecast.scale:,}" if forecast.scale > 1 else ""
    say(out, f"[bold]{escape(forecast.database)}[/] ({forecast.environment}): {forecast.size}{scale}, {dataset}")
    if forecast.added:
        say(out, f"{', '.join(forecast.asked)} needs or brings: {', '.join(forecast.added)}")
    table = _table(out, ("", "table", "seeder"), ("rows", "existing", "to insert", "time", "size"))
    for number, step in enumerate(forecast.steps, start=1):
        size = forecast.sizes.get(step.seeder)
        table.add_row(
            f"{number}.",
            *_names(out, step.table, step.seeder),
            f"{step.rows:,}",
            f"{step.existing:,}",
            f"{step.missing:,}",
            _time(forecast.seconds[step.seeder]) if step.missing else "-",
            "-" if not step.missing else "?" if size is None else _size(size),
        )
    rows, existing = sum(step.rows for step in forecast.steps), sum(step.existing for step in forecast.steps)
    missing, size = rows - existing, sum(forecast.sizes.values())
    took = _time(sum(forecast.seconds.values()))
    table.add_section()
    table.add_row("", *_names(out, "in all", ""), f"{rows:,}", f"{existing:,}", f"{missing:,}", took, _size(size))
    out.print(table)
    say(out, "Time and size are estimates; indexes are not counted.\n")


def show_summary(out: Console, summary: RunSummary) -> None:
    """The table of results, what was done in one line, then what went wrong and what to do about it."""
    inserted = "would insert" if summary.dry_run else "inserted"
    table = _table(out, ("table", "seeder"), ("planned", inserted, "existing", "skipped", "seconds"), ("state",))
    for result in summary.results:
        table.add_row(
            *_names(out, result.table or "-", result.seeder),
            *(f"{rows:,}" for rows in _rows(result)),
            f"{result.duration:.2f}",
            f"[{STYLES[result.state]}]{result.state}[/]",
        )
    totals = (sum(column) for column in zip(*map(_rows, summary.results), strict=True))
    table.add_section()
    table.add_row(*_names(out, "in all", ""), *(f"{total:,}" for total in totals), f"{summary.duration:.2f}", "")
    out.print(table)
    for name, rows in summary.examples.items():
        say(out, f"\n[bold]{name}[/] for example")
        for row in rows:
            say(out, "  " + escape(", ".join(f"{key}={_short(value)}" for key, value in row.items() if value is not None)))
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
    say(out, _undone(summary))
    for heading, lines in (("Changed since they were seeded:", summary.modified), ("Kept:", summary.kept)):
        if lines:
            say(out, f"\n[yellow]{heading}[/]")
        for line in lines:
            say(out, f"  {escape(str(line))}")
    if summary.uncompared:
        tables = ", ".join(summary.uncompared)
        say(out, f"\nWhether somebody has changed rows of {tables} cannot be said: they were made by another version.")
    for result in filter(attrgetter("error"), summary.results):
        say(out, f"\n[red]{result.table}[/]: {escape(result.error)}")
    if summary.exit_code:
        say(out, f"\n{UNDO_THE_REST}")


def show_lock(out: Console, database: str, facts: Mapping[str, str] | None, *, released: bool) -> None:
    """Who holds the lock, or held it until it was `released`."""
    if facts is None:
        say(out, f"The seeding lock of {escape(database)} is free.")
        return
    say(out, f"The seeding lock of {escape(database)} {'was taken from' if released else 'is held by'}")
    for heading, value in facts.items():
        say(out, f"  {heading:<12}{escape(value)}")
    if released:
        say(out, "That run stops before its next commit; the next one goes on where it stopped.")


def show_environments(out: Console, database: str, remembered: Sequence[str]) -> None:
    """Under which environments the ledger says that the database was written to."""
    say(out, f"{escape(database)} was written to as {', '.join(remembered)}." if remembered else "It was never written to.")


def show_status(out: Console, status: Status, now: datetime) -> None:
    """What is seeded, who is at work, what went wrong last, and the drift in one line."""
    here = f"environment {status.environment}; written to as {', '.join(status.environments) or 'none yet'}"
    say(out, f"[bold]{escape(status.database)}[/]: {here}")
    if status.tables:
        since = min(table.since for table in status.tables)
        dataset = f"seed {status.seed}, as of {status.as_of}"
        say(out, f"{status.rows:,} rows are seeded in {len(status.tables)} tables since {_moment(since)} ({dataset})")
        table = Table(box=box.SIMPLE_HEAD if out.is_terminal else None, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("table", overflow="fold")
        for heading in ("rows", "batches"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("since", no_wrap=True)
        table.add_column("by run", overflow="fold")
        for one in status.tables:
            runs = ", ".join(map(str, one.runs))
            table.add_row(one.table, f"{one.rows:,}", f"{one.batches:,}", _moment(one.since), runs)
        out.print(table)
    else:
        say(out, "Nothing is seeded here.")
    say(out, "")
    show_lock(out, status.database, status.holder.facts(now) if status.holder else None, released=False)
    for run in status.in_progress:
        say(out, _under_way(run, now))
    if status.last_run is not None:
        ended = f" (exit code {status.last_exit_code})" if status.last_exit_code else ""
        say(out, f"Last run: {status.last_run}, {status.last_state}{ended}")
    for past in status.errors:
        where = f" {past.table}" if past.table else ""
        when = f", {_moment(past.finished_at)}" if past.finished_at else ""
        say(out, f"[yellow]Error[/] in run {past.run} ({past.command}{when}){escape(where)}: {escape(past.error)}")
    say(out, f"Drift: {'[red]' if status.refused else '[dim]'}{escape(status.drift)}[/]")


def show_report(out: Console, report: CheckReport) -> None:
    """What `seed_check` found."""
    if "schema" in report.checks:
        show_differences(out, report.differences, report.tables)
    if report.checks != ("schema",):
        show_verdicts(out, report.verdicts)


def show_differences(out: Console, found: Sequence[Difference], tables: int) -> None:
    """The table of differences between the models and the live tables, those that refuse a seeder first."""
    if not found:
        say(out, f"{tables} tables are as their models say.")
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
            say(out, f"[red]{one.table}{'.' if one.column else ''}{one.column}[/]: {escape(one.fix)}")
    refused = {one.table for one in found if not one.harmless}
    say(out, f"\n{len(refused)} of {tables} tables are not as their models say: their seeders would be refused.")


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
        say(out, f"[red]{verdict.rule}[/]: {escape(verdict.sentence)} Not so in {verdict.table}: {keys}{more}")
    rows = sum(verdict.looked_at for verdict in verdicts)
    if not rows:
        say(out, "\nNothing is seeded here: there was nothing to look at.")
    elif broken_rules:
        say(out, f"\n{len(broken_rules)} of {len(verdicts)} rules are broken.")
    else:
        say(out, f"\nAll {len(verdicts)} rules hold.")


def _table(out: Console, texts: Sequence[str], numbers: Sequence[str], more: Sequence[str] = ()) -> Table:
    """An empty table; a column of seeders only where there is room for it."""
    look = box.SIMPLE_HEAD if out.is_terminal else None
    table = Table(box=look, show_edge=False, pad_edge=False, padding=(0, 0 if look and out.width < WIDE else 1))
    for heading in texts:
        if heading != "seeder" or out.width >= WIDE:
            table.add_column(heading, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in more:
        table.add_column(heading, no_wrap=True)
    return table


def _names(out: Console, table: str, seeder: str) -> tuple[str, ...]:
    """The cells of a table and its seeder."""
    return (table, seeder) if out.width >= WIDE else (table,)


def _rows(result: SeederResult) -> tuple[int, int, int, int]:
    return result.records_planned, result.records_inserted, result.records_existing, result.records_skipped


def _under_way(run: RunInProgress, now: datetime) -> str:
    who = f"run {run.run} ({run.command}), started by {run.user} on {run.host}, process {run.process_id}"
    if not run.alive:
        return f"[yellow]Died[/]: {who}; its lock is free. The next run goes on where it stopped."
    place = f"at {run.phase or 'its start'}, {run.ended} of {run.steps} steps done, for {span(run.started_at, now)}"
    if run.committed_at is None:
        return f"In progress: {who}; {place}; no batch yet"
    batch = f"{run.rows:,} rows of {run.table} from index {run.first_index:,}, {span(run.committed_at, now)} ago"
    return f"In progress: {who}; {place}; last batch: {batch}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))


def _size(count: int) -> str:
    """Bytes in the unit that suits them."""
    return next((f"{count / unit:,.1f} {name}" for name, unit in UNITS.items() if count >= unit), f"{count} B")


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
            say(out, f"\n[bold]{result.table}[/] for example")
        for one in result.examples:
            say(out, escape(f"  {one['column']}: {one['before']} → {one['after']}"))
    for result in summary.results:
        if result.error:
            say(out, f"[red]{result.table}[/] cannot be masked: {escape(result.error)}")
    for left in summary.left:
        say(out, f"[red]{left.table}.{left.column}[/] looks like personal data ({left.kind}), and nobody has classified it")
    masked = sum(result.masked for result in summary.results)
    if summary.dry_run:
        say(out, f"\nDry run ({summary.mode} masking, key {summary.key}): nothing was written.")
    else:
        done = f"{masked:,} values masked" if masked else "Nothing to do: all of it is masked"
        say(
            out,
            f"\n{done} in {summary.database} ({summary.mode}, key {summary.key}, {summary.duration:.1f} s, run {summary.run}).",
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


def _measured(metrics: Mapping[str, Any]) -> str:
    memory, wait = _size(metrics["peak_memory"]), _time(metrics["lock_wait"])
    return f"{metrics['rate']:,.0f} rows/s, {metrics['queries']:,} queries, {memory} of memory at most, {wait} for the lock."


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
