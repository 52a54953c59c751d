"""References and unique keys of a drafted table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from seeding.generation.rows import Rows
from seeding.generation.seeders import RecordCount
from seeding.guessing.column_expressions import Filling, Parent
from seeding.guessing.expression_names import HELPERS, local_names
from seeding.schema.tables import ColumnSchema, Kind

GROWING = RecordCount(small=10, medium=100, large=1_000)
FEW = RecordCount(small=5, medium=50, large=500)
MANY = RecordCount(small=20, medium=200, large=2_000)
KEY = ColumnSchema(name="parent_id", kind=Kind.INTEGER, nullable=False, has_default=False)


@pytest.mark.parametrize(
    ("parent", "unique", "expression", "count"),
    [
        (GROWING, [], 'cell * 10 + rows.skewed("parent_id", 10, cell)', MANY),
        (FEW, [], 'cell * 5 + rows.skewed("parent_id", 5, cell)', GROWING),
        (MANY, [], 'cell * 20 + rows.skewed("parent_id", 20, cell)', RecordCount(small=40, medium=400, large=4_000)),
        (
            RecordCount(small=50, medium=500, large=5_000),
            [("parent_id",)],
            "cell * 50 + rows.index % 40",
            RecordCount(small=40, medium=400, large=4_000),
        ),
        (RecordCount.fixed(6), [], 'rows.skewed("parent_id", 6)', GROWING),
        (RecordCount(small=10, medium=20, large=30), [], 'rows.skewed("parent_id", 10)', GROWING),
        (GROWING, [("parent_id",)], "rows.index", GROWING),
        (FEW, [("parent_id",)], "rows.index", FEW),
        (MANY, [("parent_id",)], "rows.index", MANY),
        (RecordCount.fixed(6), [("parent_id",)], "rows.index", RecordCount.fixed(6)),
    ],
)
def test_a_reference_finds_a_parent_at_every_size(
    parent: RecordCount, unique: list[tuple[str, ...]], expression: str, count: RecordCount
) -> None:
    filling = Filling({"parent_id": KEY}, {"parent_id": Parent(dependency="parents", count=parent)}, own=set(), label="Child")

    assert filling.fill(unique) == ({"parent_id": expression}, count, None)


KIND = ColumnSchema(name="kind", kind=Kind.TEXT, nullable=False, has_default=False, values=("a", "b"))
DAY = ColumnSchema(name="day", kind=Kind.DATE, nullable=False, has_default=False)


def keys(*names: str) -> dict[str, ColumnSchema]:
    """Required references."""
    return {name: replace(KEY, name=name) for name in names}


def frame(filled: tuple[dict[str, str], RecordCount, int | None], size: str = "medium") -> pl.DataFrame:
    """The rows that the expressions make."""
    expressions, count, _ = filled
    rows = Rows(seed=42, table="links", as_of=date(2026, 1, 1), index=np.arange(count.at(size)))
    names = {"rows": rows, "pl": pl, **HELPERS}
    names |= {name: eval(text, names) for name, text in local_names(expressions.values(), count.small).items()}  # noqa: S307
    return pl.DataFrame({name: eval(text, names) for name, text in expressions.items()})  # noqa: S307


def test_a_key_of_several_columns_is_made_distinct_in_the_one_that_takes_it_best() -> None:
    columns = {"kind": KIND, "parent_id": KEY, "day": DAY}
    parents = {"parent_id": Parent(dependency="parents", count=GROWING)}

    expressions, _, _ = Filling(columns, parents, own=set(), label="Child").fill([("kind", "day"), ("day", "parent_id")])

    assert expressions["day"] == "rows.dates(-rows.index)"
    assert expressions["kind"] == 'rows.choose("kind", ("a", "b"))'


@pytest.mark.parametrize(
    ("left", "right", "count"),
    [
        (GROWING, GROWING, MANY),
        (GROWING, RecordCount.fixed(3), RecordCount(small=15, medium=150, large=1_500)),
        (GROWING, RecordCount.fixed(1), GROWING),
        (FEW, RecordCount.fixed(10), GROWING),
        (RecordCount.fixed(6), RecordCount.fixed(5), RecordCount.fixed(10)),
        (RecordCount.fixed(1), RecordCount.fixed(1), RecordCount.fixed(1)),
    ],
)
def test_rows_of_two_tables_are_paired_once(left: RecordCount, right: RecordCount, count: RecordCount) -> None:
    parents = {"a_id": Parent(dependency="a", count=left), "b_id": Parent(dependency="b", count=right)}

    filled = Filling(keys("a_id", "b_id"), parents, own=set(), label="").fill([("a_id", "b_id")])

    found = frame(filled)
    assert filled[1] == count
    assert found.is_unique().all()
    assert frame(filled, "small").equals(found.head(count.small))
    assert found["a_id"].is_between(0, left.medium - 1).all()
    assert found["b_id"].is_between(0, right.medium - 1).all()


@pytest.mark.parametrize(("size", "count"), [(10, 20), (3, 2), (2, 2)])
def test_a_symmetrical_table_holds_each_pair_both_ways_and_pairs_no_row_with_itself(size: int, count: int) -> None:
    people = Parent(dependency="people", count=RecordCount(small=size, medium=10 * size, large=100 * size))

    filled = Filling(keys("from_id", "to_id"), {"from_id": people, "to_id": people}, own=set(), label="", mutual=True).fill(
        [("from_id", "to_id")]
    )

    found = [*frame(filled).iter_rows()]
    assert filled[1].small == count
    assert len(set(found)) == len(found) == 10 * count
    assert {(other, one) for one, other in found} == set(found)
    assert all(one != other for one, other in found)


def test_an_enumeration_helps_a_key_out_that_has_too_few_references() -> None:
    parents = {"parent_id": Parent(dependency="parents", count=GROWING)}

    filled = Filling({"kind": KIND, "parent_id": KEY}, parents, own=set(), label="").fill([("kind", "parent_id")])

    found = frame(filled)
    assert filled[1] == GROWING
    assert found.is_unique().all()
    assert set(found["kind"]) == {"a", "b"}


def test_of_two_keys_with_a_column_in_common_both_hold() -> None:
    parents = {name: Parent(dependency=name, count=GROWING) for name in ("a_id", "b_id", "c_id")}
    unique = [("a_id", "b_id"), ("b_id", "c_id"), ("a_id", "b_id", "c_id")]

    filled = Filling(keys("a_id", "b_id", "c_id"), parents, own=set(), label="").fill(unique)

    assert all(frame(filled).select(key).is_unique().all() for key in unique)


def test_an_optional_reference_is_mostly_there_unless_a_key_needs_it() -> None:
    parents = {name: Parent(dependency=name, count=GROWING) for name in ("a_id", "b_id", "c_id", "d_id")}
    columns = {name: replace(KEY, name=name, nullable=True) for name in parents}

    filled = Filling(columns, parents, own=set(), label="", whole=["d_id"]).fill([("a_id", "b_id")])

    share = frame(filled, "large").select(pl.all().is_not_null().mean()).row(0, named=True)
    assert filled[1] == GROWING
    assert (share["a_id"], share["b_id"], share["d_id"]) == (1, 1, 1)
    assert 0.8 < share["c_id"] < 0.9


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


def test_a_reference_to_the_own_table_makes_a_tree_in_each_cell() -> None:
    own = {"parent_id", "boss_id"}
    columns = {"parent_id": replace(KEY, nullable=True), "boss_id": replace(KEY, name="boss_id")}

    found = frame(Filling(columns, {}, own=own, label="").fill([]))

    for row, parent in enumerate(found["parent_id"]):
        assert parent is None if row % 10 == 0 else row // 10 * 10 <= parent < row
    assert found["boss_id"].to_list() == [row if parent is None else parent for row, parent in enumerate(found["parent_id"])]


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
