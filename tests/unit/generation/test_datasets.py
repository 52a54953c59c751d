"""What all rows of a database have in common."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from seeding.example.seeders.catalogue import ProductSeeder
from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset
from seeding.generation.value_rules.profile_rules import ProfileRules


def test_rows_of_a_dataset_carry_its_seed_its_day_and_the_seeders_table() -> None:
    rows = Dataset(seed=9, as_of=date(2026, 3, 2)).rows(ProductSeeder(), np.array([3, 1]))

    assert (rows.seed, rows.as_of, rows.table, rows.index.tolist()) == (9, date(2026, 3, 2), "shop_product", [3, 1])


@pytest.mark.parametrize("edge_cases", [True, False])
def test_edge_cases_are_there_or_not(*, edge_cases: bool) -> None:
    dataset = Dataset(seed=9, as_of=date(2026, 3, 2), rules=ProfileRules(edge_cases=edge_cases))

    rows = dataset.rows(ProductSeeder(), np.array([4, 5, 4]))
    assert rows.pinned(4).tolist() == [edge_cases, False, edge_cases]
    assert rows.of("shop_review", np.array([7])).pinned(7).tolist() == [edge_cases]


def test_rules_are_recorded_in_one_spelling() -> None:
    rules = ProfileRules(
        edge_cases=False, locale="de_DE", facts={"late": "1/3"}, tables={"a": {"cell": 3}, "b": {"thinned": {"note": "1/2"}}}
    )
    other_order = replace(rules, tables={"b": {"thinned": {"note": "1/2"}}, "a": {"cell": 3}})

    assert ProfileRules.of(rules.text) == rules
    assert (other_order.text, other_order.digest) == (rules.text, rules.digest)
    assert (ProfileRules().text, ProfileRules().digest, ProfileRules.of("")) == ("", "", ProfileRules())
    assert rules.of_table("a") != rules.of_table("b")
    assert rules.of_table("c") == ""
    with pytest.raises(ConfigurationError, match=r"follow rules \(later\) that this release does not know"):
        ProfileRules.of('{"edge_cases": false, "later": 1}')


def test_names_are_of_the_datasets_locale() -> None:
    english, german = (
        Dataset(seed=9, as_of=date(2026, 3, 2), rules=ProfileRules(locale=locale)).rows(ProductSeeder(), np.arange(50))
        for locale in ("en_US", "de_DE")
    )

    assert english.fake("city", "city").to_list() != german.fake("city", "city").to_list()
    assert german.pool("city") == english.pool("city", "de_DE")
    assert set(german.fake("city", "city")) <= set(german.pool("city"))
