"""Whatever a column is, its guess fits it."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.contrib.auth.hashers import is_password_usable
from hypothesis import given, settings
from hypothesis import strategies as st

from seeding.generation.rows import Rows, decimals, numerals, take
from seeding.guessing.column_words import INTEGERS, TEXTS
from seeding.guessing.columns import Guess, guess, personal, quoted, worth_filling
from seeding.schema.kinds import RARE
from seeding.schema.tables import ColumnSchema, Kind, TableSchema
from seeding.schema.validation import SchemaValidator

WORDS = [
    run.replace(" ", "_")
    for names in (*(one.names for one in TEXTS), *(one[0] for one in INTEGERS))
    for run in names.split("|")
]
ROWS = Rows(seed=42, table="things", as_of=date(2026, 3, 2), index=np.arange(120))


def _alike(text: str) -> str:
    """What texts have in common that a server may hold equal, so that no enumeration has both."""
    return text.rstrip(" ").lower()


@st.composite
def columns(draw: st.DrawFn) -> ColumnSchema:
    """A column of any type under any name that there is a rule for."""
    kind = draw(st.sampled_from([one for one in Kind if one not in RARE]))
    column = ColumnSchema(
        name=draw(st.sampled_from([*WORDS, "thing", "is_active"])), kind=kind, nullable=False, has_default=False
    )
    if kind is Kind.TEXT and draw(st.booleans()):
        return replace(column, length=draw(st.integers(1, 300)))
    if kind is Kind.TEXT and draw(st.booleans()):
        return replace(
            column, values=tuple(draw(st.lists(st.text("AB' ,\"é", min_size=1), min_size=1, max_size=5, unique_by=_alike)))
        )
    if kind is Kind.INTEGER:
        bits = draw(st.sampled_from([8, 16, 24, 32, 64]))
        unsigned = draw(st.booleans())
        return replace(column, low=0 if unsigned else -(2 ** (bits - 1)), high=2**bits - 1 if unsigned else 2 ** (bits - 1) - 1)
    if kind is Kind.DECIMAL:
        digits, scale = draw(st.integers(1, 18)), draw(st.integers(0, 6))
        high = (Decimal(10) ** max(digits, scale) - 1).scaleb(-scale)
        return replace(column, scale=scale, low=-high, high=high)
    return column


@settings(deadline=None)
@given(column=columns(), distinct=st.booleans())
def test_a_guess_fits_its_column(column: ColumnSchema, distinct: bool) -> None:  # noqa: FBT001 - Hypothesis passes it
    made = guess(column, "Thing", distinct=distinct)

    values = evaluated(made)
    schema = TableSchema(
        name="things",
        columns={column.name: column},
        key=("id",),
        unique=((column.name,),) if made.distinct and column.kind is not Kind.JSON else (),
    )
    data = pl.DataFrame({column.name: values[: made.capacity]})
    validator = SchemaValidator(schema)
    assert validator.validate_columns(data).errors == ()
    assert validator.validate_data(data).errors == ()
    assert made.distinct or not distinct


def evaluated(made: Guess) -> pl.Series:
    index = ROWS.index if made.capacity is None else ROWS.index[: made.capacity]
    names = {"rows": ROWS.of("things", index), "pl": pl, "decimals": decimals, "numerals": numerals, "take": take}
    return pl.Series(eval(made.expression, names))  # noqa: S307 - what is tested


@pytest.mark.parametrize(
    ("name", "kind", "expression"),
    [
        ("model_year", Kind.INTEGER, 'rows.as_of.year - rows.integers("model_year", 0, 5)'),
        ("version", Kind.INTEGER, "pl.repeat(1, len(rows), eager=True)"),
        ("sort_order", Kind.INTEGER, "rows.index % 1_000"),
        ("month", Kind.INTEGER, 'rows.integers("month", 1, 13)'),
        ("birthday", Kind.DATE, 'rows.dates(rows.integers("birthday", -25_000, -7_000))'),
        ("updated_at", Kind.DATETIME, 'rows.moments(rows.uniform("created", -365, 0))'),
        ("created_at", Kind.DATETIME, 'rows.moments(rows.uniform("created", -365, 0))'),
        ("due_date", Kind.DATE, 'rows.dates(rows.integers("due_date", 1, 90))'),
        ("is_active", Kind.BOOLEAN, 'rows.chance("is_active", 0.9)'),
        ("is_deleted", Kind.BOOLEAN, 'rows.chance("is_deleted", 0.02)'),
        ("odd", Kind.BOOLEAN, 'rows.chance("odd", 0.5)'),
        ("margin_percent", Kind.FLOAT, 'rows.uniform("margin_percent", 0, 100)'),
        ("settings", Kind.JSON, "pl.Series([{}] * len(rows), dtype=pl.Object)"),
        ("tags", Kind.JSON, "pl.Series([[]] * len(rows), dtype=pl.Object)"),
    ],
)
def test_a_name_tells_what_a_column_holds(name: str, kind: Kind, expression: str) -> None:
    assert guess(ColumnSchema(name=name, kind=kind, nullable=False, has_default=False), "Thing") == Guess(expression=expression)


@pytest.mark.parametrize(
    ("name", "kind", "facts", "worth"),
    [
        ("deleted_at", Kind.DATETIME, {}, False),
        ("deleted_by", Kind.INTEGER, {"refers": True}, False),
        ("made_by", Kind.INTEGER, {"refers": True}, True),
        ("made_by", Kind.INTEGER, {}, False),
        ("group_id", Kind.INTEGER, {}, False),
        ("size", Kind.INTEGER, {}, True),
        ("size", Kind.INTEGER, {"has_default": True}, False),
        ("kind", Kind.TEXT, {"values": ("a",), "has_default": True}, True),
        ("tags", Kind.JSON, {}, False),
        ("odd", Kind.BOOLEAN, {}, False),
        ("created_at", Kind.DATETIME, {"has_default": True}, True),
        ("seen_at", Kind.DATETIME, {}, False),
        ("seen_on", Kind.DATE, {}, True),
        ("title", Kind.TEXT, {}, True),
        ("password", Kind.TEXT, {"has_default": True}, True),
        ("api_key", Kind.TEXT, {}, False),
        ("is_superuser", Kind.BOOLEAN, {"has_default": True}, True),
    ],
)
def test_what_a_row_need_not_give_is_filled_where_it_says_something(
    name: str,
    kind: Kind,
    facts: dict[str, Any],
    worth: bool,  # noqa: FBT001
) -> None:
    refers = "refers" in facts
    own = {name: value for name, value in facts.items() if name != "refers"}
    column = ColumnSchema(name=name, kind=kind, nullable=True, **{"has_default": False, **own})

    assert worth_filling(column, refers=refers) is worth


@pytest.mark.parametrize(
    ("name", "label", "strategy"),
    [
        ("name", "Team member", "person_name"),
        ("name", "Vendor", "company_name"),
        ("name", "Shelf", ""),
        ("login", "Shelf", "person_name"),
        ("title", "Team member", ""),
    ],
)
def test_whose_name_a_guess_makes_is_told(name: str, label: str, strategy: str) -> None:
    assert personal(name, label) == strategy


@pytest.mark.parametrize("text", ["plain", "it's", 'say "a"', "back\\slash", "é\n", "both ' and \""])
def test_a_text_is_quoted_so_that_python_reads_it_again(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    assert quoted(text)[0] == '"' or '"' in text


@pytest.mark.parametrize("distinct", [False, True])
@pytest.mark.parametrize(
    ("name", "label"), [("password", "Auth user"), ("api_key", "Client"), ("token", "Invitation"), ("key", "Api key")]
)
def test_nobody_can_log_in_as_a_seeded_row(name: str, label: str, distinct: bool) -> None:  # noqa: FBT001 - pytest passes it
    column = ColumnSchema(name=name, kind=Kind.TEXT, nullable=False, has_default=False, length=128)

    for value in evaluated(guess(column, label, distinct=distinct)):
        assert not is_password_usable(value)
        assert name == "password" or len(f"Token {value}".split()) == 3, "a header with it is malformed"


def test_no_flag_and_no_role_gives_power() -> None:
    flags = [
        ColumnSchema(name=name, kind=Kind.BOOLEAN, nullable=False, has_default=False)
        for name in ("is_superuser", "isAdmin", "staff", "can_delete_users")
    ]
    role = ColumnSchema(
        name="role",
        kind=Kind.TEXT,
        nullable=False,
        has_default=False,
        values=("owner", "ADMIN", "site_admin", "guest", "editor"),
    )
    only_owner = replace(role, values=("owner",))

    assert all(not evaluated(guess(flag, "Member")).any() for flag in flags)
    assert set(evaluated(guess(role, "Member"))) == {"guest", "editor"}
    assert set(evaluated(guess(only_owner, "Member"))) == {"owner"}


@pytest.mark.parametrize(
    ("name", "label", "like"),
    [
        ("name", "Shop product", "Lamp|Chair|Kettle|Backpack|Notebook|Shelf|Blanket|Clock|Vase|Stool|Tray|Mirror"),
        ("title", "Product", "Lamp|Chair|Kettle|Backpack|Notebook|Shelf|Blanket|Clock|Vase|Stool|Tray|Mirror"),
        ("product_name", "Order line", "Lamp|Chair|Kettle|Backpack|Notebook|Shelf|Blanket|Clock|Vase|Stool|Tray|Mirror"),
        ("name", "User group", "Sales|Purchasing|Logistics|Finance|Support|Marketing|Research|Quality|Maintenance"),
        ("title", "Event", "Conference|Workshop|Trade Fair|Summit|Meetup|Concert|Seminar|Exhibition"),
    ],
)
def test_a_name_says_what_the_row_is(name: str, label: str, like: str) -> None:
    column = ColumnSchema(name=name, kind=Kind.TEXT, nullable=False, has_default=False, length=100)

    assert all(value.endswith(tuple(like.split("|"))) for value in evaluated(guess(column, label)))
