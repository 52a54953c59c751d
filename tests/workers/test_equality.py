"""Several workers make the same rows as one process, under the same keys."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connections

from seeding.models import SeedingMetadata, SeedRun
from tests.servers import KINDS, Server
from tests.support.databases import AS_OF, ROOT, Database
from tests.support.dumps import dumped_rows
from tests.support.rows import everything
from tests.support.share import IS_SHARED

CHUNK_ROWS = 25


@pytest.mark.parametrize("jobs", [4] if IS_SHARED else [4, 2])
@pytest.mark.parametrize("server", KINDS)
def test_every_column_of_every_row_is_as_one_process_makes_it(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str, jobs: int
) -> None:
    monkeypatch.setenv("SEEDING_CHUNK_ROWS", str(CHUNK_ROWS))
    alone, together = make_database(server, seeded="small"), make_database(server)

    summary = together.seed(jobs=jobs)

    assert everything(together) == everything(alone)
    recorded = SeedRun.objects.using(alone.alias).get().results
    told = [(one["seeder"], one["records_planned"], one["records_inserted"], one["state"]) for one in summary["results"]]
    assert told == [(one["seeder"], one["records_planned"], one["records_inserted"], one["state"]) for one in recorded]
    batches = SeedingMetadata.objects.using(together.alias)
    divided = batches.filter(first_index__gte=CHUNK_ROWS)
    assert {one.first_index % CHUNK_ROWS for one in divided} == {0}
    assert divided.count() > 30
    assert max(batches.values_list("record_count", flat=True)) > CHUNK_ROWS  # rows that refer to each other stay together
    assert together.query("SELECT COUNT(*) FROM seeding_fence") == [(jobs + 1,)]


@pytest.mark.parametrize("server", KINDS)
def test_a_dataset_grown_by_workers_holds_the_same_derived_columns(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    monkeypatch.setenv("SEEDING_CHUNK_ROWS", "80")  # portions of 400 rows: fewer than there are orders
    alone, together = make_database(server, seeded="small"), make_database(server, seeded="small")

    alone.seed(size="medium")
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connections[together.alias].execute_wrapper(note):
        together.seed(size="medium", jobs=2)

    assert everything(together) == everything(alone)
    updated = {found[1] for one in statements if (found := re.match(r"UPDATE [`\"](\w+)", one))}
    assert "invoices" in updated  # few rows
    assert "orders" not in updated


def specimens(environment: Mapping[str, str], *arguments: str) -> str:
    """`manage.py` of the project with one model per trait."""
    variables = {**environment, "DJANGO_SETTINGS_MODULE": "tests.workers.settings", "SEEDING_CHUNK_ROWS": "7"}
    variables["MEDIA_ROOT"] = f"{environment['SEEDING_LOG_FILE']}.media"
    command = [sys.executable, "-W", "ignore", "-m", "django", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3_000:] + done.stdout[-3_000:]
    return done.stdout


@pytest.mark.parametrize("server", KINDS)
def test_rows_with_keys_and_columns_of_every_kind_are_the_same(
    make_database: Callable[..., Database], running: Callable[[str], Server], environment: dict[str, str], server: str
) -> None:
    found = []
    for jobs in (1, 2):
        database = make_database(server, ready=False)
        variables = {**environment, "DATABASE_URL": database.url}
        for arguments in (("auth",), ("--run-syncdb",)):  # whose tables the others refer to
            specimens(variables, "migrate", *arguments, "--verbosity=0")
        told = specimens(
            variables, "seed", "--auto", "--size=medium", f"--as-of={AS_OF}", f"--jobs={jobs}", "--json", "--verbosity=0"
        )
        summary = json.loads(told)
        rows = [one for one in dumped_rows(database, running(server)) if "seeding_" not in one.partition("(")[0]]
        found.append((sorted(rows), [(one["seeder"], one["records_inserted"]) for one in summary["results"]]))

    assert found[0] == found[1]
    assert len(found[0][0]) > 1_000
