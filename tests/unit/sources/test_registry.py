"""A folder of files as seeders: which file is of which table, what comes first, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seeding.conf import Environment, SeedConfig
from seeding.example.models import Product
from seeding.exceptions import ConfigurationError, SourceError, UnclassifiedError
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder, RecordCount
from seeding.masking import STRATEGIES
from seeding.sources.registry import seeders_of, source_registry
from tests.support.databases import AS_OF
from tests.unit.sources.made import KEY, MASKER, Egg, Goods, Hen, Note, Person, Team, seeder, source, written

TABLES = "shop_customer, shop_order, shop_orderline, shop_product, shop_review"
NEITHER = "{}: neither CSV nor JSON Lines. The files are named like clients.csv, clients.tsv or clients.jsonl."
PEOPLE = Registry([seeder(Person, pii_fields={"name": "person_name", "login": "identifier"}), seeder(Team, not_pii=("code",))])


def test_each_file_is_the_source_of_its_table(tmp_path: Path) -> None:
    registry = Registry.discover()

    found = source(tmp_path, registry, shop_review="id,product_id,stars\n1,7,5\n", shop_product="id,name\n7,Pear\n8,Plum\n")

    config = found["shop_product"].config
    assert found.keys() == {"shop_product", "shop_review"}
    assert config.record_count == RecordCount.fixed(2)
    assert (config.production, config.masking, config.masking_key) == (True, "full", MASKER.fingerprint)
    assert found["shop_review"].config.dependencies == ("shop_product",)
    assert found["shop_review"].config.pii_fields == {"author": "person_name", "text": "free_text"}


def test_without_a_masker_the_rows_are_as_they_come(tmp_path: Path) -> None:
    config = source(tmp_path, Registry.discover(), None, shop_product="id,name\n")["shop_product"].config

    assert (config.masking, config.masking_key, config.is_real) == ("none", "", True)


def test_what_a_generated_row_needs_a_loaded_one_does_not(tmp_path: Path) -> None:
    made = seeder(Product, capacity=3, companions=("Others",), any_parent=("name",), not_pii=("name",), version=4)

    config = source(tmp_path, Registry([made]), shop_product="id,name\n")["shop_product"].config

    assert (config.capacity, config.companions, config.any_parent) == (None, (), ())
    assert config.version == 4


def test_what_any_seeder_of_a_table_calls_personal_is_masked(tmp_path: Path) -> None:
    registry = Registry([seeder(Product, not_pii=("name",)), seeder(Product, "Other", pii_fields={"name": "company_name"})])

    config = source(tmp_path, registry, shop_product="id,name\n")["shop_product"].config

    assert (config.pii_fields, config.not_pii) == ({"name": "company_name"}, ())


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "--source={folder}: there is no file like clients.csv or clients.jsonl in it."),
        ({".hidden.csv": "id\n"}, "--source={folder}: there is no file like clients.csv or clients.jsonl in it."),
        (
            {"shop_product.xlsx": "", "shop_review.csv": "id\n"},
            NEITHER.format("shop_product.xlsx"),
        ),
        ({"products.csv": "id\n"}, f"products.csv: there is no table products to seed. There are {TABLES}."),
        (
            {"shop_product.csv": "id\n", "shop_product.JSONL": "{}\n"},
            "shop_product.csv and shop_product.JSONL are both of shop_product. Keep one.",
        ),
        (
            {"a.txt": "", "b.csv": "id\n"},
            f"{NEITHER.format('a.txt')}\nb.csv: there is no table b to seed. There are {TABLES}.",
        ),
    ],
)
def test_a_folder_that_cannot_be_meant_is_refused_with_all_that_is_wrong(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    written(tmp_path, files)
    (tmp_path / "older").mkdir()

    with pytest.raises(ConfigurationError) as error:
        source_registry(tmp_path, Registry.discover(), cipher=KEY, masker=MASKER, strategies=STRATEGIES)

    assert str(error.value) == said.format(folder=tmp_path)


def test_files_that_do_not_fit_their_tables_are_refused_together(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        source(
            tmp_path,
            Registry.discover(),
            shop_customer="",
            shop_product="id,name,colour,size\n",
            shop_review="id,product\n",
        )

    assert str(error.value).splitlines() == [
        "shop_customer.csv: its first line must name the columns, separated by commas, semicolons or tabs.",
        "shop_product.csv: shop_product has no column colour, size. Columns are named as in the table.",
        "shop_review.csv: shop_review has no column product. Columns are named as in the table.",
    ]


NARROW = (
    "orchard_person.csv: login is unique, and its 20 characters are too few for masks that tell rows apart: email needs 43. "
    "Widen the column, or leave it out of the file."
)


def test_a_column_too_narrow_for_masks_that_tell_rows_apart_is_refused(tmp_path: Path) -> None:
    people = Registry([seeder(Person, pii_fields={"name": "person_name", "login": "email"})])

    with pytest.raises(SourceError) as error:
        source(tmp_path, people, orchard_person="id,name,login\n")
    unmasked = source(tmp_path, people, None, orchard_person="id,name,login\n")
    left_out = source(tmp_path, people, orchard_person="id,name\n")

    assert str(error.value) == NARROW
    assert unmasked.keys() == left_out.keys() == {"orchard_person"}


@pytest.mark.parametrize(
    ("one", "column"),
    [
        (seeder(Team, pii_fields={"code": "person_name"}), "code"),
        (seeder(Note, natural_key=("kind",), pii_fields={"kind": "email"}, not_pii=("items",)), "kind"),
    ],
    ids=["together with others", "a natural key"],
)
def test_so_is_one_that_tells_rows_apart_otherwise(tmp_path: Path, one: BaseSeeder, column: str) -> None:
    with pytest.raises(SourceError, match=f"{column} is unique, and its"):
        source(tmp_path, Registry([one]), MASKER, **{one.config.table_name: f"id,{column}\n"})


def test_a_table_of_which_a_column_is_undecided_is_not_even_read(tmp_path: Path) -> None:
    with pytest.raises(UnclassifiedError, match=r"personal or not: shop_product\.name\."):
        source(tmp_path, Registry([seeder(Product)]), shop_product="")


def test_of_a_circle_the_reference_that_may_be_empty_waits(tmp_path: Path) -> None:
    found = source(tmp_path, PEOPLE, orchard_person="id,name,boss_id,team_id\n", orchard_team="id,lead_id\n")

    person, team = found["orchard_person"].config, found["orchard_team"].config
    assert (person.dependencies, person.postponed) == ((), ("boss_id", "team_id"))
    assert (team.dependencies, team.postponed) == (("orchard_person",), ())


def test_a_reference_that_the_file_does_not_have_makes_no_circle(tmp_path: Path) -> None:
    found = source(tmp_path, PEOPLE, orchard_person="id,name,team_id\n", orchard_team="id,code\n")

    person, team = found["orchard_person"].config, found["orchard_team"].config
    assert (person.dependencies, person.postponed) == (("orchard_team",), ())
    assert (team.dependencies, team.postponed) == ((), ())


def test_of_two_references_that_could_wait_the_plainer_one_does(tmp_path: Path) -> None:
    registry = Registry([seeder(Goods), seeder(Note, not_pii=("kind", "items"))])

    found = source(tmp_path, registry, orchard_note="id,kind,about\n", shop_product="id,note_id\n")

    assert found["shop_product"].config.postponed == ("note_id",)
    assert found["orchard_note"].config.dependencies == ("shop_product",)


def test_a_circle_in_which_nothing_may_be_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        source(tmp_path, Registry([seeder(Egg), seeder(Hen)]), orchard_egg="id,hen_id\n", orchard_hen="id,egg_id\n")

    assert "form a cycle, and none of them is nullable: leave one of the files out." in str(error.value)
    assert str(error.value).startswith("The references of orchard_")


@pytest.mark.parametrize(
    ("made", "columns", "key"),
    [
        (seeder(Product, not_pii=("name",)), "id,name,price", ("name",)),
        (seeder(Product, not_pii=("name",)), "id,price", ()),
        (seeder(Product, not_pii=("name",), natural_key=("price", "name")), "id,name,price", ("price", "name")),
        (seeder(Product, not_pii=("name",), natural_key=("stars",)), "id,name,price", ("name",)),
        (seeder(Team, not_pii=("code",)), "id,lead_id,year,code", ("year", "code")),
        (seeder(Team, not_pii=("code",)), "id,lead_id,year", ()),
        (seeder(Hen), "id,egg_id", ()),
    ],
)
def test_a_row_is_known_by_what_is_unique_and_in_the_file(
    tmp_path: Path, made: Any, columns: str, key: tuple[str, ...]
) -> None:
    table = made.config.table_name
    written(tmp_path, {f"{table}.csv": f"{columns}\n"})

    assert source(tmp_path, Registry([made]))[table].config.natural_key == key


def test_without_a_source_the_seeders_are_those_of_the_apps() -> None:
    assert ", ".join(sorted(seeders_of(SeedConfig()).by_table)) == TABLES


@pytest.mark.parametrize(
    ("environment", "masking"), [(Environment.DEV, "full"), (Environment.STAGING, "partial"), (Environment.PRODUCTION, "none")]
)
def test_only_production_has_rows_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, environment: Environment, masking: str
) -> None:
    monkeypatch.setenv("SEEDING_MASKING_KEY", "a key for tests, of some length")
    settings.SEEDING_DATABASE_IS_FALLBACK = False
    written(tmp_path, {"shop_product.csv": "id,name\n1,Pear\n"})

    (found,) = seeders_of(SeedConfig(source=tmp_path, environment=environment, today=AS_OF)).by_name.values()

    assert found.config.masking == masking
