"""What a draft starts from: tables of a live database, what they refer to, and which of them can have a seeder."""

from __future__ import annotations

import pytest

from seeding.exceptions import ConfigurationError, SchemaError
from seeding.generation.registry import Registry
from seeding.scaffold.project import Project
from tests.support.databases import Database

KEY = "id integer PRIMARY KEY AUTOINCREMENT"


def project(shop: Database, **tables: str) -> Project:
    """The shop, with more tables: name → the columns besides the key."""
    for name, columns in tables.items():
        shop.query(f"CREATE TABLE {name} ({KEY}, {columns})" if columns else f"CREATE TABLE {name} ({KEY})")
    return Project(shop.alias, Registry.discover())


def test_a_column_refers_to_what_the_database_declares_and_else_to_what_it_sounds_like(shop: Database) -> None:
    found = project(
        shop,
        users="name text",
        teams="name text",
        members="teamId integer, boss integer REFERENCES teams (id), approved_by integer, parent_id integer",
        visits="member_id integer, second_team_id integer, id_card integer, team_id text, stranger_id integer, by integer",
    )

    assert found.links("members") == {"boss": "teams", "teamId": "teams", "approved_by": "users", "parent_id": "members"}
    assert found.links("visits") == {"member_id": "members", "second_team_id": "teams", "by": "users"}


def test_a_name_that_fits_two_tables_or_none_that_counts_refers_to_nothing(shop: Database) -> None:
    shop.query("CREATE TABLE codes (code text)")
    found = project(shop, box="n integer", boxes="n integer", items="box_id integer, code_id integer, made_by integer")

    assert found.links("items") == {}


def test_a_model_says_itself_what_it_refers_to(shop: Database) -> None:
    assert project(shop).links("shop_review") == {"product_id": "shop_product"}
    assert project(shop).required("shop_review") == {"product_id", "author", "stars", "text", "written_at"}


def test_a_foreign_key_that_nobody_can_follow_gets_no_value_which_would_be_a_real_rows(shop: Database) -> None:
    shop.query("CREATE TABLE items (id integer PRIMARY KEY AUTOINCREMENT, number integer NOT NULL UNIQUE)")
    by_number = "integer REFERENCES items (number)"
    found = project(
        shop, lines=f"item {by_number} NOT NULL", drafts=f"item {by_number}, label text", bad=f"item {by_number} DEFAULT 8"
    )

    assert list(found.columns("drafts")) == ["id", "label"]
    assert (found.links("drafts"), found.links("lines")) == ({}, {})
    for table in ("lines", "bad"):
        with pytest.raises(SchemaError, match=r"item refers to items\.number by a foreign key"):
            found.columns(table)


def test_a_foreign_key_that_a_model_does_not_declare_gets_no_value(shop: Database) -> None:
    shop.query("DROP TABLE shop_product")
    shop.query(f"CREATE TABLE real ({KEY})")
    columns = "name varchar(80) NOT NULL UNIQUE, price decimal(8, 2) NOT NULL"
    shop.query(f"CREATE TABLE shop_product ({KEY}, {columns}, stars integer REFERENCES real (id))")

    assert list(project(shop).columns("shop_product")) == ["id", "name", "price"]


def test_columns_are_as_narrow_as_the_live_table(shop: Database) -> None:
    shop.query("ALTER TABLE shop_product ADD COLUMN extra text")

    columns = project(shop, codes="code varchar(7) NOT NULL").columns("shop_product")

    assert list(columns) == ["id", "name", "price", "stars"]
    assert columns["name"].length == 80
    assert project(shop).columns("codes")["code"].length == 7
    assert project(shop).required("codes") == {"code"}


def test_a_model_that_does_not_mirror_its_table_is_refused(shop: Database) -> None:
    shop.query("ALTER TABLE shop_review DROP COLUMN text")

    with pytest.raises(SchemaError, match=r"^Review does not mirror shop_review: shop_review\.text: missing column"):
        project(shop).columns("shop_review")


def test_parents_come_first_and_a_table_stands_in_the_order_but_once(shop: Database) -> None:
    found = project(
        shop,
        visits="member_id integer NOT NULL, team_id integer NOT NULL",
        members="team_id integer NOT NULL, parent_id integer NOT NULL, product_id integer NOT NULL REFERENCES shop_product",
        teams="captain_member_id integer",
    )

    assert found.parents_first(["visits", "members", "teams"]) == ["teams", "members", "visits"]
    assert found.parents_first(["teams"]) == ["teams"]


def test_a_table_that_needs_rows_which_nobody_makes_is_refused_with_the_way_out(shop: Database) -> None:
    found = project(shop, teams="", members="team_id integer NOT NULL", visits="member_id integer NOT NULL, team_id integer")

    with pytest.raises(ConfigurationError) as error:
        found.parents_first(["visits"])

    assert str(error.value).splitlines() == [
        "visits.member_id refers to members, which no seeder fills.",
        f"Write them together: manage.py seed_new teams members visits --app=LABEL --database={shop.alias}",
    ]


def test_tables_that_need_rows_of_each_other_are_refused(shop: Database) -> None:
    found = project(shop, eggs="hen_id integer NOT NULL", hens="egg_id integer NOT NULL", nests="egg_id integer NOT NULL")

    with pytest.raises(SchemaError) as error:
        found.parents_first(["nests", "hens", "eggs"])

    assert str(error.value) == "These tables need rows of each other: eggs → hens → eggs. Write their seeders by hand."


@pytest.mark.parametrize(
    ("table", "error", "said"),
    [
        ("membrs", SchemaError, "There is no table membrs. Did you mean members?"),
        ("xyz", SchemaError, "There is no table xyz. There are {count} tables in this database."),
        ("seeding_run", ConfigurationError, "seeding_run belongs to the ledger, which the seeding commands keep themselves."),
        (
            "shop_order",
            ConfigurationError,
            (
                "shop_order has a seeder already: seeding.example.seeders.sales.OrderSeeder. "
                "A further source is best made after that one."
            ),
        ),
        ("codes", SchemaError, "codes cannot be drafted: it has no primary key."),
    ],
)
def test_a_table_that_cannot_have_a_new_seeder_is_refused(
    shop: Database, table: str, error: type[Exception], said: str
) -> None:
    shop.query("CREATE TABLE codes (code text)")
    found = project(shop, members="name text")

    with pytest.raises(error) as raised:
        found.parents_first([table])

    assert str(raised.value) == said.format(count=len(found.tables))


@pytest.mark.parametrize(
    ("target", "table", "precedes"),
    [
        ("shop_product", "members", True),
        ("shop_product", "shop_orderline", True),
        ("shop_orderline", "shop_customer", False),
        ("shop_orderline", "shop_order", False),
        ("shop_review", "shop_order", True),
        ("members", "visits", False),
    ],
)
def test_a_table_precedes_another_unless_its_seeder_needs_that_itself(
    shop: Database,
    target: str,
    table: str,
    precedes: bool,  # noqa: FBT001
) -> None:
    assert project(shop).precedes(target, table) is precedes
