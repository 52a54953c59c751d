"""UUIDs by recipe: always the same, each one once; and numbers of rows that the server does not count."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from seeding.exceptions import SchemaError
from seeding.ledger.key_recipes import ADOPTED, PLACES, RECIPES, UUID4, UUID7, first_number, keys_of

FIRST = {
    UUID4: ["9d0c54402e4e4eb5b048467469f7dba3", "331423ea00664545837823590a351a42"],
    UUID7: ["016f5e66e8007eb5b048467469f7dba3", "016f5e66e8017545837823590a351a42"],
}
"""Of seed 42 and the seeder Clients: what a released recipe gives never changes."""


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_gives_what_it_always_gave(recipe: str) -> None:
    assert keys_of(recipe, 42, "Clients", np.arange(2)).to_list() == FIRST[recipe]
    assert keys_of(recipe, 42, "Clients", np.array([1])).to_list() == FIRST[recipe][1:]


@pytest.mark.parametrize(("recipe", "version"), [(UUID4, 4), (UUID7, 7)])
def test_keys_are_uuids_of_their_version_each_one_once(recipe: str, version: int) -> None:
    keys = [uuid.UUID(one) for one in keys_of(recipe, 42, "Clients", np.arange(20_000))]

    assert {(one.version, one.variant) for one in keys} == {(version, uuid.RFC_4122)}
    assert len(set(keys)) == 20_000
    others = {*keys_of(recipe, 43, "Clients", np.arange(20_000)), *keys_of(recipe, 42, "Orders", np.arange(20_000))}
    assert len(others) == 40_000
    assert others.isdisjoint(one.hex for one in keys)


def test_keys_of_version_7_are_made_in_the_order_of_their_rows() -> None:
    keys = keys_of(UUID7, 1, "Clients", np.arange(1_000)).to_list()
    assert keys == sorted(keys)


def test_the_recipe_of_a_later_release_is_refused() -> None:
    with pytest.raises(SchemaError, match="the recipe 'uuid9/1', of a later version"):
        keys_of("uuid9/1", 1, "Clients", np.arange(1))


def test_each_seeder_has_numbers_of_its_own() -> None:
    starts = {first_number(f"Seeder{one}") for one in range(200)}

    assert len(starts) == 200
    assert all(start % PLACES == 0 and 0 <= start <= 2**63 - 1 - PLACES for start in starts)
    assert ADOPTED < PLACES
