"""Keys of several columns: the form in which the ledger holds their parts, and the runs of rows that one statement finds."""

from __future__ import annotations

import polars as pl
import pytest

from seeding.exceptions import SchemaError
from seeding.keys import KeyMap, KeySet
from seeding.ledger.key_values import NOBODY
from seeding.ledger.row_identity import RowIdentity, parts, recorded, split, stored
from seeding.schema.row_keys import KeyColumn
from tests.support.databases import Database

KEYS = KeyMap.of([(0, 3, 1001), (5, 2, 1010)])
"""The indexes 0 to 2 and 5 to 6."""


@pytest.fixture
def identity(shop: Database) -> RowIdentity:
    others = (KeyColumn(name="tenant"), KeyColumn(name="at", dtype=pl.String))
    empty = RowIdentity(using=shop.alias, number="id", others=others)
    rows = [(1001, 7, "a"), (1002, 7, "b"), (1003, 7, "b"), (1010, 8, "c"), (1011, 8, "c")]
    return empty.of(empty.frame(rows))


def test_each_column_is_held_by_runs_or_by_rows(identity: RowIdentity) -> None:
    held = stored(identity, KEYS)

    assert held == {
        "version": 1,
        "number": "id",
        "columns": {"tenant": {"runs": [[7, 3], [8, 2]]}, "at": {"each": ["a", "b", "b", "c", "c"]}},
    }
    assert parts(held, KEYS) == {
        "id": [1001, 1002, 1003, 1010, 1011],
        "tenant": [7, 7, 7, 8, 8],
        "at": ["a", "b", "b", "c", "c"],
    }
    assert recorded(identity.of(identity.frame(())), [(KEYS.as_lists(), held)]).rows.equals(identity.rows)


def test_an_entry_that_is_split_keeps_the_parts_of_its_rows(identity: RowIdentity) -> None:
    held, kept = stored(identity, KEYS), KEYS.split(KeySet.of([(1002, 1010)]))[0]

    assert parts(split(held, KEYS, kept), kept) == {"id": [1002, 1003, 1010], "tenant": [7, 7, 8], "at": ["b", "b", "c"]}


def test_rows_with_equal_parts_are_found_together(identity: RowIdentity) -> None:
    ((piece, (clause, values)),) = identity.pieces(KeySet.of([(1000, 1003), (1011, 1099)]), "t")

    assert piece.ranges == [(1001, 1003), (1011, 1011)]  # what the ledger does not hold is not found
    one, several = (f'(t."id" {told} AND t."tenant" = %s AND t."at" = %s)' for told in ("= %s", "BETWEEN %s AND %s"))
    assert clause == f"({one} OR {several} OR {one})"
    assert values == [1001, 7, "a", 1002, 1003, 7, "b", 1011, 8, "c"]
    assert list(identity.pieces(KeySet.of())) == []


def test_a_key_is_a_seeded_rows_in_every_part(identity: RowIdentity) -> None:
    found = identity.numbers([(1001, 7, "a"), (1001, 8, "a"), (1002, 7, "c"), (5, 7, "a"), (2**70, 7, "a")])
    assert found.tolist() == [1001, NOBODY, NOBODY, NOBODY, NOBODY]
    by_number = RowIdentity(using=identity.using, number="id")
    assert by_number.numbers([(1,), (2,), (2**70,)]).tolist() == [1, 2, NOBODY]
    assert by_number.selected() == ['"id"']


def test_what_a_later_version_or_another_counter_has_written_is_refused(identity: RowIdentity) -> None:
    held = stored(identity, KEYS)

    with pytest.raises(SchemaError, match="holds keys in the form 2, of a later version"):
        parts({**held, "version": 2}, KEYS)
    with pytest.raises(SchemaError, match="Rows were numbered in tenant, and are numbered in id now"):
        recorded(identity, [(KEYS.as_lists(), {**held, "number": "tenant"})])
