"""What `seed_profile` prints."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seeding.console.layout import say
from seeding.profiles.reports import ProfileReport


def show_profiles(out: Console, found: Mapping[str, str]) -> None:
    """The names of the project's profiles, each with what it is for."""
    if not found:
        say(out, "There are no profiles. SEEDING_PROFILES in the settings names folders; seed_profile example begins one.")
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, words in found.items():
        table.add_row(escape(name), escape(words))
    out.print(table)


def show_profile(out: Console, report: ProfileReport) -> None:
    """What a profile that is right comes to."""
    table = Table(box=None, pad_edge=False)
    table.add_column("table")
    table.add_column("rows", justify="right")
    table.add_column("rules", overflow="fold")
    for one in report.tables:
        table.add_row(escape(one.name), f"{one.rows:,}" if one.rows is not None else "-", escape(", ".join(one.columns) or "-"))
    if report.tables:
        out.print(table)
    for name, value in report.facts.items():
        say(out, f"{escape(name)} = {escape(str(value))}")
    say(out, f"{escape(report.name)} is right: {report.size}{'' if report.locale is None else f', {report.locale}'}.")
