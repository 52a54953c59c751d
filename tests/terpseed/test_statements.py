"""How many statements a run takes: on a server, each is a round trip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.backends.utils import CursorWrapper

from seeding import Registry
from tests.support.databases import Database
from tests.support.runs import run

MOST = {"mariadb": 730, "mysql": 730, "postgresql": 560}


@pytest.mark.parametrize("server", list(MOST))
def test_all_small_tables_take_few_statements(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    monkeypatch.setattr("seeding.runs.lifecycle.NOTE_SECONDS", 60)  # however slow the machine is
    database, execute, told = make_database(server), CursorWrapper.execute, list[str]()

    def telling(self: CursorWrapper, sql: Any, *arguments: Any) -> Any:
        told.append(str(sql))
        return execute(self, sql, *arguments)

    monkeypatch.setattr(CursorWrapper, "execute", telling)

    summary, _ = run(database, registry=Registry.discover(), size="small")

    assert summary.exit_code == 0
    assert (
        len([one for one in told if not one.startswith("SHOW CREATE TABLE")]) <= MOST[server]
    )  # asked where the session made tables
