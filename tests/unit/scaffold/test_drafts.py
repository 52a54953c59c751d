"""A seeder as it is drafted: what is filled, what refers to what, what is personal, and what the table's checks take."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from seeding.generation.registry import Registry
from seeding.generation.seeders import RecordCount
from seeding.scaffold.draft import Draft
from seeding.scaffold.drafts import MIRRORS, Drafter
from seeding.scaffold.project import Project
from tests.support.databases import Database

KEY = "id integer PRIMARY KEY AUTOINCREMENT"
GROWING = RecordCount(small=10, medium=100, large=1_000)


def drafts(shop: Database, tables: dict[str, str], names: Sequence[str] = (), app: str | None = "shop") -> dict[str, Draft]:
    """The drafts of new tables (name → columns besides the key), or of those of the `names`."""
    for name, columns in tables.items():
        shop.query(f"CREATE TABLE {name} ({KEY}, {columns})")
    made = Drafter(Project(shop.alias, Registry.discover()), app).draft(names or list(tables))
    return {one.schema.name: one for one in made}


def draft(shop: Database, columns: str, table: str = "members") -> Draft:
    return drafts(shop, {table: columns})[table]


def test_what_must_be_there_is_filled_and_what_need_not_be_where_a_guess_is_worth_it(shop: Database) -> None:
    made = draft(shop, "name varchar(40) NOT NULL, email varchar(80), deleted_at datetime, paid boolean, n integer DEFAULT 5")

    assert list(made.columns) == ["name", "email"]
    assert made.left_out == ("deleted_at", "paid", "n")
    assert (made.count, made.capacity, made.dependencies, made.targets, made.broken) == (GROWING, None, (), {}, {})
    assert (made.app, made.model, made.model_name, made.seeder_name) == ("shop", None, "Member", "MemberSeeder")


def test_a_draft_may_refer_to_those_before_it_and_to_what_has_a_seeder(shop: Database) -> None:
    tables = {
        "visits": "member_id integer NOT NULL, product_id integer REFERENCES shop_product, nothing_id integer",
        "members": "parent_id integer, boss_id integer NOT NULL REFERENCES members",
    }

    made = drafts(shop, tables)

    assert list(made) == ["members", "visits"]
    assert made["visits"].dependencies == ("shop_product", "members")
    assert made["visits"].columns == {
        "member_id": 'cell * 10 + rows.skewed("member_id", 10, cell)',
        "product_id": 'only(cell * 10 + rows.skewed("product_id", 10, cell), rows.chance("product_id/filled", 0.85))',
    }
    assert made["visits"].targets == {"member_id": "shop.Member", "product_id": "shop.Product"}
    assert made["members"].columns == {
        "parent_id": "nodes.parent",
        "boss_id": "nodes.parent.fill_null(pl.Series(rows.index))",
    }
    assert made["members"].targets == {"boss_id": "shop.Member", "parent_id": "shop.Member"}


def test_what_nobody_seeds_is_not_referred_to(shop: Database) -> None:
    shop.query(f"CREATE TABLE teams ({KEY})")

    made = draft(shop, "team_id integer, name text NOT NULL")

    assert ("team_id" in made.columns, made.dependencies, made.left_out) == (False, (), ("team_id",))


def test_a_table_with_a_model_goes_to_the_app_of_the_model(shop: Database) -> None:
    made = Drafter(Project(shop.alias, Registry(())), None).draft(["shop_product"])[0]

    assert (made.app, made.model_name, made.seeder_name) == ("shop", "Product", "ProductSeeder")
    assert set(made.columns) == {"name", "price", "stars"}
    assert made.not_pii == ("name",)


def test_without_a_model_and_an_app_it_belongs_to_the_models_in_memory(shop: Database) -> None:
    assert drafts(shop, {"members": "name text NOT NULL"}, app=None)["members"].app == MIRRORS


@pytest.mark.parametrize(
    ("table", "name"), [("products", "ProductRow"), ("product", "ProductRow"), ("sales", "Sale"), ("orderLine", "OrderLineRow")]
)
def test_a_model_to_come_has_no_name_that_is_taken(shop: Database, table: str, name: str) -> None:
    assert draft(shop, "n integer NOT NULL", table).model_name == name


def test_two_drafts_do_not_have_one_name(shop: Database) -> None:
    made = drafts(shop, {"goods_box": "n integer NOT NULL", "goods_boxes": "n integer NOT NULL"})

    assert [one.model_name for one in made.values()] == ["GoodsBox", "GoodsBoxRow"]


def test_what_is_unique_differs_from_row_to_row(shop: Database) -> None:
    made = draft(
        shop, "code varchar(9) NOT NULL, day date NOT NULL, kind varchar(9) NOT NULL, UNIQUE (code), UNIQUE (kind, day)"
    )

    assert made.columns == {
        "code": '"9" + numerals(rows.index, 5)',
        "day": 'rows.dates(rows.integers("day", -365, 0))',
        "kind": '"9" + numerals(rows.index, 5)',
    }


def test_a_key_of_which_a_part_is_left_empty_repeats_nothing(shop: Database) -> None:
    made = draft(shop, "closed_at datetime, n integer NOT NULL, UNIQUE (closed_at, n)")

    assert made.columns == {"n": 'rows.integers("n", 1, 1_001)'}


def test_a_key_of_defaults_alone_makes_its_first_column_be_filled(shop: Database) -> None:
    made = draft(shop, "n integer NOT NULL DEFAULT 5, m integer NOT NULL DEFAULT 6, UNIQUE (n, m)")

    assert made.columns == {"n": "900_000_000 + rows.index"}
    assert made.left_out == ("m",)


def test_an_optional_column_that_breaks_a_check_is_left_out(shop: Database) -> None:
    made = draft(shop, "size integer NOT NULL, age integer CHECK (age > 1000 AND age < 500)")

    assert list(made.columns) == ["size"]
    assert (made.left_out, made.broken) == (("age",), {})


def test_a_value_is_found_that_a_check_of_one_column_takes(shop: Database) -> None:
    made = draft(shop, "age integer NOT NULL CHECK (age > 1000)")

    assert made.columns == {"age": "pl.repeat(1001, len(rows), eager=True)"}
    assert made.broken == {}


def test_a_required_column_that_breaks_a_check_is_told_with_its_rows(shop: Database) -> None:
    made = draft(shop, "age integer NOT NULL, size integer NOT NULL, CHECK (age > size AND age < size)")

    assert list(made.columns) == ["age", "size"]
    assert list(made.broken.values()) == [300]
    assert next(iter(made.broken)).startswith("age|size: breaks")


def test_personal_columns_have_their_strategies_and_the_other_texts_are_declared(shop: Database) -> None:
    made = draft(
        shop,
        "name varchar(40) NOT NULL, email varchar(80) NOT NULL, birthday datetime NOT NULL, city date, phone integer, "
        "notes text, comment varchar(9) CHECK (comment IN ('a', 'b')), code varchar(9), size integer",
    )

    assert made.pii == {"name": "person_name", "email": "email", "birthday": "date_of_birth", "notes": "free_text"}
    assert made.not_pii == ("city", "phone", "code")


@pytest.mark.parametrize(("table", "strategy"), [("members", "person_name"), ("suppliers", "company_name"), ("shelves", None)])
def test_whose_name_it_is_depends_on_the_table(shop: Database, table: str, strategy: str | None) -> None:
    made = draft(shop, "main_name varchar(40) NOT NULL", table)

    assert made.pii.get("main_name") == strategy
    assert ("main_name" in made.not_pii) == (strategy is None)
