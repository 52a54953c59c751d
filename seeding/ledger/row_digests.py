"""What rows hold, as short digests: whether a row under a key that somebody could have used again is the seeded one.

They are of what the server writes as text, so that they need neither the seeder nor a copy of the row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connections

from seeding.db.features import features
from seeding.db.sql import quoted
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap, KeySet
from seeding.ledger.key_values import NOBODY
from seeding.ledger.row_identity import RowIdentity, identity_of
from seeding.models import SeedingMetadata
from seeding.schema.references import counts_keys
from seeding.schema.row_keys import text_of
from seeding.schema.tables import TableSchema

OCTETS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What rows held when they were seeded."""

    columns: Sequence[str]
    of_rows: Mapping[int, str]
    """Number → digest of the columns' values."""


def recorded_digests(entries: Iterable[SeedingMetadata]) -> Iterator[Digests]:
    """What the ledger's entries tell of the rows whose keys somebody could use again."""
    for entry in entries:
        held = entry.key_values or {}
        if "digests" in held:
            numbers = entry.key_map.pairs()[1].tolist()
            yield Digests(columns=held["compared"], of_rows=dict(zip(numbers, held["digests"], strict=True)))


def digests(
    table: TableSchema, identity: RowIdentity, keys: KeySet, columns: Sequence[str], *, locking: bool = False
) -> dict[int, str]:
    """Number → digest of the columns' values, of those of the rows `keys` that are there.

    `locking` reads the latest committed rows.
    """
    connection = connections[identity.using]
    own, name_of = identity.selected(), quoted(connection, table.name)
    lock = features(connection).shared_lock if locking else ""
    values = [text_of(connection, table.columns[name]).format(quoted(connection, name)) for name in columns]
    found: dict[int, str] = {}
    with connection.cursor() as cursor:
        for _, (condition, parameters) in identity.pieces(keys):
            cursor.execute(
                f"SELECT {', '.join([*own, *values])} FROM {name_of} WHERE {condition}{lock}",  # noqa: S608 - names are quoted
                parameters,
            )
            rows = cursor.fetchall()
            numbers = identity.numbers([row[: len(own)] for row in rows])
            held = ((int(number), _digest(row[len(own) :])) for number, row in zip(numbers, rows, strict=True))
            found.update((number, digest) for number, digest in held if number != NOBODY)
    return found


def replaced(
    table: TableSchema, identity: RowIdentity, keys: KeySet, held: Iterable[Digests], *, locking: bool = False
) -> KeySet:
    """Those of the rows `keys` that are there and hold something else than when they were seeded, or can no longer tell."""
    others: list[int] = []
    for one in held:
        ours = keys & KeySet.holding(np.array(list(one.of_rows), dtype=np.int64))
        tells = all(name in table.columns for name in one.columns)
        now = digests(table, identity, ours, one.columns if tells else (), locking=locking)
        others += [number for number, digest in now.items() if not tells or digest != one.of_rows[number]]
    return KeySet.holding(np.array(others, dtype=np.int64))


def unreplaced(
    using: str, seeder: BaseSeeder, keys: KeyMap, table: TableSchema, *, identity: RowIdentity | None, held: Iterable[Digests]
) -> KeyMap:
    """Those of the seeder's rows that are still what was seeded, where somebody could have used their keys again.

    `held` are their digests, which are not read where nobody could.
    """
    if counts_keys(seeder.config.model) and seeder.config.key_target is None:
        return keys
    return keys.split(replaced(table, identity or identity_of(connections[using], table), keys.key_set(), held))[1]


def _digest(values: Sequence[Any]) -> str:
    texts = [None if one is None else str(one) for one in values]
    return hashlib.blake2b(repr(texts).encode(errors="surrogatepass"), digest_size=OCTETS).hexdigest()
