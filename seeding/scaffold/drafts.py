"""A seeder drafted from a live table: which columns to fill, how to fill them, what they refer to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from django.apps import apps
from django.db import models

from seeding.conf import DEFAULT_SEED
from seeding.generation.rows import Rows, decimals, numerals, take
from seeding.generation.seeders import RecordCount
from seeding.masking import detect_name
from seeding.scaffold.column_expressions import Filling, Parent
from seeding.scaffold.column_words import COMPANIES, PEOPLE
from seeding.scaffold.guesses import label_of, personal, sounds, worth_filling
from seeding.scaffold.names import class_name, row_words
from seeding.scaffold.project import Project
from seeding.schema.tables import ColumnSchema, Kind, TableSchema
from seeding.schema.validation import SchemaValidator

SAMPLE = 300
"""Rows generated to test the expressions against the table's checks."""
SAMPLE_DAY = date(2026, 1, 31)
FREE_TEXT = "description|note|notes|comment|comments|message|body|content|reason|bio|instructions|feedback|remarks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything in the file of a drafted seeder."""

    schema: TableSchema
    app: str
    """Label of its app; empty if unknown."""
    model: type[models.Model] | None
    """The model that mirrors the table; None if the file defines one."""
    model_name: str
    columns: Mapping[str, str]
    """Column → expression over `rows`."""
    left_out: tuple[str, ...]
    dependencies: tuple[str, ...]
    targets: Mapping[str, str]
    """Column → label of the model it refers to."""
    count: RecordCount
    capacity: int | None
    pii: Mapping[str, str]
    not_pii: tuple[str, ...]
    broken: Mapping[str, int]
    """Violations in the sample: "column: issue" → rows."""

    @property
    def seeder_name(self) -> str:
        """Name of the class, and of the seeder in the ledger."""
        return f"{self.model_name}Seeder"


