"""Workers of a Dask scheduler: processes of their own, with settings and an account of their own."""

from __future__ import annotations

import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from seeding import api
from seeding.conf import SeedConfig
from seeding.exceptions import ConfigurationError, SchedulerError
from seeding.models import SeedingMetadata
from seeding.telemetry.events import Event
from seeding.workers.remote import Answer, leave
from tests.clusters.application import Application, working
from tests.clusters.commands import Commands
from tests.clusters.engines import Dask, DaskWorker, Galera, until
from tests.clusters.engines.base import connecting
from tests.clusters.extent import ALL, times
from tests.clusters.rows import Rows, assert_as_undisturbed
from tests.faults.storm import look
from tests.servers import Server
from tests.support.databases import AS_OF, ROOT, Database
from tests.support.processes import plain_environment
from tests.support.rows import business_data, everything

CHUNK_ROWS = 25
TABLES = () if ALL else ("orders",)
"""What is seeded, with what it needs and what belongs to it; nothing named means everything."""
SETTINGS = "tests.clusters.worker_settings"
ENTRIES = "SELECT COUNT(*) FROM seeding_metadata"
Make = Callable[[Any], str]


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    """A scheduler, to which a test adds workers."""
    if missing := Dask.missing():
        pytest.skip(f"NOT TESTED on Dask: {missing}")
    folder = tmp_path / "dask"
    folder.mkdir()
    dask = Dask(folder, {**plain_environment(), "ADMIN_DATABASE_URL": f"sqlite:///{folder / 'admin.sqlite3'}"})
    try:
        dask.wait()
        yield dask
    finally:
        dask.stop()


@pytest.fixture
def database(make_database: Callable[..., Database]) -> Database:
    """A database without rows, on PostgreSQL."""
    return make_database("postgresql")


def config_of(database: Database, dask: Dask, **options: Any) -> SeedConfig:
    """All tables, by the workers."""
    common: dict[str, Any] = {"size": "small", "as_of": AS_OF, "patience": 20, "chunk_rows": CHUNK_ROWS}
    return SeedConfig(database=database.alias, scheduler=dask.address, tables=TABLES, **{**common, **options})


@pytest.fixture
def alone(make_database: Callable[..., Database]) -> Database:
    """The same database, seeded by one process."""
    alone = make_database("postgresql")
    assert api.seed(SeedConfig(database=alone.alias, tables=TABLES, size="small", as_of=AS_OF)).exit_code == 0
    return alone


def worker_of(dask: Dask, database: Database, url: str = "", **options: Any) -> DaskWorker:
    """A worker with a connection of its own to the database."""
    variables = {"DJANGO_SETTINGS_MODULE": SETTINGS, "WORKER_ALIAS": database.alias, **options.pop("variables", {})}
    return dask.worker(url or database.url, variables=variables, **options)


def joined(dask: Dask, *workers: DaskWorker) -> None:
    """Wait until the scheduler has them."""
    until(lambda: all(f"Register worker addr: {one.address}" in dask.said() for one in workers))


def entries(server: Server, database: Database) -> int:
    """Batches that are committed."""
    return int(server.sql(ENTRIES, database.alias))


@contextmanager
def once_committed(server: Server, database: Database, batches: int, act: Callable[[], object]) -> Iterator[None]:
    """Do something as soon as the run in this block has committed so many batches."""
    before, ended = entries(server, database), threading.Event()

    def watch() -> None:
        while entries(server, database) < before + batches:
            if ended.wait(0.02):
                return
        act()

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


def test_every_column_of_every_row_is_as_one_process_makes_it(dask: Dask, database: Database, alone: Database) -> None:
    told = list[Event]()
    workers = [worker_of(dask, database) for _ in range(2)]
    joined(dask, *workers)

    summary = api.seed(config_of(database, dask), tell=told.append)

    assert summary.exit_code == 0
    assert everything(database) == everything(alone)
    assert {one.context["worker"] for one in told if one.operation == "insert" and "worker" in one.context} == {
        one.address for one in workers
    }
    divided = SeedingMetadata.objects.using(database.alias).filter(first_index__gte=CHUNK_ROWS)
    assert divided.count() > 10


def test_whoever_is_killed_the_next_run_completes_the_rows(
    dask: Dask, database: Database, alone: Database, running: Callable[[str], Server], commands: Commands
) -> None:
    server = running("postgresql")
    workers = [worker_of(dask, database) for _ in range(2)]
    joined(dask, *workers)

    options = [f"--database={database.alias}", f"--scheduler={dask.address}", "--size=small", f"--as-of={AS_OF}"]
    options += [f"--table={table}" for table in TABLES]
    variables = {"DJANGO_SETTINGS_MODULE": SETTINGS, "WORKER_ALIAS": database.alias, "SEEDING_CHUNK_ROWS": str(CHUNK_ROWS)}
    variables["SEEDING_BATCH_SIZE"] = "5"
    run = commands.start(database.url, "seed", *options, **variables)
    until(lambda: entries(server, database) >= 10 or not run.is_running)
    workers[0].kill()
    workers.append(worker_of(dask, database))
    run.wait_until_it_says("takes over")
    run.process.kill()
    assert run.wait().code == -9, run.said()

    with once_committed(server, database, 10, dask.scheduler.kill), pytest.raises(SchedulerError, match="is gone") as lost:
        api.seed(config_of(database, dask, batch_size=5))
    there = entries(server, database)
    time.sleep(1)

    assert lost.value.exit_code == 2
    assert f"The worker {workers[0].address} was lost at " in run.said()
    assert entries(server, database) == there  # nobody commits any more
    database.seed(table=",".join(TABLES) or None)
    look(database, server)
    assert business_data(database) == business_data(alone)


