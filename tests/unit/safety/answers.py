"""What a server would answer that is not there."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any


class Answers:
    """A connection to a server that is not there: statement → rows, or the error that it raises."""

    def __init__(self, vendor: str, answers: dict[str, Any], *, in_atomic_block: bool = False) -> None:
        self.connection, self.alias = None, "far"
        self.vendor, self.in_atomic_block, self._answers = vendor, in_atomic_block, answers
        self.settings_dict: dict[str, Any] = {}
        self.asked: list[str] = []
        """The statements, in their order."""
        self.mysql_server_data = {"lower_case_table_names": 0}

    @contextmanager
    def cursor(self) -> Any:
        rows: list[Any] = []

        def execute(sql: str, *_: Any) -> None:
            self.asked.append(sql)
            answer = self._answers[sql]
            if isinstance(answer, Exception):
                raise answer
            rows[:] = answer

        yield SimpleNamespace(execute=execute, fetchall=lambda: list(rows), fetchone=lambda: rows[0])
