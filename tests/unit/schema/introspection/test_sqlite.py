"""Tables as SQLite's pragmas and declarations tell them."""

from __future__ import annotations

import pytest
from django.db import connections

from seeding.schema.introspection.sqlite import _parenthesised, read_tables
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, Kind, TableSchema
from tests.support.databases import Database


def read(database: Database, declaration: str, *more: str) -> TableSchema:
    """The table `things`, made by what stands between its parentheses; `more` are further statements."""
    for statement in (f"CREATE TABLE things ({declaration})", *more):
        database.query(statement)
    return read_tables(connections[database.alias], {"things"})["things"]


def test_a_table_that_django_has_made(shop: Database) -> None:
    reviews = read_tables(connections[shop.alias], {"shop_review", "nowhere"})

    assert reviews == {
        "shop_review": TableSchema(
            name="shop_review",
            columns={
                name: ColumnSchema(
                    name=name, kind=kind, nullable=False, has_default=name == "id", length=80 if name == "author" else None
                )
                for name, kind in {
                    "id": Kind.INTEGER,
                    "author": Kind.TEXT,
                    "stars": Kind.INTEGER,
                    "text": Kind.TEXT,
                    "written_at": Kind.DATETIME,
                    "product_id": Kind.INTEGER,
                }.items()
            },
            key=("id",),
            unique=(),
            foreign_keys=(ForeignKey(column="product_id", table="shop_product", key="id"),),
            checks=(
                Check(name="shop_review_check_1", clause='"stars" >= 0'),
                Check(name="one_to_five_stars", clause='("stars" >= 1 AND "stars" <= 5)'),
            ),
        )
    }


@pytest.mark.parametrize(
    ("declared", "column"),
    [
        ("integer", ColumnSchema(name="x", kind=Kind.INTEGER, nullable=True, has_default=False)),
        ("varchar(30) NOT NULL", ColumnSchema(name="x", kind=Kind.TEXT, nullable=False, has_default=False, length=30)),
        ("varchar", ColumnSchema(name="x", kind=Kind.TEXT, nullable=True, has_default=False)),
        ("text DEFAULT 'a (5)'", ColumnSchema(name="x", kind=Kind.TEXT, nullable=True, has_default=True, default="'a (5)'")),
        ("bool NOT NULL DEFAULT 0", ColumnSchema(name="x", kind=Kind.BOOLEAN, nullable=False, has_default=True, default="0")),
        ("point", ColumnSchema(name="x", kind=Kind.OTHER, nullable=True, has_default=False)),
        ("date", ColumnSchema(name="x", kind=Kind.DATE, nullable=True, has_default=False)),
    ],
)
def test_a_column_as_it_is_declared(shop: Database, declared: str, column: ColumnSchema) -> None:
    assert read(shop, f"id integer PRIMARY KEY, x {declared}").columns["x"] == column


@pytest.mark.parametrize(
    ("declaration", "primary_key", "has_row_key"),
    [
        ("id integer PRIMARY KEY, x integer", "id", True),
        ("x integer, y integer, PRIMARY KEY (y, x)", "y", False),  # the first of the key, not of the table
        ("x integer", "", False),
    ],
)
def test_the_key_of_a_row(shop: Database, declaration: str, primary_key: str, *, has_row_key: bool) -> None:
    things = read(shop, declaration)

    assert (things.primary_key, things.has_row_key) == (primary_key, has_row_key)


def test_a_key_is_never_null_and_needs_no_value(shop: Database) -> None:
    key = read(shop, "id integer PRIMARY KEY, x integer").columns["id"]

    assert (key.nullable, key.has_default) == (False, True)


def test_unique_keys_are_those_that_hold_for_every_row_and_name_columns_alone(shop: Database) -> None:
    things = read(
        shop,
        "id integer PRIMARY KEY, x integer UNIQUE, y text, z text, UNIQUE (z, y)",
        "CREATE UNIQUE INDEX later ON things (y, x)",
        "CREATE UNIQUE INDEX folded ON things (lower(y))",
        "CREATE UNIQUE INDEX sometimes ON things (z) WHERE x > 3",
        "CREATE INDEX faster ON things (z, x)",
    )

    assert sorted(things.unique) == [("x",), ("y", "x"), ("z", "y")]


