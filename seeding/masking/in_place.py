"""Masking tables that are there already: a restored copy of production, on its way to people who may not see it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from django.apps import apps
from django.db import DatabaseError, connections, transaction

from seeding.conf import DEFAULT_SEED, MaskingConfig
from seeding.db.connection import connect, database_name
from seeding.db.redaction import error_text, redacted
from seeding.db.retries import Transience, retrying, transience
from seeding.exceptions import InsertionError, SchemaError, UnclassifiedError
from seeding.generation.registry import Registry
from seeding.keys import KeySet
from seeding.ledger.ledger import Ledger
from seeding.locks import SeedingLock, seeding_lock
from seeding.masking import Cipher, FieldMasking, MaskingStrategy, Mode, PIIMasker, TableMasking, maskable
from seeding.masking.results import MaskingResult, MaskingSummary
from seeding.masking.settings import masking_mode
from seeding.masking.tables import (
    KEY,
    Target,
    asked_for,
    classified_tables,
    find_targets,
    left_columns,
    problems,
    read_rows,
    zero_date,
)
from seeding.models import SeedRun
from seeding.runs.confirmation import Ask, confirm, masking_question, refuse_masking_production
from seeding.runs.operation import locked, place_of, recorded
from seeding.safety import LEDGER, Survey, Touch, require_safe_server, survey, told
from seeding.schema.introspection import all_tables, keys_from_elsewhere
from seeding.schema.relations import relations
from seeding.schema.tables import TableSchema
from seeding.telemetry.events import Sink, event
from seeding.telemetry.metrics import Meter
from seeding.writing.updates import update_rows

EXAMPLES = 3
"""Rows that a dry run shows of each table."""
PIECE = 2_500
"""Rows that are masked at once."""
Seals = npt.NDArray[np.uint64]


@dataclass(slots=True, kw_only=True)
class TableRun:
    """One table under way."""

    target: Target
    run: SeedRun
    lock: SeedingLock
    seeded: KeySet
    """Keys of rows that were masked on their way in, or are about nobody."""
    rows: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    """Column → values masked."""


class InPlaceMasking:
    """Masks one database in place. `tell` gets every event, `ask` the question."""

    def __init__(
        self, config: MaskingConfig, registry: Registry, strategies: Sequence[MaskingStrategy], *, tell: Sink, ask: Ask
    ) -> None:
        self.config = config
        self.ledger = Ledger(config.database)
        self._cipher = Cipher.of(config.key)
        self._masker = PIIMasker(self._cipher, masking_mode(config.environment), strategies)
        self._registry = registry
        self._tell_sink = tell
        self._ask = ask
        self._there: Mapping[str, TableSchema] = {}
        self._survey = Survey()
        self._referred: Mapping[str, frozenset[str]] = {}
        self._classified: Sequence[Target] = ()

    def run(self) -> MaskingSummary:
        """Mask what the classification names; raises SeedingError for what stops the whole run."""
        connect(self.config.database, self._recover)
        require_safe_server(self.config.database)
        self.ledger.require()
        self._there = all_tables(connections[self.config.database])
        classified = classified_tables(self._registry, self.config.tables)
        self._survey = survey(self.config.database, {**dict.fromkeys(classified, Touch.UPDATE | Touch.MASK), **LEDGER})
        self._survey.refuse_any(LEDGER)
        for sentence in self._survey.unseen:
            self._tell("survey", sentence, level="warn")
        self._classified = find_targets(classified, self._there)
        self._referred = self._columns_referred_to()
        targets = [target for target in self._classified if target.fields]
        if self.config.dry_run:
            refuse_masking_production(self.config)
            started = time.monotonic()
            return self._summary([*self._out_of_reach(), *(self._rehearse(target) for target in targets)], None, started)
        confirm(masking_question(self.config, place_of(self.ledger)), self._ask)
        started = time.monotonic()
        lock = seeding_lock(self.config.database)
        measured = Meter(self.config.database, command="seed_mask", environment=self.config.environment, tell=self._tell_sink)
        with measured as meter, locked(self.ledger, lock, self.config.lock_timeout, self._tell_sink, meter):
            self.ledger.refuse_another_key(self._cipher.fingerprint)
            with recorded(self.ledger, self._open_run(targets, lock), self._tell_sink, meter) as run:
                self._tell("start", f"Masking run {run.pk} begins", run=run.pk, configuration=run.plan)
                results = [*self._out_of_reach(), *(self._mask(target, lock, run) for target in targets)]
                summary = self._summary(results, run, started)
            state = SeedRun.State.FAILED if summary.exit_code else SeedRun.State.SUCCEEDED
            for result in summary.results:
                failed = int(bool(result.exit_code))
                meter.add(result.table, planned=result.rows, done=result.rows, errors=failed, seconds=result.duration)
            summary = meter.sum_up(summary)
            told = [self._plain(result) for result in summary.results] or [{"table": "", "error": "nothing to mask"}]
            self.ledger.close_run(run, state, exit_code=summary.exit_code, results=told, metrics=summary.metrics)
            return summary

    def _out_of_reach(self) -> list[MaskingResult]:
        """A result for every classified table that is refused without having been found among the tables."""
        return [
            MaskingResult(table=table, error=told(reasons), exit_code=SchemaError.exit_code)
            for table, reasons in self._survey.refusals.items()
            if table not in self._there
        ]

    def _columns_referred_to(self) -> Mapping[str, frozenset[str]]:
        """Table → the columns by which rows of whatever table and schema refer to its rows."""
        elsewhere = keys_from_elsewhere(connections[self.config.database])
        found: dict[str, frozenset[str]] = {}
        declared = [
            *(key for table in self._there.values() for key in table.foreign_keys),
            *chain.from_iterable(elsewhere.values()),
        ]
        named = [(key.table, key.key) for key in declared]
        named += [(one.target, one.target_column) for one in relations(self._there, apps.get_models(include_auto_created=True))]
        for table, column in named:
            found[table] = found.get(table, frozenset()) | {column}
        return found

    def _problem(self, target: Target) -> str:
        """Why the table is not masked; empty where it is."""
        if reasons := self._survey.refusals.get(target.table.name):
            return told(reasons)
        for found in problems(target, self._masker.strategies, self._referred.get(target.table.name, frozenset())):
            return found
        if column := zero_date(self.config.database, target):
            return f"{column} holds dates of no day (such as 0000-00-00), which cannot be read: set them to NULL or to a date"
        return ""

    def _mask(self, target: Target, lock: SeedingLock, run: SeedRun) -> MaskingResult:
        started, table = time.monotonic(), target.table.name
        under_way = TableRun(target=target, run=run, lock=lock, seeded=self._shown(table))
        error, code = self._problem(target), UnclassifiedError.exit_code
        self._tell("start", f"Masking {table}", seeder=table, table=table, planned=self._count(table))
        after: int | None = None
        try:
            while not error:
                after = retrying(partial(self._mask_batch, under_way, after), self._recover)
                if after is None:
                    break
                self._tell("batch", f"{under_way.rows} rows of {table}", level="debug", seeder=table, done=under_way.rows)
        except InsertionError as refused:
            error, code = str(refused), InsertionError.exit_code
            self._tell("fail", f"{table}: {error}", level="error", seeder=table)
        except DatabaseError as refused:
            if transience(refused) in (Transience.CONNECTION, Transience.CONTENTION):
                raise
            error, code = f"the database refused its masks: {error_text(refused)}", InsertionError.exit_code
            self._tell("fail", f"{table}: {error}", level="error", seeder=table, error=redacted(refused))
        duration = time.monotonic() - started
        audit = self._audit(target, under_way.fields)
        if under_way.fields:
            PIIMasker.log_masking(audit, self._tell_sink, table)
        self._tell("finish", f"{table}: {error or 'done'}", seeder=table, record_count=under_way.rows, duration=duration)
        return MaskingResult(
            table=table,
            rows=under_way.rows,
            masked=under_way.fields.total(),
            duration=duration,
            error=error,
            exit_code=code if error else 0,
            masking=audit.as_dict() if under_way.fields else {},
        )

    def _mask_batch(self, under_way: TableRun, after: int | None) -> int | None:
        """Mask the rows behind the key `after` in one transaction; returns the last key, None where there are no more."""
        target = under_way.target
        counts: dict[str, int] = {}
        with transaction.atomic(using=self.config.database):
            rows = read_rows(self.config.database, target, after, self.config.batch_size, lock=True)
            if not rows.height:
                return None
            fresh = self._fresh(target, under_way.seeded, rows)
            if counts := {column: int(values.sum()) for column, values in fresh.items() if values.any()}:
                written = self._write(under_way, rows, fresh, counts)
                if target.table.name in self._survey.watched:
                    self._compare(target, after, written)
            under_way.lock.verify()
        under_way.rows += rows.height
        under_way.fields.update(counts)
        return int(rows[KEY][-1])

    def _compare(self, target: Target, after: int | None, written: pl.DataFrame) -> None:
        """Raise InsertionError where a row does not hold the masks that were written: a trigger that nobody sees, say."""
        key = target.table.primary_key
        stored = read_rows(self.config.database, target, after, None, until=int(written[key][-1])).rename({KEY: key})
        held = stored.join(written.select(key), on=key, how="semi", maintain_order="left")
        for column in target.fields:
            if not held[column].equals(written[column]):
                raise InsertionError(
                    f"{target.table.name}.{column} does not hold the masks that were written; the batch was undone. "
                    "Does a trigger change them?"
                )

    def _write(
        self, under_way: TableRun, rows: pl.DataFrame, fresh: Mapping[str, pl.Series], counts: Mapping[str, int]
    ) -> pl.DataFrame:
        """Update the rows that hold something `fresh`, and write down what was done, with the seals of the masks.

        Returns the rows that were written, as they are to be, in the order of their keys.

        It goes by pieces, so that one is masked while the server updates the one before.
        """
        target, keys, seals, written = under_way.target, rows[KEY], [], []
        mask = partial(self._masked, target, rows, pl.DataFrame(fresh))
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="masking") as executor:
            for piece, sealed in executor.map(mask, range(0, rows.height, PIECE)):
                update_rows(self.config.database, target.table.name, target.table.primary_key, piece, target.untouched)
                seals.append(sealed)
                written.append(piece)
        self.ledger.masked_batches(target.table.name).create(
            run=under_way.run,
            table_name=target.table.name,
            first_key=int(keys[0]),
            last_key=int(keys[-1]),
            mode=self._masker.mode,
            key_fingerprint=self._cipher.fingerprint,
            fields=dict(counts),
            seals=np.concatenate(seals).astype("<u8").tobytes(),
            created_at=datetime.now(UTC),
        )
        return pl.concat(written)

    def _masked(self, target: Target, rows: pl.DataFrame, fresh: pl.DataFrame, start: int) -> tuple[pl.DataFrame, Seals]:
        """The PIECE of rows at `start` as they are to be, those that change, and the seals of their masks."""
        rows, fresh = rows[start : start + PIECE], fresh[start : start + PIECE]
        masked = self._masker.mask_data(rows, target.fields, target.widths)
        seals = [
            self._seals(name, rows[KEY].filter(fresh[name]).to_numpy(), masked[name].filter(fresh[name]))
            for name in fresh.columns
        ]
        written = rows.with_columns(masked[name].zip_with(fresh[name], rows[name]) for name in fresh.columns)
        changed = fresh.select(pl.any_horizontal(pl.all())).to_series()
        return written.filter(changed).rename({KEY: target.table.primary_key}), np.concatenate(seals)

    def _shown(self, table: str) -> KeySet:
        """The keys of seeded rows that may be shown to those for whom the run masks."""
        return self.ledger.masked_keys(table, partly=self._masker.mode is Mode.PARTIAL)

    def _fresh(self, target: Target, seeded: KeySet, rows: pl.DataFrame) -> dict[str, pl.Series]:
        """Per column, which values are there to be masked: neither empty, nor seeded, nor known as masks of ours."""
        keys = rows[KEY].to_numpy()
        ours = pl.Series(seeded.has(keys))
        known = self._known(target.table.name, int(keys[0]), int(keys[-1]))
        fresh = {}
        for column in target.fields:
            values = maskable(rows[column]) & ~ours
            if len(known) and values.any():
                sealed = np.isin(self._seals(column, keys[values.to_numpy()], rows[column].filter(values)), known)
                values = values.scatter(values.arg_true(), ~sealed)
            fresh[column] = values
        return fresh

    def _known(self, table: str, first: int, last: int) -> Seals:
        """The seals of what was masked between two keys, as strongly as it is now asked for."""
        modes = {Mode.FULL, self._masker.mode}
        batches = self.ledger.masked_batches(table).filter(first_key__lte=last, last_key__gte=first, mode__in=modes)
        held = b"".join(bytes(seals) for seals in batches.values_list("seals", flat=True).iterator())
        return np.frombuffer(held, dtype="<u8")

    def _seals(self, column: str, keys: npt.NDArray[np.int64], masks: pl.Series) -> Seals:
        texts = (
            pl.DataFrame({"key": keys, "mask": masks})
            .select(pl.format("{}\0{}\0{}", pl.lit(column), "key", "mask"))
            .to_series()
        )
        return self._cipher.digests("seal", texts)[:, 0]

    def _rehearse(self, target: Target) -> MaskingResult:
        """What masking would do, shown by a few rows: of what is there its length alone, and the mask in full."""
        table = target.table.name
        error = self._problem(target)
        if error:
            return MaskingResult(table=table, error=error, exit_code=UnclassifiedError.exit_code)
        started, seeded, after = time.monotonic(), self._shown(table), None
        count = masked = 0
        examples: list[dict[str, str]] = []
        wanted = EXAMPLES
        while (rows := read_rows(self.config.database, target, after, self.config.batch_size)).height:
            fresh = pl.DataFrame(self._fresh(target, seeded, rows))
            some = fresh.select(pl.any_horizontal(pl.all())).to_series()
            if wanted and some.any():
                examples += self._examples(target, rows.filter(some).head(wanted), fresh.filter(some).head(wanted))
                wanted = max(wanted - int(some.sum()), 0)
            after, count = int(rows[KEY][-1]), count + rows.height
            masked += int(fresh.sum().sum_horizontal()[0])
        duration = time.monotonic() - started
        return MaskingResult(table=table, rows=count, masked=masked, duration=duration, examples=examples)

    def _examples(self, target: Target, rows: pl.DataFrame, fresh: pl.DataFrame) -> list[dict[str, str]]:
        masked = self._masker.mask_data(rows, target.fields, target.widths)
        return [
            {"column": column, "before": f"{len(str(rows[column][row]))} characters", "after": str(masked[column][row])}
            for row in range(rows.height)
            for column in target.fields
            if fresh[column][row]
        ]

    def _looked_at(self) -> frozenset[str]:
        """The tables that the options name; all, if they name none."""
        return asked_for(self._registry, self.config.tables) or frozenset(self._there)

    def _count(self, table: str) -> int:
        connection = connections[self.config.database]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - quoted
            return int(cursor.fetchone()[0])

    def _audit(self, target: Target, counts: Mapping[str, int]) -> TableMasking:
        fields = tuple(FieldMasking(column=one, strategy=target.fields[one], count=count) for one, count in counts.items())
        return TableMasking(table=target.table.name, mode=self._masker.mode, key=self._cipher.fingerprint, fields=fields)

    def _open_run(self, targets: Sequence[Target], lock: SeedingLock) -> SeedRun:
        dataset = self.ledger.dataset()
        return self.ledger.open_run(
            command="seed_mask",
            environment=self.config.environment,
            seed=dataset.seed if dataset else DEFAULT_SEED,
            as_of=dataset.as_of if dataset else self.config.today,
            faker_version="",
            plan={
                "tables": list(self.config.tables),
                "mode": self._masker.mode,
                "key": self._cipher.fingerprint,
                "fields": {target.table.name: dict(target.fields) for target in targets},
            },
            lock_connection=lock.connection_id,
        )

    def _summary(self, results: Sequence[MaskingResult], run: SeedRun | None, started: float) -> MaskingSummary:
        summary = MaskingSummary(
            run=run.pk if run else None,
            database=database_name(self.config.database),
            environment=self.config.environment,
            mode=self._masker.mode,
            key=self._cipher.fingerprint,
            dry_run=self.config.dry_run,
            duration=time.monotonic() - started,
            results=tuple(results),
            left=tuple(left_columns(self.config.database, self._there, self._classified, self._looked_at())),
        )
        for one in summary.left:
            self._tell(
                "left",
                f"{one.table}.{one.column} looks like personal data ({one.kind}), and nobody has classified it",
                level="warn",
            )
        masked = sum(result.masked for result in results)
        self._tell(
            "complete",
            f"{masked} values {'would be ' if summary.dry_run else ''}masked, exit code {summary.exit_code}",
            record_count=masked,
            duration=summary.duration,
            dryRun=summary.dry_run or None,
        )
        return summary

    @staticmethod
    def _plain(result: MaskingResult) -> dict[str, Any]:
        return {
            "table": result.table, "rows": result.rows, "masked": result.masked, "duration": result.duration,
            "error": result.error, "exit_code": result.exit_code, "masking": result.masking,
        }  # fmt: skip

    def _recover(self, error: BaseException, attempt: int) -> None:
        if transience(error) is Transience.CONNECTION:
            connections[self.config.database].close()
        self._tell("retry", f"Trying again (retry {attempt}): {error_text(error)}", level="warn")

    def _tell(self, operation: str, message: str, **values: Any) -> None:
        self._tell_sink(event(operation, message, **values))
