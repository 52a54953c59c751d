"""Tables compared with their models, as values: any single change is one difference that names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest
from django.apps import apps
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from seeding.schema.drift import differences
from seeding.schema.introspection import lacking, read_tables
from seeding.schema.results import Difference
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, Kind, TableSchema, expected, mirrored_tables
from tests.support.databases import Database

MODELS = tuple(apps.get_app_config("terpseed").get_models())
TABLES = {model._meta.db_table: expected(model, connections["default"]) for model in MODELS}
each_table = st.sampled_from(sorted(TABLES)).map(TABLES.__getitem__)


def compared(schema: TableSchema, live: TableSchema) -> list[Difference]:
    return differences(schema, {**TABLES, schema.name: live})


def changed(schema: TableSchema, column: ColumnSchema, **values: object) -> TableSchema:
    other: ColumnSchema = cast("Any", replace)(column, **values)
    return replace(schema, columns={**schema.columns, column.name: other})


def a_column(data: st.DataObject, schema: TableSchema, fits: Callable[[ColumnSchema], bool]) -> ColumnSchema | None:
    found = [column for column in schema.columns.values() if column.name != schema.primary_key and fits(column)]
    return data.draw(st.sampled_from(found)) if found else None


@given(schema=each_table)
def test_a_table_like_its_model_has_no_difference(schema: TableSchema) -> None:
    assert compared(schema, schema) == []


@given(schema=each_table, data=st.data())
def test_a_column_that_is_gone_is_one_difference(schema: TableSchema, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(sorted(schema.columns)))
    live = replace(schema, columns={name: column for name, column in schema.columns.items() if name != gone})

    (difference,) = compared(schema, live)

    assert (difference.table, difference.column, difference.issue) == (schema.name, gone, "missing column")
    assert not difference.harmless


@given(schema=each_table, nullable=st.booleans(), has_default=st.booleans())
def test_a_new_column_harms_only_if_it_must_be_given(schema: TableSchema, *, nullable: bool, has_default: bool) -> None:
    new = ColumnSchema(name="brand_new", kind=Kind.TEXT, nullable=nullable, has_default=has_default)

    (difference,) = compared(schema, replace(schema, columns={**schema.columns, "brand_new": new}))

    assert difference.column == "brand_new"
    assert difference.harmless == (nullable or has_default)


@given(schema=each_table, data=st.data())
def test_another_type_is_one_difference(schema: TableSchema, data: st.DataObject) -> None:
    column = a_column(data, schema, lambda one: one.kind is not Kind.JSON)
    assert column is not None

    (difference,) = compared(schema, changed(schema, column, kind=Kind.OTHER))

    assert (difference.column, difference.issue, difference.harmless) == (column.name, "changed type", False)


@given(schema=each_table, data=st.data(), by=st.integers(-40, 40).filter(bool))
def test_a_shorter_text_harms_and_a_longer_one_does_not(schema: TableSchema, data: st.DataObject, by: int) -> None:
    column = a_column(data, schema, lambda one: one.length is not None and one.length > 40 and not one.values)
    if column is None or column.length is None:
        return

    (difference,) = compared(schema, changed(schema, column, length=column.length + by))

    assert (difference.column, difference.issue) == (column.name, "shorter" if by < 0 else "longer")
    assert difference.harmless == (by > 0)


@given(schema=each_table, data=st.data())
def test_an_enum_value_that_is_gone_is_told_with_its_likely_new_name(schema: TableSchema, data: st.DataObject) -> None:
    column = a_column(data, schema, lambda one: len(one.values) > 1)
    if column is None:
        return
    gone = data.draw(st.sampled_from(column.values))
    values = tuple(value if value != gone else f"{gone}_NEW" for value in column.values)

    lost, new = compared(schema, changed(schema, column, values=values))

    assert (lost.column, lost.issue, lost.expected, lost.harmless) == (column.name, "enum value gone", gone, False)
    assert f"renamed to {gone}_NEW" in lost.fix
    assert (new.issue, new.actual, new.harmless) == ("new enum value", f"{gone}_NEW", True)


@given(schema=each_table, data=st.data())
def test_a_lower_precision_harms(schema: TableSchema, data: st.DataObject) -> None:
    column = a_column(data, schema, lambda one: one.kind is Kind.DECIMAL)
    if column is None:
        return

    (fewer,) = compared(schema, changed(schema, column, scale=(column.scale or 0) - 1))
    (lower,) = compared(schema, changed(schema, column, high=Decimal("0.9"), low=Decimal("-0.9")))

    assert (fewer.issue, lower.issue) == ("fewer decimals", "lower precision")
    assert not fewer.harmless
    assert not lower.harmless


@given(schema=each_table)
def test_a_check_that_the_model_does_not_know_refuses(schema: TableSchema) -> None:
    (difference,) = compared(schema, replace(schema, checks=(*schema.checks, Check(name="chk_new", clause="x > 0"))))

    assert (difference.issue, difference.harmless) == ("unknown check", False)
    assert "chk_new: x > 0" in difference.actual


@given(schema=each_table)
def test_a_foreign_key_that_is_gone_harms_if_its_table_is_there(schema: TableSchema) -> None:
    if not schema.foreign_keys:
        return
    gone: ForeignKey = schema.foreign_keys[0]
    live = replace(schema, foreign_keys=schema.foreign_keys[1:])

    (difference,) = compared(schema, live)
    (without,) = (one for one in differences(schema, {schema.name: live}) if one.column == gone.column)

    assert (difference.column, difference.issue, difference.harmless) == (gone.column, "missing foreign key", False)
    assert without.harmless == (gone.table != schema.name)


def test_terps_own_tables_are_as_the_models_say(database: Database) -> None:
    connection = connections[database.alias]

    there = read_tables(connection, mirrored_tables(MODELS))

    assert [str(one) for model in MODELS for one in differences(expected(model, connection), there)] == []


def test_what_a_table_lacks_for_a_query(database: Database) -> None:
    quote = connections[database.alias].ops.quote_name
    database.query("DROP TABLE vendor_payables")
    database.query(f"ALTER TABLE grades RENAME COLUMN {quote('sortOrder')} TO place")

    lacks = lacking(connections[database.alias], MODELS)

    assert {table: parts for table, parts in lacks.items() if parts} == {
        "vendor_payables": ("vendor_payables",),
        "grades": ("grades.sortOrder",),
    }


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("ALTER TABLE grades ADD COLUMN colour TEXT NOT NULL DEFAULT 'x'", "grades.colour: new column"),
        ("ALTER TABLE grades RENAME COLUMN name TO title", "grades.name: missing column"),
        ("DROP TABLE grades", "The table grades is missing"),
    ],
)
def test_sqlite_tables_are_read_too(sqlite: Database, statement: str, words: str) -> None:
    sqlite.query(statement)
    connection = connections[sqlite.alias]
    (grade,) = (model for model in MODELS if model._meta.db_table == "grades")

    found = differences(expected(grade, connection), read_tables(connection, {"grades"}))

    assert any(str(one).startswith(words) for one in found)


@pytest.mark.parametrize("server", ["sqlite", "mysql", "postgresql"])
def test_a_unique_index_on_an_expression_is_no_unique_key(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    expression = "(lower(name))" if server == "mysql" else "lower(name)"
    database.query(f"CREATE UNIQUE INDEX spelt ON clients (teri_code, {expression})")

    clients = read_tables(connections[database.alias], {"clients"})["clients"]

    assert clients.unique == (("teri_code",),)


def test_an_enumeration_is_read_from_sqlites_check(sqlite: Database) -> None:
    orders = read_tables(connections[sqlite.alias], {"orders"})["orders"]

    assert orders.columns["orderType"].values == ("QUOTE", "SALE")
    assert ("order_number",) in orders.unique
    assert ForeignKey(column="client_id", table="clients", key="id") in orders.foreign_keys


@pytest.mark.parametrize(
    ("declared", "members", "checks"),
    [
        ("state TEXT CHECK (state IN ('new', 'it''s old'))", ("new", "it's old"), ()),
        ("state TEXT check(`State` in ('new','old'))", ("new", "old"), ()),
        ("state TEXT, Check ( [state] In ( 'new' ) )", ("new",), ()),
        ("state TEXT, constraint known check (state in ('new', 'old'))", ("new", "old"), ("known",)),
        ("state TEXT, stars INT check (stars in (1, 2)), CHECK (stars > 0)", (), ("things_check_1", "things_check_2")),
        ("state TEXT DEFAULT 'check (state in (', stars INT /* CHECK (no) */ CHECK (stars > 0)", (), ("things_check_1",)),
        ("state TEXT, constraint `my rule` check (state <> '(')", (), ("my rule",)),
        ("state TEXT CHECK (JSON_VALID(state) OR state IS NULL)", (), ()),
    ],
)
def test_a_check_of_sqlite_is_read_however_it_is_written(
    sqlite: Database, declared: str, members: tuple[str, ...], checks: tuple[str, ...]
) -> None:
    sqlite.query(f"CREATE TABLE things (id INTEGER PRIMARY KEY, {declared})")

    things = read_tables(connections[sqlite.alias], {"things"})["things"]

    assert things.columns["state"].values == members
    assert tuple(check.name for check in things.checks) == checks
