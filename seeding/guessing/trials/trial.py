"""Tries expressions on sample rows, by what the engine, the model's fields and the table's constraints take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs
from django.db import connections, models

from seeding.conf import DEFAULT_SEED
from seeding.exceptions import SchemaError
from seeding.generation.rows import Rows
from seeding.generation.seeders import RecordCount
from seeding.generation.value_rules.overrides import overridden
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.guessing.column_words import ENDED
from seeding.guessing.columns import Guess, label_of, sounds
from seeding.guessing.consistency import consistent
from seeding.guessing.expression_names import HELPERS, SHAPING, local_names
from seeding.guessing.field_values import chosen, guesses, varies
from seeding.guessing.names import row_words
from seeding.guessing.shaped import Shaped
from seeding.guessing.trials.model_checks import keeps, named, suits
from seeding.guessing.trials.repairs import Findings, Rejected, Repair, best_repair
from seeding.guessing.trials.sample import Complaints, Samples, ask, sample_rows
from seeding.schema.references import attributes, column_name
from seeding.schema.tables import ColumnSchema, Kind, TableSchema, expected
from seeding.schema.validation import SchemaValidator
from seeding.uploads import is_local, name_expression
from seeding.writing import instances, settled

SAMPLE = 300
"""Rows generated to test the expressions against the table's checks."""
FEW = 12
"""Rows whose values a model's own fields and constraints are asked about."""
SHOWN = 24
"""Rows that are shown to `full_clean`."""
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
        samples: Samples = MappingProxyType({}),
        shaped: Shaped | None = None,
    ) -> None:
        self._using = using
        self._model = model
        self._links = links
        schema = replace(table, columns=dict(columns)) if model is None else expected(model, connections[using])
        self._table = table
        self._validator = SchemaValidator(schema, {table.name: schema} if model is None else live)
        fields = () if model is None else model._meta.local_concrete_fields
        self._columns = columns
        self._samples = samples
        self.shaped = shaped or Shaped(ProfileRules(), table.name)
        self._is_trusting = True
        """Whether guesses are taken for right, until a row of them all turns out to be wrong."""
        self._taken: dict[tuple[str, Guess], bool] = {}
        self.fields: Mapping[str, models.Field[object, object]] = {column_name(field): field for field in fields}
        self.found = Findings(wanted={name for name, field in self.fields.items() if name in columns and varies(field)})
        """What `full_clean` has said; columns that must be the same in every run are wanted from the beginning."""
        self.doubts: tuple[str, ...] = ()
        """What `full_clean` says of the rows all the same."""

    def best(self, column: ColumnSchema, distinct: bool) -> Guess | None:  # noqa: FBT001 - as Filling calls it
        """What the profile wants in the column, else the likeliest guess that suits it; None if none does."""
        if told := self.shaped.guess(column.name):
            return told
        refused, first = self.found.refused.get(column.name, set()), None
        for one in self._guesses(column.name, distinct=distinct):
            if one.expression not in refused or column.name in self.found.settled:
                return one
            first = first or one
        self.found.settled.add(column.name)
        return first

    def choices(self, name: str) -> Sequence[Any]:
        """The choices of the column that are left; empty if it has none."""
        return self.found.members.get(name) or [*chosen(self.fields.get(name))]

    def takes(self, name: str, made: Guess) -> bool:
        """Whether the values suit the column's type, its field's validators, and the checks of it alone."""
        if (name, made) not in self._taken:
            self._taken[name, made] = self._takes(name, made)
        return self._taken[name, made]

    def consistent(
        self, expressions: Mapping[str, str], keys: Iterable[Collection[str]], required: Collection[str], out: Collection[str]
    ) -> dict[str, str]:
        """The expressions of a row whose columns agree; `keys` are unique, and columns `out` stay empty."""
        members: dict[str, Mapping[str | int, str]] = {
            name: dict.fromkeys(one.values, "") for name, one in self._columns.items() if one.values
        }
        members |= {
            name: {one: label for one, label in chosen(field).items() if one in self.choices(name)}
            for name, field in self.fields.items()
            if self.choices(name)
        }
        empty = {name for name, one in self._columns.items() if one.nullable and not one.has_default and name not in required}
        made = consistent(
            self._columns,
            expressions,
            members,
            lambda name, text: self.takes(name, Guess(expression=text)) and text not in self.found.refused.get(name, ()),
            keep={*self._links, *chain.from_iterable(keys), *self.shaped.ruled},
            empty=empty - expressions.keys() - {*out},
        )
        return {name: made[name] for name in self._columns if name in made}

    def judge(self, expressions: Mapping[str, str], count: RecordCount, required: Collection[str]) -> frozenset[str] | None:
        """Ask the model's `full_clean`: None if nothing is to be done about what it says, which is then in `doubts`.

        Else draft again, without the columns that are returned; `best` and `wanted` know the rest.
        """
        if self._model is None:
            return None
        said = ask(self._model, self.rows(expressions, count))
        again, out = False, set[str]()
        for column in [one for one in said.of_columns if one not in self.shaped.ruled]:
            field = self.fields[column]
            if column not in expressions:
                again |= self._want(column)
            elif column not in required and field.blank:
                out.add(column)
                self.found.dropped[column] = said.words[column]
            elif column not in self.found.settled and len(self.choices(column)) < 2:
                again |= self.found.refuse(column, [expressions[column]])
        if said.total and not (again or out) and (better := self._repair(expressions, count, required, said)):
            again, out = True, out if better.expression else {better.column}
        if again or out:
            return frozenset(out)
        remote = self.files(expressions, local=False)
        unwritten = (f"{name}: its storage is not local, so files are named and not written" for name in remote)
        self.doubts = (*said.told(), *unwritten)
        return None

    def files(self, expressions: Mapping[str, str], *, local: bool = True) -> tuple[str, ...]:
        """The columns of files that can be written; of those that cannot, if not `local`."""
        fields = [(name, field) for name, field in self.fields.items() if isinstance(field, models.FileField)]
        named = {name: field for name, field in fields if expressions.get(name) == name_expression(field)}
        return tuple(name for name, field in named.items() if is_local(field) is local)

    def rows(self, expressions: Mapping[str, str], count: RecordCount) -> list[models.Model]:
        """Unsaved rows, to which those of other tables can refer in their samples."""
        if self._model is None:
            return []
        try:
            return sample_rows(self._model, self._generated(expressions, count, SHOWN), self._using, self._samples)
        except Exception:  # noqa: BLE001 - external code: a model that cannot be made in memory cannot be asked
            return []

    def _guesses(self, name: str, *, distinct: bool = False) -> Iterator[Guess]:
        """All that suit the column, the likeliest first."""
        clauses = tuple(check.clause for check in self._table.checks if name in check.clause)
        label = label_of(row_words(self._table.name if self._model is None else self._model.__name__))
        field, column, left = self.fields.get(name), self._columns[name], self.found.members.get(name, ())
        made = guesses(field, column, label, connections[self._using], distinct=distinct, clauses=clauses, members=left)
        return (one for one in made if self.takes(name, one))

    def _want(self, column: str) -> bool:
        if column in self.found.wanted or not self._fillable(column):
            return False
        self.found.wanted.add(column)
        return True

    def _fillable(self, column: str) -> bool:
        return column in self._columns and not sounds(column, ENDED) and column not in self._links

    def _repair(
        self, expressions: Mapping[str, str], count: RecordCount, required: Collection[str], said: Complaints
    ) -> Repair | None:
        """What leaves fewer complaints, which is noted."""
        assert self._model is not None
        model, data, found = self._model, self._generated(expressions, count, SHOWN), self.found

        def complaints(column: str, expression: str) -> int:
            made = self._generated({column: expression} if expression else {}, count, SHOWN)
            other = data.with_columns(made[column]) if expression else data.drop(column)
            try:
                return ask(model, sample_rows(model, other, self._using, self._samples)).total
            except Exception:  # noqa: BLE001 - external code: a model that cannot be made in memory
                return said.total

        seen = {*expressions, *found.dropped, *found.wanted, self._table.primary_key}
        rejected = Rejected(
            findings=found,
            expressions={name: text for name, text in expressions.items() if name not in self.shaped.ruled},
            choices={name: self.choices(name) for name in expressions},
            complaints=complaints,
            guessed=self._guesses,
            empty=[name for name in self._columns if name not in seen and self._fillable(name)],
            required=required,
            links=self._links,
            words=said.words.get("") or next(iter(said.words.values())),
        )
        return best_repair(rejected, said.total)

    def trusted(self, expressions: Mapping[str, str], count: RecordCount) -> bool:
        """Whether all rows of these guesses are right; else draft again: from then on each guess is tried for itself."""
        if self._is_trusting and self._wrong(expressions, count):
            self._is_trusting = False
            self._taken.clear()
            return False
        return True

    def broken(self, expressions: Mapping[str, str], count: RecordCount) -> Iterator[tuple[tuple[str, ...], str, int]]:
        """The constraints that rows of these expressions break: the columns, which constraint, and how many rows of SAMPLE."""
        for reason, rows in ({} if self._is_trusting else self._wrong(expressions, count)).items():
            names, _, issue = reason.partition(": ")
            yield tuple(names.split("|")), f"{names}: {issue}", rows
        if self._model is not None:
            yield from self._broken_in_model(expressions, count)

    def require_shaped(self, expressions: Mapping[str, str], count: RecordCount) -> None:
        """Raise SchemaError if rows by these expressions break anything in columns that the profile has rules for."""
        if not self.shaped.wanted:
            return
        size = min(SAMPLE, max(1, count.small))
        try:
            data = overridden(self._sample(count, size), self._generated(expressions, count, size), ())
        except (ValueError, ArithmeticError, pl.exceptions.PolarsError) as error:
            raise SchemaError(f"{self._table.name}: no rows can be made by this profile: {error}") from error
        days = data.select(cs.date() | cs.datetime())
        found = [f"{one.name}: a day before year 1 or after year 9999" for one in days if _is_far(one)]
        if not found:  # Python has no values of such days to compare
            found += self._reasons(data.drop([name for name in data.columns if name in self._links]))
            found += [] if self._model is None else [words for _, words, _ in self._broken_in_model(expressions, count)]
        for reason in found:
            if self.shaped.wanted & set(reason.partition(": ")[0].split("|")):
                raise SchemaError(f"{self._table.name}: rows by this profile are refused: {reason}.")

    def _takes(self, name: str, made: Guess) -> bool:
        column, field = self._validator.schema.columns.get(name), self.fields.get(name)
        if column is None or column.kind in CONVERTED:
            field = None
        if self._is_trusting and field is None:
            return True
        data = self._generated({name: made.expression}, RecordCount.fixed(1), min(SAMPLE, made.capacity or SAMPLE))
        if not self._is_trusting and any(not reason.endswith(": repeated") for reason in self._reasons(data)):
            return False
        return field is None or all(suits(field, value, self._using) for value in data[name].head(FEW))

    def _wrong(self, expressions: Mapping[str, str], count: RecordCount) -> Mapping[str, int]:
        """Reasons why rows are wrong in columns that refer to nothing → how many."""
        return self._reasons(
            self._generated({name: text for name, text in expressions.items() if name not in self._links}, count)
        )

    def _reasons(self, data: pl.DataFrame) -> Mapping[str, int]:
        errors = self._validator.validate_columns(data).errors
        wrong = {f"{error.field}: {error.issue}": data.height for error in errors if error.field in data.columns}
        return wrong or self._validator.validate_data(data).counts

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
            lost = sum(not keeps(check, model, row, self._using) for row in rows)
            if lost:
                found = tuple(dict.fromkeys(names[name] for name in named(check.condition) if name in names))
                yield found, f"{'|'.join(found)}: breaks {check.name}", SAMPLE * lost // len(rows)

    def _generated(self, expressions: Mapping[str, str], count: RecordCount, size: int = SAMPLE) -> pl.DataFrame:
        rows = self._sample(count, size)
        names = {"rows": rows, "pl": pl, **HELPERS, **SHAPING}
        names |= {name: eval(text, names) for name, text in local_names(expressions.values(), count.small).items()}  # noqa: S307 - our own
        values = {name: eval(text, names) for name, text in expressions.items()}  # noqa: S307 - our own
        return pl.DataFrame(values or None, height=len(rows))

    def _sample(self, count: RecordCount, size: int) -> Rows:
        size = min(size, count.large) if count.large > 1 else size
        index = np.arange(min(size, self.shaped.capacity or size))
        return Rows(seed=DEFAULT_SEED, table=self._table.name, as_of=SAMPLE_DAY, index=index, rules=self.shaped.profile)


def _is_far(days: pl.Series) -> bool:
    """Whether some are in years that servers and Python do not have."""
    return not days.dt.year().fill_null(1).is_between(1, 9999).all()
