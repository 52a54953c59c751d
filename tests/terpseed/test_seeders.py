"""What every seeder must keep, whatever it seeds: found by discovery, so that a new one is tested without a new test."""

from __future__ import annotations

import numpy as np
import pytest

from seeding import BaseSeeder, Registry
from seeding.dataset_sizes import SIZES
from seeding.testing import SeederContract, generated

REGISTRY = Registry.discover()
each_seeder = pytest.mark.parametrize("seeder", REGISTRY.ordered, ids=lambda seeder: seeder.name)


class TestSeeders(SeederContract):
    """What every seeder of any project must keep."""

    registry = REGISTRY


def test_every_table_has_its_seeders() -> None:
    assert len(REGISTRY.by_table) == 60
    assert len(REGISTRY.ordered) == 75


@each_seeder
def test_sizes_grow_in_proportion(seeder: BaseSeeder) -> None:
    count = seeder.config.record_count
    small, medium, large = (count.at(size) for size in SIZES)

    assert 0 < small <= medium <= large
    assert count.at("medium", 10) == large
    assert count.at("small", 100) == large


@pytest.mark.parametrize("table", ["clients", "strains"])
def test_a_million_clients_have_names_of_their_own(table: str) -> None:
    (seeder,) = REGISTRY.by_table[table]
    count = seeder.config.record_count.at("large", 1_000)

    names = generated(seeder, np.arange(count))["name"]

    assert names.n_unique() == count
    assert seeder.config.capacity is not None
    assert count <= seeder.config.capacity
