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
