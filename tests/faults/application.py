"""An application that goes on inserting into tables while they are seeded, and rolled back."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import Error, connections

from tests.support.databases import Database
from tests.support.processes import Manage

RATE = 200
"""Rows a second."""
INSERTS = (
    "INSERT INTO clients (teri_code, name) VALUES (%s, 'real')",
    "INSERT INTO vendors (name) VALUES (%s)",
    "INSERT INTO strains (name, {standardized}) VALUES (%s, 'real')",
)
REAL = {"clients": "teri_code", "vendors": "name", "strains": "name"}
"""Where its rows are known by."""


@dataclass(slots=True)
class Application:
    """Inserts row by row, each in a transaction of its own, RATE a second by the clock: where it falls behind it catches up."""

    database: Database
    stop: threading.Event = field(default_factory=threading.Event)
    inserted: int = 0
    longest: float = 0.0
    """Seconds that one insertion took at most."""
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Rows a second that it has really inserted."""
        return self.inserted / self.seconds

    @contextmanager
    def working(self) -> Iterator[None]:
        """At work during a block."""
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self.stop.set()
            thread.join()

    def kept(self) -> int:
        """How many of its rows are there."""
        counts = (f"SELECT COUNT(*) FROM {table} WHERE {column} LIKE 'REAL%'" for table, column in REAL.items())  # noqa: S608
        return int(sum(self.database.query(count)[0][0] for count in counts))

    def _work(self) -> None:
        connection = connections.create_connection(self.database.alias)
        statements = [one.format(standardized=connection.ops.quote_name("standardizedName")) for one in INSERTS]
        begun = time.monotonic()
        for number, statement in zip(itertools.count(), itertools.cycle(statements), strict=False):
            if self.stop.wait(max(0.0, begun + number / RATE - time.monotonic())):
                break
            asked = time.monotonic()
            try:
                with connection.cursor() as cursor:
                    cursor.execute(statement, [f"REAL{number}"])
                self.inserted += 1
            except Error as error:
                self.errors.append(str(error))
            self.longest = max(self.longest, time.monotonic() - asked)
        self.seconds = time.monotonic() - begun
        connection.close()


def assert_neither_disturbs_the_other(
    database: Database, manage: Manage, *options: str, batch_size: str = ""
) -> tuple[Application, float]:
    """Seed and roll back while the application is at work; returns it, and the seconds that the run took."""
    application = Application(database)
    variables = {"DATABASE_URL": database.url, **({"SEEDING_BATCH_SIZE": batch_size} if batch_size else {})}

    with application.working():
        seeded = manage("seed", *options, "--json", variables=variables, timeout=3600)
        undone = manage("seed_rollback", "--force", "--json", variables=variables, timeout=3600)

    summary = json.loads(seeded.stdout)
    assert application.errors == []
    assert application.kept() == application.inserted > 0
    assert (seeded.returncode, undone.returncode) == (0, 0)
    assert all(one["records_inserted"] == one["records_planned"] for one in summary["results"])
    assert json.loads(undone.stdout)["left"] == 0
    assert [line for line in (seeded.stderr + undone.stderr).splitlines() if '"operation": "retry"' in line] == []
    return application, summary["duration"]
