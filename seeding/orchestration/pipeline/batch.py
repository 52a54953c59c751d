"""A batch on its way into a table: references resolved, rows validated, nothing written yet."""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from traceback import walk_tb
from types import MappingProxyType, TracebackType
from typing import TypeVar

import numpy as np
import polars as pl

from seeding.arrays import Integers, Mask
from seeding.db.redaction import without_words
from seeding.db.retries import transience
from seeding.exceptions import GenerationError, SchemaError, SeedingError, UnclassifiedError
from seeding.generation.datasets import Dataset
from seeding.generation.seeder_columns import generated, seeded_references
from seeding.generation.seeders import BaseSeeder, RowRule
from seeding.keys import KeyMap
from seeding.ledger.given_keys import GivenKeys, WrittenKeys
from seeding.ledger.reference_resolution import Resolver
from seeding.schema.references import generic_references
from seeding.schema.results import ValidationError
from seeding.schema.validation import Finding, SchemaValidator
from seeding.writing import Refusal, UnwritableError, settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows on their way into a table."""

    generated: pl.DataFrame
    """As the seeder generated them: references are row indexes."""
    ready: pl.DataFrame
    """The accepted rows, with their own primary keys and those they refer to."""
    rows: pl.DataFrame
    """The same rows in the form that writers insert."""
    index: Integers
    keys: Integers
    """Primary keys; the ledger's numbers where the server does not count the keys."""
    accepted: Mask
    errors: tuple[ValidationError, ...]
    reasons: Mapping[str, int]
    """"column: issue" → how many rows were rejected for it."""
    given: WrittenKeys | None = None
    """The accepted rows' keys, where the server does not count them."""

    @property
    def accepted_index(self) -> Integers:
        """The row indexes of `rows`."""
        return self.index[self.accepted]

    @property
    def accepted_keys(self) -> Integers:
        """The primary keys of `rows`."""
        return self.keys[self.accepted]

    def rejected_ranges(self) -> list[list[int]]:
        """The row indexes that validation rejected, as the ledger stores them: [first, count]."""
        rejected = self.index[~self.accepted]
        return [[first, count] for first, count, _ in KeyMap.pair(rejected, rejected).as_lists()]


