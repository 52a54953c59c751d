"""References and unique keys of a drafted table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from seeding.generation.pairs import combinations, pairs_among
from seeding.generation.rows import Rows, take
from seeding.generation.seeders import RecordCount
from seeding.guessing.column_expressions import Filling
from seeding.guessing.table_references import Parent, References
from seeding.guessing.tree_columns import ITSELF
from seeding.schema.tables import ColumnSchema, Kind

GROWING = RecordCount(small=10, medium=100, large=1_000)
FEW = RecordCount(small=5, medium=50, large=500)
MANY = RecordCount(small=20, medium=200, large=2_000)
KEY = ColumnSchema(name="parent_id", kind=Kind.INTEGER, nullable=False, has_default=False)


@pytest.mark.parametrize(
    ("parent", "unique", "expression", "count"),
    [
        (GROWING, [], 'cell * 10 + rows.skewed("parent_id", 10, cell)', GROWING),
        (FEW, [], 'cell * 5 + rows.skewed("parent_id", 5, cell)', GROWING),
        (RecordCount.fixed(6), [], 'rows.skewed("parent_id", 6)', GROWING),
        (RecordCount(small=10, medium=20, large=30), [], 'rows.skewed("parent_id", 10)', GROWING),
        (GROWING, [("parent_id",)], "rows.index", GROWING),
        (FEW, [("parent_id",)], "rows.index", FEW),
        (MANY, [("parent_id",)], "cell * 20 + rows.index % 10", GROWING),
        (RecordCount.fixed(6), [("parent_id",)], "rows.index", RecordCount.fixed(6)),
    ],
)
def test_a_reference_finds_a_parent_at_every_size(
    parent: RecordCount, unique: list[tuple[str, ...]], expression: str, count: RecordCount
) -> None:
    filling = Filling(
        {"parent_id": KEY}, References(parents={"parent_id": Parent(dependency="parents", count=parent)}), label="Child"
    )

    assert filling.fill(unique) == ({"parent_id": expression}, count, None)


def test_a_key_of_several_columns_is_made_distinct_in_the_one_that_takes_it_best() -> None:
    columns = {
        "kind": ColumnSchema(name="kind", kind=Kind.TEXT, nullable=False, has_default=False, values=("a", "b")),
        "parent_id": KEY,
        "day": ColumnSchema(name="day", kind=Kind.DATE, nullable=False, has_default=False),
    }
    parents = {"parent_id": Parent(dependency="parents", count=GROWING)}

    expressions, _, _ = Filling(columns, References(parents=parents), label="Child").fill(
        [("kind", "day"), ("parent_id", "day")]
    )

    assert expressions == {
        "kind": 'rows.choose("kind", ("a", "b"))',
        "parent_id": 'cell * 10 + rows.skewed("parent_id", 10, cell)',
        "day": "rows.dates(-rows.index)",
    }


def test_an_enumeration_alone_limits_the_rows() -> None:
    columns = {"kind": ColumnSchema(name="kind", kind=Kind.TEXT, nullable=False, has_default=False, values=("a", "b"))}

    filled = Filling(columns, References(), label="Child").fill([("kind",)])

    assert filled == ({"kind": 'take(("a", "b"), rows.index)'}, RecordCount.fixed(2), 2)


def test_a_table_that_does_not_grow_like_the_others_shares_no_cells() -> None:
    assert Parent(dependency="p", count=GROWING).per_cell == 10
    assert Parent(dependency="p", count=RecordCount(small=10, medium=100, large=999)).per_cell is None
    assert Parent(dependency="p", count=RecordCount.fixed(10)).per_cell is None


def test_a_row_that_must_refer_to_its_own_table_refers_to_itself() -> None:
    filling = Filling({"parent_id": KEY}, References(own={"parent_id": ITSELF}), label="Child")

    assert filling.fill([("parent_id",)]) == ({"parent_id": "rows.index"}, GROWING, None)
    assert Filling({"parent_id": KEY}, References(own={"parent_id": ITSELF}), label="Child").fill([])[0] == {
        "parent_id": "rows.index"
    }


def test_a_short_code_limits_the_rows_and_a_wider_one_is_preferred() -> None:
    short = ColumnSchema(name="code", kind=Kind.TEXT, nullable=False, has_default=False, length=1)
    wide = ColumnSchema(name="number", kind=Kind.INTEGER, nullable=False, has_default=False, low=0, high=50_000)

    alone = Filling({"code": short}, References(), label="Child").fill([("code",)])
    both = Filling({"kind": replace(short, name="kind", length=3), "number": wide}, References(), label="Child")

    assert alone == ({"code": "numerals(rows.index, 1)"}, RecordCount.fixed(10), 10)
    assert both.fill([("kind", "number")])[0]["number"] == "1 + rows.index"


def test_what_is_distinct_by_itself_serves_every_key_that_it_is_in() -> None:
    columns = {
        "email": ColumnSchema(name="email", kind=Kind.TEXT, nullable=False, has_default=False, length=80),
        "day": ColumnSchema(name="day", kind=Kind.DATE, nullable=False, has_default=False),
    }

    expressions, count, capacity = Filling(columns, References(), label="Child").fill([("day", "email")])

    assert expressions["email"] == '"person" + numerals(rows.index + 1) + "@example.com"'
    assert expressions["day"] == 'rows.dates(rows.integers("day", -365, 0))'
    assert (count, capacity) == (GROWING, None)


def test_the_least_room_decides_how_many_rows_there_are() -> None:
    columns = {
        name: ColumnSchema(name=name, kind=Kind.TEXT, nullable=False, has_default=False, length=size)
        for name, size in (("code", 2), ("key", 4))
    }

    assert Filling(columns, References(), label="Child").fill([("code",), ("key",)])[1:] == (RecordCount.fixed(10), 100)


def values(
    columns: dict[str, ColumnSchema], references: References, key: tuple[str, ...], cells: int
) -> list[tuple[object, ...]]:
    """The rows of the key in the first `cells` cells."""
    expressions, count, _ = Filling(columns, references, label="Child", few=("kind",)).fill([key])
    size = count.small * (cells if count.scales else 1)
    rows = Rows(seed=1, table="t", as_of=date(2026, 1, 1), index=np.arange(size))
    names = {"rows": rows, "cell": rows.index // count.small, "pl": pl}
    names |= {"take": take, "combinations": combinations, "pairs_among": pairs_among}
    return list(zip(*(list(eval(expressions[name], dict(names))) for name in key), strict=True))  # noqa: S307 - our own


@pytest.mark.parametrize("first", [1, 2, 3, 5, 10, 20, 100])
@pytest.mark.parametrize("second", [RecordCount.fixed(number) for number in (1, 2, 3, 10)] + [GROWING, FEW])
@pytest.mark.parametrize("kinds", [(), ("a",), ("a", "b")])
def test_references_that_are_a_key_together_never_repeat_and_find_their_rows(
    first: int, second: RecordCount, kinds: tuple[str, ...]
) -> None:
    counts = {"a": RecordCount(small=first, medium=10 * first, large=100 * first), "b": second}
    columns = {name: replace(KEY, name=name) for name in counts}
    if kinds:
        columns["kind"] = ColumnSchema(name="kind", kind=Kind.TEXT, nullable=False, has_default=False, values=kinds)
    parents = {name: Parent(dependency=name, count=count) for name, count in counts.items()}
    references = References(parents=parents, required=frozenset(counts))

    rows = values(columns, references, tuple(columns), 10)

    assert len(rows) == len(set(rows)) > 0
    assert all(0 <= row[0] < counts["a"].medium and 0 <= row[1] < second.medium for row in rows)  # type: ignore[operator]
    assert len(rows) == len(values(columns, references, tuple(columns), 1)) * 10
    assert rows[: len(rows) // 10] == values(columns, references, tuple(columns), 1)


@pytest.mark.parametrize("parent", [FEW, GROWING, MANY, RecordCount.fixed(2), RecordCount.fixed(9)])
@pytest.mark.parametrize("mutual", [False, True])
def test_no_row_is_paired_with_itself_and_symmetrical_pairs_are_there_both_ways_round(
    parent: RecordCount,
    mutual: bool,  # noqa: FBT001
) -> None:
    columns = {name: replace(KEY, name=name) for name in ("a", "b")}
    parents = {name: Parent(dependency="p", count=parent) for name in columns}

    rows = values(columns, References(parents=parents, required=frozenset(parents), mutual=mutual), ("a", "b"), 10)

    assert len(rows) == len(set(rows)) > 0
    assert all(first != second for first, second in rows)
    turned = {(second, first) for first, second in rows}
    assert (turned == set(rows)) if mutual else turned.isdisjoint(rows)


def test_a_table_that_needs_parents_has_more_rows_than_they_up_to_a_limit() -> None:
    def small(per_cell: int) -> int:
        parent = Parent(dependency="p", count=RecordCount(small=per_cell, medium=10 * per_cell, large=100 * per_cell))
        references = References(parents={"parent_id": parent}, required=frozenset({"parent_id"}))
        return Filling({"parent_id": KEY}, references, label="Child").fill([])[1].small

    assert [small(number) for number in (1, 10, 20, 500)] == [10, 20, 30, 30]


def test_an_optional_reference_is_missing_in_some_rows_unless_it_is_part_of_a_key() -> None:
    references = References(parents={"parent_id": Parent(dependency="p", count=GROWING)}, optional=frozenset({"parent_id"}))

    assert Filling({"parent_id": KEY}, references, label="Child").fill([])[0]["parent_id"].startswith("only(")
    assert Filling({"parent_id": KEY}, references, label="Child").fill([("parent_id",)])[0] == {"parent_id": "rows.index"}
