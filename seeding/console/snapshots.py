"""What `seed_snapshot` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seeding.console.layout import say
from seeding.snapshots.results import RestoreSummary, SnapshotReport

DONE = {"save": "saved", "import": "imported", "export": "exported", "delete": "deleted", "show": "as it was saved"}


def show_snapshots(out: Console, action: str, found: Sequence[SnapshotReport] | SnapshotReport | RestoreSummary) -> None:
    """The list, one of them, or what was restored."""
    if isinstance(found, RestoreSummary):
        _show_restored(out, found)
    elif isinstance(found, SnapshotReport):
        _show_one(out, found, DONE[action], with_tables=action == "show")
    elif not found:
        say(out, "There are no snapshots.")
    else:
        _show_list(out, found)


def _show_list(out: Console, found: Sequence[SnapshotReport]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("snapshot", "saved", "by"):
        table.add_column(heading)
    for heading in ("rows", "edited", "missing", "bytes"):
        table.add_column(heading, justify="right")
    table.add_column("fingerprint")
    for one in found:
        numbers = (f"{number:,}" for number in (one.rows, one.edited, one.missing, one.bytes))
        saved = f"{one.created_at:%Y-%m-%d %H:%M}"
        table.add_row(escape(one.name), saved, escape(one.created_by), *numbers, one.fingerprint[:12] or "-")
    out.print(table)


def _show_one(out: Console, one: SnapshotReport, done: str, *, with_tables: bool) -> None:
    differs = f"{one.edited:,} edited and {one.missing:,} missing ones"
    say(out, f"{escape(one.name)} {done}: {one.rows:,} rows, among them {differs}, in {one.bytes:,} bytes.")
    if with_tables:
        say(out, f"--seed={one.seed} --as-of={one.as_of}" + (f", profile {one.profile[:12]}" if one.profile else ""))
        say(out, ", ".join(f"{escape(table)} {rows:,}" for table, rows in sorted(one.tables.items())))
    _show_lacks(out, one.not_held)
    say(out, f"Fingerprint: {one.fingerprint or 'none, since it does not hold everything'}")


def _show_restored(out: Console, found: RestoreSummary) -> None:
    would = "would be " if found.dry_run else ""
    parts = [(found.seeded, "seeded"), (found.overridden, "edited as they were"), (found.rolled_back, "rolled back")]
    if not found.dry_run:
        parts.insert(1, (found.put_back, "put back"))
    told = ", ".join(f"{number:,} {would}{word}" for number, word in parts)
    say(out, f"{escape(found.name)}: {told}; rows that were not seeded stay as they are.")
    _show_lacks(out, found.not_held)
    for words in found.kept:
        say(out, f"[red]{escape(words)}[/]")
    if found.unlike:
        say(out, f"[red]Not as in the snapshot: {escape(', '.join(found.unlike))}[/]")
    if found.not_compared:
        say(out, f"Not compared, since it does not hold everything: {escape(', '.join(found.not_compared))}")
    if not (found.dry_run or found.exit_code or found.not_compared):
        say(out, "Its fingerprint is that of the snapshot.")


def _show_lacks(out: Console, not_held: Mapping[str, Any]) -> None:
    for words, number in not_held.items():
        say(out, f"It does not hold {number:,} {escape(words)}.")
