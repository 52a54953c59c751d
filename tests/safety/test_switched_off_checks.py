"""MySQL and MariaDB with checks switched off: what the server is trusted to reject it would accept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seeding.exceptions import UnsafeServerError
from tests.support.databases import Database
from tests.support.runs import run, undo
from tests.support.seeders import Strains

OFF = [
    ("mariadb", "foreign_key_checks"),
    ("mariadb", "unique_checks"),
    ("mariadb", "check_constraint_checks"),
    ("mysql", "foreign_key_checks"),
    ("mysql", "unique_checks"),
]


@pytest.mark.parametrize(("server", "name"), OFF)
def test_a_session_without_checks_is_refused(make_database: Callable[..., Database], server: str, name: str) -> None:
    database = make_database(server)
    database.query(f"SET SESSION {name} = 0")

    for command in (run, undo):
        with pytest.raises(UnsafeServerError, match=rf"\({name} is off in this session\); switch {name} on in init_command"):
            command(database, Strains())

    assert database.query("SELECT (SELECT COUNT(*) FROM strains) + (SELECT COUNT(*) FROM seeding_run)") == [(0,)]
