"""Connections to servers that are not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self


class Session:
    """A connection and its cursor: it remembers the statements and gives the rows, or raises the error, it was told to."""

    def __init__(self, rows: Iterable[tuple[Any, ...] | None] = (), error: Exception | None = None) -> None:
        self._rows = iter(rows)
        self._error = error
        self.told: list[tuple[str, Any]] = []

    def cursor(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, sql: str, parameters: Any = None) -> None:
        self.told.append((sql, parameters))
        if self._error is not None:
            raise self._error

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows)