def test_an_answer_that_died_with_the_scheduler_is_no_fault_of_the_worker(dask: Dask, database: Database) -> None:
    from seeding.workers.scheduler import Scheduler  # which imports Dask

    joined(dask, worker := worker_of(dask, database))
    scheduler = Scheduler(dask.address)
    try:
        scheduler.call(worker.address, leave, "no run")
        assert scheduler.heard(10) == (worker.address, Answer(value=None, events=()))
        scheduler.call(worker.address, leave, "no run")
        time.sleep(1)  # it has ended, and nobody has fetched its answer
        dask.scheduler.send_signal(signal.SIGSTOP)
        threading.Timer(1, dask.scheduler.kill).start()
        with pytest.raises(SchedulerError, match="is gone"):
            scheduler.heard(10)
    finally:
        scheduler.close("no run", [])


def test_workers_that_differ_are_refused_before_the_first_task(
    dask: Dask, database: Database, make_database: Callable[..., Database], running: Callable[[str], Server], tmp_path: Path
) -> None:
    server, other = running("postgresql"), make_database("postgresql")
    copy, empty, hidden = tmp_path / "copy", tmp_path / "empty", tmp_path / "hidden"
    for package in ("seeding", "terpseed", "settings", "tests/clusters"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "terpseed" / "facts" / "calendar.py").open("a", encoding="utf-8") as code:
        code.write("\n# other facts\n")
    empty.mkdir()
    for driver in ("psycopg", "psycopg2"):
        (hidden / driver).mkdir(parents=True)
        (hidden / driver / "__init__.py").write_text("raise ImportError('it is hidden')", encoding="utf-8")
    server.sql("CREATE ROLE poor LOGIN")
    server.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO poor", database.alias)
    workers = {
        worker_of(dask, database, cwd=copy): "the app terpseed is",
        worker_of(dask, database, cwd=empty): "No module named 'seeding'",
        worker_of(dask, database, variables={"PYTHONPATH": str(hidden)}): "No driver for PostgreSQL is installed",
        worker_of(dask, database, server.url(database.alias, "poor")): "seeding_run, which this account lacks",
        worker_of(dask, database, other.url): "does not hold run 1",
    }
    joined(dask, *workers)
    told: list[Event] = []

    with pytest.raises(ConfigurationError) as refused:
        api.seed(config_of(database, dask), tell=told.append)

    lines = str(refused.value).splitlines()
    said = {worker: next(line for line in lines if line.startswith(f"The worker {worker.address} ")) for worker in workers}
    assert {one.address: said[one] for one, words in workers.items() if words not in said[one]} == {}
    assert "GRANT INSERT" in str(refused.value)
    assert entries(server, database) == 0
    assert [one for one in told if one.operation in ("insert", "start") and one.seeder] == []


def test_a_worker_of_two_threads_is_refused_and_none_is_waited_for(dask: Dask, database: Database) -> None:
    with pytest.raises(SchedulerError, match="has no worker"):
        api.seed(config_of(database, dask, patience=0))
    joined(dask, worker := worker_of(dask, database, threads=2))

    with pytest.raises(
        ConfigurationError, match=f"{worker.address} has 2 threads, and tasks need one: start it with python -m"
    ):
        api.seed(config_of(database, dask))


@pytest.mark.timeout(3600)
def test_on_galera_each_worker_writes_on_another_node(  # noqa: PLR0917
    galera: Galera,
    dask: Dask,
    new_database: Make,
    commands: Commands,
    rows: Callable[[str], Rows],
    undisturbed: Callable[[str], Any],
) -> None:
    name = new_database(galera)
    size, kills = ("small", 1) if times(1, 20) == 1 else ("medium", 20)
    urls = [node.at(name) for node in galera.nodes]
    workers = {url: dask.worker(url) for url in urls[1:]}
    joined(dask, *workers.values())
    chance = random.Random(30)
    application = Application(connect=connecting(galera.nodes[1], name), tag="beside")
    with working(application):
        run = commands.seed(urls[0], f"--size={size}", f"--scheduler={dask.address}", SEEDING_CHUNK_ROWS=str(CHUNK_ROWS))
        for number in range(kills):
            run.wait_until_it_says("rows of", times=5 + number * 20)
            time.sleep(chance.random())
            if not run.is_running:
                break
            url = chance.choice(list(workers))
            workers[url].kill()
            workers[url] = dask.worker(url)
        seeded = run.wait()

    assert seeded.code == 0, seeded.err
    assert "was lost" in seeded.err
    galera.nodes[1].sql("DELETE FROM clients WHERE teri_code LIKE 'beside-%'", name)
    galera.settle()
    assert_as_undisturbed(rows(urls[2]), undisturbed(size))
    assert len(set(galera.checksums(name))) == 1
