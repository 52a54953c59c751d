"""Servers that refuse large transactions: what is written is divided, and ends where it does on a server without limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connections

from seeding.db.retries import Transience, is_unclear, transience
from tests.faults.conftest import started
from tests.servers import MySQL, Server
from tests.servers.engines import GaleraNode, GroupMember
from tests.support.databases import Database
from tests.support.rows import business_data
from tests.support.share import IS_SHARED

BYTES, ROWS = 65_536, 400


class Primary(GroupMember):
    """The one primary of its group: several would refuse foreign keys with cascades."""

    def __init__(self) -> None:
        super().__init__()
        self.options = tuple(one for one in self.options if "primary" not in one and "everywhere" not in one)


class Logging(MySQL):
    """With a binary log."""

    def command(self) -> list[str]:
        """It is on unless it is switched off."""
        return [part for part in super().command() if part != "--skip-log-bin"]


LIMITS: dict[str, tuple[type[Server], str, tuple[int, str], bool]] = {
    "galera-bytes": (
        GaleraNode, f"SET GLOBAL wsrep_max_ws_size = {BYTES}", (1105, "Maximum writeset size exceeded"), False,
    ),
    "galera-rows": (GaleraNode, f"SET GLOBAL wsrep_max_ws_rows = {ROWS}", (1180, "wsrep_max_ws_rows exceeded"), False),
    "group": (
        Primary, f"SET GLOBAL group_replication_transaction_size_limit = {BYTES}",
        (3100, "Error on observer while running replication hook 'before_commit'."), True,
    ),
    "binary-log": (
        Logging, f"SET GLOBAL max_binlog_cache_size = {BYTES}, GLOBAL binlog_cache_size = 4096",
        (1197, ("Multi-statement transaction required more than 'max_binlog_cache_size' bytes of storage; increase this mysqld "
         "variable and try again")), False,
    ),
}  # fmt: skip
"""A server, its limit, the error that it raises, and whether that may also mean that the node has left its cluster."""


@pytest.fixture(params=[*LIMITS][:: 2 if IS_SHARED else 1])
def own(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of the test's own: it is stopped after its databases are dropped."""
    with started(LIMITS[request.param][0], request.param) as server:
        yield server


@pytest.fixture
def limited(request: pytest.FixtureRequest, own: Server, make_database: Callable[..., Database]) -> Database:
    """A database on it, from now on with the limit."""
    kind, limit, *_ = LIMITS[request.node.callspec.params["own"]]
    database = make_database("mariadb" if kind is GaleraNode else "mysql", on=own)
    own.sql(limit)
    connections[database.alias].close()
    return database


def test_what_is_too_large_is_written_in_parts(
    limited: Database, sqlite: Database, own: Server, request: pytest.FixtureRequest
) -> None:
    _, _, error, unclear = LIMITS[request.node.callspec.params["own"]]
    some = {"size": "medium", "table": "orders"}
    sqlite.seed(**some)

    summary = limited.seed(**some)

    assert summary["exit_code"] == 0
    assert business_data(limited) == business_data(sqlite)
    with pytest.raises(OperationalError) as raised:
        limited.query(
            "UPDATE orders SET notes = REPEAT('x', 9000) ORDER BY id LIMIT %s", ROWS + 1 if "rows" in error[1] else 10
        )
    assert raised.value.args == error
    assert is_unclear(raised.value) is unclear
    assert transience(raised.value) is (Transience.CONNECTION if unclear else Transience.SIZE)

    undone = limited.rollback()

    assert (undone["exit_code"], undone["left"]) == (0, 0)
    assert not any(business_data(limited).values())
