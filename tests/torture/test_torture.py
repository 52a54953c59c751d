"""What takes long: `make torture`. TORTURE_KILLS, TORTURE_MINUTES (of the soak) and TORTURE_SEED make it another one."""

from __future__ import annotations

import gc
import itertools
import os
import random
import resource
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

import pytest
from django.core.management import call_command
from django.db import connections

from seeding.locks.base import ask_until
from tests.faults.application import RATE, assert_neither_disturbs_the_other
from tests.faults.starts import assert_one_of_many_works
from tests.faults.storm import assert_whole, kill_at_random, kill_restorations
from tests.servers import KINDS, Server
from tests.support.databases import Database
from tests.support.dumps import dumped_rows
from tests.support.edits import meddle
from tests.support.processes import Manage
from tests.workers.kills import kill_first_processes, kill_workers

KILLS = int(os.environ.get("TORTURE_KILLS", "200"))
MINUTES = float(os.environ.get("TORTURE_MINUTES", "60"))
LEAST_ROUNDS = 8
SEED = int(os.environ.get("TORTURE_SEED", "1"))


@pytest.mark.parametrize("server", ["mariadb", "postgresql"])
@pytest.mark.parametrize("signals", [(Signals.SIGKILL,), (Signals.SIGINT, Signals.SIGTERM)], ids=["killed", "told"])
def test_ends_at_any_moment(  # noqa: PLR0917
    make_database: Callable[..., Database],
    sqlite: Database,
    running: Callable[[str], Server],
    environment: dict[str, str],
    server: str,
    signals: tuple[Signals, ...],
) -> None:
    database = make_database(server)
    sqlite.seed(size="medium")

    died = kill_at_random(
        database, environment, running(server), size="medium", batch_size=50, kills=KILLS, seed=SEED, signals=signals
    )

    print(died)  # noqa: T201 - what was measured
    assert_whole(database, sqlite)


@pytest.mark.parametrize("server", ["mariadb", "postgresql"])
def test_restorations_end_at_any_moment(
    make_database: Callable[..., Database], running: Callable[[str], Server], environment: dict[str, str], server: str
) -> None:
    database, host = make_database(server, seeded="small"), running(server)
    seeded = dumped_rows(database, host)

    kill_restorations(database, environment, host, ("seed_reset", "--force"), kills=KILLS // 4, seed=SEED)

    assert set(dumped_rows(database, host)) ^ set(seeded) == set()
    meddle(database.alias, random.Random(SEED), 20)
    call_command("seed_snapshot", "save", "worked", database=database.alias, verbosity=0)
    restore = ("seed_snapshot", "restore", "worked", "--force")
    call_command(*restore[:3], database=database.alias, force=True, verbosity=0)  # and derive
    saved = dumped_rows(database, host)

    kill_restorations(database, environment, host, restore, kills=KILLS // 4, seed=SEED + 1)

    assert set(dumped_rows(database, host)) ^ set(saved) == set()


@pytest.mark.parametrize("server", ["mariadb", "mysql", "postgresql"])
@pytest.mark.parametrize("kill", [kill_workers, kill_first_processes], ids=["workers", "first processes"])
def test_runs_with_several_workers_end_at_any_moment(
    make_database: Callable[..., Database],
    running: Callable[[str], Server],
    environment: dict[str, str],
    server: str,
    kill: Callable[..., None],
) -> None:
    database, undisturbed = make_database(server), make_database("sqlite", seeded="small")
    variables = {**environment, "SEEDING_CHUNK_ROWS": "20", "SEEDING_BATCH_SIZE": "5", "SEEDING_LOG_LEVEL": "warn"}

    kill(database, variables, running(server), kills=max(1, KILLS // (20 if kill is kill_first_processes else 10)), seed=SEED)

    database.seed()
    assert_whole(database, undisturbed)


def test_concurrent_starts(database: Database, environment: dict[str, str]) -> None:
    assert_one_of_many_works(database, environment, starts=20)


@pytest.mark.parametrize("server", KINDS)
def test_an_application_at_work(make_database: Callable[..., Database], manage: Manage, server: str) -> None:
    application, seconds = assert_neither_disturbs_the_other(make_database(server), manage, "--size=large", "--scale=2")

    print(f"{application.rate:.0f} rows/s, the slowest in {application.longest:.2f} s; seeded in {seconds:.0f} s")  # noqa: T201 - what was measured
    assert application.rate > 0.99 * RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a process holds between two commands, and what a server and the temporary folder hold for it."""

    files: int
    threads: int
    connections: int
    temporary: int

    @classmethod
    def now(cls, database: Database, server: Server) -> Held:
        gc.collect()
        connections[database.alias].close()
        # A server needs a moment to see off a client that has gone.
        ask_until(lambda: not server.connections(database.alias) or None, 30)
        return cls(
            files=len(list(Path("/proc/self/fd").iterdir())),
            threads=threading.active_count(),
            connections=server.connections(database.alias),
            temporary=len(list(Path(tempfile.gettempdir()).iterdir())),
        )


@pytest.mark.parametrize(("server", "native"), [("mariadb", "load_data"), ("postgresql", "copy")])
def test_soak(  # noqa: PLR0917
    make_database: Callable[..., Database],
    running: Callable[[str], Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: str,
    native: str,
) -> None:
    database = make_database(server)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    held: list[Held] = []
    megabytes: list[float] = []

    end = time.monotonic() + MINUTES * 60
    for writer in itertools.cycle(["", native]):
        monkeypatch.setenv("SEEDING_WRITER", writer)
        database.seed(size="small")
        database.seed(size="medium", table="parties,products")
        database.rollback(table="payables", cascade=True)
        database.rollback()
        held.append(Held.now(database, running(server)))
        megabytes.append(resident())
        if len(held) >= LEAST_ROUNDS and time.monotonic() > end:
            break

    quarter = len(megabytes) // 4
    print(f"{len(held)} rounds, {held[-1]}, megabytes: {' '.join(f'{one:.0f}' for one in megabytes)}")  # noqa: T201 - measured
    assert (held[-1].connections, held[-1].temporary) == (0, 0)
    assert set(held[quarter:]) == {held[-1]}
    assert min(megabytes[-quarter:]) < 1.03 * min(megabytes[quarter : 2 * quarter]), megabytes


def resident() -> float:
    """Megabytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6
