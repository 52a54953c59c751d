"""How a table differs from its model: what is said, and whether a seeder can work all the same."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from seeding.schema.drift import LIMIT, differences
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, Kind, TableSchema

MIGRATE = "Run the application's migrations, or bring the model up to date."


def column(name: str, kind: Kind, **values: Any) -> ColumnSchema:
    return ColumnSchema(name=name, kind=kind, **{"nullable": False, "has_default": False, **values})


COLUMNS = (
    column("id", Kind.INTEGER, low=-(2**31), high=2**31 - 1),
    column("name", Kind.TEXT, length=40),
    column("notes", Kind.TEXT, nullable=True),
    column("state", Kind.TEXT, length=10, values=("open", "done")),
    column("price", Kind.DECIMAL, scale=2, low=Decimal("-999.99"), high=Decimal("999.99")),
    column("active", Kind.BOOLEAN),
    column("more", Kind.JSON),
    column("owner_id", Kind.INTEGER, low=0, high=100),
)
GRADES = TableSchema(
    name="grades",
    columns={one.name: one for one in COLUMNS},
    key=("id",),
    unique=(("name",), ("state", "owner_id")),
    foreign_keys=(ForeignKey(column="owner_id", table="owners", key="id"),),
    checks=(Check(name="known", clause=""),),
    own_clauses=frozenset({"owner_id>=0"}),
)
OWNERS = TableSchema(name="owners", columns={}, key=("id",), unique=())


def said(live: TableSchema, model: TableSchema = GRADES) -> list[tuple[str, bool]]:
    """What is said of the table, each with whether it is harmless."""
    return [(str(one), one.harmless) for one in differences(model, {"grades": live, "owners": OWNERS})]


def changed(of: TableSchema, name: str, **values: Any) -> TableSchema:
    return replace(of, columns={**of.columns, name: replace(of.columns[name], **values)})


def test_a_table_like_its_model_has_no_difference() -> None:
    assert said(GRADES) == []
    assert said(replace(GRADES, columns=dict(reversed(GRADES.columns.items())))) == []


def test_a_table_that_is_missing_is_all_that_is_said() -> None:
    (one,) = differences(GRADES, {"owners": OWNERS})
    (helped,) = differences(GRADES, {}, "Run `manage.py migrate`.")

    assert str(one) == f"The table grades is missing. {MIGRATE}"
    assert str(helped) == "The table grades is missing. Run `manage.py migrate`."
    assert not one.harmless


COLUMN_CHANGES: list[tuple[str, dict[str, Any], str | None, bool]] = [
    ("name", {"kind": Kind.INTEGER}, f"changed type (expected text(40), actual integer(40)). {MIGRATE}", False),
    ("notes", {"kind": Kind.OTHER}, f"changed type (expected text, actual other). {MIGRATE}", False),
    ("active", {"kind": Kind.INTEGER}, None, True),  # MySQL's BOOLEAN is an integer
    ("owner_id", {"kind": Kind.BOOLEAN}, None, True),
    ("more", {"kind": Kind.TEXT}, None, True),  # where the server has no type for JSON
    ("notes", {"kind": Kind.JSON}, f"changed type (expected text, actual json). {MIGRATE}", False),
    ("notes", {"nullable": False}, f"no longer nullable (expected null allowed, actual not null). {MIGRATE}", False),
    ("name", {"nullable": True}, f"now nullable (expected not null, actual null allowed). {MIGRATE}", True),
    ("id", {"nullable": True}, None, True),  # SQLite says so of every key
    ("name", {"length": 39}, f"shorter (expected 40 characters, actual 39 characters). {MIGRATE}", False),
    ("name", {"length": 41}, f"longer (expected 40 characters, actual 41 characters). {MIGRATE}", True),
    ("name", {"length": None}, None, True),
    ("notes", {"length": 255}, f"shorter (expected no limit, actual 255 characters). {MIGRATE}", False),
    ("price", {"scale": 1}, f"fewer decimals (expected 2, actual 1). {MIGRATE}", False),
    ("price", {"scale": 0}, f"fewer decimals (expected 2, actual 0). {MIGRATE}", False),
    (
        "price",
        {"high": Decimal("99.99")},
        f"lower precision (expected 999.99 at most, actual 99.99 at most). {MIGRATE}",
        False,
    ),
    (
        "price",
        {"scale": 3, "high": Decimal("999.999")},
        f"higher precision (expected 999.99 at most, actual 999.999 at most). {MIGRATE}",
        True,
    ),
    (
        "price",
        {"high": Decimal("9999.99")},
        f"higher precision (expected 999.99 at most, actual 9999.99 at most). {MIGRATE}",
        True,
    ),
    ("price", {"scale": None, "high": None}, None, True),  # SQLite keeps none
    ("owner_id", {"high": 99}, f"smaller range (expected 0 to 100, actual 0 to 99). {LIMIT}", False),
    ("owner_id", {"low": 1}, f"smaller range (expected 0 to 100, actual 1 to 100). {LIMIT}", False),
    ("owner_id", {"low": -1, "high": 101}, None, True),
    ("owner_id", {"low": None, "high": None}, None, True),
    ("state", {"values": (), "length": 4}, None, True),
    ("state", {"values": (), "length": 3}, f"shorter (expected 4 characters, actual 3 characters). {MIGRATE}", False),
    ("state", {"values": (), "length": None}, None, True),
    (
        "state",
        {"values": ("open", "done", "lost")},
        "new enum value (expected open, done, actual lost). Add it to the model.",
        True,
    ),
    (
        "state",
        {"values": ("open",)},
        (
            "enum value gone (expected done, actual open). "
            "Change it in the model and in the seeder, or run the application's migrations."
        ),
        False,
    ),
]


@pytest.mark.parametrize(("name", "values", "words", "harmless"), COLUMN_CHANGES)
def test_a_column_that_has_changed(name: str, values: dict[str, Any], words: str | None, *, harmless: bool) -> None:
    assert said(changed(GRADES, name, **values)) == ([(f"grades.{name}: {words}", harmless)] if words else [])


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        (("open", "finished"), "It was probably renamed to finished: change"),  # one is gone and one is new
        (("open", "donee", "lost"), "It was probably renamed to donee: change"),
        (("open", "lost", "sold"), "Change"),
    ],
)
def test_a_value_that_is_gone_may_have_a_new_name(values: tuple[str, ...], hint: str) -> None:
    gone, *new = said(changed(GRADES, "state", values=values))

    assert gone == (
        (
            f"grades.state: enum value gone (expected done, actual {', '.join(values)}). "
            f"{hint} it in the model and in the seeder, or run the application's migrations."
        ),
        False,
    )
    assert [harmless for _, harmless in new] == [True] * (len(values) - 1)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ((), f"missing column (expected text(40), actual none). {MIGRATE}"),
        (("names",), f"missing column (expected text(40), actual none). Is it now names? {MIGRATE}"),
        (("colour",), f"missing column (expected text(40), actual none). {MIGRATE}"),
    ],
)
def test_a_column_that_is_missing_may_have_a_new_name(others: tuple[str, ...], words: str) -> None:
    columns = {name: one for name, one in GRADES.columns.items() if name != "name"}
    new = {name: column(name, Kind.TEXT, nullable=True) for name in others}

    assert said(replace(GRADES, columns={**columns, **new}))[0] == (f"grades.name: {words}", False)


def test_a_column_that_the_model_has_too_is_no_new_name() -> None:
    model = replace(GRADES, columns={**GRADES.columns, "names": column("names", Kind.TEXT)})

    assert said(GRADES, model) == [(f"grades.names: missing column (expected text, actual none). {MIGRATE}", False)]


@pytest.mark.parametrize(
    ("values", "words", "harmless"),
    [
        (
            {},
            (
                "new required column (expected none, actual text(9) without a default). "
                "Add it to the model, and a value to the seeder."
            ),
            False,
        ),
        ({"nullable": True}, "new column (expected none, actual text(9)). Add it to the model.", True),
        ({"has_default": True}, "new column (expected none, actual text(9)). Add it to the model.", True),
        (
            {"nullable": True, "values": ("x",)},  # an enumeration has no length of its own
            "new column (expected none, actual text). Add it to the model.",
            True,
        ),
    ],
)
def test_a_new_column_harms_only_if_a_row_must_give_it(values: dict[str, Any], words: str, *, harmless: bool) -> None:
    new = {"colour": column("colour", Kind.TEXT, length=9, **values)}

    assert said(replace(GRADES, columns={**GRADES.columns, **new})) == [(f"grades.colour: {words}", harmless)]


def test_a_unique_key_that_is_gone_or_new() -> None:
    live = replace(GRADES, unique=(("owner_id", "state"), ("price", "name")))

    assert said(live) == [
        (f"grades.name: missing unique key (expected unique, actual not unique). {MIGRATE}", False),
        ("grades.name|price: new unique key (expected not unique, actual unique). Add it to the model.", True),
    ]


def test_new_unique_keys_are_told_in_the_order_of_the_table() -> None:
    new = [(one, "notes") for one in ("more", "active", "price", "name", "id", "state", "owner_id")]

    found = differences(GRADES, {"grades": replace(GRADES, unique=(*GRADES.unique, *new)), "owners": OWNERS})

    assert [one.column for one in found] == ["|".join(sorted(key)) for key in new]


@pytest.mark.parametrize(
    ("keys", "words", "harmless"),
    [
        ((), f"missing foreign key (expected to owners, actual none). {MIGRATE}", False),
        (
            (ForeignKey(column="owner_id", table="users", key="id"),),
            f"missing foreign key (expected to owners, actual to users). {MIGRATE}",
            False,
        ),
        (
            (ForeignKey(column="owner_id", table="owners", key="id", partition="grades_1"),),
            f"missing foreign key (expected to owners, actual none). {MIGRATE}",
            False,
        ),
        ((ForeignKey(column="owner_id", table="owners", key=""),), None, True),
    ],
)
def test_a_foreign_key_that_is_gone(keys: tuple[ForeignKey, ...], words: str | None, *, harmless: bool) -> None:
    assert said(replace(GRADES, foreign_keys=keys)) == ([(f"grades.owner_id: {words}", harmless)] if words else [])


def test_a_foreign_key_to_a_table_that_is_not_there_either_does_no_harm() -> None:
    (one,) = differences(GRADES, {"grades": replace(GRADES, foreign_keys=())})

    assert (one.issue, one.harmless) == ("missing foreign key", True)


def test_a_new_foreign_key_is_told_of_columns_that_the_model_has() -> None:
    new = (
        ForeignKey(column="price", table="prices", key="id"),
        ForeignKey(column="elsewhere", table="prices", key="id"),
    )

    assert said(replace(GRADES, foreign_keys=(*GRADES.foreign_keys, *new))) == [
        ("grades.price: new foreign key (expected none, actual to prices). Declare it on the model.", True)
    ]


@pytest.mark.parametrize(
    ("check", "known"),
    [
        (Check(name="known", clause="x > 0"), True),
        (Check(name="grades_chk_1", clause="(`owner_id` >= 0)"), True),  # Django's own, under a name of the server's
        (Check(name="grades_chk_1", clause="(`owner_id` > 0)"), False),
    ],
)
def test_a_check_that_the_model_does_not_know_refuses(check: Check, *, known: bool) -> None:
    words = (
        "grades: unknown check (expected none of that name, actual grades_chk_1: (`owner_id` > 0)). "
        "See that the seeder keeps it, and declare it on the model (a CheckConstraint of that name)."
    )

    assert said(replace(GRADES, checks=(check,))) == ([] if known else [(words, False)])


def test_what_refuses_comes_first() -> None:
    live = changed(changed(GRADES, "name", length=50), "price", scale=0)

    assert [harmless for _, harmless in said(live)] == [False, True]
