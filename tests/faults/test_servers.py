"""Servers that are killed, or take small statements alone: the data is completed all the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import connections

from seeding.locks import seeding_lock
from tests.servers import KINDS, Server
from tests.support.databases import AS_OF, ROOT, Database
from tests.support.processes import Manage, wait_for
from tests.support.rows import business_data


@pytest.fixture
def broken(request: pytest.FixtureRequest, own: Server, make_database: Callable[..., Database]) -> Database:
    """A database of that server."""
    return make_database(request.node.callspec.params["own"], on=own)


@pytest.mark.parametrize("own", KINDS, indirect=True)
def test_a_killed_server_ends_the_run_and_the_next_one_completes_it(
    own: Server,
    broken: Database,
    make_database: Callable[..., Database],
    manage: Manage,
    environment: dict[str, str],
) -> None:
    undisturbed = make_database("sqlite")
    undisturbed.seed(size="medium")
    options = ["seed", "--size=medium", f"--as-of={AS_OF}"]
    env = {**environment, "DATABASE_URL": broken.url, "SEEDING_BATCH_SIZE": "20", "SEEDING_LOG_LEVEL": "debug"}
    process = subprocess.Popen([sys.executable, "manage.py", *options], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
    wait_for("rows of orders", process.stderr)

    connections[broken.alias].close()
    own.crash()
    told = process.communicate(timeout=60)[1]
    own.start()
    free = not seeding_lock(broken.alias).is_locked
    resumed = manage(*options, variables={"DATABASE_URL": broken.url})

    assert process.returncode == 2, told
    assert free
    assert resumed.returncode == 0, resumed.stdout
    assert business_data(broken) == business_data(undisturbed)


@pytest.mark.parametrize("own", ["mariadb", "mysql"], indirect=True)
def test_a_server_that_takes_small_statements_alone_gets_them(own: Server, broken: Database, sqlite: Database) -> None:
    sqlite.seed(size="medium")
    own.sql("SET GLOBAL max_allowed_packet = 65536")

    summary = broken.seed(size="medium")

    assert summary["exit_code"] == 0
    assert business_data(broken) == business_data(sqlite)
