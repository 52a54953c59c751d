"""A classified column that its table lacks may hold its data under another name: an error, and the table stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.safety.conftest import mask
from tests.support.databases import SERVERS, Database

pytestmark = pytest.mark.usefixtures("classified")
WORDS = (
    "is classified as personal and is not in the table, which may hold its values under another name: "
    "restore the column, or correct the classification"
)


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--table=members",)], ids=["masking", "dry run", "by name"])
@pytest.mark.parametrize(
    "columns", ["mail varchar(80), born date", "email varchar(80), birth date", "mail varchar(80), birth date"]
)
@pytest.mark.parametrize("server", SERVERS)
def test_a_classified_column_that_is_missing_is_named(
    products: Callable[..., Database], server: str, columns: str, options: tuple[str, ...]
) -> None:
    database = products(server, f"CREATE TABLE members (id integer PRIMARY KEY, {columns})")
    database.query("INSERT INTO members VALUES (1, 'ann@corp.test', '1980-02-03')")
    before = database.query("SELECT * FROM members")

    code, results = mask(database, *options)

    missing = "born" if "email" in columns else "email" if "born" in columns else "born"
    assert (code, [one["table"] for one in results]) == (3, ["members"])
    assert f"{missing} {WORDS}" in results[0]["error"]
    assert database.query("SELECT * FROM members") == before
