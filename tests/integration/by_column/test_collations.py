"""Undeclared references by texts under another collation than the column that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command

from seeding.generation.registry import Registry
from seeding.verification.checker import Checker
from tests.integration.by_column.test_seeding import INSTALLED, CountrySeeder, RouteSeeder
from tests.support.databases import Database
from tests.support.runs import run, undo

MYSQL = "ALTER TABLE {} MODIFY {} varchar(8) CHARACTER SET {} COLLATE {} NOT NULL"
POSTGRESQL = 'ALTER TABLE {} ALTER {} TYPE varchar(8) COLLATE "{}"'
FORMS = {
    "mariadb": (MYSQL, ("utf8mb4", "utf8mb4_general_ci"), ("utf8mb4", "utf8mb4_unicode_ci")),
    "mariadb binary": (MYSQL, ("utf8mb4", "utf8mb4_general_ci"), ("utf8mb4", "utf8mb4_bin")),
    "mariadb latin1": (MYSQL, ("utf8mb4", "utf8mb4_general_ci"), ("latin1", "latin1_bin")),
    "mysql": (MYSQL, ("utf8mb4", "utf8mb4_general_ci"), ("utf8mb4", "utf8mb4_0900_ai_ci")),
    "postgresql": (POSTGRESQL, ("C",), ("POSIX",)),
}


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.mark.parametrize("form", FORMS)
def test_a_row_that_refers_by_a_text_of_another_collation_keeps_its_own(
    make_database: Callable[..., Database], form: str
) -> None:
    statement, named, naming = FORMS[form]
    database, seeders = make_database(form.split(maxsplit=1)[0], ready=False), (CountrySeeder(), RouteSeeder())
    call_command("migrate", database=database.alias, run_syncdb=True, verbosity=0)
    for table in ("mayor", "capital", "port"):  # their foreign keys hold the column
        database.query(f"DROP TABLE atlas_{table}")
    database.query(statement.format("atlas_country", "iso", *named))
    database.query(statement.format("atlas_route", "country_id", *naming))

    seeded, _ = run(database, *seeders, size="small")
    database.query("INSERT INTO atlas_route (country_id) VALUES (%s)", "C9" if form == "postgresql" else "c9")
    verdicts = Checker(database.alias, "", Registry(seeders)).references()
    undone, _ = undo(database, *seeders)

    assert seeded.exit_code == 0
    assert [(one.looked_at, one.broken) for one in verdicts] == [(8, 0)]
    assert (undone.exit_code, undone.records_deleted) == (6, 11)
    assert database.query("SELECT iso FROM atlas_country") == [("C9",)]
