"""What is done to a server that is measured: commands as processes of their own, and loads of the same rows by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from operator import itemgetter
from pathlib import Path

from tests.bench.limits import LOAD_DATA, Limit
from tests.servers.base import Server

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET, LOADED = "seeded", "loaded"
"""Databases: one for `seed`, one for the limit."""

PEOPLE = """
    INSERT INTO clients (teri_code, name, email, phone, address, created_at, updated_at)
    SELECT CONCAT('CL', seq), CONCAT('Jones & Miller ', seq, ' Farms LLC'), CONCAT('jo.miller', seq, '@gmail.com'),
    CONCAT('(415) ', 200 + seq DIV 10000, '-', LPAD(seq MOD 10000, 4, '0')),
    CONCAT(seq, ' Old Mill Road, Portland, OR 97201'), '2025-01-01', '2025-06-01' FROM seq_1_to_{count}
"""
"""Real rows, as a restored copy has them."""
PLAIN_UPDATE = """
    UPDATE clients SET name = CONCAT('Some Other Name ', id, ' Holdings'),
    email = CONCAT('maria.abcdefghijk', id, '@example.com'),
    phone = CONCAT('(415) 555-0123 x', LPAD(id, 8, '0')),
    address = CONCAT(id, ' Some Invented Street, CA'),
    updated_at = updated_at
"""
"""The least that masking them can be: one statement, and values as long as the masks."""

PLAIN_TABLE = """
    CREATE TABLE plain_things (
        id BIGINT AUTO_INCREMENT PRIMARY KEY,
        name VARCHAR(80) NOT NULL, title VARCHAR(120) NOT NULL, email VARCHAR(120) NOT NULL, city VARCHAR(60) NOT NULL,
        description TEXT NOT NULL,
        price DECIMAL(10, 2) NOT NULL, weight DECIMAL(8, 3) NOT NULL,
        due_date DATE NOT NULL, created_at DATETIME NOT NULL,
        status ENUM('new', 'open', 'done') NOT NULL, kind ENUM('small', 'large') NOT NULL,
        quantity INT NOT NULL, rating SMALLINT NOT NULL,
        is_active TINYINT(1) NOT NULL, is_public TINYINT(1) NOT NULL
    )
"""
"""Fifteen columns that nobody has written a seeder for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One process, or one load, from start to end."""

    seconds: float
    mebibytes: float = 0.0
    """The most memory that the process had; 0 for a load, which is the server's."""
    run_seconds: float = 0.0
    """What the run itself took, as its summary tells: without the start of the process. 0 where there was none."""
    queries: int = 0
    """How many statements the run has asked the server."""
    processor_seconds: float = 0.0
    """What the process and those that it started had of the processors; 0 for a load."""
    server_seconds: float = 0.0
    """What the server had of them meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A server and a folder that it may write its files to."""

    server: Server
    folder: Path
    limit: Limit = LOAD_DATA

    def fresh(self, database: str) -> None:
        """Make the database anew, with TERP's tables and the ledger, all empty."""
        self.server.sql(self.limit.empty.format(database=database))
        self.manage("terp_schema", database=database)
        self.manage("migrate", "--verbosity=0", database=database)

    def people(self, count: int) -> None:
        """A database of as many clients that nobody has seeded."""
        self.fresh(TARGET)
        self.server.sql(PEOPLE.format(count=count), TARGET)

    def plain(self) -> None:
        """A database with a table that has no seeder."""
        self.fresh(TARGET)
        self.server.sql(PLAIN_TABLE, TARGET)

    def update(self) -> Sample:
        """The limit of masking them."""
        return self._told(PLAIN_UPDATE, TARGET)[1]

    def manage(
        self, *arguments: str, database: str = TARGET, variables: Mapping[str, str] | None = None, expected: int = 0
    ) -> Sample:
        """`manage.py` as a process of its own; raises CalledProcessError where it ends with another code than `expected`."""
        log = self.folder / "seeding.log"
        log.unlink(missing_ok=True)
        url = self.server.url(database)
        own = {"DATABASE_URL": url, "SEEDING_LOG_FILE": str(log), **(variables or {})}
        sample = self.process("manage.py", *arguments, variables=own, expected=expected)
        ends = [json.loads(line) for line in log.open(encoding="utf-8")] if log.exists() else []
        return replace(
            sample,
            run_seconds=next((end["duration"] for end in reversed(ends) if end["operation"] == "complete"), 0.0),
            queries=next((end["metrics"]["queries"] for end in reversed(ends) if "metrics" in end), 0),
        )

    def process(self, *arguments: str, variables: Mapping[str, str] | None = None, expected: int = 0) -> Sample:
        """Python as a process of its own; raises CalledProcessError where it ends with another code than `expected`."""
        env = {**os.environ, **(variables or {})}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody compiles the program again at every start
        command = [sys.executable, *arguments]
        with (self.folder / "output").open("w+b") as output:
            started, served = time.monotonic(), self._served()
            process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != expected:
                output.seek(0)
                raise subprocess.CalledProcessError(process.returncode, command, output.read()[-2_000:].decode())
        return Sample(
            seconds=seconds,
            mebibytes=usage.ru_maxrss / 1_024,
            processor_seconds=usage.ru_utime + usage.ru_stime,
            server_seconds=self._served() - served,
        )

    def tables(self) -> list[str]:
        """The tables that have been seeded, each after those that its foreign keys point at."""
        seeded = self.server.sql("SELECT DISTINCT table_name FROM seeding_metadata", TARGET).split()
        graph: dict[str, set[str]] = {table: set() for table in seeded}
        for line in self.server.sql(self.limit.foreign_keys, TARGET).splitlines():
            child, parent = line.replace('"', "").split()
            if child in graph and parent in graph and child != parent:
                graph[child].add(parent)
        return list(TopologicalSorter(graph).static_order())

    def rows(self) -> int:
        """How many rows have been seeded."""
        return int(self.server.sql("SELECT SUM(record_count) FROM seeding_metadata", TARGET))

    def dump(self, tables: Iterable[str]) -> None:
        """The rows of the tables as files, ready to be loaded."""
        for table in tables:
            path = self.folder / f"{table}.csv"
            path.unlink(missing_ok=True)
            self.server.sql(self.limit.dump.format(file=path, table=table), TARGET)

    def load(self, tables: Iterable[str]) -> Sample:
        """The limit: the files that `dump` has made, into the same tables, empty, with our session's settings."""
        self.fresh(LOADED)
        loads = [self.limit.load.format(file=self.folder / f"{table}.csv", table=table) for table in tables]
        told, sample = self._told(f";\n{self.limit.after};\n".join([self.limit.session, *loads, ""]), LOADED)
        if set(told.split()) - {"0"}:
            raise RuntimeError(f"the limit has not loaded every row: {told.split()} warnings")
        return sample

    def _told(self, statements: str, database: str) -> tuple[str, Sample]:
        """What the server answers to its own client, and how long that takes."""
        started, served = time.monotonic(), self._served()
        told = self.server.sql(statements, database)
        return told, Sample(seconds=time.monotonic() - started, server_seconds=self._served() - served)

    def _served(self) -> float:
        """The processor seconds that the server has had since it started, those of its ended processes included."""
        assert self.server.process is not None
        first, ticks = self.server.process.pid, 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                parent, *counted = map(int, itemgetter(1, 11, 12, 13, 14)(path.read_text().rpartition(")")[2].split()))
                ticks += sum(counted) if path.parent.name == str(first) else sum(counted[:2]) if parent == first else 0
        return ticks / os.sysconf("SC_CLK_TCK")
