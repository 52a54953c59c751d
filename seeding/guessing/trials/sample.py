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
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
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
    """Unsaved rows as the application would hold them.

    They refer to rows of `samples` and of their own table, which have keys; to an empty one if there are none.
    """
    fields = {column_name(field): field for field in model._meta.concrete_fields}
    plain = {name: data[name] for name, field in fields.items() if name in data.columns and not _refers(field)}
    made = settled(model, pl.DataFrame(plain or None, height=data.height))
    json = [name for name, field in fields.items() if isinstance(field, models.JSONField) and name in made.columns]
    files = [name for name, field in fields.items() if isinstance(field, models.FileField) and name in plain]
    links = [(one, data[name]) for name, one in fields.items() if _refers(one) and name in data.columns]
    held = made.rows(named=True)

    def row(place: int) -> models.Model:
        values = held[place] | {name: plain[name][place] if name in plain else fields[name].get_default() for name in json}
        values |= {name: NO_FILE for name in files if values[name]}
        one = model(**{fields[name].attname: value for name, value in values.items() if name in fields})
        one._state.db = using  # noqa: SLF001 - as the application finds it
        return one

    rows = [row(place) for place in range(data.height)]
    others = [row(place) for place in range(data.height)] if any(_target(one) is model for one, _ in links) else []
    for one, places in links:
        there = others if _target(one) is model else samples.get(_target(one)._meta.db_table, ())
        for referring, place in zip(rows, places, strict=True):
            if place is not None:
                _attach(referring, one, int(place), there)
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
    # An empty row that stands for another has no database.
    if all(one is None or one._state.db for one in row._state.fields_cache.values()):  # noqa: SLF001
        try:
            str(row)
        except (DatabaseError, ObjectDoesNotExist, ValueError):
            pass  # it asks for rows of others, or for what refers to it
        except Exception as error:  # noqa: BLE001 - external code: the admin would fail as well
            yield NON_FIELD_ERRORS, f"its __str__ raises {type(error).__name__}: {error}"
    try:
        row.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        told = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        yield from ((name, " ".join(map(str, messages))) for name, messages in told.items())
    except Exception:  # noqa: BLE001 - external code: it asks for what is not there yet, and says nothing of this row
        return


def _refers(field: models.Field[Any, Any]) -> bool:
    return field.remote_field is not None


def _target(field: models.Field[Any, Any]) -> type[models.Model]:
    return field.related_model  # type: ignore[return-value]  # never the text "self" once apps are loaded


def _attach(row: models.Model, field: models.Field[Any, Any], index: int, there: Sequence[models.Model]) -> None:
    """Let the row refer to one of the rows that are `there`, so that `clean` can look at it."""
    with suppress(Exception):  # external code: the row is asked about without it
        other = there[index % len(there)] if there else _target(field)()
        if other.pk is None:
            other.pk = index + 1
        setattr(row, field.name, other)
