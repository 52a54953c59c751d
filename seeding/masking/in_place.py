"""Masking of existing tables: a restored copy of production, before it reaches people who must not see its data."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from django.db import DatabaseError, OperationalError, connections

from seeding.conf import DEFAULT_SEED, MaskingConfig
from seeding.db.connection import database_name
from seeding.db.features import features
from seeding.db.redaction import error_text, redacted
from seeding.db.retries import Transience, transience
from seeding.db.row_security import seeing_every_row
from seeding.db.sql import count_rows
from seeding.exceptions import InsertionError, UnclassifiedError
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.masking import Cipher, MaskingStrategy, PIIMasker
from seeding.masking.already_masked import SealRegister, Seals, span
from seeding.masking.dry_run import rehearse
from seeding.masking.entered_values import EnteredValues
from seeding.masking.masker import masking_mode
from seeding.masking.problems import Links, out_of_reach, rights_needed, unreadable_date
from seeding.masking.results import MaskingResult, MaskingSummary
from seeding.masking.rows import MaskedRows, TableRun, differing, read_rows, unmasked_values, unpadded
from seeding.masking.strategies.collated import Collated
from seeding.masking.tables import Key, Target, asked_for, classified_tables, find_targets, left_columns
from seeding.models import SeedRun, insert_silently
from seeding.runs.confirmation import Ask, masking_question, refuse_masking_production
from seeding.runs.lifecycle import Operation
from seeding.runs.transaction_size import IMAGES, row_width
from seeding.safety import Survey, Touch, told
from seeding.schema.introspection import all_tables, out_of_sight
from seeding.schema.row_keys import inexact
from seeding.schema.tables import TableSchema
from seeding.telemetry.events import Sink
from seeding.writing import table_statistics
from seeding.writing.updates import update_rows

PIECE = 2_500
"""Rows that are masked at once."""


class InPlaceMasking:
    """Masks one database in place. `tell` receives every event; `ask` asks for confirmation; `forget` removes other copies.

    `registry` classifies the columns; `seeders` makes those of all rows in the ledger, if there are more.
    """

    def __init__(
        self, config: MaskingConfig, registry: Registry, strategies: Sequence[MaskingStrategy], *, tell: Sink, ask: Ask,
        forget: Callable[[], None] = lambda: None, seeders: Callable[[], Registry] | None = None,
    ) -> None:  # fmt: skip
        self.config = config
        self.operation = Operation(config, "seed_mask", tell=tell, ask=ask)
        self.ledger, self._cipher = self.operation.ledger, Cipher.of(config.key)
        self._masker = PIIMasker(self._cipher, masking_mode(config.environment), strategies)
        entered = EnteredValues(self.ledger, seeders or (lambda: registry))
        self._register = SealRegister(self.ledger, self._cipher, self._masker.mode, entered)
        self._registry, self._forget = registry, forget
        self._there: Mapping[str, TableSchema] = {}
        self._survey, self._collated = Survey(), Collated(config.database)
        self._referred: Mapping[str, frozenset[str]] = {}
        self._classified: Sequence[Target] = ()
        self._changed: Mapping[str, str] = {}

    @seeing_every_row
    def run(self) -> MaskingSummary:
        """Mask the classified columns; raises SeedingError if the whole run has to stop."""
        operation = self.operation
        operation.connect()
        classified = classified_tables(self._registry, self.config.tables)
        self._there = all_tables(connections[self.config.database], classified)
        self._collated = Collated(self.config.database, self._there)
        self._classified = find_targets(self.config.database, classified, self._there)
        needs = rights_needed(classified, self._classified, self._looked_at())
        self._survey = operation.survey(dict.fromkeys(classified, Touch.UPDATE | Touch.MASK), needs=needs)
        missing = out_of_reach(self.config, classified, self._there, self._survey, operation.tell)
        self._links = Links.read(self.config.database, self._there)
        targets = [target for target in self._classified if target.is_personal]
        if self.config.dry_run:
            refuse_masking_production(self.config)
            started, self._changed = time.monotonic(), self._register.identify(self._there)
            return self._summary([*missing, *(self._rehearsed(target) for target in targets)], None, started)
        operation.confirm(masking_question(self.config, operation.place()))
        started = time.monotonic()
        with operation.locked():
            dataset = operation.retry(partial(self._dataset, classified)) or Dataset(seed=DEFAULT_SEED, as_of=self.config.today)
            with operation.recorded(dataset, self._recorded_plan(targets)) as run:
                operation.tell("start", f"Masking run {run.pk} begins", run=run.pk, configuration=run.plan)
                results = [*missing, *(self._mask(target, run) for target in targets)]
                summary = self._summary(results, run, started)
            for result in summary.results:
                failed = int(bool(result.exit_code))
                operation.meter.add(result.table, planned=result.rows, done=result.rows, errors=failed, seconds=result.duration)
            told = [result.as_dict() for result in summary.results] or [{"table": "", "error": "nothing to mask"}]
            return operation.close(run, summary, told)

    def _dataset(self, classified: Collection[str]) -> Dataset | None:
        """The ledger's dataset; raises SeedingError if its masks or tables do not fit this run."""
        self.ledger.refuse_another_key(self._cipher.fingerprint)
        self.ledger.refuse_moved(classified)
        self._forget()
        self._changed = self._register.identify(self._there)
        return self.ledger.dataset()

    def _problem(self, target: Target) -> str:
        """Why the table is not masked; empty where it is."""
        if reasons := self._survey.refusals.get(target.table.name):
            return told(reasons)
        for found in self._links.problems(target, self._masker.strategies):
            return found
        if column := unreadable_date(self.config.database, target):
            kind = features(connections[self.config.database]).unreadable_dates
            return f"{column} holds {kind}, which cannot be read: set them to NULL or to a date"
        if target.table.name in self._changed:
            return self._changed[target.table.name]
        return inexact(connections[self.config.database], target.table.name, target.key)

    def _rehearsed(self, target: Target) -> MaskingResult:
        if error := self._problem(target):
            return MaskingResult(table=target.table.name, error=error, exit_code=UnclassifiedError.exit_code)
        try:
            return rehearse(self.config, target, self._masker, self._register, self._collated)
        except InsertionError as unread:
            return MaskingResult(table=target.table.name, error=str(unread), exit_code=unread.exit_code)

    def _mask(self, target: Target, run: SeedRun) -> MaskingResult:
        started, table, retry, size = time.monotonic(), target.table.name, self.operation.retry, self.operation.size
        error, code = retry(partial(self._problem, target)), UnclassifiedError.exit_code
        under_way = TableRun(target=target, run=run, seeded={} if error else retry(partial(self._register.shown, target)))
        planned = 0 if error else retry(partial(count_rows, connections[self.config.database], table))
        self.operation.tell("start", f"Masking {table}", seeder=table, table=table, planned=planned)
        width = IMAGES * retry(partial(row_width, self.config.database, table, target.table.columns, planned))
        committed = partial(under_way.committed, self.ledger)
        after: Key | None = None
        try:
            while not error:
                limit = min(self.config.batch_size, size.rows(width))
                batch = partial(self._mask_batch, under_way, after, limit)
                try:
                    after = retry(batch, committed=committed, written=limit * width)
                except OperationalError as refused:
                    if not size.reduces_for(refused, limit, width):
                        raise
                    continue
                if after is None:
                    break
                done = under_way.rows
                self.operation.tell("batch", f"{done} rows of {table}", level="debug", seeder=table, done=done)
        except InsertionError as refused:
            error, code = str(refused), InsertionError.exit_code
            self.operation.tell("fail", f"{table}: {error}", level="error", seeder=table)
        except DatabaseError as refused:
            if transience(refused) in (Transience.CONNECTION, Transience.CONTENTION):
                raise
            error, code = f"the database refused its masks: {error_text(refused)}", InsertionError.exit_code
            self.operation.tell("fail", f"{table}: {error}", level="error", seeder=table, error=redacted(refused))
        if under_way.rows:
            table_statistics.renew(self.config.database, table, target.fields, self.operation.sink)
        duration, audit = time.monotonic() - started, under_way.audit(self._masker)
        if under_way.fields:
            PIIMasker.log_masking(audit, self.operation.sink, table)
        self.operation.tell(
            "finish", f"{table}: {error or 'done'}", seeder=table, record_count=under_way.rows, duration=duration
        )
        return MaskingResult(
            table=table,
            rows=under_way.rows,
            masked=under_way.fields.total(),
            duration=duration,
            error=error,
            exit_code=code if error else 0,
            masking=audit.as_dict() if under_way.fields else {},
        )

    def _mask_batch(self, under_way: TableRun, after: Key | None, limit: int) -> Key | None:
        """Mask the next rows after the key `after`, at most `limit`, in one transaction.

        Returns the last key, None if none are left.
        """
        target, entry, under_way.unanswered = under_way.target, None, None
        counts: dict[str, int] = {}
        with self.operation.lock.fenced():
            rows = read_rows(self.config.database, target, after, limit, lock=True)
            if not rows.height:
                return None
            fresh = self._register.fresh(target, under_way.seeded, rows)
            if counts := {column: int(values.sum()) for column, values in fresh.items() if values.any()}:
                using, last = self.config.database, rows.select(target.key.names).row(-1)
                watched = target.table.name in self._survey.watched
                before = unmasked_values(using, target, after, last, lock=True) if watched else None
                with self._register.still_seeded(target, rows):
                    written, entry = self._write(under_way, rows, fresh, counts)
                if before is not None and (words := differing(using, target, after, written, before)):
                    raise InsertionError(f"{words}; the batch was undone. {self._survey.suspicion}")
            last = rows.select(target.key.names).row(-1)
            masked = under_way.unanswered = MaskedRows(entry=entry, rows=rows.height, fields=counts, last=last)
        return under_way.count(masked)

    def _write(
        self, under_way: TableRun, rows: pl.DataFrame, fresh: Mapping[str, pl.Series], counts: Mapping[str, int]
    ) -> tuple[pl.DataFrame, int]:
        """Update the rows with `fresh` values, in the columns of `counts`, and record the batch with the seals of the masks.

        Returns the rows that were written, with their new values, in key order, and the key of the batch. Works in pieces, so
        that one is masked while the server updates the previous one.
        """
        target, seals, written = under_way.target, [], []
        first, last = span(target.key, rows)
        plain = self._collated.bare(target.table.name, rows, counts)  # here: other threads do not ask the database
        mask = partial(self._masked, target, rows, plain, pl.DataFrame({name: fresh[name] for name in counts}))
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="masking") as executor:
            for piece, sealed in executor.map(mask, range(0, rows.height, PIECE)):
                name, untouched = target.table.name, target.table.auto_updated
                changes = piece.select(*target.key.names, *counts)
                found = update_rows(self.config.database, name, target.key, changes, untouched)
                if found != piece.height:
                    raise InsertionError(
                        f"{found} of {piece.height} rows of {name} were found by their keys; the batch was undone"
                    )
                seals.append(sealed)
                written.append(piece)
        batch = insert_silently(
            self.ledger.masked_batches(target.table.name),
            run=under_way.run,
            table_schema=self.ledger.schema_of(target.table.name),
            table_name=target.table.name,
            first_key=first,
            last_key=last,
            mode=self._masker.mode,
            key_fingerprint=self._cipher.fingerprint,
            fields=dict(counts),
            seals=np.concatenate(seals).astype("<u8").tobytes(),
            created_at=datetime.now(UTC),
        )
        return pl.concat(written), batch.pk

    def _masked(
        self, target: Target, rows: pl.DataFrame, plain: pl.DataFrame, fresh: pl.DataFrame, start: int
    ) -> tuple[pl.DataFrame, Seals]:
        """The changed rows of the PIECE at `start`, with the masks of the `plain` ones, and the seals of their masks."""
        rows, plain, fresh = (one[start : start + PIECE] for one in (rows, plain, fresh))
        fields = {name: target.fields[name] for name in fresh.columns}
        masked = unpadded(target, self._masker.mask_data(plain, fields, target.widths))
        keys = target.key.texts(rows)
        seals = [
            self._register.seals(name, keys.filter(fresh[name]), masked[name].filter(fresh[name])) for name in fresh.columns
        ]
        written = rows.with_columns(masked[name].zip_with(fresh[name], rows[name]) for name in fresh.columns)
        changed = fresh.select(pl.any_horizontal(pl.all())).to_series()
        return written.filter(changed), np.concatenate(seals)

    def _looked_at(self) -> frozenset[str]:
        """The tables named in the options; all tables if none is named. Those that the account may not read are left out."""
        return (asked_for(self._registry, self.config.tables) or frozenset(self._there)) - self._survey.forbidden.keys()

    def _recorded_plan(self, targets: Sequence[Target]) -> dict[str, Any]:
        """The plan as recorded in the ledger."""
        return {
            "tables": list(self.config.tables),
            "mode": self._masker.mode,
            "key": self._cipher.fingerprint,
            "fields": {target.table.name: dict(target.fields) for target in targets},
        }

    def _summary(self, results: Sequence[MaskingResult], run: SeedRun | None, started: float) -> MaskingSummary:
        using, retry = self.config.database, self.operation.retry
        summary = MaskingSummary(
            run=run.pk if run else None,
            database=database_name(using),
            environment=self.config.environment,
            mode=self._masker.mode,
            key=self._cipher.fingerprint,
            dry_run=self.config.dry_run,
            duration=time.monotonic() - started,
            results=tuple(results),
            left=tuple(retry(lambda: list(left_columns(using, self._there, self._classified, self._looked_at())))),
            unseen=retry(partial(out_of_sight, connections[using])),
        )
        for one in summary.left:
            words = f"{one.table}.{one.column} looks like personal data ({one.kind}) and is not classified"
            self.operation.tell("left", words, level="warn")
        masked = sum(result.masked for result in results)
        self.operation.tell(
            "complete",
            f"{masked} values {'would be ' if summary.dry_run else ''}masked, exit code {summary.exit_code}",
            record_count=masked,
            duration=summary.duration,
            dryRun=summary.dry_run or None,
        )
        return summary
