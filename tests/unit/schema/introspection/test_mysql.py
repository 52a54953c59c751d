"""What the rows of MySQL's and MariaDB's catalogue mean; that they are so is tested on the servers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from seeding.schema.introspection.mysql import IS_JSON, _column, _grouped, _indexes, _quoted, _text, read_tables
from seeding.schema.tables import ColumnSchema, Kind


def column(data_type: str, column_type: str = "", *, is_json: bool = False, **values: Any) -> ColumnSchema:
    """A column as the catalogue tells it; `values` are what is not usual about it."""
    row = {"nullable": "NO", "default": None, "extra": "", "length": None, "octets": None, "charset": None} | values
    described = ("x", data_type, column_type or data_type, *(row[one] for one in ("nullable", "default", "extra")))
    more = (row["length"], row["octets"], row["charset"], row.get("precision"), row.get("scale"))
    return _column((*described, *more), _text, is_json=is_json)


@pytest.mark.parametrize(
    ("data_type", "column_type", "kind", "low", "high"),
    [
        ("tinyint", "tinyint(4)", Kind.INTEGER, -128, 127),
        ("tinyint", "tinyint(3) unsigned", Kind.INTEGER, 0, 255),
        ("tinyint", "tinyint(1)", Kind.BOOLEAN, -128, 127),
        ("smallint", "smallint", Kind.INTEGER, -32_768, 32_767),
        ("mediumint", "mediumint unsigned", Kind.INTEGER, 0, 16_777_215),
        ("int", "int(11)", Kind.INTEGER, -2_147_483_648, 2_147_483_647),
        ("bigint", "bigint(20) unsigned", Kind.INTEGER, 0, 18_446_744_073_709_551_615),
        (
            "timestamp",
            "",
            Kind.DATETIME,
            datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
            datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC),
        ),
        ("datetime", "", Kind.DATETIME, datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("date", "", Kind.DATE, date(1000, 1, 1), date(9999, 12, 31)),
        ("double", "", Kind.FLOAT, None, None),
        ("set", "", Kind.TEXT, None, None),
        ("json", "", Kind.JSON, None, None),
        ("geometry", "", Kind.OTHER, None, None),
        ("time", "", Kind.TIME, None, None),
    ],
)
def test_the_kind_of_a_column_and_what_it_holds(data_type: str, column_type: str, kind: Kind, low: Any, high: Any) -> None:
    found = column(data_type, column_type)

    assert (found.kind, found.low, found.high) == (kind, low, high)


def test_a_decimal_holds_so_many_digits() -> None:
    price = column("decimal", precision=8, scale=2)

    assert (price.kind, price.scale, price.low, price.high) == (Kind.DECIMAL, 2, Decimal("-999999.99"), Decimal("999999.99"))


@pytest.mark.parametrize(
    ("data_type", "charset", "length", "octets", "character_octets"),
    [
        ("varchar", "utf8mb4", 40, 160, None),
        ("varchar", "utf8mb3", 40, 160, 3),
        ("char", "ascii", 40, 160, 1),
        ("char", "latin1", 40, None, None),  # its own table says what it holds
        ("text", "utf8", None, 160, 3),  # a limit of bytes alone
    ],
)
def test_a_text_has_a_limit_of_characters_or_bytes(
    data_type: str, charset: str, length: int | None, octets: int | None, character_octets: int | None
) -> None:
    text = column(data_type, length=40, octets=160, charset=charset)

    assert (text.length, text.octets, text.character_octets) == (length, octets, character_octets)


def test_an_enumeration_has_members_and_no_limit() -> None:
    state = column("enum", "enum('new','it''s old','')", length=8, octets=32)

    assert (state.kind, state.values, state.length, state.octets) == (Kind.TEXT, ("new", "it's old", ""), None, None)


def test_a_long_text_that_must_be_json_is_a_json_column() -> None:
    more = column("longtext", is_json=True, octets=4_294_967_295, charset="utf8mb3")

    assert (more.kind, more.octets, more.character_octets) == (Kind.JSON, None, None)


@pytest.mark.parametrize(
    ("clause", "of"),
    [
        ("json_valid(`more`)", "more"),
        ("(json_valid(`more`))", "more"),
        ("json_valid(more)", "more"),
        ('json_valid("more")', "more"),  # a session with ANSI_QUOTES
        ("json_valid(`a`) or 1", None),
    ],
)
def test_a_check_that_a_text_is_json_and_nothing_else(clause: str, of: str | None) -> None:
    found = IS_JSON.match(clause)

    assert (found[1] if found else None) == of


@pytest.mark.parametrize(
    ("values", "has_default", "default"),
    [
        ({}, False, None),
        ({"default": "NULL"}, False, None),  # as MariaDB says that there is none
        ({"default": "'a'"}, True, "'a'"),
        ({"extra": "auto_increment"}, True, None),
        ({"extra": "VIRTUAL GENERATED"}, True, None),
        ({"default": "current_timestamp()", "extra": "on update current_timestamp()"}, True, "current_timestamp()"),
    ],
)
def test_what_a_column_gets_where_a_row_gives_nothing(
    values: dict[str, Any], default: str | None, *, has_default: bool
) -> None:
    found = column("timestamp", **values)

    assert (found.has_default, found.default) == (has_default, default)
    assert found.on_update == ("on update" in values.get("extra", ""))


@pytest.mark.parametrize(("nullable", "said"), [("YES", True), ("NO", False)])
def test_a_column_may_be_null(nullable: str, *, said: bool) -> None:
    assert column("int", nullable=nullable).nullable is said


def test_a_default_is_sql() -> None:
    assert (_text("'a'", ""), _text("NULL", "")) == ("'a'", None)
    assert _quoted("it's", "") == "'it''s'"
    assert _quoted("uuid()", "DEFAULT_GENERATED") == "uuid()"


def test_the_rows_of_a_table_stay_in_their_order() -> None:
    assert _grouped([("b", "z", 1), ("a", "y", 2), ("b", "x", 3)]) == {"b": [("z", 1), ("x", 3)], "a": [("y", 2)]}
    assert _indexes([("PRIMARY", "id"), ("k", "b"), ("k", "a")]) == {"PRIMARY": ["id"], "k": ["b", "a"]}


def test_no_tables_need_no_question() -> None:
    assert read_tables(connections["default"], ()) == {}
