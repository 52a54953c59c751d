"""PgBouncer in front of PostgreSQL, with other clients that share its connections."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from tests.clusters.application import Application, working
from tests.clusters.commands import Commands, assert_refused_for
from tests.clusters.conftest import require
from tests.clusters.engines.base import HOST
from tests.clusters.extent import SIZE
from tests.clusters.rows import Rows, assert_as_undisturbed
from tests.servers import PostgreSQL, Server
from tests.servers.engines import PgBouncer, stopping
from tests.support.databases import Database

NOISE = (
    "SET TIME ZONE 'Asia/Tokyo'", "SET datestyle TO 'German'", "SET application_name TO 'noise'", "SELECT pg_sleep(0.02)",
    "SELECT COUNT(*) FROM clients", "SELECT pg_advisory_xact_lock(7)", "DISCARD SEQUENCES",
)  # fmt: skip
CLIENTS = 6
POOLED = {"SEEDING_POOLER": "transaction"}

Read = Callable[[str], Rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """A database, directly and through the pooler."""

    direct: str
    pooled: str
    name: str
    server: Server
    port: int

    @contextmanager
    def noise(self) -> Iterator[list[Application]]:
        """Six clients of the pooler at work, who insert rows and change their sessions."""

        def connect() -> Any:
            return psycopg.connect(
                host=HOST, port=self.port, user="postgres", dbname=self.name, autocommit=True, prepare_threshold=None
            )

        clients = [Application(connect=connect, tag=f"client{number}", noise=NOISE) for number in range(CLIENTS)]
        with working(*clients):
            yield clients


@pytest.fixture
def pooled(
    request: pytest.FixtureRequest, running: Callable[[str], Server], make_database: Callable[..., Database]
) -> Iterator[Pooled]:
    """A database behind a PgBouncer in the mode that the test names, transaction by default."""
    require(PostgreSQL, PgBouncer)
    server = running("postgresql")
    assert isinstance(server, PostgreSQL)
    made = make_database("postgresql")
    with stopping(pooler := PgBouncer(server, getattr(request, "param", "transaction"))):
        url = server.url(made.alias, address=(HOST, pooler.port))
        yield Pooled(direct=made.url, pooled=url, name=made.alias, server=server, port=pooler.port)


def test_every_command_works_among_noisy_clients(
    pooled: Pooled, commands: Commands, rows: Read, undisturbed: Callable[[str], Any]
) -> None:
    with pooled.noise():
        seeded = commands.seed(pooled.pooled, "--size=small", **POOLED).wait()
        ended = {
            " ".join(command): commands.run(pooled.pooled, *command, **POOLED)
            for command in (
                ("seed_status",),
                ("seed_check", "--invariants"),
                ("seed_new", "clients"),
                ("seed_mask", "--table=clients", "--env=staging", "--force"),
                ("seed_rollback", "--force", "--table=orders", "--cascade"),
                ("seed_rollback", "--force"),
            )
        }
        again = commands.seed(pooled.pooled, "--size=small", **POOLED).wait()

    assert (seeded.code, again.code) == (0, 0), seeded.err + again.err
    assert {command: one.code for command, one in ended.items()} == dict.fromkeys(ended, 0), ended
    pooled.server.sql("DELETE FROM clients WHERE teri_code LIKE 'client%'", pooled.name)
    assert_as_undisturbed(rows(pooled.direct), undisturbed("small"))


def test_of_two_runs_one_works_and_a_killed_one_is_resumed(
    pooled: Pooled, commands: Commands, rows: Read, undisturbed: Callable[[str], Any]
) -> None:
    with pooled.noise():
        first = commands.seed(pooled.pooled, **POOLED)
        first.wait_until_it_says("rows of", times=20)
        second = commands.run(pooled.pooled, "seed_rollback", "--force", **POOLED)
        first.process.send_signal(signal.SIGKILL)
        killed = first.wait()
        resumed = commands.seed(pooled.pooled, "--lock-timeout=30", **POOLED).wait()

    assert_refused_for(second, run="seed")
    assert killed.code == -signal.SIGKILL
    assert resumed.code == 0, resumed.err
    pooled.server.sql("DELETE FROM clients WHERE teri_code LIKE 'client%'", pooled.name)
    assert_as_undisturbed(rows(pooled.direct), undisturbed(SIZE))


def test_of_two_runs_started_at_once_one_works(pooled: Pooled, commands: Commands) -> None:
    started = [commands.seed(pooled.pooled, **POOLED) for _ in range(2)]

    ended = [command.wait() for command in started]

    assert sorted(one.code for one in ended) == [0, 2], [one.err for one in ended]
    (refused,) = (one for one in ended if one.code == 2)
    assert "Another run holds the seeding lock" in refused.err
    assert f"host {socket.gethostname()}" in refused.err
    assert pooled.server.sql("SELECT COUNT(*) FROM seeding_run", pooled.name).strip() == "1"


@pytest.mark.parametrize("pooled", ["session"], indirect=True)
def test_a_pool_of_sessions_is_like_the_server(
    pooled: Pooled, commands: Commands, rows: Read, undisturbed: Callable[[str], Any]
) -> None:
    # The pooler drops the options of a session; so the database itself has what they would set.
    pooled.server.sql(f"ALTER DATABASE {pooled.name} SET datestyle = 'ISO'")

    seeded = commands.seed(pooled.pooled, "--size=small").wait()
    checked = commands.run(pooled.pooled, "seed_check", "--invariants")

    assert (seeded.code, checked.code) == (0, 0), seeded.err + checked.out
    assert_as_undisturbed(rows(pooled.direct), undisturbed("small"))


def test_a_pool_of_transactions_is_found_out(
    pooled: Pooled, commands: Commands, rows: Read, undisturbed: Callable[[str], Any]
) -> None:
    seeded = commands.seed(pooled.pooled, "--size=small").wait()
    status = commands.run(pooled.pooled, "seed_status")

    assert (seeded.code, status.code) == (0, 0), seeded.err + status.err
    assert "pooler of transactions" in status.out
    assert_as_undisturbed(rows(pooled.direct), undisturbed("small"))


@pytest.mark.parametrize("pooled", ["statement"], indirect=True)
@pytest.mark.parametrize("variables", [{}, POOLED], ids=["found out", "said to be of transactions"])
def test_a_pool_of_statements_is_refused(pooled: Pooled, commands: Commands, variables: dict[str, str]) -> None:
    refused = commands.run(pooled.pooled, "seed", "--table=strains", **variables)

    assert refused.code == 2, refused
    assert pooled.server.sql("SELECT (SELECT COUNT(*) FROM strains) + (SELECT COUNT(*) FROM seeding_run)", pooled.name) == "0\n"
