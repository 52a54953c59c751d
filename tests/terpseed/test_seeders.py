"""What every seeder must keep, whatever it seeds: found by discovery, so that a new one is tested without a new test."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seeding.conf import SIZES
from seeding.inventory import classify
from seeding.registry import Registry
from seeding.schema import expected
from seeding.seeders import BaseSeeder, Dataset
from seeding.validation import SchemaValidator

REGISTRY = Registry.discover()
each_seeder = pytest.mark.parametrize("seeder", REGISTRY.ordered, ids=lambda seeder: seeder.name)


def generate(seeder: BaseSeeder, index: list[int], seed: int = 42) -> pl.DataFrame:
    return seeder.generate_data(Dataset(seed=seed, as_of=date(2026, 3, 2)).rows(seeder, np.array(index, dtype=np.int64)))


def test_nothing_is_broken() -> None:
    assert REGISTRY.broken == ()
    assert len(REGISTRY.by_table) == 37
    assert len(REGISTRY.ordered) == 44


@each_seeder
@settings(deadline=None, max_examples=15)
@given(data=st.data(), seed=st.integers(-(2**63), 2**63 - 1))
def test_a_row_is_a_function_of_its_index(seeder: BaseSeeder, data: st.DataObject, seed: int) -> None:
    count = seeder.config.record_count.at("medium")
    index = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=6, unique=True).map(sorted))

    together = generate(seeder, index, seed)

    assert_frame_equal(together, pl.concat([generate(seeder, [one], seed) for one in index]))


@each_seeder
def test_every_row_is_valid_for_its_table(seeder: BaseSeeder) -> None:
    validator = SchemaValidator(expected(seeder.config.model, connections["default"]))
    data = generate(seeder, list(range(seeder.config.record_count.at("large"))))

    assert validator.validate_columns(data).errors == ()
    assert validator.validate_data(data).errors == ()


@each_seeder
def test_sizes_grow_in_proportion(seeder: BaseSeeder) -> None:
    count = seeder.config.record_count
    small, medium, large = (count.at(size) for size in SIZES)

    assert 0 < small <= medium <= large
    assert count.at("medium", 10) == large
    assert count.at("small", 100) == large


@each_seeder
def test_every_column_is_personal_or_not(seeder: BaseSeeder) -> None:
    undecided = [one.column for one in classify(seeder) if one.problem or one.holds == "undecided"]

    assert undecided == []


@pytest.mark.parametrize("table", ["clients", "strains"])
def test_a_million_clients_have_names_of_their_own(table: str) -> None:
    (seeder,) = REGISTRY.by_table[table]
    count = seeder.config.record_count.at("large", 1_000)

    names = generate(seeder, list(range(count)))["name"]

    assert names.n_unique() == count
    assert seeder.config.capacity is not None
    assert count <= seeder.config.capacity
