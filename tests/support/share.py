"""The share of the tests that `make test` runs, the same on every machine; `make matrix` and a plain `pytest` run all.

A test that is there for several servers runs on one of them, now on this and now on that by its name. One that is marked
`sampled` runs with a quarter of its cases, and one that is marked `lengthy` does not run.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from zlib import crc32

import pytest

from tests.support.databases import SERVERS

IS_SHARED = os.environ.get("TESTS") == "share"
ONE_OF = 4
"""Cases of a sampled test, of which one is taken."""
NAMED = re.compile(rf"\b({'|'.join(SERVERS)})\b")


def share(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Those of the tests that are in the share, in their order."""
    kept = [item for item in items if not item.get_closest_marker("lengthy")]
    kept = [item for item in kept if not item.get_closest_marker("sampled") or _number(item.nodeid) % ONE_OF == 0]
    of_each: dict[str, dict[str, list[pytest.Item]]] = defaultdict(lambda: defaultdict(list))
    for item in kept:
        if server := _server(item):
            of_each[NAMED.sub("*", item.nodeid)][server].append(item)
    left_out: set[pytest.Item] = set()
    for name, servers in of_each.items():
        left_out.update(item for server in sorted(servers, key=_order(name))[1:] for item in servers[server])
    return [item for item in kept if item not in left_out]


def _server(item: pytest.Item) -> str:
    """The only server that the test's parameters name."""
    named = set(NAMED.findall(item.nodeid.partition("[")[2]))
    return named.pop() if len(named) == 1 else ""


def _order(name: str) -> Callable[[str], int]:
    return lambda server: _number(f"{server} {name}")


def _number(text: str) -> int:
    """As good as random, and always the same."""
    return crc32(text.encode())
