"""Which unclassified columns `seed_mask` lists: also numbers, texts that come late in a table, and schemas out of reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.safety import personal_data
from tests.servers import KINDS
from tests.support.databases import Database

pytestmark = pytest.mark.usefixtures("classified")
MEMBERS = "CREATE TABLE members (id bigint PRIMARY KEY, email varchar(80), born date)"
CALLS = """
    CREATE TABLE calls (id bigint PRIMARY KEY, phone bigint, mobile decimal(15), phone_count int, size int, remark varchar(80),
                        answer varchar(80), label varchar(80))
"""
EARLY, LATE = 1_500, 40
"""Rows with nothing but labels, and rows with remarks at the end."""


def masked(database: Database) -> tuple[int, dict[str, Any]]:
    """Exit code and summary of `seed_mask`."""
    out, code = StringIO(), 0
    try:
        call_command("seed_mask", "--env=staging", "--force", "--json", database=database.alias, stdout=out, stderr=StringIO())
    except CommandError as error:
        code = error.returncode
    return code, json.loads(out.getvalue())


@pytest.mark.parametrize("server", KINDS)
def test_what_documents_and_addresses_hold_is_looked_at(products: Callable[..., Database], server: str) -> None:
    types = ("jsonb", "inet", "varchar(40)[]") if server == "postgresql" else ("json", "varchar(40)", "text")
    events = (
        f"CREATE TABLE events (id bigint PRIMARY KEY, payload {types[0]}, origin {types[1]}, many {types[2]}, plain {types[0]})"
    )
    database = products(server, MEMBERS, events)
    for number in range(30):
        payload = json.dumps({"seen": [{"number": f"+1 415 555 26{number:02}"}]})
        plain = json.dumps({"phone_calls": number, "size": "12-34"})
        many = f'{{"+1 415 555 26{number:02}"}}' if server == "postgresql" else f'["+1 415 555 26{number:02}"]'
        values = number, payload, f"81.2.69.{number}", many, plain
        database.query("INSERT INTO events (id, payload, origin, many, plain) VALUES (%s, %s, %s, %s, %s)", *values)

    code, summary = masked(database)

    assert code == 3
    assert [(one["column"], one["kind"]) for one in summary["left"]] == [
        ("payload", "phone"), ("origin", "ip"), ("many", "phone"),
    ]  # fmt: skip


@pytest.mark.parametrize("server", KINDS)
def test_numbers_and_late_texts_are_listed_and_declared_columns_only_by_their_values(
    products: Callable[..., Database], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = products(server, MEMBERS, CALLS)
    rows: list[tuple[Any, ...]] = [(number, None, "n/a" if number == 3 else " ") for number in range(EARLY)]
    rows += [(EARLY + number, f"p{number}@corp.test", f"10.0.0.{number}") for number in range(LATE)]
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500]
        values = ", ".join(["(%s, 'red', %s, %s)"] * len(part))
        flat = [value for row in part for value in row]
        database.query(f"INSERT INTO calls (id, label, remark, answer) VALUES {values}", *flat)  # noqa: S608

    code, summary = masked(database)

    assert code == 3
    assert [(one["column"], one["kind"]) for one in summary["left"]] == [
        ("phone", "phone"), ("mobile", "phone"), ("remark", "email"), ("answer", "ip"),
    ]  # fmt: skip

    monkeypatch.setattr(personal_data, "NOT_PERSONAL", {"calls": ("phone", "mobile", "remark")}, raising=False)

    assert [one["column"] for one in masked(database)[1]["left"]] == ["remark", "answer"]


def test_schemas_that_are_not_searched_are_named(products: Callable[..., Database]) -> None:
    database = products("postgresql", MEMBERS, 'CREATE SCHEMA "Other one"', 'CREATE TABLE "Other one".people (email text)')

    code, summary = masked(database)

    assert code == 0
    assert summary["unseen"] == ["Other one"]
