"""UUIDs by recipe: always the same, each one once; and numbers of rows that the server does not count."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeding.exceptions import SchemaError
from seeding.ledger.key_recipes import (
    ADOPTED,
    PLACES,
    RECIPES,
    SCATTERED4,
    UUID4,
    UUID7,
    VALUES,
    continued,
    first_number,
    keys_of,
)

FIRST = {
    SCATTERED4: ["9d0c54402e4e4eb5b048467469f7dba3", "331423ea00664545837823590a351a42"],
    UUID4: ["68eee4e91b5f4eb5b04868eee4f7dba3", "68eee5e91b5f4545837868eee5351a42"],
    UUID7: ["016f5e66e8007eb5b048467469f7dba3", "016f5e66e8017545837823590a351a42"],
}
"""Of seed 42 and the seeder Clients: what a released recipe gives never changes."""


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_gives_what_it_always_gave(recipe: str) -> None:
    assert keys_of(recipe, 42, "Clients", np.arange(2)).to_list() == FIRST[recipe]
    assert keys_of(recipe, 42, "Clients", np.array([1])).to_list() == FIRST[recipe][1:]


@pytest.mark.parametrize(("recipe", "version"), [(SCATTERED4, 4), (UUID4, 4), (UUID7, 7)])
def test_keys_are_uuids_of_their_version_each_one_once(recipe: str, version: int) -> None:
    keys = [uuid.UUID(one) for one in keys_of(recipe, 42, "Clients", np.arange(20_000))]

    assert {(one.version, one.variant) for one in keys} == {(version, uuid.RFC_4122)}
    assert len(set(keys)) == 20_000
    others = {*keys_of(recipe, 43, "Clients", np.arange(20_000)), *keys_of(recipe, 42, "Orders", np.arange(20_000))}
    assert len(others) == 40_000
    assert others.isdisjoint(one.hex for one in keys)


@given(
    recipe=st.sampled_from((UUID4, UUID7)),
    seed=st.integers(0, 2**63 - 1),
    seeder=st.text(max_size=60),
    rows=st.sets(st.integers(0, 2**23 - 1), min_size=2, max_size=40),
)
def test_keys_rise_with_their_rows_wherever_a_server_begins_to_compare(
    recipe: str, seed: int, seeder: str, rows: set[int]
) -> None:
    index = np.array(sorted(rows))
    keys = [uuid.UUID(one) for one in keys_of(recipe, seed, seeder, index)]

    assert keys == sorted(set(keys))
    if recipe == UUID4:  # MariaDB's type compares those of versions 1 to 5 from their last group to their first
        assert keys == sorted(keys, key=lambda one: list(reversed(str(one).split("-"))))
    assert {(one.version, one.variant) for one in keys} == {(int(recipe[4]), uuid.RFC_4122)}
    assert keys_of(recipe, seed, seeder, index[1::2]).to_list() == [one.hex for one in keys[1::2]]


@given(
    recipe=st.sampled_from(sorted(RECIPES)),
    seed=st.integers(0, 2**63 - 1),
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**15 - 1)), min_size=2, max_size=40, unique=True),
)
def test_no_key_is_made_twice_however_many_rows_there_are(recipe: str, seed: int, rows: list[tuple[int, int]]) -> None:
    index = np.array([place + (turn << 24) for place, turn in rows])  # equal places: the counts at both ends are equal
    assert keys_of(recipe, seed, "Clients", index).n_unique() == len(rows)


def test_keys_of_version_4_that_rise_are_random_where_they_do_not_and_start_anywhere() -> None:
    keys = [uuid.UUID(one) for one in keys_of(UUID4, 42, "Clients", np.arange(20_000))]
    starts = {keys_of(UUID4, 42, f"Seeder{one}", np.arange(1))[0] for one in range(200)}

    for bit in (*range(24), *range(48, 62), *range(64, 76)):
        assert 0.48 < np.mean([(one.int >> bit) & 1 for one in keys]) < 0.52, bit
    assert len({one[:4] for one in starts}) > 190
    assert len({one[6:12] for one in starts}) > 190


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ((), UUID4),
        ({SCATTERED4}, SCATTERED4),
        ({"", VALUES, UUID7}, UUID4),
        ({VALUES, SCATTERED4}, SCATTERED4),
        ({"uuid4/9"}, "uuid4/9"),
    ],
)
def test_rows_are_added_by_the_recipe_of_those_that_are_there(held: set[str], expected: str) -> None:
    assert continued(UUID4, held) == expected


def test_the_recipe_of_a_later_release_is_refused() -> None:
    with pytest.raises(SchemaError, match="the recipe 'uuid9/1', of a later version"):
        keys_of("uuid9/1", 1, "Clients", np.arange(1))


def test_each_seeder_has_numbers_of_its_own() -> None:
    starts = {first_number(f"Seeder{one}") for one in range(200)}

    assert len(starts) == 200
    assert all(start % PLACES == 0 and 0 <= start <= 2**63 - 1 - PLACES for start in starts)
    assert ADOPTED < PLACES
