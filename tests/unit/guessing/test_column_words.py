"""The rules by which columns are filled: each makes what it says, and nobody is reached by it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from seeding.generation.rows import Rows, numerals
from seeding.guessing.column_words import AMOUNTS, INTEGERS, NAMES, OTHER_TEXT, TEXTS, Wording
from seeding.guessing.columns import guess
from seeding.masking import STRATEGIES
from seeding.schema.tables import ColumnSchema, Kind
from tests.support.databases import AS_OF

ROWS = Rows(seed=42, table="things", as_of=AS_OF, index=np.arange(2_000))
WORDINGS = [one for one in (*TEXTS, OTHER_TEXT, *(wording for _, wording in NAMES)) if one.expression]


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda one: one.names.partition("|")[0] or "other")
def test_a_text_is_as_long_and_as_distinct_as_the_rule_says(wording: Wording) -> None:
    text = wording.expression.format(column="thing", label="Thing", slug="thing-thing")

    values = pl.Series(eval(text, {"rows": ROWS, "pl": pl, "numerals": numerals}))  # noqa: S307 - what is tested

    assert values.dtype == pl.String
    assert max(map(len, values.to_list())) <= (wording.longest or len("Thing ") + 8)
    assert not wording.distinct or values.n_unique() == len(values)
    assert values.str.contains("@").sum() == values.str.ends_with("@example.com").sum()
    assert values.str.contains("//").sum() == values.str.starts_with("https://example.com/").sum()


def test_a_rule_that_names_somebody_names_a_strategy_that_there_is() -> None:
    named = {one.personal for one in (*TEXTS, *(wording for _, wording in NAMES))} - {""}

    assert named == {"person_name", "company_name"}
    assert named <= {strategy.name for strategy in STRATEGIES}


@pytest.mark.parametrize(
    ("column", "expression"),
    [
        ("state_code", 'rows.fake("state_code", "state_abbr")'),
        ("state", 'rows.fake("state", "state")'),
        ("country_code", 'rows.fake("country_code", "country_code")'),
        ("billing_country", 'rows.fake("billing_country", "country")'),
        ("first_name", 'rows.fake("first_name", "first_name")'),
        ("fullname", 'rows.fake("fullname", "name")'),
        ("customer_name", 'rows.fake("customer_name", "name")'),
        ("company_name", 'rows.fake("company_name", "company")'),
        ("email_subject", '"person" + numerals(rows.index + 1) + "@example.com"'),
        ("vendor_code", '"THING-9" + numerals(rows.index, 5)'),
        ("zigzag", 'rows.fake("zigzag", "word")'),
    ],
)
def test_the_first_rule_that_fits_a_name_counts(column: str, expression: str) -> None:
    found = guess(ColumnSchema(name=column, kind=Kind.TEXT, nullable=False, has_default=False), "Thing").expression

    assert found == expression


@pytest.mark.parametrize("rules", [INTEGERS, AMOUNTS], ids=["integers", "amounts"])
def test_the_smallest_value_is_smaller_than_the_largest_and_no_name_is_in_two_rules(
    rules: tuple[tuple[str, int, int], ...],
) -> None:
    names = sorted(name for words, _, _ in rules for name in words.split("|"))

    assert [words for words, low, high in rules if low >= high] == []
    assert [one for one, other in pairwise(names) if one == other] == []
