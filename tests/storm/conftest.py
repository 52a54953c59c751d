"""Tells at the end what became of the drawn schemas, in whichever processes they were drawn."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.support.databases import SERVERS


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A line per server."""
    from tests.storm.summary import told

    counted: dict[str, Counter[str]] = {}
    for reports in terminalreporter.stats.values():
        for one in reports:
            if getattr(one, "when", "") != "call" or "tests/storm" not in one.nodeid:
                continue
            for server, counts in one.user_properties:
                if server in SERVERS:
                    counted.setdefault(server, Counter()).update(counts)
    for line in told(counted):
        terminalreporter.write_line(line)
