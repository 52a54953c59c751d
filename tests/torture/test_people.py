"""A hundred thousand rows of people who look real, and every value of theirs searched for. TORTURE_PEOPLE sets how many."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.databases import Database
from tests.support.people import everything, found, write_people
from tests.support.processes import Manage

CLIENTS = int(os.environ.get("TORTURE_PEOPLE", "62500"))
"""Of whom half are suppliers, and one in ten has an order and an invoice: 106,255 rows."""
TABLES = ("users", "clients", "supplier_profiles", "orders", "invoices")


@pytest.mark.parametrize("mode", ["dev", "staging"])
def test_nobody_is_found_among_a_hundred_thousand(  # noqa: PLR0917
    make_database: Callable[..., Database],
    manage: Manage,
    environment: dict[str, str],
    audit_file: Path,
    tmp_path: Path,
    mode: str,
) -> None:
    database = make_database("mariadb")
    people = write_people(tmp_path / "export", CLIENTS)
    known, contacts = set(people.originals["clients.email"]), people.originals["supplier_profiles.contact_email"]
    variables = {
        "DATABASE_URL": database.url,
        "SEEDING_LOG_LEVEL": "debug",
        "SEEDING_MASKING_KEY": "a key for tests, of some length",
        "SEEDING_AUDIT_FILE": str(audit_file),
    }
    told, codes = "", []

    def run(*arguments: str) -> None:
        nonlocal told
        done = manage(*arguments, f"--env={mode}", "--force", variables=variables, timeout=1_200)
        told += done.stdout + done.stderr
        codes.append(done.returncode)

    run("seed", f"--source={people.folder}", "--dry-run")
    run("seed", f"--source={people.folder}")
    loaded = [database.content(table) for table in TABLES]
    run("seed", f"--source={people.folder}")

    assert codes == [0, 0, 0], told
    assert [database.content(table) for table in TABLES] == loaded
    assert [len(rows) for rows in loaded] == [5, CLIENTS, CLIENTS // 2, CLIENTS // 10, CLIENTS // 10]
    tables = everything(database)
    for table, column, key in (
        ("clients", "name", "teri_code"),
        ("supplier_profiles", "contact_name", "id"),
        ("users", "name", "id"),
    ):
        names = [name for (name,) in database.query(f"SELECT {column} FROM {table} ORDER BY {key}")]  # noqa: S608 - ours
        assert not [one for one in zip(names, people.originals[f"{table}.{column}"], strict=True) if one[0] == one[1]]
    masked = [email for (email,) in database.query("SELECT email FROM clients")]
    addresses = set(masked)
    shared = [one for (one,) in database.query("SELECT contact_email FROM supplier_profiles") if one in addresses]
    assert (len(addresses), len(shared)) == (CLIENTS, len([one for one in contacts if one in known]))
    run("seed_rollback", "--dry-run")
    run("seed_rollback")
    assert codes[3:] == [0, 0], told
    log = Path(environment["SEEDING_LOG_FILE"]).read_text(encoding="utf-8")
    audit = audit_file.read_text(encoding="utf-8")
    for place in (tables, log, audit, told):
        assert place
        assert found(people, place) == []
    assert found(people, (people.folder / "clients.csv").read_text(encoding="utf-8")) != []
