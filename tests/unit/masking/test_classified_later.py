"""What becomes personal after it was stored: columns that are classified or renamed later are masked, or told of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seeding import Registry
from seeding.conf import Environment, SeedConfig
from seeding.example.seeders.sales import CustomerSeeder
from seeding.masking import STRATEGIES, Cipher, Mode, PIIMasker
from seeding.orchestration.orchestrator import SeedOrchestrator
from seeding.sources.registry import source_registry
from tests.support.databases import Database
from tests.unit.masking.conftest import KEY, Declare, customers, expected, mask


class Careless(CustomerSeeder):
    """Takes names for nothing personal."""

    config = replace(CustomerSeeder.config, pii_fields={"email": "email"}, not_pii=("name",))


def load(shop: Database, folder: Path) -> None:
    """Load two people from a file whose names are not masked."""
    (folder / "shop_customer.csv").write_text(
        "id,name,email,joined_at\n1,Ann Example,ann@corp.test,2026-03-02\n2,Ben Example,ben@corp.test,2026-03-02\n",
        encoding="utf-8",
    )
    cipher = Cipher.of(KEY)
    masker = PIIMasker(cipher, Mode.FULL)
    registry = source_registry(folder, Registry([Careless()]), cipher=cipher, masker=masker, strategies=STRATEGIES)
    config = SeedConfig(database=shop.alias, environment=Environment.DEV, source=folder, force=True)
    summary = SeedOrchestrator(config, registry, tell=lambda _: None, ask=input, missing_table_help="").run()
    assert (summary.exit_code, summary.records_inserted) == (0, 2)


def test_a_column_that_is_classified_after_rows_were_loaded_is_masked_in_them(shop: Database, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    load(shop, folder)
    before = customers(shop)
    assert [name for _, name, _ in before] == ["Ann Example", "Ben Example"]

    told = mask(shop, dry_run=True)
    summary = mask(shop)

    names = [name for _, name, _ in expected(before)]
    assert (summary.exit_code, told.results[0].masked, summary.results[0].masked) == (0, 2, 2)
    assert [(name, email) for _, name, email in customers(shop)] == [
        (name, email) for name, (_, _, email) in zip(names, before, strict=True)
    ]
    assert mask(shop).results[0].masked == 0


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("label TEXT, mail TEXT", "nick is classified as personal and is not in the table"),
        ("label TEXT", "nick is classified as personal and is not in the table"),
        ('"Nick" TEXT', "nick is classified, and the column is spelled Nick"),
    ],
)
def test_a_classified_column_that_is_not_in_the_table_is_an_error(
    people: Database, declared: Declare, columns: str, told: str, *, dry_run: bool
) -> None:
    people.query(f"CREATE TABLE guest (id INTEGER PRIMARY KEY, {columns})")
    declared({"guest": {"nick": "person_name", **({"mail": "email"} if "mail" in columns else {})}})

    summary = mask(people, dry_run=dry_run)

    results = {one.table: one for one in summary.results}
    assert summary.exit_code == results["guest"].exit_code == 3
    assert told in results["guest"].error
    assert (results["guest"].masked, results["shop_customer"].masked) == (0, 5)


def test_blank_values_hide_no_personal_ones(people: Database) -> None:
    people.query("CREATE TABLE guest (id INTEGER PRIMARY KEY, contact TEXT NOT NULL DEFAULT '', remark TEXT)")
    people.query(
        "INSERT INTO guest VALUES (1, 'ann@corp.test', 'red'), (2, '', ''), (3, ' ', 'blue'), (4, '', 'ann@corp.test')"
    )

    summary = mask(people)

    assert [(one.table, one.column, one.kind) for one in summary.left] == [("guest", "contact", "email")]
    assert summary.exit_code == 3
