"""What the rows of PostgreSQL's catalogue mean; that they are so is tested on the server."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from seeding.schema.introspection.postgresql import HEADER, _grouped, _table
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, Kind, TableSchema


def described(name: str, type_name: str, modifier: int = -1, **values: Any) -> tuple[Any, ...]:
    """A column as the catalogue tells it."""
    more = {
        "nullable": False,
        "has_default": False,
        "default": None,
        "enumeration": None,
        "spelled": type_name,
        "is_generated": False,
    } | values
    return (name, type_name, modifier, *more.values())


def things(*columns: tuple[Any, ...], checks: dict[str, str] | None = None, **values: Any) -> TableSchema:
    """The table of those columns and checks: name → definition."""
    return _table("things", list(columns), values.get("indexes", []), values.get("keys", []), list((checks or {}).items()))


def column(type_name: str, modifier: int = -1, **values: Any) -> ColumnSchema:
    return things(described("x", type_name, modifier, **values)).columns["x"]


@pytest.mark.parametrize(
    ("type_name", "kind", "low", "high"),
    [
        ("int2", Kind.INTEGER, -32_768, 32_767),
        ("int4", Kind.INTEGER, -2_147_483_648, 2_147_483_647),
        ("int8", Kind.INTEGER, -9_223_372_036_854_775_808, 9_223_372_036_854_775_807),
        ("bool", Kind.BOOLEAN, None, None),
        ("float8", Kind.FLOAT, None, None),
        ("numeric", Kind.DECIMAL, None, None),  # without a precision
        ("text", Kind.TEXT, None, None),
        ("timestamptz", Kind.DATETIME, None, None),
        ("date", Kind.DATE, None, None),
        ("jsonb", Kind.JSON, None, None),
        ("point", Kind.OTHER, None, None),
    ],
)
def test_the_kind_of_a_column_and_what_it_holds(type_name: str, kind: Kind, low: Any, high: Any) -> None:
    assert column(type_name) == ColumnSchema(name="x", kind=kind, nullable=False, has_default=False, low=low, high=high)


def test_a_decimal_holds_so_many_digits() -> None:
    price = column("numeric", HEADER + 8 * 2**16 + 2)

    assert (price.scale, price.low, price.high) == (2, Decimal("-999999.99"), Decimal("999999.99"))


def test_a_decimal_may_be_rounded_before_its_point() -> None:
    thousands = column("numeric", HEADER + 3 * 2**16 + 2**11 - 3)  # numeric(3, -3): the scale has eleven bits

    assert (thousands.scale, thousands.low, thousands.high) == (-3, Decimal(-999_000), Decimal(999_000))


@pytest.mark.parametrize(
    ("type_name", "modifier", "length"),
    [
        ("varchar", HEADER + 40, 40),
        ("bpchar", HEADER + 1, 1),
        ("varchar", -1, None),
        ("text", -1, None),
        ("timestamptz", 6, None),
    ],
)
def test_a_text_has_a_limit_or_none(type_name: str, modifier: int, length: int | None) -> None:
    assert column(type_name, modifier).length == length


def test_what_a_column_says_of_nulls_and_defaults() -> None:
    found = column("text", nullable=True, has_default=True, default="'a'::text")

    assert (found.nullable, found.has_default, found.default) == (True, True, "'a'::text")


def test_a_type_of_its_own_is_an_enumeration() -> None:
    state = column("state", enumeration=["new", "old"])

    assert (state.kind, state.values) == (Kind.TEXT, ("new", "old"))


@pytest.mark.parametrize(
    ("clause", "members"),
    [
        ("((x)::text = ANY ((ARRAY['new'::character varying, 'it''s old'::character varying])::text[]))", ("new", "it's old")),
        ("(x = ANY (ARRAY['new'::text, 'old'::text]))", ("new", "old")),
        ("((x)::text = 'new'::text)", ("new",)),
        ("(\"x\" = 'new'::text)", ("new",)),
    ],
)
def test_the_members_of_an_enumeration_stand_in_a_check_of_nothing_else(clause: str, members: tuple[str, ...]) -> None:
    found = things(described("x", "text"), described("y", "text"), checks={"x_check": f"CHECK ({clause})"})

    assert (found.columns["x"].values, found.columns["y"].values, found.checks) == (members, (), ())


@pytest.mark.parametrize(
    ("type_name", "clause"),
    [
        ("int4", "(x = ANY (ARRAY[1, 2]))"),
        ("int4", "(x = ANY (ARRAY['-1'::integer, 2]))"),
        ("date", "(x = ANY (ARRAY['2026-01-01'::date, '2026-01-02'::date]))"),
        ("date", "(x = '2026-01-01'::date)"),
    ],
)
def test_a_list_of_numbers_or_days_is_a_check_like_any_other(type_name: str, clause: str) -> None:
    found = things(described("x", type_name), checks={"few": f"CHECK ({clause})"})

    assert (found.columns["x"].values, found.checks) == ((), (Check(name="few", clause=clause),))


@pytest.mark.parametrize(
    ("definition", "clause"),
    [
        ("CHECK ((x > 0))", "(x > 0)"),
        ("CHECK ((x > 0)) NOT VALID", "(x > 0)"),
        ("CHECK ((x > 0)) NO INHERIT", "(x > 0)"),
        ("CHECK (((x > 0) OR\n  (x < 9)))", "((x > 0) OR\n  (x < 9))"),
    ],
)
def test_a_check_is_what_stands_within_it(definition: str, clause: str) -> None:
    found = things(described("x", "int4"), checks={"positive": definition})

    assert found.checks == (Check(name="positive", clause=clause),)


@pytest.mark.parametrize(
    ("indexes", "primary_key", "has_row_key", "unique"),
    [
        ([(True, ["id"]), (False, ["b", "a"])], "id", True, (("b", "a"),)),
        ([(False, ["a"]), (True, ["b", "id"])], "b", False, (("a",),)),
        ([], "", False, ()),
    ],
)
def test_the_keys_of_a_table(
    indexes: list[tuple[bool, list[str]]], primary_key: str, unique: tuple[tuple[str, ...], ...], *, has_row_key: bool
) -> None:
    found = things(indexes=indexes)

    assert (found.primary_key, found.has_row_key, found.unique) == (primary_key, has_row_key, unique)


def test_a_foreign_key_has_the_name_that_its_columns_share() -> None:
    (key,) = things(keys=[("a", "owners", "id", "fk", "", "", True)]).foreign_keys

    assert key == ForeignKey(column="a", table="owners", key="id")
    assert key.constraint == "fk"


def test_the_rows_of_a_table_stay_in_their_order() -> None:
    assert _grouped([("b", "z", 1), ("a", "y", 2), ("b", "x", 3)]) == {"b": [("z", 1), ("x", 3)], "a": [("y", 2)]}
