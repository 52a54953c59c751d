"""What each kind of rule gives, of any rows in any order."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

from seeding.exceptions import GenerationError
from seeding.generation.rows import Rows
from seeding.generation.value_rules.evaluation import named, ruled, thinned, valued
from seeding.generation.value_rules.families import first_children, parents_of, siblings
from seeding.generation.value_rules.overrides import overridden
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.generation.value_rules.value_types import ValueType

DAY = date(2026, 3, 2)
RULES: list[tuple[str, dict[str, Any]]] = [
    ("text", {"value": "x"}),
    ("decimal:2", {"value": 1.5}),
    ("json", {"value": {"a": [1]}}),
    ("json", {"value": {"a": [1]}, "nulls": "1/2"}),
    ("time", {"value": "08:30:00"}),
    ("boolean", {"choices": [True, False], "weights": ["1/4", "3/4"]}),
    ("datetime", {"choices": ["2026-01-01", -3.5], "weights": ["1/2", "1/2"]}),
    ("date", {"range": [-30, "2026-03-02"]}),
    ("integer", {"range": [1, 6], "nulls": "1/3"}),
    ("decimal:3", {"distribution": "normal", "mean": 5, "deviation": 2, "min": 0}),
    ("float", {"distribution": "quantiles", "quantiles": [[0, 0], [1, 9]]}),
    ("integer", {"distribution": "zipf", "exponent": 1.1, "max": 9}),
    ("text", {"sequence": {"prefix": "A-", "digits": 4}}),
    ("integer", {"sequence": {"start": 5, "step": -2}}),
    ("text", {"pattern": "??-#*\\#", "distinct": True}),
    ("text", {"length": [1, 40]}),
    ("text", {"fake": "city", "locale": "de_DE"}),
    ("text", {"mix": [{"share": "1/4", "value": "x"}, {"share": "3/4", "fake": "name", "nulls": "1/2"}]}),
]


def rows(index: Any, **table: Any) -> Rows:
    """Rows of a table with these rules."""
    rules = ProfileRules(tables={"shop": table, **table.get("others", {})})
    return Rows(seed=7, table="shop", as_of=DAY, index=np.asarray(index, dtype=np.int64), rules=rules)


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=str)
def test_a_value_depends_on_its_row_alone(kind: str, rule: dict[str, Any]) -> None:
    told = {"columns": {"c": {**rule, "as": kind}}}
    whole = ruled(rows(np.arange(40), **told), "c").to_list()
    mixed = [39, 3, 3, 17, 0]

    assert ruled(rows(mixed, **told), "c").to_list() == [whole[place] for place in mixed]
    assert ruled(rows([], **told), "c").len() == 0
    assert "nulls" not in rule or abs(whole.count(None) - 40 * Fraction(rule["nulls"])) < 1


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        ("integer", [3], [3]),
        ("decimal:2", [1, 1.25, "0.1"], [Decimal("1.00"), Decimal("1.25"), Decimal("0.10")]),
        ("date", ["2026-01-31", -1], [date(2026, 1, 31), date(2026, 3, 1)]),
        ("datetime", ["2026-01-31T08:00:00+01:00"], [datetime(2026, 1, 31, 7, tzinfo=UTC)]),
        ("datetime", [0.5], [datetime(2026, 3, 2, 12, tzinfo=UTC)]),
        ("time", ["08:30:00"], [time(8, 30)]),
        ("boolean", [True, None], [True, None]),
    ],
)  # fmt: skip
def test_values_have_the_type_of_the_column(kind: str, values: list[Any], wanted: list[Any]) -> None:
    assert ValueType.of(kind).literals(values, DAY).to_list() == wanted
    assert str(ValueType.of(kind)) == kind


@pytest.mark.parametrize(
    ("kind", "value"),
    [("integer", "3"), ("integer", True), ("decimal:2", 1.005), ("decimal:2", "x"), ("boolean", 1), ("date", True)],
)
def test_values_of_another_type_are_refused(kind: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"is not|has more than|is neither"):
        ValueType.of(kind).literals([value], DAY)


def test_bounds_cut_off_and_pile_nothing_up() -> None:
    some = rows(np.arange(5_000))
    rule = {"distribution": "exponential", "mean": 10, "min": 5, "max": 6}
    values = valued(some, "c", rule, ValueType.of("float"), some.index)

    assert values.is_between(5, 6, closed="none").all()


def test_named_rows_have_what_they_are_given_and_stand_outside_of_shares() -> None:
    rule = {"choices": ["a", "b"], "weights": ["1/2", "1/2"], "as": "text"}
    given = [["maria", {"c": {"value": "M", "as": "text"}}], ["jo", {}], ["kim", {"c": {"value": "K", "as": "text"}}]]
    values = ruled(rows(np.arange(22), columns={"c": rule}, named=given), "c").to_list()

    assert (values[0], values[2], values.count("a"), values.count("b")) == ("M", "K", 10, 10)
    assert named(rows([2, 5], named=given), "c", np.array(["x", "y"])).to_list() == ["K", "y"]


def test_a_share_of_a_guess_is_left_out() -> None:
    values = thinned(rows(np.arange(30), thinned={"c": "1/3"}), "c", np.arange(30))

    assert values.null_count() == 10
    assert all(value in (None, place) for place, value in enumerate(values))


def test_children_follow_their_parents() -> None:
    table = {"per": {"column": "parent_id", "range": [0, 4], "none": "1/2"}}
    counts = np.diff(first_children(rows([], **table), "shop", np.arange(9_001)))
    children = int(counts.sum())
    parents = parents_of(rows(np.arange(children), **table))

    assert (np.bincount(parents, minlength=9_000) == counts).all()
    assert (counts[:40] == 0).sum() == 20
    assert counts.max() == 4
    assert parents_of(rows([children - 1, 0], **table)).tolist() == [parents[-1], parents[0]]
    for parent in range(50):
        own = np.flatnonzero(parents == parent)
        assert len(set(siblings(rows(own, **table), "tag_id", 5).tolist())) == len(own)


def test_parents_that_have_no_children_are_not_searched_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeding.generation.value_rules.families.MOST", 1 << 14)
    table = {"per": {"column": "parent_id", "distribution": "exponential", "mean": 0.0000001}}

    with pytest.raises(GenerationError, match="no parents for 3 rows"):
        parents_of(rows([3], **table))


def test_columns_follow_from_others_of_the_row() -> None:
    data = pl.DataFrame({"on": [date(2026, 1, 1), None], "at": [datetime(2026, 1, 1, tzinfo=UTC)] * 2, "kind": ["a", "z"]})
    relations: list[tuple[str, dict[str, Any]]] = [
        ("due", {"after": "on", "days": [1, 14], "as": "date"}),
        ("begun", {"before": "at", "days": [2, 3], "as": "datetime"}),
        ("same", {"equal": "due", "as": "date"}),
        ("level", {"lookup": {"column": "kind", "of": "text", "keys": ["a"], "values": [1], "default": 9}, "as": "integer"}),
    ]
    made = overridden(rows([0, 1], relations=relations), data, ())

    assert made["due"].null_count() == 1
    assert 1 <= (made["due"][0] - date(2026, 1, 1)).days <= 14
    assert all(2 <= (datetime(2026, 1, 1, tzinfo=UTC) - one).total_seconds() / 86_400 <= 3 for one in made["begun"])
    assert made["same"].to_list() == made["due"].to_list()
    assert made["level"].to_list() == [1, 9]


def test_only_what_a_seeder_lets_go_is_replaced() -> None:
    new = {"value": "new", "as": "text"}
    table = {"columns": {"a": new, "b": new}, "named": [["x", {"c": {"value": "X", "as": "text"}}]]}
    data = pl.DataFrame({"a": ["old"] * 2, "b": ["old"] * 2, "c": ["old"] * 2})
    made = overridden(rows([0, 1], **table), data, ("a", "c"))

    assert made.to_dict(as_series=False) == {"a": ["new"] * 2, "b": ["old"] * 2, "c": ["X", "old"]}
