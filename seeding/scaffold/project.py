"""The basis of a draft: the live tables, the models that mirror some of them, and the seeders that fill some of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Container, Iterator, Mapping, Sequence

from django.apps import apps
from django.db import connections, models

from seeding.exceptions import ConfigurationError, SchemaError, SeedingError
from seeding.generation.registry import Registry
from seeding.guessing.names import by_row_words
from seeding.masking import name_words
from seeding.scaffold.fitness import as_seeded, unfit, without_unknown_references
from seeding.scaffold.output.command_lines import seed_new
from seeding.scaffold.output.unmanaged_models import counted, given_key, holds_keys, mirrored, narrowest
from seeding.scaffold.soft_references import Generic, soft_references
from seeding.scaffold.well_known import left_out
from seeding.schema.drift import ABOUT_VALUES, differences
from seeding.schema.introspection import all_tables
from seeding.schema.references import column_name, counts_keys, generic_references, references
from seeding.schema.relations import telling
from seeding.schema.tables import ColumnSchema, Kind, TableSchema, expected

USERS = (("user",), ("auth", "user"))
"""Row names of the table that `created_by` refers to."""
LEDGER = frozenset(model._meta.db_table for model in apps.get_app_config("seeding").get_models())


class Project:
    """One database, with this project's models and seeders."""

    def __init__(self, using: str, registry: Registry) -> None:
        self.using = using
        self._connection = connections[using]
        self.registry = registry
        self.tables: Mapping[str, TableSchema] = all_tables(self._connection)
        self.models: Mapping[str, type[models.Model]] = {
            model._meta.db_table: model
            for model in reversed(apps.get_models(include_auto_created=True))
            if not model._meta.proxy
        }
        self.seeded: Mapping[str, type[models.Model]] = {table: as_seeded(model) for table, model in self.models.items()}
        """Table → the model of its own columns."""
        self._by_words = by_row_words(self.tables)
        self._unfit: dict[str, str] = {}
        self._generic: dict[str, tuple[Generic, ...]] = {}
        self._untargeted: set[str] = set()
        self._soft: dict[str, dict[str, str]] = {}

    def columns(self, table: str) -> dict[str, ColumnSchema]:
        """The model's columns, narrowed to the live table; without a model, the columns of the one to be written.

        Without those that may stay empty and that the live table holds otherwise, or whose references nobody can tell. Raises
        SchemaError if the model does not mirror the table in any other way.
        """
        model = self.seeded.get(table)
        known = self.links(table).keys() if model is None else {one.column for one in references(model)}
        return without_unknown_references(self._mirrored_columns(table), self.tables[table], self.tables, known)

    def _mirrored_columns(self, table: str) -> dict[str, ColumnSchema]:
        live, model = self.tables[table], self.seeded.get(table)
        if model is None:
            needed = self.required(table) | self.given_keys(table)
            narrow = {
                name
                for name, target in self.links(table).items()
                if name not in needed
                and not holds_keys(live.columns[name], self.tables[target].columns[self.tables[target].primary_key])
            }
            return {name: column for name, column in mirrored(live).items() if name not in narrow}
        wanted = expected(model, self._connection)
        filled = {name for name, one in wanted.columns.items() if one.has_default and not one.is_generated}
        filled |= wanted.required | {wanted.primary_key}
        found = differences(wanted, self.tables, filled=lambda: filled)
        if odd := [str(one) for one in found if not one.harmless]:
            raise SchemaError(f"{model.__name__} does not mirror {table}: {' '.join(odd)}")
        unlike = {one.column for one in found if one.issue in ABOUT_VALUES} - filled
        return {
            name: narrowest(column, live.columns[name])
            for name, column in wanted.columns.items()
            if name in live.columns and not column.is_generated and name not in unlike
        }

    def required(self, table: str) -> frozenset[str]:
        """The columns that every row must provide."""
        model = self.seeded.get(table)
        return (self.tables[table] if model is None else expected(model, self._connection)).required

    def unique(self, table: str) -> list[tuple[str, ...]]:
        """The keys that rows may not repeat: the live table's, and what the model says of some rows or of expressions."""
        model = self.seeded.get(table)
        found = [*self.tables[table].unique]
        if self.given_keys(table).issuperset(key := self.tables[table].key):
            found.append(key)
        if model is not None:
            names = {field.name: column_name(field) for field in model._meta.concrete_fields}
            for one in model._meta.constraints:
                if isinstance(one, models.UniqueConstraint) and (one.condition is not None or one.expressions):
                    fields = one.fields or re.findall(r"F\((\w+)\)", repr(one.expressions))
                    found.append(tuple(names[name] for name in fields if name in names))
        return [one for one in dict.fromkeys(found) if one]

    def given_keys(self, table: str) -> frozenset[str]:
        """The columns of the primary key that a seeder fills: texts, numbers that nothing counts, references."""
        model = self.seeded.get(table)
        if model is None:
            return given_key(self.tables[table])
        # a key of several columns has some
        parts = getattr(model._meta.pk, "fields", [model._meta.pk])
        fields = [one for one in parts if isinstance(one, models.Field) and not isinstance(one, models.AutoField)]
        assigned = len(parts) == 1 and isinstance(parts[0], models.UUIDField)
        return frozenset() if assigned else frozenset(map(column_name, fields))

    def links(self, table: str) -> dict[str, str]:
        """Column → the table it refers to: from the model, else from the foreign keys, else guessed from the name."""
        schema, model = self.tables[table], self.seeded.get(table)
        if model is not None:
            named = {one.column: one.target_table for one in references(model) if not one.json_key and not one.when}
            return self.soft(table) | named | {one.key: one.target for one in self.generic(table)}
        keys = [*telling(schema.foreign_keys, self.tables)]
        found = {one.column: one.table for one in keys if one.key.lower() in ("", self.tables[one.table].primary_key.lower())}
        enforced = {one.column for one in keys}
        for column in schema.columns.values():
            if column.kind is Kind.INTEGER and column.name != schema.primary_key and column.name not in enforced:
                target = self._sounds_like(column.name, table)
                if target is not None and self._countable(target):
                    found[column.name] = target
        return found

    def soft(self, table: str) -> dict[str, str]:
        """Column → the table that it refers to by its name alone, though its model says nothing of it."""
        if table not in self._soft:
            there = {name: model for name, model in self.models.items() if name in self.tables}
            self._soft[table] = soft_references(self.seeded[table], there) if table in self.seeded else {}
        return self._soft[table]

    def generic(self, table: str) -> tuple[Generic, ...]:
        """The generic references of the table, each to a model of its own app if possible, whose rows need no others."""
        model = self.seeded.get(table)
        if table not in self._generic:
            self._generic[table] = ()  # what a target needs does not depend on it
            pairs = generic_references(model) if model is not None else ()
            target = self._generic_target(table) if pairs else ""
            self._generic[table] = tuple(Generic(kind=kind, key=key, target=target) for kind, key, _ in pairs if target)
        return self._generic[table]

    def refer_to_none_of(self, tables: Collection[str]) -> None:
        """Choose other targets for generic references."""
        self._untargeted |= {*tables}
        self._generic.clear()

    def _generic_target(self, table: str) -> str:
        app = self.models[table]._meta.app_label
        found = [
            (len(needed), model._meta.app_label != app, name)
            for name, model in self.models.items()
            if name in self.tables.keys() - self._untargeted - {table} and counts_keys(model) and not left_out(name, model)
            if not model._meta.auto_created and not generic_references(model)
            for needed in [self._needed(name)]
            if needed is not None and table not in needed
        ]
        return next((name for *_, name in sorted(found) if not self._reason(name)), "")

    def _needed(self, table: str) -> list[str] | None:
        """The tables that it needs rows of; None if its model does not mirror it."""
        try:
            return [target for _, target in self.needs(table)]
        except SchemaError:
            return None

    def parents_first(self, names: Sequence[str], app: str | None = None, *, with_parents: bool = False) -> list[str]:
        """`names`, ordered so that every table follows those it must refer to; those too, if asked for and without a seeder.

        Raises SchemaError for a table that is missing or cannot be seeded, and ConfigurationError for one that has a seeder
        or needs rows of a table that has none: the message names the command that drafts both, into `app`.
        """
        for name in names:
            self._refuse_unfit(name)
        if with_parents:
            return self._ordered(names, all_of_them=True)
        lonely = [
            f"{name}.{column} refers to {target}, which no seeder fills."
            for name in names
            for column, target in self.needs(name)
            if target not in names and not self.registry.sources(target)
        ]
        if lonely:
            together = self._ordered(names, all_of_them=True)
            raise ConfigurationError(*lonely, f"Write them together: {self.command(together, app)}")
        return self._ordered(names)

    def problems(self, tables: Sequence[str], seeded: Container[str]) -> dict[str, str]:
        """Table → why no draft can fill it, for those of the `tables` that none can; `seeded` are filled by others."""
        missing = [table for table in tables if table not in self._unfit and table in self.tables]
        self._unfit |= unfit(self.using, {table: self.models.get(table) for table in missing})
        found: dict[str, str] = {}
        for table in tables:
            if table in seeded:
                continue
            try:
                self._refuse_unfit(table)
            except SeedingError as error:
                found[table] = str(error)
        return found

    def command(self, tables: Sequence[str], app: str | None) -> str:
        """The command line that drafts the tables into `app`."""
        return seed_new(tables, [self.models.get(table) for table in tables], app, self.using)

    def precedes(self, target: str, table: str) -> bool:
        """Whether `target` has a seeder that does not depend on `table`."""
        return any(table not in self._ancestors(seeder.name) for seeder in self.registry.sources(target))

    def _ordered(self, names: Sequence[str], *, all_of_them: bool = False) -> list[str]:
        ordered: list[str] = []
        path: list[str] = []

        def visit(table: str) -> None:
            if table in ordered:
                return
            if table in path:
                circle = " → ".join((*path[path.index(table) :], table))
                raise SchemaError(f"These tables need rows of each other: {circle}. Write their seeders by hand.")
            self._refuse_unfit(table, path)
            path.append(table)
            for _, target in self.needs(table):
                if target in names or (all_of_them and not self.registry.sources(target)):
                    visit(target)
            path.pop()
            ordered.append(table)

        for name in names:
            visit(name)
        return ordered

    def needs(self, table: str) -> Iterator[tuple[str, str]]:
        """The required references to other tables, as (column, table)."""
        required = self.required(table) | self.given_keys(table)
        required |= {one.kind for one in self.generic(table) if one.key in required}
        required |= {one.name for one in self.columns(table).values() if one.has_default and not one.nullable}  # any row's key
        for column, target in self.links(table).items():
            if column in required and target != table:
                yield column, target

    def _refuse_unfit(self, table: str, path: Sequence[str] = ()) -> None:
        if table not in self.tables and (model := self.models.get(table)) is not None:
            raise SchemaError(f"{model._meta.label} has no table {table}. Run `manage.py migrate`, or leave the model out.")
        if table not in self.tables:
            near = difflib.get_close_matches(table, self.tables, n=3, cutoff=0.6)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {len(self.tables)} tables in this database."
            raise SchemaError(f"There is no table {table}. {hint}")
        if table in LEDGER:
            raise ConfigurationError(f"{table} belongs to the ledger, which the seeding commands keep themselves.")
        if sources := self.registry.by_table.get(table):
            where = " and ".join(f"{type(one).__module__}.{one.name}" for one in sources)
            raise ConfigurationError(f"{table} has a seeder already: {where}. A further source is best made after that one.")
        model = self.models.get(table)
        if model is None and not self.tables[table].key:
            raise SchemaError(f"{table} cannot be drafted: it has no primary key.")
        if reason := self._reason(table):
            raise SchemaError(f"{path[-1]} needs rows of {table}: {reason}" if path else reason)

    def _reason(self, table: str) -> str:
        """Why the engine would not seed the table; empty if it would."""
        if table not in self._unfit:
            self._unfit |= unfit(self.using, {table: self.models.get(table)})
        return self._unfit[table]

    def _countable(self, table: str) -> bool:
        return table in self.tables and counted(self.tables[table])

    def _ancestors(self, name: str) -> set[str]:
        """The tables a seeder depends on, directly or indirectly, whether or not they have a seeder."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for needed in self.registry.by_name[waiting.pop()].config.dependencies:
                if needed not in found:
                    found.add(needed)
                    waiting += [seeder.name for seeder in self.registry.sources(needed)]
        return found

    def _sounds_like(self, column: str, own: str) -> str | None:
        """The table that a column of the table `own` refers to, guessed from its name: `approvedBy`, `main_product_id`."""
        *words, last = name_words(column) or ("",)
        if last == "by":
            return next((self._by_words[user] for user in USERS if user in self._by_words), None)
        if last != "id" or not words:
            return None
        if words == ["parent"]:
            return own
        endings = (tuple(words[start:]) for start in range(len(words)))
        return next((self._by_words[ending] for ending in endings if ending in self._by_words), None)
