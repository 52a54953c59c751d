"""References and unique keys of a drafted table."""

from __future__ import annotations

import pytest

from seeding.generation.seeders import RecordCount
from seeding.scaffold.fillings import Filling, Parent
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