class Drafter:
    """Drafts seeders for `app`, or for the app of each table's model if None; later drafts can refer to earlier ones."""

    def __init__(self, project: Project, app: str | None) -> None:
        self._project = project
        self._app = app
        self._drafted: dict[str, Draft] = {}

    def draft(self, names: Sequence[str]) -> list[Draft]:
        """The seeders of the tables `names`, parents first.

        Raises SchemaError for a table that is missing, that its model does not mirror or that cannot be seeded, and
        ConfigurationError for one that has a seeder or needs rows of a table that has none.
        """
        for name in self._project.parents_first(names):
            self._drafted[name] = self._draft(name)
        return list(self._drafted.values())

    def _draft(self, table: str) -> Draft:
        project = self._project
        schema, model, columns = project.tables[table], project.models.get(table), project.columns(table)
        app = self._app or (model._meta.app_label if model is not None else "")
        parents = {column: parent for column, target in project.links(table).items() if (parent := self._parent(table, target))}
        own = {column for column, target in project.links(table).items() if target == table} & project.required(table)
        chosen = {name: column for name, column in columns.items() if self._filled(table, column, parents)}
        unique = self._unique(table, columns, chosen)
        filling = Filling(chosen, parents, own=own, label=label_of(row_words(table)))
        expressions, count, capacity = filling.fill(unique)
        expressions, broken = self._tried(table, columns, expressions, count)
        pii = {name: kind for name, column in columns.items() if (kind := _personal(column, row_words(table)))}
        needed = [parent.dependency for column, parent in parents.items() if column in expressions]
        return Draft(
            schema=schema,
            app=app,
            model=model,
            model_name=model.__name__ if model is not None else self._model_name(app, table),
            columns=expressions,
            left_out=tuple(name for name in columns if name not in expressions and name != schema.primary_key),
            dependencies=tuple(dict.fromkeys(needed)),
            targets=self._targets(table, app),
            count=count,
            capacity=capacity,
            pii=pii,
            not_pii=tuple(name for name, one in columns.items() if name not in pii and _undecided(one, project.links(table))),
            broken=broken,
        )

    def _parent(self, table: str, target: str) -> Parent | None:
        """The parent that rows of `table` can refer to; None if no seeder fills `target`, or only after `table`."""
        if target == table:
            return None
        if drafted := self._drafted.get(target):
            return Parent(dependency=target, count=drafted.count)
        if not self._project.precedes(target, table):
            return None
        first, *others = self._project.registry.sources(target)
        return Parent(dependency=first.name if others else target, count=first.config.record_count)

    def _filled(self, table: str, column: ColumnSchema, parents: Collection[str]) -> bool:
        if column.name == self._project.tables[table].primary_key:
            return False
        if column.name in self._project.required(table):
            return True
        refers = column.name in self._project.links(table)
        return worth_filling(column, refers=refers) and (not refers or column.name in parents)

    def _unique(
        self, table: str, columns: Mapping[str, ColumnSchema], chosen: dict[str, ColumnSchema]
    ) -> list[tuple[str, ...]]:
        """The unique keys that rows could violate, shortest first, without omitted columns.

        If all columns of a key are omitted, the first is added to `chosen`: only one row could have the default.
        """
        keys = []
        for key in sorted(self._project.tables[table].unique, key=len):
            out = [columns[name] for name in key if name in columns and name not in chosen]
            if any(column.nullable and not column.has_default for column in out):
                continue  # NULL never violates a unique key
            if len(out) == len(key):
                chosen[out[0].name] = out[0]
            keys.append(tuple(name for name in key if name in chosen))
        return keys

    def _targets(self, table: str, app: str) -> dict[str, str]:
        """Reference columns of the model to be written → labels of existing or drafted models."""
        labels = {name: model._meta.label for name, model in self._project.models.items()}
        labels |= {name: f"{draft.app}.{draft.model_name}" for name, draft in self._drafted.items()}
        labels.setdefault(table, f"{app}.{self._model_name(app, table)}")
        return {column: labels[target] for column, target in self._project.links(table).items() if target in labels}

    def _model_name(self, app: str, table: str) -> str:
        words = row_words(table)
        name = class_name(words)
        taken = {draft.model_name for draft in self._drafted.values()}
        registered = name.lower() in apps.all_models.get(app, {}) or f"{name}Seeder" in self._project.registry.by_name
        return class_name((*words, "row")) if registered or name in taken else name

    def _tried(
        self, table: str, columns: dict[str, ColumnSchema], expressions: dict[str, str], count: RecordCount
    ) -> tuple[dict[str, str], Mapping[str, int]]:
        """The expressions without optional columns that break a check of the table, and the remaining violations."""
        schema = replace(self._project.tables[table], columns=columns)
        rows = Rows(seed=DEFAULT_SEED, table=table, as_of=SAMPLE_DAY, index=np.arange(min(SAMPLE, count.large)))
        names = {"rows": rows, "cell": rows.index // count.small, "pl": pl}
        names |= {"decimals": decimals, "numerals": numerals, "take": take}
        data = pl.DataFrame({name: eval(text, dict(names)) for name, text in expressions.items()})  # noqa: S307 - our own
        result = SchemaValidator(schema, {table: schema}).validate_data(data)
        checked = {name for error in result.errors if error.issue.startswith("breaks") for name in error.field.split("|")}
        optional = checked - self._project.required(table)
        if not optional:
            return expressions, result.counts
        return self._tried(table, columns, {name: text for name, text in expressions.items() if name not in optional}, count)


def _personal(column: ColumnSchema, words: Sequence[str]) -> str:
    """The masking strategy of a column that seems to hold personal data, else empty; `words` name one row of its table."""
    kind = detect_name(column.name) or ""
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return kind if kind == "date_of_birth" else ""
    if column.kind is not Kind.TEXT or column.values:
        return ""
    row = " ".join(words)
    kind = kind or personal(column.name, row)
    if not kind and sounds(column.name, "name"):
        kind = "person_name" if sounds(row, PEOPLE) else "company_name" if sounds(row, COMPANIES) else ""
    return kind or ("free_text" if sounds(column.name, FREE_TEXT) else "")


def _undecided(column: ColumnSchema, links: Collection[str]) -> bool:
    """Whether a column that is not personal must be declared so: text, JSON, and names that sound personal."""
    if column.kind in (Kind.TEXT, Kind.JSON):
        return not column.values
    return column.name not in links and detect_name(column.name) is not None
