"""Where lines and tables are shown, and how times, sizes and values are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

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


def table_for(out: Console, texts: Sequence[str], numbers: Sequence[str], more: Sequence[str] = ()) -> Table:
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


def names(out: Console, table: str, seeder: str) -> tuple[str, ...]:
    """The cells of a table and its seeder."""
    return (table, seeder) if out.width >= WIDE else (table,)


def moment(when: datetime) -> str:
    """To the minute, in UTC."""
    return f"{when:%Y-%m-%d %H:%M}"


def span_of(seconds: float) -> str:
    """Seconds, or h:mm:ss where they are many."""
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))


def size_of(count: int) -> str:
    """Bytes in the unit that suits them."""
    return next((f"{count / unit:,.1f} {name}" for name, unit in UNITS.items() if count >= unit), f"{count} B")


def short(value: Any) -> str:
    """A value in one line of a table."""
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