class RefusedParentsError(Exception):
    """The database rejected rows that other rows of the batch refer to; the batch is retried without both."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__()
        self.refusals = refusals


T = TypeVar("T")

COLUMN = re.compile(r"""\s*["'](\w+)["']:""")  # a line of a seeder that generates a column


def named(index: Integers) -> str:
    """The rows, for a message."""
    return f"row {index[0]}" if len(index) == 1 else f"rows {index[0]} to {index[-1]}"


class Preparation:
    """Generates a seeder's rows and turns them into a Batch.

    `unclassified`: column that may hold personal data and is not classified → the message about it. If it `derives_ahead`, rows
    are generated with their derived columns.
    """

    given: GivenKeys | None = None
    """How rows get keys that the server does not count; None if it counts them."""

    def __init__(
        self,
        seeder: BaseSeeder,
        dataset: Dataset,
        resolver: Resolver,
        validator: SchemaValidator,
        rules: Sequence[RowRule] = (),
        *,
        unclassified: Mapping[str, str] = MappingProxyType({}),
        derives_ahead: bool = False,
    ) -> None:
        self._seeder = seeder
        self._dataset = dataset
        self._rules = rules
        self._unclassified = unclassified
        self._derives_ahead = derives_ahead
        self._resolver = resolver
        self._validator = validator
        model = seeder.config.model
        declared, table = seeded_references(seeder), model._meta.db_table
        self.own_references = [one.column for one in declared if one.target_table == table and not one.json_key]
        known = {one.column for one in declared}
        self.given = resolver.given_keys(seeder)
        self._generic = [column for _, column, _ in generic_references(model) if column not in known]

    def offline(self) -> Preparation:
        """A copy for a thread that must not query the database: `prepare` raises NotKnownYetError instead."""
        other = copy(self)
        other._resolver = self._resolver.offline()  # noqa: SLF001 - its own copy
        return other

    @property
    def primary_key(self) -> str:
        """The column that holds the rows' keys."""
        return self._validator.schema.primary_key

    def keys(self, data: pl.DataFrame, index: Integers, first_key: int) -> Integers:
        """The rows' keys: from `first_key` on, those of the rows they refer to, or what stands for them.

        Where there is no such row, the key is negative; `prepare` rejects the row.
        """
        if self.given is not None:
            return self.given.numbers(index)
        if self._seeder.config.key_target is None:
            return np.arange(first_key, first_key + len(index))
        shared = self._resolver.resolve(self._seeder, data.select(self.primary_key), KeyMap.of(())).data.to_series()
        return np.where(shared.is_null(), -1 - index, shared.fill_null(0))

    def generate(self, index: Integers) -> pl.DataFrame:
        """The rows `index` from the seeder; raises GenerationError if it fails or returns other columns or rows.

        Raises UnclassifiedError if it returns an unclassified column.
        """
        where = f"{self._seeder.name}, {named(index)}"
        try:
            data = generated(self._seeder, self._dataset, index, with_derived=self._derives_ahead)
        except SeedingError:
            raise
        except Exception as error:  # noqa: BLE001 - external code: whatever it raises is its own failure
            words, cause = self._told(error)
            field = self._field_at(error.__traceback__)
            raise GenerationError(f"{where}: {field}{words}") from cause
        if refused := [words for column, words in self._unclassified.items() if column in data.columns]:
            raise UnclassifiedError(" ".join(refused))
        if data.height != len(index):
            raise GenerationError(f"{where}: {data.height} rows were generated for {len(index)} indexes.")
        errors = self._validator.validate_columns(data).errors
        if errors:
            raise GenerationError(f"{where}: " + "; ".join(map(str, errors)))
        for name in self._generic:
            if name in data.columns and data[name].is_not_null().any():
                raise SchemaError(
                    f"{self._seeder.config.table_name}.{name} refers to a row of any table (GenericForeignKey). Name the model "
                    f"that its row indexes refer to: SeederConfig(refers={{{name!r}: …}}); or leave the column out."
                )
        postponed = [name for name in self._seeder.config.postponed if name in data.columns]
        return data.with_columns(pl.lit(None).alias(name) for name in postponed)

    def generate_or_name(self, index: Integers) -> pl.DataFrame:
        """The rows `index`; where one of them fails alone, the GenerationError is that of the first such row."""
        try:
            return self.generate(index)
        except GenerationError:
            for half in np.array_split(index, 2) if len(index) > 1 else ():
                self.generate_or_name(half)
            raise  # every row alone is generated: the seeder does not make them together

    def prepare(
        self,
        data: pl.DataFrame,
        index: Integers,
        keys: Integers,
        there: KeyMap,
        *,
        refused: Mapping[int, str] = MappingProxyType({}),
    ) -> Batch:
        """Resolve and validate; with every rejected row, the rows of the batch that refer to it are rejected too.

        `there` holds the keys of the seeder's existing rows. `refused` maps row indexes that the database has rejected before
        to its messages. Raises GenerationError for a rule that fails.
        """
        own = there.plus(KeyMap.pair(index, keys))
        rows: pl.DataFrame | None = None
        recipe = ""
        if self.given is not None:
            recipe = self.given.recipe(data, self._resolver.recipes.get(self._seeder.name, ()))
            data = self.given.completed(data, index, recipe)
            parts = self._resolver.resolve(self._seeder, data.select(self.given.identity.names), own).data
            rows = self.given.rows(parts, keys)
        resolved = self._resolver.resolve(self._seeder, data, own, own_rows=rows)
        ready = resolved.data
        if rows is None:
            ready = ready.with_columns(pl.Series(self._validator.schema.primary_key, keys))
        findings = self._validator.check_foreign_keys(resolved.broken)
        findings += [
            Finding(field="row", issue=words, expected="a row that the database accepts", broken=pl.Series(index == row))
            for row, words in refused.items()
        ]
        repeated = partial(self._resolver.repeated, self._seeder)
        checked = self._validator.validate_data(ready, findings, self._business(index, ready), repeated=repeated)
        accepted = checked.accepted.to_numpy()
        while (orphans := self.orphans(data, set(index[~accepted].tolist())) & accepted).any():
            accepted = accepted & ~orphans
        reasons = dict(checked.counts)
        if orphaned := int((checked.accepted.to_numpy() & ~accepted).sum()):
            reasons["row: its parent in this batch is left out"] = orphaned
        given = None if self.given is None or rows is None else self.given.written(rows.filter(pl.Series(accepted)), recipe)
        kept = ready if accepted.all() else ready.filter(pl.Series(accepted))
        return Batch(
            generated=data,
            ready=kept,
            rows=settled(self._seeder.config.model, kept),
            index=index,
            keys=keys,
            accepted=accepted,
            errors=checked.errors,
            reasons=reasons,
            given=given,
        )

    def _business(self, index: Integers, ready: pl.DataFrame) -> list[ValidationError]:
        """The errors that the seeder's and the project's rules find."""
        seeder = self._seeder
        rules = [
            (f"{seeder.name}.faults", partial(seeder.faults, index)),
            (f"{seeder.name}.validate_data", partial(seeder.validate_data, ready)),
            *((getattr(rule, "__name__", repr(rule)), partial(rule, seeder, ready)) for rule in self._rules),
        ]
        return [error for name, rule in rules for error in self._judged(name, rule, index)]

    def _judged(self, name: str, rule: Callable[[], Iterable[ValidationError]], index: Integers) -> list[ValidationError]:
        """The errors that a rule finds; raises GenerationError, with its name, if it fails or returns anything else."""
        where = f"{name}, rows {index[0]} to {index[-1]} of {self._seeder.config.table_name}"
        try:
            found = list(rule())
        except SeedingError:
            raise
        except Exception as error:
            if transience(error) is not None:  # it queried the database, and can be retried
                raise
            words, cause = self._told(error)
            raise GenerationError(f"{where}: {words}") from cause
        for one in found:
            if not isinstance(one, ValidationError):
                raise GenerationError(f"{where}: it found a {type(one).__name__}, which is not a ValidationError.")
            if one.row is not None and not (isinstance(one.row, Integral) and 0 <= one.row < len(index)):
                raise GenerationError(f"{where}: it found an error in row {one.row!r}; they count from 0 to {len(index) - 1}.")
        return found

    def told(self, index: Integers, insertion: Callable[[], T]) -> T:
        """What the insertion of the rows `index` returns.

        Raises GenerationError, with row and column, for a value that its field does not convert.
        """
        try:
            return insertion()
        except UnwritableError as found:
            words, cause = self._told(found.error)
            raise GenerationError(f"{self._seeder.name}, row {index[found.row]}: {found.column}: {words}") from cause

    def _field_at(self, traceback: TracebackType | None) -> str:
        """The column whose line in the seeder raised an error, for a message; empty unless the line begins with its name."""
        module, field = sys.modules.get(type(self._seeder).__module__), ""
        for frame, line in walk_tb(traceback):
            if frame.f_code.co_filename == getattr(module, "__file__", None):
                found = COLUMN.match(linecache.getline(frame.f_code.co_filename, line))
                field = f"{found[1]}: " if found and found[1] in self._validator.schema.columns else field
        return field

    def _told(self, error: Exception) -> tuple[str, BaseException]:
        """The text and the cause to report for an error in external code; for real rows, neither may quote one."""
        kind = type(error).__name__
        return (kind, without_words(error)) if self._seeder.config.is_real else (f"{kind}: {error}", error)

    def orphans(self, data: pl.DataFrame, lost: set[int]) -> Mask:
        """Which generated rows refer to a row of the same table whose index is in `lost`."""
        orphans = np.zeros(data.height, dtype=bool)
        for column in self.own_references if lost else ():
            if column in data.columns:
                orphans |= data[column].is_in(list(lost)).fill_null(value=False).to_numpy()
        return orphans
