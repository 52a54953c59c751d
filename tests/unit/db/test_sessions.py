"""What sessions are set to, as far as no server is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import ProgrammingError, connections

from seeding.conf import pools_transactions
from seeding.db import sessions
from seeding.db.sessions import BELATED, CURRENT, Pooled
from seeding.exceptions import ConfigurationError
from tests.support.databases import Database
from tests.unit.safety.answers import Answers


class Session:
    """A connection to PostgreSQL that is not there: it writes down what it is told."""

    def __init__(self, *, autocommit: bool = True, status: int = 0) -> None:
        self.told: list[Any] = []
        self.autocommit = autocommit
        self.connection = SimpleNamespace(info=SimpleNamespace(transaction_status=status, backend_pid=7), cursor=self._cursor)
        self.wrap_database_errors = nullcontext()

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        yield SimpleNamespace(execute=lambda sql, values: self.told.append((sql, values)))

    def get_autocommit(self) -> bool:
        return self.autocommit

    def set_autocommit(self, on: bool) -> None:  # noqa: FBT001 - as Django's
        self.told.append(f"autocommit {on}")

    def commit(self) -> None:
        self.told.append("commit")

    def rollback(self) -> None:
        self.told.append("rollback")

    def run(self, pooled: Pooled, error: Exception | None = None) -> Any:
        def execute(sql: str, *_: Any) -> str:
            self.told.append(sql)
            if error is not None:
                raise error
            return "done"

        return pooled(execute, "SELECT 1", None, False, {"connection": self})


SET = ("SELECT set_config('search_path', %s || ', pg_temp', true), set_config(%s, %s, true)", ["shop", "row_security", "off"])
POOLED = Pooled({"row_security": "off", "search_path": "shop"})


def test_a_statement_gets_a_transaction_with_the_settings() -> None:
    session = Session()

    assert session.run(POOLED) == "done"

    assert session.told == ["autocommit False", SET, "SELECT 1", "commit", "autocommit True"]


def test_a_statement_that_fails_leaves_no_transaction() -> None:
    session = Session()

    with pytest.raises(ProgrammingError):
        session.run(POOLED, ProgrammingError("no such table"))

    assert session.told == ["autocommit False", SET, "SELECT 1", "rollback", "autocommit True"]


def test_a_transaction_makes_its_settings_once() -> None:
    first, later = Session(autocommit=False), Session(autocommit=False, status=2)

    first.run(POOLED)
    later.run(POOLED)

    assert (first.told, later.told) == ([SET, "SELECT 1"], ["SELECT 1"])


def test_without_a_path_of_its_own_a_session_has_the_one_that_it_began_with() -> None:
    session = Session(autocommit=False)

    session.run(Pooled({}))

    assert session.told[0] == (f"SELECT {sessions.OWN_PATH}", [])
    assert "reset_val" in sessions.OWN_PATH
    assert sessions.OWN_PATH.index("reset_val") < sessions.OWN_PATH.index("pg_temp")


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ("", {}),
        ("-c timezone=UTC -c lock_timeout=50s", {"timezone": "UTC", "lock_timeout": "50s"}),
        (r"-csearch_path=shop,public --application_name=a\ b", {"search_path": "shop,public", "application_name": "a b"}),
    ],
)
def test_the_options_of_a_session_are_read(options: str, settings: dict[str, str]) -> None:
    assert sessions._given(options) == settings


def test_a_pooled_alias_has_neither_options_nor_cursors_on_the_server(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connections[shop.alias]
    monkeypatch.setattr(sessions, "_pooled", {})
    options = {"options": "-c lock_timeout=50s", "assume_role": "seeder", "prepare_threshold": 5}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)

    sessions.pool(shop.alias)

    assert sessions.is_pooled(shop.alias)
    assert options == {"prepare_threshold": None}
    assert connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] is True
    values = sessions._pooled[shop.alias]._values
    assert dict(zip(values[::2], values[1::2], strict=True)) == {
        "role": "seeder", "TimeZone": "UTC", "row_security": "off", "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0", "lock_timeout": "50s",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "statements"),
    [
        ([], []),
        ([("wsrep_on", "ON")], list(CURRENT.values())[:1]),
        ([("group_replication_group_name", "g"), ("Information_Schema_Stats_Expiry", "86400")], list(CURRENT.values())[1:]),
    ],
)
def test_a_server_answers_with_what_is_so_now(
    monkeypatch: pytest.MonkeyPatch, found: list[tuple[str, str]], statements: list[str]
) -> None:
    told: dict[str, list[str]] = {}
    monkeypatch.setattr(sessions, "_current", told)
    connection: Any = Answers("mysql", {BELATED: found, **{one: [] for one in CURRENT.values()}})

    sessions._read_current(connection)

    assert told == {"far": statements}
    assert connection.asked == [BELATED, *statements]


@pytest.mark.parametrize(("value", "pooled"), [("", False), ("none", False), ("Session", False), (" transaction ", True)])
def test_a_pooler_may_be_named(value: str, *, pooled: bool) -> None:
    assert pools_transactions({"SEEDING_POOLER": value}) is pooled


def test_a_pooler_of_another_kind_is_an_error() -> None:
    assert not pools_transactions({})
    with pytest.raises(ConfigurationError, match=r"^SEEDING_POOLER=statement: "):
        pools_transactions({"SEEDING_POOLER": "statement"})
