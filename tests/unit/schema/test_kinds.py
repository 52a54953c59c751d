"""The family of a column: what a field makes, what a server reports, and which of them go together."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField, DateRangeField, HStoreField
from django.db import connections, models

from seeding.schema.drift import differences
from seeding.schema.introspection.mysql import KINDS as MYSQL
from seeding.schema.introspection.postgresql import _column
from seeding.schema.kinds import Kind, converts, kind_of_field, largest_decimal, length_of
from seeding.schema.tables import ColumnSchema, TableSchema
from tests.support.databases import Database


class Sealed(models.TextField):  # type: ignore[type-arg]  # Django's class takes none when the module is run
    def get_prep_value(self, value: Any) -> Any:
        return value


class Packed(models.UUIDField):  # type: ignore[type-arg]  # the same
    def db_type(self, connection: Any) -> str:
        return "binary(16)"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        return value.bytes


FIELDS = [
    (models.TimeField(), Kind.TIME, False),
    (models.DurationField(), Kind.DURATION, False),
    (models.UUIDField(), Kind.UUID, False),
    (models.BinaryField(), Kind.BINARY, False),
    (models.GenericIPAddressField(), Kind.ADDRESS, False),
    (models.SlugField(), Kind.TEXT, False),
    (models.PositiveBigIntegerField(), Kind.INTEGER, False),
    (Sealed(), Kind.TEXT, True),
    (Packed(), Kind.OTHER, True),
    (ArrayField(models.IntegerField()), Kind.OTHER, True),
    (DateRangeField(), Kind.OTHER, True),
    (HStoreField(), Kind.OTHER, True),
]


@pytest.mark.parametrize(("field", "kind", "is_converted"), FIELDS, ids=[type(field).__name__ for field, *_ in FIELDS])
def test_the_kind_of_a_field(shop: Database, field: Any, kind: Kind, *, is_converted: bool) -> None:
    assert (kind_of_field(field, connections[shop.alias]), converts(field)) == (kind, is_converted)


def test_a_uuid_in_a_text_has_so_many_characters(shop: Database) -> None:
    connection = connections[shop.alias]

    assert length_of(models.UUIDField(), Kind.UUID, connection) == 32
    assert length_of(models.GenericIPAddressField(), Kind.ADDRESS, connection) == 39
    assert length_of(models.BinaryField(max_length=5), Kind.BINARY, connection) is None


def test_the_largest_decimal_is_exact() -> None:
    assert str(largest_decimal(40, 2)) == "9" * 38 + ".99"
    assert largest_decimal(3, -2) == Decimal(99900)


@pytest.mark.parametrize(
    ("type_name", "modifier", "kind", "scale"),
    [
        ("time", -1, Kind.TIME, None),
        ("time", 0, Kind.TIME, 0),
        ("time", 3, Kind.TIME, 3),
        ("timetz", 3, Kind.OTHER, None),
        ("interval", -1, Kind.DURATION, None),
        ("interval", (0x7FFF << 16) + 2, Kind.DURATION, 2),
        ("interval", (0x0400 << 16) + 0xFFFF, Kind.DURATION, None),
        ("uuid", -1, Kind.UUID, None),
        ("bytea", -1, Kind.BINARY, None),
        ("inet", -1, Kind.ADDRESS, None),
        ("_int4", -1, Kind.OTHER, None),
    ],
)
def test_postgresql_says_how_many_digits_of_a_second_are_kept(
    type_name: str, modifier: int, kind: Kind, scale: int | None
) -> None:
    found = _column(("x", type_name, modifier, True, False, None, None, type_name, False), ())

    assert (found.kind, found.scale) == (kind, scale)


def column(kind: Kind, **more: Any) -> ColumnSchema:
    return ColumnSchema(name="x", kind=kind, **{"nullable": True, "has_default": False, **more})


@pytest.mark.parametrize(
    ("wanted", "live", "issues"),
    [
        (column(Kind.UUID, length=32), column(Kind.TEXT, length=32), []),
        (column(Kind.UUID, length=32), column(Kind.TEXT, length=30), ["shorter"]),
        (column(Kind.UUID), column(Kind.TEXT, length=32), ["shorter"]),  # with dashes, as a server's own type takes them
        (column(Kind.UUID, length=32), column(Kind.BINARY), ["changed type"]),
        (column(Kind.ADDRESS, length=39), column(Kind.TEXT, length=39), []),
        (column(Kind.DURATION), column(Kind.INTEGER), []),
        (column(Kind.DURATION), column(Kind.TIME), ["changed type"]),
        (column(Kind.TIME), column(Kind.TEXT), ["changed type"]),
        (column(Kind.TIME), column(Kind.OTHER, type_name="timetz"), []),
        (column(Kind.BINARY), column(Kind.TEXT), ["changed type"]),
        (column(Kind.TEXT), column(Kind.BINARY), ["changed type"]),
        (column(Kind.TEXT, is_converted=True), column(Kind.BINARY), []),
        (column(Kind.INTEGER, is_converted=True, low=-9, high=9), column(Kind.TEXT, length=5), []),
        (column(Kind.TEXT, is_converted=True, length=9), column(Kind.TEXT, length=5), ["shorter"]),
        (column(Kind.OTHER), column(Kind.BINARY), []),
    ],
)
def test_which_column_holds_the_values_of_a_model(wanted: ColumnSchema, live: ColumnSchema, issues: list[str]) -> None:
    table = TableSchema(name="t", columns={"x": wanted}, key=(), unique=())

    found = differences(table, {"t": replace(table, columns={"x": live})})

    assert [one.issue for one in found if not one.harmless] == issues
    unfilled = differences(table, {"t": replace(table, columns={"x": live})}, filled=tuple)
    assert all(one.harmless for one in unfilled)


def test_mysql_and_mariadb_have_kinds_for_their_types() -> None:
    assert (MYSQL["time"], MYSQL["uuid"], MYSQL["inet6"]) == (Kind.TIME, Kind.UUID, Kind.ADDRESS)
    assert {MYSQL[one] for one in ("binary", "varbinary", "longblob")} == {Kind.BINARY}
