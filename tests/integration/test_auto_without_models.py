"""`seed --auto` of tables that no model mirrors, beside TERP's own seeders, on the servers that TERP runs on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from seeding.conf.project import caches
from seeding.generation.registry import Registry
from tests.servers import Server
from tests.support.databases import AS_OF, Database
from tests.support.dumps import dumped_rows

TABLES = "media_blobs depots routes depot_hours route_clients deliveries".split()
REFERENCES = {
    "media_blobs": {"uploaded_by": "users", "batch_id": "batches"},
    "depots": {"main_route_id": "routes", "opened_by": "users"},
    "routes": {"parentId": "routes", "depotId": "depots"},
    "deliveries": {"routeId": "routes", "deliveredBy": "users"},
}
"""Those that the names alone tell, and one that is declared: table → column → the table it refers to."""


def auto(database: Database, **options: Any) -> dict[str, Any]:
    """The summary of `seed --auto`, which must not fail."""
    out = StringIO()
    options = {"table": None, "as_of": AS_OF.isoformat(), **options}
    call_command("seed", database=database.alias, auto=True, json=True, stdout=out, stderr=StringIO(), **options)
    summary: dict[str, Any] = json.loads(out.getvalue())
    return summary


def dangling(database: Database, table: str, column: str, target: str) -> tuple[int, int]:
    """How many rows refer to nothing, and how many refer to anything."""
    found = database.query(
        f"SELECT count(*) - count(b.id), count(*) FROM `{table}` a LEFT JOIN `{target}` b ON a.`{column}` = b.id "  # noqa: S608
        f"WHERE a.`{column}` IS NOT NULL"
    )
    return found[0][0], found[0][1]


def run(database: Database, host: Server, tables: set[str]) -> dict[str, dict[str, tuple[int, int]]]:
    """Fill, look, fill again, grow, look and undo; returns table → column → what `dangling` says of the grown rows."""
    before = dumped_rows(database, host)
    first, second = auto(database), auto(database)
    small = {table: set(database.query(f"SELECT * FROM `{table}`")) for table in tables}  # noqa: S608
    grown = auto(database, size="medium", table=",".join(sorted(tables)))
    medium = {table: set(database.query(f"SELECT * FROM `{table}`")) for table in tables}  # noqa: S608
    found = {
        table: {column: dangling(database, table, column, target) for column, target in columns.items()}
        for table, columns in REFERENCES.items()
        if table in tables
    }
    rules, seeders = database.broken_rules(), Registry.discover().by_table
    call_command("seed_check", references=True, database=database.alias, stdout=(looked := StringIO()))
    undone = database.rollback()

    assert dumped_rows(database, host) == before
    assert {one["table"] for one in first["results"] if one["state"] == "seeded"} >= tables | seeders.keys()
    assert sum(one["records_skipped"] for one in first["results"] + grown["results"]) == 0
    assert (first["exit_code"], second["records_inserted"], grown["exit_code"], undone["exit_code"]) == (0, 0, 0, 0)
    assert [table for table in tables if not small[table]] == []
    assert sum(map(len, medium.values())) > sum(map(len, small.values()))
    assert rules == {}
    assert [table for table in found if f"{table}." not in looked.getvalue()] == []
    return found


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_tables_that_refer_to_terps_and_to_each_other_are_filled_grown_and_undone(
    make_database: Callable[..., Database], running: Callable[[str], Server], server: str
) -> None:
    database = make_database(server)
    running(server).sql((Path(__file__).parent / "beside_terp.sql").read_text(encoding="utf-8"), database.alias)

    found = run(database, running(server), {*TABLES})

    assert {table: [*columns] for table, columns in found.items()} == {table: [*REFERENCES[table]] for table in found}
    assert [one for columns in found.values() for one in columns.values() if one[0] or not one[1]] == []


@pytest.mark.skipif("TERP_DDL" not in os.environ, reason="TERP_DDL names no file with the DDL of TERP's own tables")
@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_so_are_all_of_terps_own(make_database: Callable[..., Database], running: Callable[[str], Server], server: str) -> None:
    database = make_database(server, ready=False)
    running(server).sql(Path(os.environ["TERP_DDL"]).read_text(encoding="utf-8"), database.alias)
    tables = {row[0] for row in database.query("SHOW TABLES")} - caches()
    call_command("migrate", database=database.alias, verbosity=0)

    run(database, running(server), tables)
