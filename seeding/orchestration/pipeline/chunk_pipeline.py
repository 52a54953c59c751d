"""Makes one chunk of a seeder's rows."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import polars as pl

from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeyMap
from seeding.orchestration.context import RunContext
from seeding.orchestration.pipeline.chunks import Account, Chunk, Early, EarlyError
from seeding.orchestration.pipeline.seeder_pipeline import SeederPipeline


class ChunkPipeline(SeederPipeline):
    """Seeds rows whose keys are reserved, while others may be seeding other rows of the same table."""

    def __init__(self, seeder: BaseSeeder, chunk: Chunk, context: RunContext) -> None:
        super().__init__(seeder, len(chunk.rows), context)
        self._chunk = chunk

    def seed_chunk(self) -> Account | Early:
        """Insert the rows, but for those that a lost worker has inserted in this run. Errors as in `seed`."""
        early: list[EarlyError] = []

        def work() -> None:
            try:
                self._insert_chunk()
            except EarlyError as error:
                early.append(error)

        ending = self._tally.ending(work)
        return Early() if early else self._tally.account(ending)

    def _insert_chunk(self) -> None:
        self._refuse_unsafe()
        resolver, index = self._context.resolver, self._chunk.rows.pairs()[0]
        resolver.forget(self._seeder)
        known = self._retry(partial(resolver.keys, self._seeder)).lookup(index)[1]
        if known.any():
            ours = self._retry(partial(self._context.ledger.keys, self._seeder, self._context.run)).lookup(index)[1]
            self._tally.find(self._generate(index[known]), np.ones(known.sum(), dtype=bool), ours[known])
        if self._chunk.are_counted:
            self._keys.assign(self._chunk.rows)
        missing = KeyMap.pair(index[~known], index[~known]).ranges[:, :2]
        self._insert_missing(missing, first=self._chunk.batch)

    def _progress(self) -> dict[str, Any]:
        """Who gives out the chunks adds them up."""
        return {}

    def _require_parents(self, data: pl.DataFrame, keys: KeyMap) -> None:
        """Raise EarlyError if rows refer to some of another chunk that are not there yet."""
        if self._chunk.is_next:
            return
        columns = [data[one] for one in self._preparation.own_references if one in data.columns]
        named = [one.drop_nulls().cast(pl.Int64).to_numpy() for one in columns]
        parents = np.unique(np.concatenate(named)) if named else np.array([], dtype=np.int64)
        if not (keys.lookup(parents)[1] | self._chunk.rows.lookup(parents)[1]).all():
            raise EarlyError
