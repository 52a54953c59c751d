"""Many rows changed at once, each with values of its own, and no other row touched."""

from __future__ import annotations

import polars as pl
import pytest

from seeding.schema.row_keys import number
from seeding.writing import updates
from terpseed.models import Client
from tests.support.databases import Database

ODD = 'O\'Brien \\ "Söhne" %s 漢字\n--'


@pytest.mark.parametrize("size", [200, 1_000_000], ids=["several statements", "one"])
def test_each_row_gets_its_own_values_and_no_other_changes(
    database: Database, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(updates, "BYTES_PER_STATEMENT", size)
    Client.objects.using(database.alias).bulk_create(
        Client(id=key, teri_code=f"C{key}", name=f"old {key}", email=f"old{key}@example.com") for key in range(1, 21)
    )
    stamps = database.query("SELECT updated_at FROM clients ORDER BY id")
    names = {19: "last", 3: ODD, 4: "", 5: "five", 12: "twelve", 1: "first"}
    emails = {19: "19@example.com", 3: None, 4: "4@example.com", 5: "5@example.com", 12: None, 1: "1@example.com"}

    updates.update_rows(
        database.alias,
        "clients",
        number("id"),
        pl.DataFrame({"name": list(names.values()), "id": list(names), "email": list(emails.values())}),
        ["updated_at"],
    )

    expected = [(key, names.get(key, f"old {key}"), emails.get(key, f"old{key}@example.com")) for key in range(1, 21)]
    assert database.query("SELECT id, name, email FROM clients ORDER BY id") == expected
    assert database.query("SELECT updated_at FROM clients ORDER BY id") == stamps


def test_references_are_filled_and_nothing_is_done_for_no_rows(database: Database) -> None:
    Client.objects.using(database.alias).bulk_create(Client(id=key, teri_code=f"C{key}", name="any") for key in (1, 2, 3))
    none = pl.DataFrame({"id": [], "name": []}, schema={"id": pl.Int64, "name": pl.String})

    updates.update_rows(database.alias, "clients", number("id"), none)
    updates.update_rows(database.alias, "clients", number("id"), pl.DataFrame({"id": [3, 1], "referred_by_client_id": [2, 3]}))

    assert database.query("SELECT id, name, referred_by_client_id FROM clients ORDER BY id") == [
        (1, "any", 3),
        (2, "any", None),
        (3, "any", 2),
    ]
