"""Which values need no masking: those masked before, recognised by their seals, and those that seeders have made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db import connections, models

from seeding.arrays import Integers
from seeding.keys import KeySet
from seeding.ledger.key_values import NOBODY
from seeding.ledger.recorder import Recorder
from seeding.ledger.row_digests import Digests, replaced
from seeding.ledger.row_identity import RowIdentity
from seeding.masking.cipher import Cipher
from seeding.masking.entered_values import EnteredValues
from seeding.masking.masker import maskable
from seeding.masking.strategies.base import Mode
from seeding.masking.tables import Target
from seeding.models import MaskedBatch
from seeding.schema.row_keys import RowKey
from seeding.schema.tables import TableSchema

Seals = npt.NDArray[np.uint64]
"""A keyed digest of column, primary key and mask, for each masked value."""


def span(key: RowKey, rows: pl.DataFrame) -> tuple[int | None, int | None]:
    """The first and the last key of rows in the order of their keys; None where the key is not a number."""
    if not key.is_number:
        return None, None
    return int(rows[key.names[0]][0]), int(rows[key.names[0]][-1])


class SealRegister:
    """The seals in the ledger, for a run that masks in `mode`."""

    def __init__(self, ledger: Recorder, cipher: Cipher, mode: Mode, entered: EnteredValues) -> None:
        self._ledger = ledger
        self._entered = entered
        self._cipher = cipher
        self._mode = mode
        self._whole: tuple[str, Seals] = ("", np.empty(0, dtype="<u8"))
        """A table without a numeric key, and all of its seals."""
        self._identities: Mapping[str, RowIdentity] = {}
        self._digests: tuple[str, Sequence[Digests]] = "", ()
        """A table, and what its seeded rows held."""

    def identify(self, there: Mapping[str, TableSchema]) -> Mapping[str, str]:
        """Learn how the seeded rows of the live tables are found; returns the tables in which they are not → why."""
        changed = self._ledger.changed_keys(there)
        self._identities = self._ledger.identities({name: one for name, one in there.items() if name not in changed})
        return changed

    def shown(self, target: Target) -> Mapping[str, KeySet]:
        """Column → the keys of seeded rows in which it needs no masking in the run's mode."""
        keys = self._ledger.masked_keys(target.table.name, target.fields, partly=self._mode is Mode.PARTIAL)
        entered = self._entered.of(target, self._identities.get(target.table.name))
        return {column: ours - entered[column] for column, ours in keys.items()}

    def fresh(self, target: Target, seeded: Mapping[str, KeySet], rows: pl.DataFrame) -> dict[str, pl.Series]:
        """Per column, which values still need masking: neither empty, nor seeded, nor known to be masks already."""
        keys, numbers = target.key.texts(rows), self._numbers(target, rows)
        known = self._known(target, rows)
        fresh = {}
        for column in target.fields:
            values = maskable(rows[column])
            if ours := seeded.get(column):
                values &= ~pl.Series(ours.has(numbers))
            if len(known) and values.any():
                masks = rows[column].filter(values)
                sealed = self._among(known, self.seals(column, keys.filter(values), masks))
                schema = target.table.columns[column]
                if schema.is_padded and schema.length is not None:  # as releases before 0.2 sealed them
                    padded = masks.str.pad_end(schema.length)
                    sealed |= self._among(known, self.seals(column, keys.filter(values), padded))
                values = values.scatter(values.arg_true(), ~sealed)
            fresh[column] = values
        return fresh

    @contextmanager
    def still_seeded(self, target: Target, rows: pl.DataFrame) -> Iterator[None]:
        """Within the block, seeded rows change by their masks alone, and count as what was seeded afterwards, too."""
        is_told = bool(self._digests_of(target.table.name))
        before = KeySet.holding(self._numbers(target, rows)) if is_told else KeySet.of(())
        yield
        if before:
            self._ledger.renew_digests(target.table, self._identity(target.table), before)
            self._digests = "", ()

    def _numbers(self, target: Target, rows: pl.DataFrame) -> Integers:
        """The numbers of rows, by which the ledger knows them; NOBODY for those that are not what was seeded there."""
        name = target.table.name
        known, held = self._identities.get(name), self._digests_of(name)
        numbers = rows[target.table.primary_key].to_numpy() if known is None else known.numbers_in(rows)
        if not held:
            return numbers
        # Of a batch's rows, which are locked by now, what is committed and not what an earlier snapshot shows.
        locking = connections[self._ledger.using].in_atomic_block
        others = replaced(target.table, self._identity(target.table), KeySet.holding(numbers), held, locking=locking)
        return np.where(others.has(numbers), NOBODY, numbers)

    def _identity(self, table: TableSchema) -> RowIdentity:
        return self._identities.get(table.name) or RowIdentity(using=self._ledger.using, number=table.primary_key)

    def _digests_of(self, table: str) -> Sequence[Digests]:
        if self._digests[0] != table:
            self._digests = table, tuple(self._ledger.digests(table))
        return self._digests[1]

    @staticmethod
    def _among(known: Seals, seals: Seals) -> npt.NDArray[np.bool_]:
        """Which of the seals are known."""
        return np.asarray(known[np.minimum(np.searchsorted(known, seals), len(known) - 1)] == seals)

    def _known(self, target: Target, rows: pl.DataFrame) -> Seals:
        """The seals, sorted, of values that were masked at least as strongly as this run masks.

        Where the key is a number, only those that may belong to `rows`; elsewhere the table's, read once.
        """
        table = target.table.name
        batches = self._ledger.masked_batches(table).filter(mode__in={Mode.FULL, self._mode})
        if target.key.is_number:
            first, last = span(target.key, rows)
            return self._sorted(batches.filter(first_key__lte=last, last_key__gte=first))
        if self._whole[0] != table:
            self._whole = table, self._sorted(batches)
        return self._whole[1]

    @staticmethod
    def _sorted(batches: models.QuerySet[MaskedBatch]) -> Seals:
        held = b"".join(bytes(seals) for seals in batches.values_list("seals", flat=True).iterator())
        return np.sort(np.frombuffer(held, dtype="<u8"))

    def seals(self, column: str, keys: pl.Series, masks: pl.Series) -> Seals:
        """The seals of a column's masks in the rows whose keys are the texts `keys`."""
        texts = (
            pl.DataFrame({"key": keys, "mask": masks})
            .select(pl.format("{}\0{}\0{}", pl.lit(column), "key", "mask"))
            .to_series()
        )
        return self._cipher.digests("seal", texts)[:, 0]
