"""Tries expressions on sample rows, by what the engine, the model's fields and the table's constraints take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
from django.core.exceptions import ValidationError
from django.db import connections, models

from seeding.conf import DEFAULT_SEED
from seeding.generation.rows import Rows, decimals, numerals, take
from seeding.generation.seeders import RecordCount
from seeding.guessing.columns import Guess
from seeding.schema.references import attributes, column_name
from seeding.schema.tables import ColumnSchema, Kind, TableSchema, expected
from seeding.schema.validation import SchemaValidator
from seeding.writing import instances, settled

SAMPLE = 300
"""Rows generated to test the expressions against the table's checks."""
FEW = 12
"""Rows whose values a model's own fields and constraints are asked about."""
SAMPLE_DAY = date(2026, 1, 31)
CONVERTED = frozenset({Kind.BOOLEAN, Kind.DATE, Kind.DATETIME})
"""Kinds whose values every field takes."""


class Trial:
    """Rows of the table `table` of the database `using`; `columns` are those that a seeder may fill, `live` all tables."""

    def __init__(
        self,
        using: str,
        table: TableSchema,
        model: type[models.Model] | None,
        *,
        columns: Mapping[str, ColumnSchema],
        live: Mapping[str, TableSchema],
        links: Mapping[str, str],
    ) -> None:
        self._using = using
        self._model = model
        self._links = links
        schema = replace(table, columns=dict(columns)) if model is None else expected(model, connections[using])
        self._table = table
        self._validator = SchemaValidator(schema, {table.name: schema} if model is None else live)
        fields = () if model is None else model._meta.local_concrete_fields
        self.fields: Mapping[str, models.Field[object, object]] = {column_name(field): field for field in fields}

    def takes(self, name: str, made: Guess) -> bool:
        """Whether the values suit the column's type, its field's validators, and the checks of it alone."""
        data = self._generated({name: made.expression}, RecordCount.fixed(1), min(SAMPLE, made.capacity or SAMPLE))
        if any(
            error.field == name and error.issue != "missing column" for error in self._validator.validate_columns(data).errors
        ):
            return False
        if any(not reason.endswith(": repeated") for reason in self._validator.validate_data(data).counts):
            return False
        column, field = self._validator.schema.columns.get(name), self.fields.get(name)
        if field is None or column is None or column.kind in CONVERTED:
            return True
        return all(_suits(field, value, self._using) for value in data[name].head(FEW))

    def broken(self, expressions: Mapping[str, str], count: RecordCount) -> Iterator[tuple[tuple[str, ...], str, int]]:
        """The constraints that rows of these expressions break: the columns, which constraint, and how many rows of SAMPLE."""
        plain = {name: text for name, text in expressions.items() if name not in self._links}
        data = self._generated(plain, count)
        for reason, rows in self._validator.validate_data(data).counts.items():
            names, _, issue = reason.partition(": ")
            yield tuple(names.split("|")), f"{names}: {issue}", rows
        if self._model is not None:
            yield from self._broken_in_model(expressions, count)

    def _broken_in_model(
        self, expressions: Mapping[str, str], count: RecordCount
    ) -> Iterator[tuple[tuple[str, ...], str, int]]:
        model = self._model
        assert model is not None
        checks = [one for one in model._meta.constraints if isinstance(one, models.CheckConstraint)]
        names = {attribute: column for column, attribute in attributes(model).items()}
        names |= {field.name: column_name(field) for field in model._meta.concrete_fields}
        rows = list(instances(model, settled(model, self._generated(expressions, count, FEW))))
        for check in checks:
            lost = sum(not _keeps(check, model, row, self._using) for row in rows)
            if lost:
                found = tuple(dict.fromkeys(names[name] for name in _named(check.condition) if name in names))
                yield found, f"{'|'.join(found)}: breaks {check.name}", SAMPLE * lost // len(rows)

    def _generated(self, expressions: Mapping[str, str], count: RecordCount, size: int = SAMPLE) -> pl.DataFrame:
        index = np.arange(min(size, count.large) if count.large > 1 else size)
        rows = Rows(seed=DEFAULT_SEED, table=self._table.name, as_of=SAMPLE_DAY, index=index)
        names = {"rows": rows, "cell": rows.index // count.small, "pl": pl}
        names |= {"decimals": decimals, "numerals": numerals, "take": take}
        values = {name: eval(text, dict(names)) for name, text in expressions.items()}  # noqa: S307 - our own
        return pl.DataFrame(values or None, height=len(index))


def _suits(field: models.Field[object, object], value: object, using: str) -> bool:
    try:
        known = field.to_python(value)
        field.run_validators(known)
        field.get_db_prep_save(value, connections[using])
    except Exception:  # noqa: BLE001 - external code: whatever it raises, it does not take the value
        return False
    return True


def _keeps(check: models.CheckConstraint, model: type[models.Model], row: models.Model, using: str) -> bool:
    try:
        check.validate(model, row, using=using)
    except ValidationError:
        return False
    except Exception:  # noqa: BLE001 - it cannot be evaluated here, and the database judges it
        return True
    return True


def _named(condition: object) -> Iterator[str]:
    """The fields that a condition names."""
    for text in re.findall(r"'(\w+)'|F\((\w+)\)", repr(condition)):
        name = text[0] or text[1]
        yield name
        yield name.split("__")[0]
