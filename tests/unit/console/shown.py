"""What a console has got, line by line."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

from rich.console import Console

from seeding.console import console


def shown(show: Callable[..., None], *values: Any, **options: Any) -> list[str]:
    """The lines that `show` prints where there is no terminal."""
    stream = StringIO()
    show(console(stream, plain=True), *values, **options)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def coloured(show: Callable[..., None], *values: Any, **options: Any) -> str:
    """What `show` prints on a terminal with colours."""
    stream = StringIO()
    show(Console(file=stream, width=200, force_terminal=True, color_system="standard", highlight=False), *values, **options)
    return stream.getvalue()
