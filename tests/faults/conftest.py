"""Servers that a test may stop, limit or break."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers import KINDS, Server


@contextmanager
def started(kind: type[Server], name: str) -> Iterator[Server]:
    """A server of a test's own; skips the test, loudly, where this machine does not have it."""
    if missing := kind.missing():
        pytest.skip(f"NOT TESTED on {name}: {missing}")
    server = kind().start()
    yield server
    server.stop()


@pytest.fixture
def own(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of the kind that the test names: it is stopped after its databases are dropped."""
    with started(KINDS[request.param], request.param) as server:
        yield server
