"""Runs one seeder batch by batch: generate, resolve, validate, then write rows and ledger entry in one transaction."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from django.db import OperationalError, connections, models

from seeding.arrays import Integers, Mask
from seeding.db.redaction import REDACTED, error_text
from seeding.exceptions import GenerationError, InsertionError, SchemaError
from seeding.generation.seeder_columns import filled_table, written_columns
from seeding.generation.seeders import BaseSeeder, ExistingRows
from seeding.keys import KeyMap
from seeding.ledger.index_lookup import require_real
from seeding.ledger.recorder import BatchTakenError, KeysTakenError
from seeding.masking.classification import suspicious
from seeding.orchestration.context import RunContext
from seeding.orchestration.pipeline.batch import Batch, Preparation, RefusedParentsError
from seeding.orchestration.pipeline.chunks import Opened, can_be_divided
from seeding.orchestration.pipeline.prefetch import FIRST_BATCH, Prefetch, Prefetched, Slices
from seeding.orchestration.pipeline.row_accounting import Outcome
from seeding.orchestration.pipeline.row_keys import RowKeys
from seeding.orchestration.results import SeederResult
from seeding.safety import told
from seeding.safety.whole_keys import unfit
from seeding.schema.validation import SchemaValidator
from seeding.writing import Refusal, RowsRefusedError, insert, insert_whole
from seeding.writing.key_allocation import ATTEMPTS

EXAMPLE_ROWS = 3
SMALLER_BATCHES = 10
"""Into how many pieces a batch is split if its generation fails."""


class SeederPipeline:
    """Seeds one table from one seeder."""

    def __init__(self, seeder: BaseSeeder, count: int, context: RunContext) -> None:
        self.examples: list[dict[str, Any]] = []
        """A few rows, in a dry run."""
        self._seeder = seeder
        self._count = count
        self._context = context
        self._model: type[models.Model] = seeder.config.model
        self._validator = SchemaValidator(filled_table(seeder, connections[context.using]), context.live)
        unclassified = {one.column: f"{one.table}.{one.column} {one.problem}" for one in suspicious(seeder, context.strategies)}
        self._preparation = Preparation(
            seeder, context.dataset, context.resolver, self._validator, context.rules,
            unclassified=unclassified, derives_ahead=context.ahead.covers(seeder),
        )  # fmt: skip
        self._writer = context.writer(seeder, count)
        self._defers = seeder.config.signals or seeder.config.table_name in context.survey.deferring
        """Whether something that the seeder's rows cause may be checked only by the commit."""
        self._retry = replace(context.retry, doing="Trying the batch again", seeder=seeder.name)
        self._keys = RowKeys(seeder, count, context, self._preparation)
        self._tally = Outcome(seeder, count, context.tell)

    def seed(self, *, dividing: bool = False) -> SeederResult | Opened:
        """Insert every missing planned row. A failure is returned as a result: it never stops another seeder.

        If it is `dividing`, and there are more rows than a chunk has, none is inserted where they can be made in chunks.
        Only errors that concern the whole run are raised: LockError and DatabaseUnavailableError.
        """
        started = time.monotonic()
        opened: list[Opened] = []

        def work() -> None:
            self._refuse_unsafe()
            self._refuse_drift()
            missing = self.check_idempotency()
            words = f"{self._tally.existing} of {self._count} rows exist already"
            self._tally.tell("start", words, record_count=self._count, existing=self._tally.existing)
            self._tally.tell("choose", f"Rows are written by {self._writer.name}", level="debug", writer=self._writer.name)
            if dividing and missing[:, 1].sum() > self._context.chunk_rows and can_be_divided(self._seeder):
                opened.append(self._opened(missing))
            else:
                self._insert_missing(missing)

        ending = self._tally.ending(work)
        if opened:
            return opened[0]
        return self._tally.close(*ending, duration=time.monotonic() - started, audit=self._context.run is not None)

    def _opened(self, missing: Integers) -> Opened:
        """Reserve the keys of the missing rows, and say how many fit into a transaction."""
        context, first = self._context, int(missing[0, 0])
        sample = self._generate(np.arange(first, first + min(ATTEMPTS, int(missing[0, 1]))))
        width = sample.estimated_size() / sample.height
        return Opened(
            missing=missing,
            existing=self._tally.existing,
            first_key=self._retry(partial(self._keys.reserve, sample, int(missing[:, 1].sum()))),
            batch=context.batch_size or min(self._writer.rows_per_batch, context.size.rows(width)),
            chunk_rows=context.chunk_rows,
        )

    def _insert_missing(self, missing: Integers, first: int = FIRST_BATCH) -> None:
        context, most = self._context, self._writer.rows_per_batch
        slices = Slices(missing, size=context.batch_size, most=most, transactions=context.size, first=first)
        with Prefetch(slices, self._preparation) as ahead:
            for index, foreseen in ahead:
                self._seed_batch(index, foreseen, ahead)

    def check_idempotency(self) -> Integers:
        """The planned rows that are not in the ledger, as ranges [first, count]; counts the others as existing.

        Raises SchemaError if a row that is only referred to is not in the database.
        """
        if isinstance(self._seeder, ExistingRows):
            self._retry(partial(require_real, self._context.resolver, self._seeder, self._count))
            self._tally.existing += self._count
            return KeyMap.of(()).missing(0)
        keys = self._retry(partial(self._context.resolver.keys, self._seeder))
        self._tally.existing += keys.count_below(self._count)
        return keys.missing(self._count)

    def insert_data(self, batch: Batch, *, isolating: bool = False) -> list[Refusal]:
        """Insert the batch's accepted rows and their ledger entry in one transaction; returns the rows the database rejected.

        Raises RowsRefusedError if there are any, unless it is `isolating` them; KeysTakenError if a key is no longer free,
        BatchTakenError if the ledger already has this batch.
        """
        context = self._context
        assert context.run is not None  # a dry run inserts nothing
        index, keys = batch.accepted_index, batch.accepted_keys
        inserted = KeyMap.pair(index, keys)
        with context.lock.fenced():
            entry = context.ledger.record(context.run, self._seeder, inserted, batch.rejected_ranges())
            if isolating:  # rows that are there already must not be taken for rejected ones
                context.ledger.require_new(entry, self._seeder, inserted)
            self._keys.require_free(batch)
            where = self._writer, context.using, self._model, batch.rows
            write = partial(insert, *where) if isolating else partial(insert_whole, *where, defers=self._defers)
            refusals = self._preparation.told(index, write) or []
            if refusals:
                refused = [refusal.row for refusal in refusals]
                if self._preparation.orphans(batch.generated, set(index[refused].tolist())).any():
                    raise RefusedParentsError(refusals)
                inserted = KeyMap.pair(np.delete(index, refused), np.delete(keys, refused))
                skipped = [*batch.rejected_ranges(), *([int(one), 1] for one in index[refused])]
                context.ledger.amend(entry, inserted, sorted(skipped))
            if len(inserted):
                self._keys.require_stored(batch, entry, inserted)
        context.resolver.learn(self._seeder, inserted, batch.given)
        return refusals

    def _refuse_unsafe(self) -> None:
        if reasons := self._context.survey.refusals.get(self._seeder.config.table_name):
            raise SchemaError(told(reasons))
        table = self._context.live.get(self._seeder.config.table_name)
        if table is not None and (words := unfit(self._context.using, self._seeder, table, self._context.dataset)):
            raise SchemaError(words)

    def _refuse_drift(self) -> None:
        filled = partial(written_columns, [self._seeder], self._context.dataset)
        found = self._validator.validate_schema(self._context.missing_table_help, filled=filled)
        if harmless := [str(one) for one in found.differences if one.harmless]:
            self._tally.tell("drift", "; ".join(harmless), level="debug", differences=harmless)
        if self._validator.unevaluated:
            names = ", ".join(self._validator.unevaluated)
            self._tally.tell("drift", f"Only the database checks {names}", level="debug")
        if not found.valid:
            raise SchemaError(" ".join(str(one) for one in found.differences if not one.harmless))

    def _seed_batch(self, index: Integers, foreseen: Prefetched | None, ahead: Prefetch) -> None:
        started = time.monotonic()
        before = self._tally.inserted
        data = self._generate(index) if foreseen is None else foreseen.data
        resolver = self._context.resolver
        there = self._retry(partial(resolver.adopted, self._seeder, index, data)).lookup(index)[1]
        # A dead run's last batch may have been larger than this run's; then the previous batch has already found its rows.
        keys = self._retry(partial(resolver.keys, self._seeder))
        there |= keys.lookup(index)[1]
        self._require_parents(data, keys)
        self._settle(*self._leave_out(data, index, there), foreseen, ahead)
        self._tally.tell(
            "insert",
            f"{self._tally.inserted - before} rows of {self._seeder.config.table_name}",
            level="debug",
            record_count=self._tally.inserted - before,
            duration=time.monotonic() - started,
            **self._progress(),
        )

    def _progress(self) -> dict[str, Any]:
        """How many of the seeder's rows are done, for who watches."""
        return {"done": self._tally.done}

    def _require_parents(self, data: pl.DataFrame, keys: KeyMap) -> None:
        """Nothing is required of the rows that these refer to: `keys` of the seeder's rows, and earlier ones of this run."""

    def _settle(self, data: pl.DataFrame, index: Integers, foreseen: Prefetched | None, ahead: Prefetch) -> None:
        """Store the rows, except those that turn out to exist; fewer at a time if the server rejects a transaction so large."""
        size = self._context.size
        while len(index):
            width = data.estimated_size() / len(index)
            if size.is_reduced and len(index) > (most := size.rows(width)):
                self._settle(data[:most], index[:most], None, ahead)
                data, index, foreseen = data[most:], index[most:], None
                continue
            try:
                self._store(data, index, foreseen, ahead)
            except BatchTakenError as taken:
                known = self._taken(data, index)
                if not known.any():
                    rows = f"rows {index[0]} to {index[-1]} of {self._seeder.config.table_name}"
                    words = error_text(taken.__cause__ or taken)
                    raise InsertionError(f"The ledger does not accept {rows}: {words}") from taken
            except OperationalError as error:
                if not size.reduces_for(error, len(index), width):
                    raise
                connections[self._context.using].close()  # the server may have closed it already
                known = self._taken(data, index)  # an error of the COMMIT leaves open whether it came to pass
            else:
                break
            data, index = data.filter(pl.Series(~known)), index[~known]

    def _taken(self, data: pl.DataFrame, index: Integers) -> Mask:
        """Which rows the ledger has after all: this run's, if a commit went unanswered, or a dead run's last batch."""
        context = self._context
        context.resolver.forget(self._seeder)
        known = self._retry(partial(context.resolver.keys, self._seeder)).lookup(index)[1]
        if known.any():
            self._keys.forget()  # keys of the reserved range may be among theirs
        ours = self._retry(partial(context.ledger.keys, self._seeder, context.run)).lookup(index)[1]
        self._tally.find(data, known, ours)
        return known

    def _leave_out(self, data: pl.DataFrame, index: Integers, existing: Mask) -> tuple[pl.DataFrame, Integers]:
        self._tally.existing += int(existing.sum())
        return data.filter(pl.Series(~existing)), index[~existing]

    def _generate(self, index: Integers) -> pl.DataFrame:
        try:
            return self._preparation.generate(index)
        except GenerationError as error:
            if len(index) == 1:
                raise
            self._tally.tell("retry", f"Generation failed, trying smaller batches: {error}", level="warn", error=error)
        pieces = [piece for piece in np.array_split(index, SMALLER_BATCHES) if len(piece)]
        return pl.concat([self._preparation.generate_or_name(piece) for piece in pieces], how="vertical_relaxed")

    def _store(self, data: pl.DataFrame, index: Integers, foreseen: Prefetched | None, ahead: Prefetch) -> None:
        refused: dict[int, str] = {}
        """Row index → the database's message, for rows whose children are in the same batch."""
        for _ in range(ATTEMPTS):
            keys = self._retry(partial(self._keys.take, data, index, self._tally.done))
            there = self._retry(partial(self._context.resolver.keys, self._seeder))
            batch = None if foreseen is None or refused else foreseen.fitting(index, keys, there)
            if batch is None:
                prepare = partial(self._preparation.prepare, data, index, keys, there, refused=refused)
                batch = self._retry(prepare)
            ahead.begin(data, int(keys[-1]) + 1, there.plus(KeyMap.pair(batch.accepted_index, batch.accepted_keys)))
            refusals: list[Refusal] = []
            if self._context.run is None:
                self._rehearse(batch)
            elif len(batch.accepted_index):
                try:
                    refusals = self._insert(batch)
                except KeysTakenError:
                    self._keys.forget()
                    continue
                except RefusedParentsError as error:
                    refused |= {int(batch.accepted_index[one.row]): error_text(one.error) for one in error.refusals}
                    continue
            self._tally.enter(batch, refusals)
            self._keys.spend(len(batch.index))
            return
        raise InsertionError(f"{self._seeder.name}: rows {index[0]} to {index[-1]} failed {ATTEMPTS} times.")

    def _insert(self, batch: Batch) -> list[Refusal]:
        """Insert the batch; rows are isolated only after one was rejected: savepoints take a query each."""
        attempt = partial(self._retry, written=batch.rows.estimated_size())
        try:
            return attempt(partial(self.insert_data, batch))
        except RowsRefusedError:
            return attempt(partial(self.insert_data, batch, isolating=True))

    def _rehearse(self, batch: Batch) -> None:
        context = self._context
        context.resolver.learn(self._seeder, KeyMap.pair(batch.accepted_index, batch.accepted_keys), batch.given)
        examples = batch.ready.head(EXAMPLE_ROWS)
        if self._seeder.config.masking == "none":
            examples = examples.with_columns(pl.lit(REDACTED).alias(name) for name in self._seeder.config.pii_fields)
        self.examples = self.examples or examples.to_dicts()
