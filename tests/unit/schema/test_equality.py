"""What is decided without the server, and what is asked of it."""

from __future__ import annotations

import polars as pl
import pytest
from django.db import connections

from seeding.schema.equality import BYTES, PLAIN, Equality, _of_expression, _portions, alike
from seeding.schema.tables import ColumnSchema, Kind, TableSchema
from tests.support.databases import Database


def test_texts_are_alike_in_what_a_collation_may_ignore() -> None:
    texts = [
        "Tea",
        "tea  ",
        "TE\N{ZERO WIDTH SPACE}A",
        "Straße",
        "STRASSE",
        "Café",
        "Cafe\N{COMBINING ACUTE ACCENT}",
        "ﬁx",
        "FIX",
    ]

    assert alike(pl.Series(texts)).to_list() == ["tea", "tea", "tea", "strasse", "strasse", "cafe", "cafe", "fix", "fix"]
    assert alike(pl.Series(["A ", "b", None])).to_list() == ["a", "b", None]
    assert alike(pl.Series([1, 2])).to_list() == [1, 2]


def test_no_group_is_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeding.schema.equality.PORTION", 3)
    groups = pl.Series(["a", "b", "a", "c", "c", "c", "c", "b", "d"])

    portions = [part.to_list() for part in _portions(groups)]

    assert sorted(place for part in portions for place in part) == list(range(9))
    assert all(part == sorted(part) for part in portions)
    assert len(portions) > 1
    assert sum(len({groups[place] for place in part}) for part in portions) == 4


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("lower(name)", {"name": "lower({})"}),
        ("lower((name)::text)", {"name": "lower({}::text)"}),
        ("(LOWER(`my name`))", {"my name": "LOWER({})"}),
        ('upper("name")', {"name": "upper({})"}),
        ("left(name, 4)", None),
        ("lower(left(name, 4))", None),
        ("lower(name), price", None),
        ("md5(lower(name))", None),
    ],
)
def test_only_an_index_that_ignores_case_says_what_is_equal(expression: str, found: dict[str, str] | None) -> None:
    assert _of_expression(expression) == found


def test_an_index_over_other_columns_says_nothing(shop: Database) -> None:
    shop.query("CREATE TABLE t (a text, b text, UNIQUE (a, b COLLATE NOCASE), UNIQUE (b))")
    shop.query("CREATE UNIQUE INDEX some ON t (a) WHERE b IS NULL")
    shop.query("CREATE UNIQUE INDEX part ON t (b, substr(a, 1, 2))")
    equality = Equality(shop.alias)

    assert equality.rules("t", ("b", "a")) == [('{} COLLATE "NOCASE"', BYTES)]
    assert equality.coarser("t", ("b", "a")) == [('{} COLLATE "NOCASE"', BYTES)]
    assert equality.rules("t", ("b",)) == [(BYTES,)]
    assert equality.rules("t", ("a",)) == [(PLAIN,)]
    assert equality.coarser("t", ("b",)) == equality.coarser("t", ("a",)) == []


def test_rows_repeat_as_a_whole(shop: Database) -> None:
    shop.query("CREATE TABLE t (a text COLLATE NOCASE, n int, UNIQUE (a, n))")
    rows = pl.DataFrame({"a": ["x", "X", "x", "y", "Y"], "n": [1, 1, 2, 1, 2]})

    repeated = Equality(shop.alias).repeated("t", rows, pl.Series([1, 1, 2, 3, 3]))

    assert repeated.to_list() == [False, True, False, False, False]


def test_one_text_is_not_asked_about(shop: Database) -> None:
    with connections[shop.alias].execute_wrapper(lambda *_: pytest.fail("it equals itself")):
        assert Equality(shop.alias).numbers("t", "a", ["x", "x"]) == {"x": 0}


@pytest.mark.parametrize(
    ("characters", "octets", "text", "answer"),
    [
        ("utf8mb4", None, "\N{HERB}", True),
        ("utf8mb3", 3, "\N{HERB}", False),
        ("utf8mb3", 3, "\N{CJK UNIFIED IDEOGRAPH-6F22}", True),
        ("latin1", None, "Café €", True),
        ("latin1", None, "\N{CJK UNIFIED IDEOGRAPH-6F22}", False),
        ("ascii", 1, "Cafe", True),
        ("ascii", 1, "Café", False),
        ("utf8mb4", None, "a\0", False),
        ("ascii", 1, 7, True),
    ],
)
def test_what_a_column_can_hold(characters: str, octets: int | None, text: object, answer: object) -> None:
    column = ColumnSchema(
        name="a", kind=Kind.TEXT, nullable=True, has_default=False, character_set=characters, character_octets=octets
    )
    table = TableSchema(name="t", columns={"a": column}, key=(), unique=())

    assert Equality("default", {"t": table}).fits("t", pl.DataFrame({"a": [text, None]})).to_list() == [answer, True]
