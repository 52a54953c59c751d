"""Consoles, lines and tables, and the formats of times, sizes and values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from seeding.orchestration.forecast import Forecast
    from seeding.orchestration.results import RunSummary
    from seeding.verification.status import Status

PLAIN_WIDTH = 120
"""Line width in columns without a terminal."""
UNITS = {"GB": 10**9, "MB": 10**6, "kB": 10**3}
WIDE = 110
"""Width in columns from which the seeders' names are shown."""


def console(stream: Any, *, plain: bool, forced: bool = False) -> Console:
    """A Rich console on `stream`, as wide as the terminal or PLAIN_WIDTH; `plain` disables colour, `forced` forces it."""
    return Console(
        file=stream,
        color_system=None if plain else "auto",
        force_terminal=True if forced else None,
        highlight=False,
        width=None if stream.isatty() else PLAIN_WIDTH,
    )


def say(out: Console, text: str) -> None:
    """Print a line, wrapped only on a terminal: elsewhere it is searched and copied."""
    out.print(text, soft_wrap=not out.is_terminal)


def table_for(out: Console, texts: Sequence[str], numbers: Sequence[str], more: Sequence[str] = ()) -> Table:
    """An empty table; a narrow console gets no column of seeders."""
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


def dataset_of(one: Forecast | RunSummary | Status) -> str:
    """What every value depends on."""
    return f"seed {one.seed}, as of {one.as_of}{', without edge cases' if one.edge_cases is False else ''}"


def moment(when: datetime) -> str:
    """A time to the minute, in UTC."""
    return f"{when:%Y-%m-%d %H:%M}"


def span_of(seconds: float) -> str:
    """Seconds, or h:mm:ss from a minute on."""
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))


def size_of(count: int) -> str:
    """Bytes in a suitable unit."""
    return next((f"{count / unit:,.1f} {name}" for name, unit in UNITS.items() if count >= unit), f"{count} B")


def short(value: Any) -> str:
    """A value, shortened to fit one line of a table."""
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
