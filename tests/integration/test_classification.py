"""Every column is somebody's decision: the check tells of one that is not, `seed` refuses it, the inventory shows it."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from django.core.management import call_command

from seeding.exceptions import UnclassifiedError
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.masking.classification import classify, inventory, require_classified
from terpseed.models import Vendor
from tests.support.databases import Database
from tests.support.processes import Manage
from tests.support.runs import run

CARELESS = """
import polars as pl
from seeding import BaseSeeder, RecordCount, SeederConfig
from terpseed.models import Vendor

class CarelessSeeder(BaseSeeder):
    config = SeederConfig(model=Vendor, group="careless", record_count=RecordCount.fixed(1), pii_fields={"notes": "moon"})

    def generate_data(self, rows):
        return pl.DataFrame({"name": ["Jo"], "contactEmail": ["jo@corp.com"]})
"""


class Careless(BaseSeeder):
    config = SeederConfig(model=Vendor, record_count=RecordCount.fixed(1), not_pii=("name",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": ["Jo"], "contactEmail": ["jo@corp.com"]})


class Careful(BaseSeeder):
    config = SeederConfig(model=Vendor, record_count=RecordCount.fixed(1), not_pii=("name",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": ["Jo"]})


def test_a_seeder_that_fills_an_unclassified_column_is_refused(sqlite: Database) -> None:
    summary, _ = run(sqlite, Careless())

    (result,) = summary.results
    assert (result.state, result.exit_code) == ("refused", 3)
    assert "vendors.contactEmail looks like personal data (email) and is not classified. Add it to pii_fields" in result.error
    assert sqlite.content("vendors") == []


def test_a_column_that_stays_empty_refuses_nothing(sqlite: Database) -> None:
    summary, _ = run(sqlite, Careful())

    assert summary.results[0].state == "seeded"


def test_the_check_warns_and_fails_where_warnings_fail(manage: Manage, tmp_path: Path) -> None:
    package = tmp_path / "careless" / "seeders"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "careless.py").write_text(CARELESS, encoding="utf-8")

    checked = manage(
        "check", "--fail-level=WARNING", variables={"SEEDING_APPS": "careless", "PYTHONPATH": str(tmp_path)}
    )  # fmt: skip

    assert checked.returncode == 1
    assert "seeding.W001" in checked.stderr
    for column in ("contactEmail looks like personal data", "contactPhone looks", "notes names the strategy 'moon'"):
        assert f"CarelessSeeder: vendors.{column}" in checked.stderr


def test_every_column_of_terp_is_decided() -> None:
    undecided = [
        f"{one.table}.{one.column}" for one in inventory(Registry.discover()) if one.holds == "undecided" or one.problem
    ]

    assert undecided == []


def test_real_data_asks_for_a_word_on_every_text() -> None:
    with pytest.raises(UnclassifiedError) as caught:
        require_classified([Careful()])

    columns = {f"vendors.{one.column}" for one in classify(Careful()) if one.holds == "undecided"}
    assert columns == {f"vendors.{name}" for name in ("contactName", "contactEmail", "contactPhone", "paymentTerms", "notes")}
    assert all(column in str(caught.value) for column in columns)


def test_the_inventory_is_printed_without_a_database() -> None:
    out = StringIO()

    call_command("seed_check", pii=True, json=True, database="nowhere", stdout=out)

    columns = {(one["table"], one["column"]): one for one in json.loads(out.getvalue())["columns"]}
    assert (columns["clients", "email"]["holds"], columns["clients", "email"]["strategy"]) == ("personal data", "email")
    assert columns["clients", "teri_code"]["holds"] == "nothing personal"
    assert columns["comments", "content"]["strategy"] == "free_text"
