"""The contract finds what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl
import pytest
from django.db.models import F

from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, Derivation, RecordCount, SeederConfig
from seeding.runs.audit import auditing
from seeding.testing import DatabaseContract, SeederContract
from terpseed.models import Brand, Grade, Vendor
from tests.support.databases import Database

COUNT = RecordCount(small=10, medium=100, large=1_000)
DECIDED = ("name", "description")


def grades(columns: Callable[[Rows], dict[str, object]], count: RecordCount = COUNT) -> type[BaseSeeder]:
    """A seeder of grades with such columns."""

    class Grades(BaseSeeder):
        config = SeederConfig(model=Grade, record_count=count, not_pii=DECIDED)

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame(columns(rows))

    return Grades


class Vendors(BaseSeeder):
    config = SeederConfig(model=Vendor, record_count=RecordCount(small=5, medium=50, large=500))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": [f"Vendor {index}" for index in rows.index]})


class Brands(BaseSeeder):
    config = SeederConfig(model=Brand, record_count=COUNT, dependencies=("vendors",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": [f"Brand {index}" for index in rows.index], "vendorId": rows.index})


class Lonely(Brands):
    config = SeederConfig(model=Brand, record_count=RecordCount.fixed(3))


def contract(*seeders: type[BaseSeeder]) -> SeederContract:
    made: SeederContract = type("Contract", (SeederContract,), {"registry": Registry(one() for one in seeders)})()
    return made


def named(rows: Rows) -> list[str]:
    return [f"Grade {index}" for index in rows.index]


@pytest.mark.parametrize(
    ("test", "seeder", "words"),
    [
        ("test_a_row_is_a_function_of_its_index", grades(lambda rows: {"name": [f"{len(rows)}"] * len(rows)}), "values depend"),
        ("test_a_row_is_a_function_of_its_index",
         grades(lambda rows: {"name": named(rows), "sortOrder": [1.5] * len(rows) if len(rows) > 1 else [1]}), "types depend"),
        ("test_every_row_is_valid_for_its_table", grades(lambda rows: {"name": ["x" * 500] * len(rows)}), "too long"),
        ("test_every_row_is_valid_for_its_table", grades(lambda rows: {"name": ["same"] * len(rows)}), "repeated"),
        ("test_every_row_is_valid_for_its_table", grades(lambda rows: {"nome": named(rows)}), "unknown column"),
        ("test_every_reference_stays_inside_its_parent", Brands, "0 to 9 of 5 vendors at small"),
        ("test_every_reference_stays_inside_its_parent", Lonely, "does not depend on vendors"),
        ("test_sizes_grow", grades(lambda rows: {"name": named(rows)}, RecordCount(small=10, medium=5, large=1)), "10, 5, 1"),
        ("test_every_column_is_personal_or_not", Vendors, "add to pii_fields or not_pii: name"),
    ],
)  # fmt: skip
def test_a_seeder_that_breaks_it_is_told(test: str, seeder: type[BaseSeeder], words: str) -> None:
    kept = contract(seeder) if seeder is Vendors else contract(Vendors, seeder)
    (made,) = (one for one in kept.registry.ordered if type(one) is seeder)

    with pytest.raises(AssertionError, match=words):
        getattr(kept, test)(made)


def test_a_derivation_that_counts_on_is_told(sqlite: Database) -> None:
    class Counting(Vendors):
        config = SeederConfig(model=Grade, record_count=COUNT)

        def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
            return (Derivation(values={"sortOrder": F("sortOrder") + 1}, reads=("grades",)),)

    kept: DatabaseContract = type("Contract", (DatabaseContract,), {"registry": Registry([Counting()])})()

    with pytest.raises(AssertionError):
        kept.test_the_second_run_changes_nothing(sqlite.alias)


def test_its_rollbacks_leave_nothing_behind(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []

    def noted(file: Path) -> AbstractContextManager[None]:
        written.append(file)
        return auditing(file)

    monkeypatch.setattr("seeding.rollbacks.manager.auditing", noted)
    kept: DatabaseContract = type("Contract", (DatabaseContract,), {"registry": Registry([Vendors()])})()
    kept.seed(sqlite.alias)

    assert kept.rollback(sqlite.alias).records_deleted == 5

    (file,) = written
    assert not file.parent.exists()
