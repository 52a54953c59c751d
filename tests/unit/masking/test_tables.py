"""Which tables are masked, what stands in the way, and what nobody has classified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connections

from seeding import Registry
from seeding.example.seeders.catalogue import ProductSeeder
from seeding.example.seeders.sales import CustomerSeeder
from seeding.exceptions import ConfigurationError
from seeding.masking import STRATEGIES
from seeding.masking.problems import columns_referred_to, problems, unreadable_date
from seeding.masking.results import LeftColumn
from seeding.masking.rows import read_rows
from seeding.masking.tables import Target, asked_for, classified_tables, find_targets, left_columns
from seeding.schema.introspection import all_tables
from seeding.schema.row_keys import KeyColumn, RowKey, number
from seeding.schema.tables import ColumnSchema, ForeignKey, Kind, TableSchema
from tests.support.databases import Database
from tests.unit.masking.conftest import Declare

KNOWN = {strategy.name: strategy for strategy in STRATEGIES}


def column(name: str, kind: Kind = Kind.TEXT, **values: Any) -> ColumnSchema:
    return ColumnSchema(name=name, kind=kind, nullable=True, has_default=False, **values)


def table(*columns: ColumnSchema, **values: Any) -> TableSchema:
    held = (column("id", Kind.INTEGER), *columns)
    given: dict[str, Any] = {"key": ("id",), "unique": (), **values}
    return TableSchema(name="guest", columns={one.name: one for one in held}, **given)


def target(schema: TableSchema, misspelled: Mapping[str, str] | None = None, **fields: str) -> Target:
    key = RowKey(columns=tuple(KeyColumn(name=one) for one in schema.key), is_number=schema.has_row_key)
    return Target(table=schema, key=key, fields=fields, decided=frozenset(), misspelled=misspelled or {})


def test_names_mean_tables_of_seeders_groups_and_declared_tables(declared: Declare) -> None:
    declared({"shop_guest": {"name": "person_name"}})
    registry = Registry.discover()

    assert asked_for(registry, []) == frozenset()
    assert asked_for(registry, ["shop_guest", "shop_customer"]) == {"shop_guest", "shop_customer"}
    with pytest.raises(ConfigurationError, match="there is no table 'shop_gest' to seed"):
        asked_for(registry, ["shop_gest"])


def test_classified_tables_are_those_of_seeders_and_then_those_declared(declared: Declare) -> None:
    declared({"shop_guest": {"name": "person_name"}, "shop_customer": {"name": "city"}})
    found = classified_tables(Registry([ProductSeeder(), CustomerSeeder()]), ())

    assert list(found) == ["shop_product", "shop_customer", "shop_guest"]
    assert found["shop_customer"] == ({"name": "person_name", "email": "email"}, {"id", "joined_at"})
    assert found["shop_product"] == ({}, {"id", "name", "price", "stars"})
    assert found["shop_guest"] == ({"name": "person_name"}, set())
    assert list(classified_tables(Registry([ProductSeeder(), CustomerSeeder()]), ["shop_guest"])) == ["shop_guest"]


def test_what_one_source_calls_personal_is_decided_by_no_other() -> None:
    class Plain(CustomerSeeder):
        config = replace(CustomerSeeder.config, pii_fields={}, not_pii=("name", "email"))

    fields, decided = classified_tables(Registry([CustomerSeeder(), Plain()]), ())["shop_customer"]

    assert (fields, decided) == ({"name": "person_name", "email": "email"}, {"id", "joined_at"})


def test_targets_are_the_classified_tables_that_are_there_with_the_columns_that_are_there(shop: Database) -> None:
    there = {"guest": table(column("Name"), column("mail", length=30))}
    classified = {
        "guest": ({"name": "person_name", "mail": "email", "shoe": "city"}, {"id"}),
        "ghost": ({"name": "person_name"}, set[str]()),
    }
    (found,) = find_targets(shop.alias, classified, there)

    assert (found.fields, found.misspelled, found.decided) == ({"mail": "email"}, {"name": "Name"}, frozenset({"id"}))
    assert found.absent == ["shoe"]
    assert found.widths == {"mail": 30}


def test_a_table_with_nothing_in_the_way_has_no_problem() -> None:
    schema = table(column("name", length=200), column("born", Kind.DATE), unique=(("name",),))

    assert list(problems(target(schema, name="person_name", born="date_of_birth"), KNOWN)) == []


@pytest.mark.parametrize(
    ("schema", "fields", "told"),
    [
        (
            table(column("name"), key=()),
            {"name": "city"},
            "it has no primary key, by which rows are found",
        ),
        (
            table(column("name"), key=("id", "name")),
            {"name": "city"},
            "name is part of its primary key, by which rows are found while they are masked",
        ),
        (table(column("name")), {"name": "nam"}, "name: there is no strategy 'nam'"),
        (table(column("age", Kind.INTEGER)), {"age": "city"}, "age is integer, and city masks text"),
        (
            table(column("name"), foreign_keys=(ForeignKey(column="name", table="town", key="name"),)),
            {"name": "city"},
            "name is a foreign key: what it refers to would be lost",
        ),
        (
            table(column("mail", length=10), unique=(("id", "mail"),)),
            {"mail": "email"},
            f"mail is unique, and its 10 characters are too few: email needs {KNOWN['email'].room}",
        ),
    ],
)
def test_each_reason_why_a_table_is_not_masked(schema: TableSchema, fields: dict[str, str], told: str) -> None:
    assert list(problems(target(schema, None, **fields), KNOWN)) == [told]


def test_a_column_that_other_rows_name_is_not_masked_and_neither_is_one_in_other_letters() -> None:
    found = target(table(column("name"), column("Mail")), {"mail": "Mail"}, name="city")

    assert list(problems(found, KNOWN, {"name"})) == [
        "mail is classified, and the column is spelled Mail: spell it so in the classification",
        "other rows refer to name: they would refer to nothing, or change along",
    ]


def test_a_unique_column_that_has_just_room_enough_is_masked() -> None:
    room = KNOWN["email"].room

    for length, found in ((room, 0), (room - 1, 1), (None, 0)):
        schema = table(column("mail", length=length), unique=(("mail",),))
        assert len(list(problems(target(schema, mail="email"), KNOWN))) == found
    narrow = table(column("mail", length=1))
    assert list(problems(target(narrow, mail="email"), KNOWN)) == []


def test_columns_by_which_rows_are_named_are_told_by_table(shop: Database) -> None:
    shop.query("CREATE TABLE letter (id INTEGER PRIMARY KEY, receiver TEXT REFERENCES shop_customer (email))")

    found = columns_referred_to(shop.alias, all_tables(connections[shop.alias]))

    assert found["shop_customer"] == {"id", "email"}
    assert found["shop_product"] == {"id"}
    assert "shop_review" not in found


def test_no_table_is_read_for_the_sake_of_dates_that_it_has_not(shop: Database) -> None:
    assert unreadable_date(shop.alias, target(table(column("name")), name="person_name")) == ""


def test_rows_are_read_in_the_order_of_their_keys_between_two_of_them(people: Database) -> None:
    people.query("CREATE TABLE guest (id INTEGER PRIMARY KEY, name TEXT, born DATE, shoe INTEGER)")
    people.query("INSERT INTO guest VALUES (3, 'C', NULL, 1), (1, 'A', '1980-02-03', 2), (7, NULL, '1981-01-01', 3)")
    guests = target(table(column("name"), column("born", Kind.DATE)), name="city", born="date_of_birth")

    def read(after: int | None, limit: int | None, until: int | None = None) -> list[tuple[Any, ...]]:
        bounds = [None if one is None else (one,) for one in (after, until)]
        return read_rows(people.alias, guests, bounds[0], limit, until=bounds[1], lock=True).rows()

    assert read(None, None) == [(1, "A", date(1980, 2, 3)), (3, "C", None), (7, None, date(1981, 1, 1))]
    assert [row[0] for row in read(1, 1)] == [3]
    assert [row[0] for row in read(None, None, until=3)] == [1, 3]
    assert [row[0] for row in read(0, None)] == [1, 3, 7]
    assert read(7, 10) == []
    assert read_rows(people.alias, guests, (7,), 10).columns == ["id", "name", "born"]


LEFT = """
CREATE TABLE guest (id INTEGER PRIMARY KEY, contact_email TEXT, remark TEXT, extra JSON, born DATE, size INTEGER, colour TEXT);
"""


def left(shop: Database, *targets: Target, looked_at: set[str] | None = None) -> list[tuple[str, str]]:
    there = all_tables(connections[shop.alias])
    found = list(left_columns(shop.alias, there, targets, looked_at or {"guest"}))
    assert all(isinstance(one, LeftColumn) and one.table == "guest" for one in found)
    return [(one.column, one.kind) for one in found]


def test_what_sounds_personal_is_left_though_there_is_no_row(shop: Database) -> None:
    shop.query(LEFT)

    assert left(shop) == [("contact_email", "email"), ("born", "date_of_birth")]
    assert left(shop, looked_at={"shop_product"}) == []


def test_what_looks_personal_is_left_though_somebody_has_decided(shop: Database) -> None:
    shop.query(LEFT)
    shop.query("INSERT INTO guest VALUES (1, 'none', 'call (415) 231-2671', '{\"to\": \"ann@corp.test\"}', NULL, 5, 'red')")
    shop.query("INSERT INTO guest VALUES (2, 'none', '(415) 231-2671', '[]', NULL, 5, 'red')")
    guest = all_tables(connections[shop.alias])["guest"]
    decided = frozenset({"contact_email", "remark", "extra", "born"})

    assert left(shop, Target(table=guest, key=number("id"), fields={}, decided=decided, misspelled={})) == [
        ("remark", "phone"),
        ("extra", "email"),
    ]


def test_what_is_masked_is_not_left(shop: Database) -> None:
    shop.query(LEFT)
    guest = all_tables(connections[shop.alias])["guest"]

    assert left(shop, target(guest, contact_email="email", born="date_of_birth")) == []


def test_tables_of_the_ledger_are_not_looked_at_and_those_of_applications_are_whatever_their_names(shop: Database) -> None:
    for name in ("django_comments", "seeding_guest", "django_session"):
        shop.query(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, user_email TEXT)")
    there = all_tables(connections[shop.alias])

    found = list(left_columns(shop.alias, there, (), {"django_comments", "seeding_guest", "django_session", "seeding_run"}))

    assert [(one.table, one.column) for one in found] == [("django_comments", "user_email"), ("seeding_guest", "user_email")]
