"""A few rows of a draft, asked what the application itself says of them: `full_clean`, before the first row is written.

What it says must not change from run to run: it sees neither the database nor any file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, connections, models

from seeding.schema.references import column_name, generic_references
from seeding.writing import settled

EXAMPLES = 5
"""Complaints that are told."""
NO_FILE = "seeded/.none"
"""The name of every file in a sample."""
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
    json = [name for name, field in fields.items() if isinstance(field, models.JSONField) and name in made.columns]
    files = [name for name, field in fields.items() if isinstance(field, models.FileField) and name in plain]
    rows: list[models.Model] = []
    for place, held in enumerate(made.iter_rows(named=True)):
        values = held | {name: plain[name][place] if name in plain else fields[name].get_default() for name in json}
        values |= {name: NO_FILE for name in files if held[name]}
        row = model(**{fields[name].attname: value for name, value in values.items() if name in fields})
        row._state.db = using  # noqa: SLF001 - as the application finds it
        for name, one in fields.items():
            if _refers(one) and name in data.columns and data[name][place] is not None:
                _attach(row, one, data[name][place], samples)
        rows.append(row)
    return rows


def ask(model: type[models.Model], rows: Sequence[models.Model]) -> Complaints:
    """What `full_clean` says of the rows, apart from references, files, and what is unique."""
    columns = {field.name: column_name(field) for field in model._meta.concrete_fields}
    generic = {name for pair in generic_references(model) for name in pair[:2]}
    exclude = {field.name for field in model._meta.concrete_fields if _refers(field) or column_name(field) in generic}
    exclude |= {model._meta.pk.name} if model._meta.pk is not None else set()
    exclude |= {field.name for field in model._meta.concrete_fields if isinstance(field, models.FileField)}
    found, wrong, words = Counter[str](), 0, dict[str, str]()
    with _without_database():
        complaints = [one for row in rows for one in _complaints(row, exclude)]
    for name, message in complaints:
        column = columns.get(name, "")
        words.setdefault(column, message)
        if column:
            found[column] += 1
        else:
            wrong += 1
    return Complaints(rows=len(rows), of_columns=found, of_rows=wrong, words=words)


@contextmanager
def _without_database() -> Iterator[None]:
    """Within the block, every statement to any database fails."""
    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(_refused))
        yield


def _refused(*_: object) -> None:
    raise DatabaseError("a sample sees no rows")


def _complaints(row: models.Model, exclude: set[str]) -> Iterator[tuple[str, str]]:
    try:
        row.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        told = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        yield from ((name, " ".join(map(str, messages))) for name, messages in told.items())
    except Exception:  # noqa: BLE001 - external code: it asks for what is not there yet, and says nothing of this row
        return


def _refers(field: models.Field[Any, Any]) -> bool:
    return field.remote_field is not None


def _attach(row: models.Model, field: models.Field[Any, Any], index: int, samples: Samples) -> None:
    """Let the row refer to a sample of its parent, so that `clean` can look at it."""
    target: type[models.Model] = field.related_model  # type: ignore[assignment]  # never the text "self" once apps are loaded
    there = samples.get(target._meta.db_table, ())
    with suppress(Exception):  # external code: the row is asked about without it
        setattr(row, field.name, there[int(index) % len(there)] if there else target())
