"""Which values need no masking: those masked before, recognised by their seals, and those of seeded rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from seeding.keys import KeySet
from seeding.ledger.queries import Ledger
from seeding.masking.cipher import Cipher
from seeding.masking.masker import maskable
from seeding.masking.strategies.base import Mode
from seeding.masking.tables import KEY, Target

Seals = npt.NDArray[np.uint64]
"""A keyed digest of column, primary key and mask, for each masked value."""


class SealRegister:
    """The seals in the ledger, for a run that masks in `mode`."""

    def __init__(self, ledger: Ledger, cipher: Cipher, mode: Mode) -> None:
        self._ledger = ledger
        self._cipher = cipher
        self._mode = mode

    def shown(self, table: str) -> KeySet:
        """The keys of seeded rows that need no masking in the run's mode."""
        return self._ledger.masked_keys(table, partly=self._mode is Mode.PARTIAL)

    def fresh(self, target: Target, seeded: KeySet, rows: pl.DataFrame) -> dict[str, pl.Series]:
        """Per column, which values still need masking: neither empty, nor seeded, nor known to be masks already."""
        keys = rows[KEY].to_numpy()
        ours = pl.Series(seeded.has(keys))
        known = self._known(target.table.name, int(keys[0]), int(keys[-1]))
        fresh = {}
        for column in target.fields:
            values = maskable(rows[column]) & ~ours
            if len(known) and values.any():
                sealed = np.isin(self.seals(column, keys[values.to_numpy()], rows[column].filter(values)), known)
                values = values.scatter(values.arg_true(), ~sealed)
            fresh[column] = values
        return fresh

    def _known(self, table: str, first: int, last: int) -> Seals:
        """The seals of values between two keys that were masked at least as strongly as this run masks."""
        modes = {Mode.FULL, self._mode}
        batches = self._ledger.masked_batches(table).filter(first_key__lte=last, last_key__gte=first, mode__in=modes)
        held = b"".join(bytes(seals) for seals in batches.values_list("seals", flat=True).iterator())
        return np.frombuffer(held, dtype="<u8")

    def seals(self, column: str, keys: npt.NDArray[np.int64], masks: pl.Series) -> Seals:
        """The seals of a column's masks in the rows `keys`."""
        texts = (
            pl.DataFrame({"key": keys, "mask": masks})
            .select(pl.format("{}\0{}\0{}", pl.lit(column), "key", "mask"))
            .to_series()
        )
        return self._cipher.digests("seal", texts)[:, 0]