def test_a_foreign_key_may_spell_the_table_otherwise_and_leave_its_key_out(shop: Database) -> None:
    things = read(
        shop,
        "id integer PRIMARY KEY, a integer REFERENCES SHOP_Product, b integer REFERENCES nowhere (number), "
        "c integer, d integer, FOREIGN KEY (c, d) REFERENCES shop_order (id, total)",
    )

    assert set(things.foreign_keys) == {
        ForeignKey(column="a", table="shop_product", key=""),
        ForeignKey(column="b", table="nowhere", key="number"),
        ForeignKey(column="c", table="shop_order", key="id"),
        ForeignKey(column="d", table="shop_order", key="total"),
    }
    constraint = {key.column: key.constraint for key in things.foreign_keys}
    assert len({constraint["a"], constraint["b"], constraint["c"]}) == 3
    assert constraint["c"] == constraint["d"]  # one key of two columns


@pytest.mark.parametrize(
    ("declared", "members"),
    [
        ("x text CHECK (x IN ('new', 'it''s old'))", ("new", "it's old")),
        ("x text check(`X` in ('new','old'))", ("new", "old")),
        ("x text, Check ( [x] In ( 'new' ) )", ("new",)),
        ("x text, CHECK (\"x\" IN ('a,b', '('))", ("a,b", "(")),
        ("x text, y text CHECK (y IN ('new'))", ()),
        ("x text CHECK (x IN ('new') OR id > 3)", ()),
        ("x text CHECK (x NOT IN ('new'))", ()),
        ("x integer CHECK (x IN (1, 2))", ()),
    ],
)
def test_the_members_of_an_enumeration_stand_in_a_check_of_nothing_else(
    shop: Database, declared: str, members: tuple[str, ...]
) -> None:
    assert read(shop, f"id integer PRIMARY KEY, {declared}").columns["x"].values == members


@pytest.mark.parametrize(
    ("declared", "checks"),
    [
        ("x integer CHECK (x > 0), CHECK ((x) < (9))", [("things_check_1", "x > 0"), ("things_check_2", "(x) < (9)")]),
        ("x integer CHECK (x > 0 /* it's :( */), y integer", [("things_check_1", "x > 0 /* it's :( */")]),
        ("x integer CHECK (x > 0 -- :(\n), y integer", [("things_check_1", "x > 0 -- :(\n")]),
        ("`a(` integer, [b'(] integer CHECK (`a(` > [b'(])", [("things_check_1", "`a(` > [b'(]")]),
        ("x integer, CONSTRAINT `my rule` CHECK (x <> '(')", [("my rule", "x <> '('")]),
        ("x text, CONSTRAINT known CHECK (x IN ('new'))", [("known", "x IN ('new')")]),
        ("x text CHECK (x IN ('new')), y integer CHECK (y > 0)", [("things_check_1", "y > 0")]),
        ("x text CHECK (JSON_VALID(x) OR x IS NULL)", []),
        (
            "x text DEFAULT 'check (x > 0)' -- CHECK (no)\n, y integer /* CHECK (no) */ CHECK (y > 0)",
            [("things_check_1", "y > 0")],
        ),
        ('x integer, "check (no)" integer', []),
        ("check_x integer, CHECK (\"check_x\" > ')')", [("things_check_1", "\"check_x\" > ')'")]),
    ],
)
def test_checks_are_read_however_they_are_written(shop: Database, declared: str, checks: list[tuple[str, str]]) -> None:
    things = read(shop, f"id integer PRIMARY KEY, {declared}")

    assert [(check.name, check.clause) for check in things.checks] == checks


def test_what_no_parenthesis_closes_goes_to_the_end() -> None:
    assert _parenthesised("(x > (3)") == "x > (3)"
    assert _parenthesised("(x > (3)) (y)") == "x > (3)"


def test_a_foreign_key_is_spelled_as_what_it_names(shop: Database) -> None:
    for name in ("ÄRZTE", "ärzte", "Visits"):
        shop.query(f'CREATE TABLE "{name}" (Id integer PRIMARY KEY, Code text UNIQUE)')
    shop.query(
        'CREATE TABLE seen (big integer REFERENCES "ÄRZTE" (ID), small integer REFERENCES "ärzte", '
        'at text REFERENCES VISITS (code), FOREIGN KEY (AT) REFERENCES "visits" (CODE))'
    )

    keys = read_tables(connections[shop.alias], {"seen"})["seen"].foreign_keys

    assert {(one.column, one.table, one.key) for one in keys} == {
        ("big", "ÄRZTE", "Id"),
        ("small", "ärzte", ""),
        ("at", "Visits", "Code"),
    }
