"""What all rows of a database have in common."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from seeding.example.seeders.catalogue import ProductSeeder
from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset


def test_rows_of_a_dataset_carry_its_seed_its_day_and_the_seeders_table() -> None:
    rows = Dataset(seed=9, as_of=date(2026, 3, 2)).rows(ProductSeeder(), np.array([3, 1]))

    assert (rows.seed, rows.as_of, rows.table, rows.index.tolist()) == (9, date(2026, 3, 2), "shop_product", [3, 1])


@pytest.mark.parametrize("edge_cases", [True, False])
def test_a_dataset_is_recorded_by_its_seed_its_day_and_its_rules(*, edge_cases: bool) -> None:
    dataset = Dataset(seed=9, as_of=date(2026, 3, 2), edge_cases=edge_cases)

    assert Dataset.ruled(dataset.rules, seed=9, as_of=date(2026, 3, 2)) == dataset
    with pytest.raises(ConfigurationError, match=r"follow rules \(later\) that this release does not know"):
        Dataset.ruled('{"edge_cases": false, "later": 1}', seed=9, as_of=date(2026, 3, 2))
    assert Dataset.ruled("", seed=9, as_of=date(2026, 3, 2)).edge_cases
    rows = dataset.rows(ProductSeeder(), np.array([4, 5, 4]))
    assert rows.pinned(4).tolist() == [edge_cases, False, edge_cases]
    assert rows.of("shop_review", np.array([7])).pinned(7).tolist() == [edge_cases]
