"""A few rows of a draft, asked what the application itself says of them: `full_clean`, before the first row is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from seeding.schema.references import column_name, generic_references
from seeding.writing import settled

EXAMPLES = 5
"""Complaints that are told."""
Samples = Mapping[str, Sequence[models.Model]]
"""Table → some rows that its seeder would make, without keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """What the rows of a sample are rejected for."""

    rows: int
    """How many were asked about."""
    of_columns: Counter[str] = field(default_factory=Counter)
    """Column → rows that its value is wrong in."""
    of_rows: int = 0
    """Rows that are wrong as a whole."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Column (empty for a whole row) → the first message."""

    @property
    def total(self) -> int:
        """How much is wrong."""
        return self.of_columns.total() + self.of_rows

    def told(self) -> tuple[str, ...]:
        """One sentence per column, EXAMPLES at most."""
        counts = {**self.of_columns, **({"": self.of_rows} if self.of_rows else {})}
        return tuple(
            f"{name or 'the row as a whole'}: {count} of {self.rows} sample rows, {self.words[name]}"
            for name, count in list(counts.items())[:EXAMPLES]
        )


def sample_rows(model: type[models.Model], data: pl.DataFrame, using: str, samples: Samples) -> list[models.Model]:
    """Unsaved rows as the application would hold them, which refer to rows of `samples`, else to empty ones."""
    fields = {column_name(field): field for field in model._meta.concrete_fields}
    plain = {name: data[name] for name, field in fields.items() if name in data.columns and not _refers(field)}
    made = settled(model, pl.DataFrame(plain or None, height=data.height))
    raw = [name for name, field in fields.items() if isinstance(field, models.JSONField) and name in plain]
    rows: list[models.Model] = []
    for place, values in enumerate(made.iter_rows(named=True)):
        values |= {name: plain[name][place] for name in raw}
        row = model(**{fields[name].attname: value for name, value in values.items() if name in fields})
        row._state.db = using  # noqa: SLF001 - as the application finds it
        for name, one in fields.items():
            if _refers(one) and name in data.columns and data[name][place] is not None:
                _attach(row, one, data[name][place], samples)
        rows.append(row)
    return rows


def ask(model: type[models.Model], rows: Sequence[models.Model], using: str) -> Complaints:
    """What `full_clean` says of the rows, apart from references and from what is unique; nothing it writes is kept."""
    columns = {field.name: column_name(field) for field in model._meta.concrete_fields}
    generic = {name for pair in generic_references(model) for name in pair[:2]}
    exclude = {field.name for field in model._meta.concrete_fields if _refers(field) or column_name(field) in generic}
    exclude |= {model._meta.pk.name} if model._meta.pk is not None else set()
    found, wrong, words = Counter[str](), 0, dict[str, str]()
    for row in rows:
        for name, message in _complaints(row, exclude, using):
            column = columns.get(name, "")
            words.setdefault(column, message)
            if column:
                found[column] += 1
            else:
                wrong += 1
    return Complaints(rows=len(rows), of_columns=found, of_rows=wrong, words=words)


def _complaints(row: models.Model, exclude: set[str], using: str) -> Iterator[tuple[str, str]]:
    try:
        with transaction.atomic(using):
            try:
                row.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
            finally:
                transaction.set_rollback(True, using)
    except ValidationError as error:
        told = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        yield from ((name, " ".join(map(str, messages))) for name, messages in told.items())
    except Exception:  # noqa: BLE001 - external code: it asks for rows that are not there yet, and says nothing of this one
        return


def _refers(field: models.Field[Any, Any]) -> bool:
    return field.remote_field is not None


def _attach(row: models.Model, field: models.Field[Any, Any], index: int, samples: Samples) -> None:
    """Let the row refer to a sample of its parent, so that `clean` can look at it."""
    target: type[models.Model] = field.related_model  # type: ignore[assignment]
    there = samples.get(target._meta.db_table, ())
    with suppress(Exception):  # external code: the row is asked about without it
        setattr(row, field.name, there[int(index) % len(there)] if there else target())
