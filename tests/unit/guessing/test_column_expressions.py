"""References and unique keys of a drafted table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seeding.generation.seeders import RecordCount
from seeding.guessing.column_expressions import Filling, Parent
from seeding.schema.tables import ColumnSchema, Kind

GROWING = RecordCount(small=10, medium=100, large=1_000)
FEW = RecordCount(small=5, medium=50, large=500)
MANY = RecordCount(small=20, medium=200, large=2_000)
KEY = ColumnSchema(name="parent_id", kind=Kind.INTEGER, nullable=False, has_default=False)


@pytest.mark.parametrize(
    ("parent", "unique", "expression", "count"),
    [
        (GROWING, [], 'cell * 10 + rows.integers("parent_id", 0, 10)', GROWING),
        (FEW, [], 'cell * 5 + rows.integers("parent_id", 0, 5)', GROWING),
        (RecordCount.fixed(6), [], 'rows.integers("parent_id", 0, 6)', GROWING),
        (RecordCount(small=10, medium=20, large=30), [], 'rows.integers("parent_id", 0, 10)', GROWING),
        (GROWING, [("parent_id",)], "rows.index", GROWING),
        (FEW, [("parent_id",)], "rows.index", FEW),
        (MANY, [("parent_id",)], "cell * 20 + rows.index % 10", GROWING),
        (RecordCount.fixed(6), [("parent_id",)], "rows.index", RecordCount.fixed(6)),
    ],
)
def test_a_reference_finds_a_parent_at_every_size(
    parent: RecordCount, unique: list[tuple[str, ...]], expression: str, count: RecordCount
) -> None:
    filling = Filling({"parent_id": KEY}, {"parent_id": Parent(dependency="parents", count=parent)}, own=set(), label="Child")

    assert filling.fill(unique) == ({"parent_id": expression}, count, None)


def test_a_key_of_several_columns_is_made_distinct_in_the_one_that_takes_it_best() -> None:
    columns = {
        "kind": ColumnSchema(name="kind", kind=Kind.TEXT, nullable=False, has_default=False, values=("a", "b")),
        "parent_id": KEY,
        "day": ColumnSchema(name="day", kind=Kind.DATE, nullable=False, has_default=False),
    }
    parents = {"parent_id": Parent(dependency="parents", count=GROWING)}

    expressions, _, _ = Filling(columns, parents, own=set(), label="Child").fill([("kind", "day"), ("kind", "parent_id")])

    assert expressions == {
        "kind": 'rows.choose("kind", ("a", "b"))',
        "parent_id": "rows.index",
        "day": "rows.dates(-rows.index)",
    }


def test_an_enumeration_alone_limits_the_rows() -> None:
    columns = {"kind": ColumnSchema(name="kind", kind=Kind.TEXT, nullable=False, has_default=False, values=("a", "b"))}

    filled = Filling(columns, {}, own=set(), label="Child").fill([("kind",)])

    assert filled == ({"kind": 'take(("a", "b"), rows.index)'}, RecordCount.fixed(2), 2)


def test_a_table_that_does_not_grow_like_the_others_shares_no_cells() -> None:
    assert Parent(dependency="p", count=GROWING).per_cell == 10
    assert Parent(dependency="p", count=RecordCount(small=10, medium=100, large=999)).per_cell is None
    assert Parent(dependency="p", count=RecordCount.fixed(10)).per_cell is None


def test_a_row_that_must_refer_to_its_own_table_refers_to_itself() -> None:
    filling = Filling({"parent_id": KEY}, {}, own={"parent_id"}, label="Child")

    assert filling.fill([("parent_id",)]) == ({"parent_id": "rows.index"}, GROWING, None)
    assert Filling({"parent_id": KEY}, {}, own={"parent_id"}, label="Child").fill([])[0] == {"parent_id": "rows.index"}


def test_a_short_code_limits_the_rows_and_a_wider_one_is_preferred() -> None:
    short = ColumnSchema(name="code", kind=Kind.TEXT, nullable=False, has_default=False, length=1)
    wide = ColumnSchema(name="number", kind=Kind.INTEGER, nullable=False, has_default=False, low=0, high=50_000)

    alone = Filling({"code": short}, {}, own=set(), label="Child").fill([("code",)])
    both = Filling({"kind": replace(short, name="kind", length=3), "number": wide}, {}, own=set(), label="Child")

    assert alone == ({"code": "numerals(rows.index, 1)"}, RecordCount.fixed(10), 10)
    assert both.fill([("kind", "number")])[0]["number"] == "1 + rows.index"


def test_what_is_distinct_by_itself_serves_every_key_that_it_is_in() -> None:
    columns = {
        "email": ColumnSchema(name="email", kind=Kind.TEXT, nullable=False, has_default=False, length=80),
        "day": ColumnSchema(name="day", kind=Kind.DATE, nullable=False, has_default=False),
    }

    expressions, count, capacity = Filling(columns, {}, own=set(), label="Child").fill([("day", "email")])

    assert expressions["email"] == '"person" + numerals(rows.index + 1) + "@example.com"'
    assert expressions["day"] == 'rows.dates(rows.integers("day", -365, 0))'
    assert (count, capacity) == (GROWING, None)


def test_the_least_room_decides_how_many_rows_there_are() -> None:
    columns = {
        name: ColumnSchema(name=name, kind=Kind.TEXT, nullable=False, has_default=False, length=size)
        for name, size in (("code", 2), ("key", 4))
    }

    assert Filling(columns, {}, own=set(), label="Child").fill([("code",), ("key",)])[1:] == (RecordCount.fixed(10), 100)
