"""Whatever a column is, its guess fits it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeding.generation.rows import Rows, decimals, numerals, take
from seeding.scaffold.guesses import Guess, guess
from seeding.scaffold.names import attribute, class_name, module_name, row_words
from seeding.scaffold.wordings import INTEGERS, TEXTS
from seeding.schema.tables import ColumnSchema, Kind, TableSchema
from seeding.schema.validation import SchemaValidator

WORDS = [
    run.replace(" ", "_")
    for names in (*(one.names for one in TEXTS), *(one[0] for one in INTEGERS))
    for run in names.split("|")
]
ROWS = Rows(seed=42, table="things", as_of=date(2026, 3, 2), index=np.arange(120))


@st.composite
def columns(draw: st.DrawFn) -> ColumnSchema:
    """A column of any type under any name that there is a rule for."""
    kind = draw(st.sampled_from([one for one in Kind if one is not Kind.OTHER]))
    column = ColumnSchema(
        name=draw(st.sampled_from([*WORDS, "thing", "is_active"])), kind=kind, nullable=False, has_default=False
    )
    if kind is Kind.TEXT and draw(st.booleans()):
        return replace(column, length=draw(st.integers(1, 300)))
    if kind is Kind.TEXT and draw(st.booleans()):
        return replace(
            column, values=tuple(draw(st.lists(st.text("AB' ,\"é", min_size=1), min_size=1, max_size=5, unique_by=str.lower)))
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
        primary_key="id",
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
    ("table", "names"),
    [
        ("orderLineItems", ("OrderLineItem", "order_line_items")),
        ("categories", ("Category", "categories")),
        ("batches", ("Batch", "batches")),
        ("houses", ("House", "houses")),
        ("statuses", ("Status", "statuses")),
        ("order lines", ("OrderLine", "order_lines")),
        ("people", ("Person", "people")),
        ("series", ("Series", "series")),
        ("class", ("Class", "class_")),
        ("2fa", ("Table2Fa", "2fa_")),
    ],
)
def test_names_in_code(table: str, names: tuple[str, str]) -> None:
    assert (class_name(row_words(table)), module_name(table)) == names


@pytest.mark.parametrize(
    ("column", "name"),
    [("email", "email"), ("class", "class_column"), ("save", "save_column"), ("a__b", "a_b"), ("order lines", "order_lines"),
     ("2nd", "column_2nd"), ("_x_", "x"), ("taken", "taken_column")],
)  # fmt: skip
def test_attributes_are_what_python_and_django_allow(column: str, name: str) -> None:
    assert attribute(column, {"taken"}) == name
