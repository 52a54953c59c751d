"""Column charts as geometry in percent of the drawing, which fits any width without shrinking its text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TICKS = 4
"""Approximate number of grid lines."""
LABELS = 10
"""Maximum number of columns labelled with their name."""
GAP = 0.25
"""Fraction of a column's slot that is left empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One thing to draw."""

    name: str
    value: float
    words: str
    """The value as text."""
    kind: str
    """Decides its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A positioned bar; x, y, width and height in percent of the drawing, as locale-independent text."""

    bar: Bar
    x: str
    y: str
    width: str
    height: str
    middle: str
    labelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across the drawing."""

    value: float
    y: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Columns side by side, on a scale that begins at 0."""

    title: str
    unit: str
    columns: Sequence[Column]
    ticks: Sequence[Tick]


def columns(title: str, unit: str, bars: Sequence[Bar]) -> Chart:
    """The bars side by side, in their order."""
    step = _step(max((bar.value for bar in bars), default=0.0))
    top = step * max(1, math.ceil(max((bar.value for bar in bars), default=0.0) / step))
    place = 100 / max(len(bars), 1)
    every = math.ceil(len(bars) / LABELS)
    return Chart(
        title=title,
        unit=unit,
        columns=[
            Column(
                bar=bar,
                x=_percent((number + GAP / 2) * place),
                y=_percent(100 - 100 * bar.value / top),
                width=_percent((1 - GAP) * place),
                height=_percent(100 * bar.value / top),
                middle=_percent((number + 0.5) * place),
                labelled=(len(bars) - 1 - number) % every == 0,
            )
            for number, bar in enumerate(bars)
        ],
        ticks=[
            Tick(value=step * number, y=_percent(100 - 100 * step * number / top)) for number in range(round(top / step) + 1)
        ],
    )


def _step(largest: float) -> float:
    """1, 2 or 5 times a power of ten, so that TICKS of them reach about `largest`."""
    if largest <= 0:
        return 1.0
    rough = largest / TICKS
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next((power * factor for factor in (1, 2, 5) if power * factor >= rough), power * 10)


def _percent(value: float) -> str:
    return f"{value:.3f}%"
