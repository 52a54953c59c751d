"""A seeder whose rows come from a file.

A row's position in the file is its index, and a reference to another row of the source, by its primary key in the file,
becomes that row's index. So everything after generation (validation, keys, the ledger, resume, rollback) works as for
synthetic rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import InvalidOperation
from threading import Lock
from typing import Any, ClassVar

import polars as pl
from django.db import models

from seeding.arrays import Integers
from seeding.exceptions import SchemaError
from seeding.generation.rows import Rows
from seeding.generation.seeder_columns import seeded_references
from seeding.generation.seeders import BaseSeeder, SeederConfig
from seeding.masking import PIIMasker, detect_values, texts_in
from seeding.masking.strategies.collated import Collated
from seeding.schema.equality import alike
from seeding.schema.references import (
    Objects,
    Reference,
    column_name,
    counts_keys,
    each,
    key_columns,
    makes_uuids,
    objects,
    references,
)
from seeding.schema.results import ValidationError
from seeding.sources.cell_values import KEY, Cells, Faults, reader_of
from seeding.sources.table_files import TableFile

REMEMBERED = 24
"""Portions whose faults and lines are kept: those of a batch that was split, and of the prefetched one."""


class SourceSeeder(BaseSeeder):
    """The rows of one file, masked, with row indexes in place of the source's keys. Thread-safe."""

    config: ClassVar[SeederConfig]

    def __init__(
        self,
        file: TableFile,
        masker: PIIMasker | None,
        source: Mapping[str, TableFile],
        collated: Collated | None = None,
    ) -> None:
        self._file = file
        self._collated = collated
        self._masker = masker
        self._source = source
        model = self.config.model
        self._fields = {column_name(field): field for field in model._meta.concrete_fields}
        self._widths = {name: field.max_length for name, field in self._fields.items() if isinstance(field, models.CharField)}
        self._left_out = key_columns(model) if counts_keys(model) or makes_uuids(model) else ()
        """What the file holds in place of keys that rows get anew."""
        self._portions: deque[tuple[Mapping[int, int], Faults]] = deque(maxlen=REMEMBERED)
        self._reading = Lock()

    @property
    def name(self) -> str:
        """The table and the file's fingerprint: a changed file is another source in the ledger."""
        return f"source:{self._file.fingerprint}:{self.config.table_name}"[:64]

    def origin(self, index: int) -> str:
        """File and line."""
        line = next((lines[index] for lines, _ in reversed(tuple(self._portions)) if index in lines), None)
        return self._file.path.name if line is None else f"{self._file.path.name}, line {line}"

    def faults(self, index: Integers) -> Sequence[ValidationError]:
        """The rows' values that are unreadable or not allowed in."""
        portions = tuple(self._portions)
        found = []
        for row, one in enumerate(index.tolist()):
            errors = next((faults.get(one, ()) for lines, faults in reversed(portions) if one in lines), ())
            found += [replace(error, row=row) for error in errors]
        return found

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The file's columns in the table's types, except keys that rows get anew; an unreadable value is null and a fault."""
        data, lines, faults = self._read(rows)
        self._portions.append((lines, faults))
        return data

    def natural_keys(self, rows: Rows) -> pl.DataFrame:
        """The columns of the natural key; the faults of the rows that are being seeded stay remembered."""
        return self._read(rows)[0].select(self.config.natural_key)

    def _read(self, rows: Rows) -> tuple[pl.DataFrame, Mapping[int, int], Faults]:
        """The rows, their lines in the file, and their faults, by row index."""
        faults: Faults = {}
        with self._reading:
            portion = self._file.read(rows.index)
        cells = Cells([record for _, record in portion], rows.index, faults)
        kept = [name for name in self._file.columns if name not in self._left_out]
        columns = {name: cells.column(name, reader_of(self._fields[name])) for name in kept}
        data = pl.DataFrame(columns)
        if self._masker is not None:
            self._find_stray(data, rows.index, faults)
        self._find_misspelled(data, rows.index, faults)
        for reference in seeded_references(self):
            if reference.column in data.columns:
                data = data.with_columns(self._indexes(reference, data, rows.index, faults).alias(reference.column))
        lines = {one: line for one, (line, _) in zip(rows.index.tolist(), portion, strict=True)}
        return self._masked(data), lines, faults

    def _masked(self, data: pl.DataFrame) -> pl.DataFrame:
        """The rows as they may be loaded: texts that the database takes for equal get one mask."""
        if self._masker is None:
            return data
        personal = self.config.pii_fields
        plain = data if self._collated is None else self._collated.bare(self.config.table_name, data, personal)
        return self._masker.mask_data(plain, personal, self._widths)

    def validate_data(self, data: pl.DataFrame) -> Sequence[ValidationError]:
        """Reject new accounts in production: every account row that gets here does not exist yet."""
        if self._masker is not None or not self.config.accounts:
            return ()
        known = ", ".join(self.config.natural_key) or "row"
        return [
            ValidationError(
                row=row,
                field=known,
                issue="account that is not there",
                expected="one that is: production gets none",
                actual="?",
            )
            for row in range(data.height)
        ]

    def _indexes(self, reference: Reference, data: pl.DataFrame, index: Integers, faults: Faults) -> pl.Series:
        """The source's keys in a reference column as row indexes; NOWHERE for one that is missing from the source.

        If the source has no file for the target table, the reference is a fault and becomes null.
        """
        values, key = data[reference.column], reference.json_key
        if key:
            naming = pl.Series([any(item.get(key) is not None for item in objects(value)) for value in values.to_list()])
        else:
            naming = values.is_not_null()
        if reference.when:
            kind, value = reference.when
            applies = (data[kind] == value).fill_null(value=False) if kind in data.columns else pl.Series([False])
            naming &= applies
        target = self._source.get(reference.target_table)
        if reference.by is not None and naming.any():
            raise SchemaError(
                f"{self.config.table_name} refers to {reference.target_table} by {reference.by} ({reference}), and the "
                "rows of a source are looked up by primary keys; leave the column or the file out."
            )
        if target is None:
            for row in naming.arg_true():
                expected = f"a row of {reference.target_table}, of which the source has no file"
                error = ValidationError(field=str(reference), issue="reference to nothing", expected=expected, actual="?")
                faults.setdefault(int(index[row]), []).append(error)
            return values.to_frame().select(pl.when(~naming).then(pl.first())).to_series()
        if (key or reference.when) and naming.any() and not counts_keys(reference.target):
            raise SchemaError(
                f"{self.config.table_name}.{reference} holds integers, and those are no keys that {reference.target_table} "
                "counts; leave the column or the file out."
            )
        if key:
            return self._in_json(reference, values, target, index, faults)
        if not reference.when:
            return target.index_of(values)
        return target.index_of(values).zip_with(naming, values.cast(pl.Int64))

    def _in_json(
        self, reference: Reference, values: pl.Series, target: TableFile, index: Integers, faults: Faults
    ) -> pl.Series:
        """Objects or lists of them with the reference's key as a row index; anything but a whole number is a fault and null."""
        held: list[Objects] = values.to_list()
        name, keys = str(reference.json_key), list[int | None]()
        for row, value in zip(index.tolist(), held, strict=True):
            for item in (one for one in objects(value) if name in one):
                keys.append(_key(item[name]))
                if keys[-1] is None and item[name] is not None:
                    error = ValidationError(field=str(reference), issue="unreadable", expected=KEY.expected, actual="?")
                    faults.setdefault(row, []).append(error)
        found = iter(target.index_of(pl.Series(keys, dtype=pl.Int64)).to_list())
        indexed = [each(value, lambda item: {**item, name: next(found)} if name in item else item) for value in held]
        return pl.Series(indexed, dtype=pl.Object)

    def _find_misspelled(self, data: pl.DataFrame, index: Integers, faults: Faults) -> None:
        """Rows whose kind is another spelling of one that says what a number refers to: the server may hold both equal."""
        kinds: dict[tuple[str, str], list[str]] = {}
        for one in references(self.config.model):
            if one.when and {one.column, one.when[0]} <= set(data.columns) and data.schema[one.when[0]] == pl.String:
                kinds.setdefault((one.column, one.when[0]), []).append(one.when[1])
        for (column, kind), known in kinds.items():
            spelled = alike(data[kind]).is_in(alike(pl.Series(known)).implode()) & ~data[kind].is_in(known)
            for row in (data[column].is_not_null() & spelled.fill_null(value=False)).arg_true():
                error = ValidationError(field=kind, issue="spelled otherwise", expected=", ".join(known), actual="?")
                faults.setdefault(int(index[row]), []).append(error)

    def _find_stray(self, data: pl.DataFrame, index: Integers, faults: Faults) -> None:
        """Rows with personal data in columns declared as free of it: it must not get through unmasked."""
        for column in data.columns:
            if column in self.config.pii_fields:
                continue
            for row, kind in _personal(data[column]):
                error = ValidationError(
                    field=column, issue=f"looks like personal data ({kind})", expected="nothing personal", actual="?"
                )
                faults.setdefault(int(index[row]), []).append(error)


def _personal(values: pl.Series) -> Iterator[tuple[int, str]]:
    """(row, kind) of every text that looks like personal data, also inside JSON values."""
    rows = pl.int_range(len(values), eager=True)
    if values.dtype in (pl.Object, pl.List):
        leaves = [(row, leaf) for row, value in enumerate(values.to_list()) for leaf in texts_in(value)]
        rows = pl.Series([row for row, _ in leaves], dtype=pl.Int64)
        values = pl.Series([leaf for _, leaf in leaves], dtype=pl.String)
    if values.dtype == pl.String:
        for kind, found in detect_values(values).items():
            yield from ((row, kind) for row in rows.filter(found).unique(maintain_order=True).to_list())


def _key(value: Any) -> int | None:
    """The whole number that a JSON value is, as cells are read; None if it is not one."""
    with suppress(ValueError, TypeError, InvalidOperation, OverflowError):
        key: int | None = KEY.read(value)
        return key
    return None
