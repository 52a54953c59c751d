"""The status of a database, and the holder of its lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seeding.console.layout import dataset_of, moment, say
from seeding.db.topology import Cluster, Pooler
from seeding.locks.base import span
from seeding.verification.status import RunInProgress, Status


def show_lock(out: Console, database: str, facts: Mapping[str, str] | None, *, released: bool) -> None:
    """The holder of the lock, or its former holder if the lock was `released`."""
    if facts is None:
        say(out, f"The seeding lock of {escape(database)} is free.")
        return
    say(out, f"The seeding lock of {escape(database)} {'was taken from' if released else 'is held by'}")
    for heading, value in facts.items():
        say(out, f"  {heading:<12}{escape(value)}")
    if released:
        say(out, "That run stops before its next commit; the next run resumes where it stopped.")


def show_environments(out: Console, database: str, remembered: Sequence[str]) -> None:
    """The environments under which, according to the ledger, the database was written to."""
    say(out, f"{escape(database)} was written to as {', '.join(remembered)}." if remembered else "It was never written to.")


def show_status(out: Console, status: Status, now: datetime) -> None:
    """The seeded tables, the lock and the run in progress, the last errors, and the drift in one line."""
    here = f"environment {status.environment}; written to as {', '.join(status.environments) or 'none yet'}"
    say(out, f"[bold]{escape(status.database)}[/]: {here}")
    if status.tables:
        since = min(table.since for table in status.tables)
        dataset = dataset_of(status)
        say(out, f"{status.rows:,} rows are seeded in {len(status.tables)} tables since {moment(since)} ({dataset})")
        table = Table(box=box.SIMPLE_HEAD if out.is_terminal else None, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("table", overflow="fold")
        for heading in ("rows", "batches"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("since", no_wrap=True)
        table.add_column("by run", overflow="fold")
        for one in status.tables:
            runs = ", ".join(map(str, one.runs))
            table.add_row(one.table, f"{one.rows:,}", f"{one.batches:,}", moment(one.since), runs)
        out.print(table)
    else:
        say(out, "Nothing is seeded here.")
    say(out, "")
    say(out, f"Many rows are written by {status.writer}, through {escape(status.driver)}.")
    for line in _answering(status):
        say(out, line)
    show_lock(out, status.database, status.holder.facts(now) if status.holder else None, released=False)
    for run in status.in_progress:
        say(out, _under_way(run, now))
    if status.last_run is not None:
        ended = f" (exit code {status.last_exit_code})" if status.last_exit_code else ""
        say(out, f"Last run: {status.last_run}, {status.last_state}{ended}")
    for past in status.errors:
        where = f" {past.table}" if past.table else ""
        when = f", {moment(past.finished_at)}" if past.finished_at else ""
        say(out, f"[yellow]Error[/] in run {past.run} ({past.command}{when}){escape(where)}: {escape(past.error)}")
    say(out, f"Drift: {'[red]' if status.refused else '[dim]'}{escape(status.drift)}[/]")


def _answering(status: Status) -> Iterator[str]:
    """What answers behind the address, where there is more to say than the server's version."""
    there, known = status.topology, status.topology.membership
    words = [there.version]
    if there.untested:
        words.append(f"{there.untested}, on which nothing has been tested")
    if known.cluster is not Cluster.NONE:
        words.append(f"{known.cluster} of {known.nodes} nodes, {known.writers} of which accept writes")
        words += [] if known.is_ready else ["and this one is not ready"]
    if len(there.servers) > 1:
        words.append(f"{len(there.servers)} servers behind one address: {', '.join(there.servers)}")
    if there.reads_only:
        words.append("only reads")
    if there.pooler is not Pooler.NONE:
        words.append(f"through a pooler of {there.pooler}s")
    yield f"The server is {escape('; '.join(words))}."
    limits = [(known.transaction_bytes, "bytes of a transaction"), (known.transaction_rows, "rows of a transaction")]
    if told := [f"{limit:,} {of}" for limit, of in limits if limit]:
        yield f"It accepts at most {' and '.join(told)}."
    if status.sees_commits is False:
        yield "[red]A new connection does not see the last run: reads are answered from elsewhere than writes.[/]"


def _under_way(run: RunInProgress, now: datetime) -> str:
    who = f"run {run.run} ({run.command}), started by {run.user} on {run.host}, process {run.process_id}"
    if not run.alive:
        return f"[yellow]Died[/]: {who}; its lock is free. The next run resumes where it stopped."
    place = f"at {run.phase or 'its start'}, {run.ended} of {run.steps} steps done, for {span(run.started_at, now)}"
    if run.committed_at is None:
        return f"In progress: {who}; {place}; no batch yet"
    batch = f"{run.rows:,} rows of {run.table} from index {run.first_index:,}, {span(run.committed_at, now)} ago"
    return f"In progress: {who}; {place}; last batch: {batch}"
