"""A seeder drafted from a live table: which columns to fill, how to fill them, what they refer to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count
from types import MappingProxyType

from django.apps import apps
from django.db import models

from seeding.conf import DEFAULT_SEED
from seeding.exceptions import SchemaError
from seeding.generation.seeders import RecordCount
from seeding.generation.value_rules.families import RowsPerParent
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.guessing.column_expressions import Filling, Parent, UnfillableError
from seeding.guessing.columns import Guess, worth_filling
from seeding.guessing.field_values import chosen as chosen_values
from seeding.guessing.names import camel, class_name, row_words
from seeding.guessing.personal_data import personal, undecided
from seeding.guessing.references.model_references import is_mutual, never_empty
from seeding.guessing.references.tree_columns import parent_columns, tree_columns
from seeding.guessing.shaped import Shaped
from seeding.guessing.trials.trial import Trial
from seeding.scaffold.draft import Draft
from seeding.scaffold.existing_rows import content_type, existing_rows
from seeding.scaffold.project import Project
from seeding.scaffold.well_known import natural_key
from seeding.schema.references import generic_references
from seeding.schema.tables import ColumnSchema

MIRRORS = "mirrors"
"""Label of the app that models in memory belong to."""
REFERRED = 10
"""How many of them are referred to."""


class Drafter:
    """Drafts seeders for `app`, or for the app of each table's model if None; later drafts can refer to earlier ones."""

    def __init__(
        self,
        project: Project,
        app: str | None,
        places: Mapping[str, int] = MappingProxyType({}),
        profile: ProfileRules | None = None,
        seed: int = DEFAULT_SEED,
    ) -> None:
        """`places` are the tables in the order of all drafts; without it, only earlier drafts are referred to.

        `seed` decides how many rows there are of tables with a number of rows per parent, which only a `profile` has.
        """
        self._profile, self._seed = profile or ProfileRules(), seed
        self._project = project
        self._app = app
        self._places = places
        self._drafted: dict[str, Draft] = {}
        self._samples: dict[str, list[models.Model]] = {}

    def draft(self, names: Sequence[str], *, with_parents: bool = False) -> list[Draft]:
        """The seeders of the tables `names`, parents first; and those of the tables that they need, if asked for.

        Raises SchemaError for a table that is missing, that its model does not mirror or that cannot be seeded, and
        ConfigurationError for one that has a seeder or needs rows of a table that has none.
        """
        for name in self._project.parents_first(names, self._app, with_parents=with_parents):
            self.draft_one(name)
        return list(self._drafted.values())

    def draft_one(self, table: str) -> Draft:
        """The seeder of the table, or what refers to its real rows; `draft` tells what it raises."""
        self._drafted[table] = draft = self._draft(table)
        return draft

    def _draft(self, table: str) -> Draft:
        if key := natural_key(self._project.models.get(table)):
            return self._existing(table, key)
        return self._made(table)

    def _existing(self, table: str, key: tuple[str, ...]) -> Draft:
        """A seeder that refers to the table's real rows by their natural key; raises SchemaError if there are none."""
        project, model = self._project, self._project.models[table]
        app, links = self._app or model._meta.app_label, project.links(table)
        columns, rows = existing_rows(
            project.using, model, key, {column: project.models[links[column]] for column in key if column in links}
        )
        schema = project.tables[table]
        pii = {name: kind for name in key if (kind := personal(schema.columns[name], row_words(table)))}
        return Draft(
            schema=schema,
            app=app,
            model=model,
            model_name=model.__name__,
            seeder_name=self._seeder_name(table, app, model.__name__),
            columns=columns,
            left_out=(),
            dependencies=tuple(links[column] for column in key if column in links),
            targets={},
            count=RecordCount.fixed(rows),
            capacity=rows,
            pii=pii,
            not_pii=tuple(column for column in key if column not in links and column not in pii),
            broken={},
            natural_key=key,
        )

    def _made(self, table: str) -> Draft:
        project = self._project
        schema, model = project.tables[table], project.models.get(table)
        columns, links = project.columns(table), project.links(table)
        app = self._app or (model._meta.app_label if model is not None else MIRRORS)
        parents = {column: parent for column, target in links.items() if (parent := self._parent(table, target))}
        seeded = project.seeded.get(table)
        shaped = Shaped(self._profile, table)
        if alone := sorted(name for name in shaped.wanted & links.keys() - parents.keys() if links[name] != table):
            raise SchemaError(f"{table}: {alone[0]} refers to {links[alone[0]]}, which has no rows here: it takes no rule.")
        trial = Trial(
            project.using, schema, seeded, columns=columns, live=project.tables, links=links, samples=self._samples,
            shaped=shaped,
        )  # fmt: skip
        generic = {one.key: one for one in project.generic(table) if {one.kind, one.key} <= parents.keys()}
        said = {**project.soft(table), **{name: one.target for name, one in generic.items()}}
        out = set() if seeded is None else {column for _, column, _ in generic_references(seeded)} - generic.keys()
        expressions, count, capacity, broken = self._expressions(table, columns, parents, trial, frozenset(out))
        if shaped.per:
            count = RowsPerParent.of(table, self._seed, self._profile, parents[shaped.per].count, links[shaped.per])
        elif shaped.cell not in (None, count.small):
            raise SchemaError(
                f"{table}: the profile wants {shaped.cell} rows at size small, and a unique key allows {count.small}. "
                "Give fewer rows, or more to the tables that the key refers to."
            )
        self._samples[table] = trial.rows(expressions, count)
        for one in generic.values():
            if {one.kind, one.key} <= expressions.keys():
                place = content_type(project.using, project.models[links[one.kind]], project.models[one.target])
                expressions[one.kind] = f"pl.repeat({place}, len(rows), eager=True)"
        pii = {name: kind for name, column in columns.items() if (kind := personal(column, row_words(table)))}
        expressions |= {
            name: "pl.repeat(None, len(rows), eager=True)"  # a default would be the key of a real row
            for name, column in columns.items()
            if name in links and name not in expressions and column.has_default and column.nullable
        }
        expressions = {name: shaped.finished(name, text) for name, text in expressions.items()}
        trial.require_shaped(expressions, count)
        postponed = [name for name in expressions if self._places.get(links.get(name, ""), -1) > self._places.get(table, -1)]
        needed = [one.dependency for name, one in parents.items() if name in expressions and name not in postponed]
        model_name = model.__name__ if model is not None else self._model_name(app, table)
        left_out = [name for name in columns if name not in expressions and name != schema.primary_key]
        return Draft(
            schema=schema,
            app=app,
            model=model,
            model_name=model_name,
            seeder_name=self._seeder_name(table, app, model_name),
            columns=expressions,
            left_out=tuple(left_out),
            dependencies=tuple(dict.fromkeys(needed)),
            targets=self._targets(table, app),
            count=count,
            capacity=min((one for one in (capacity, shaped.capacity) if one is not None), default=None),
            pii=pii,
            not_pii=tuple(name for name, one in columns.items() if name not in pii and undecided(one, links)),
            broken=broken,
            doubts=trial.doubts,
            shares_cells_with=tuple(
                dict.fromkeys(links[name] for name in expressions if name in parents and name != shaped.per)
            ),
            files=trial.files(expressions),
            later={name: f"left empty, because full_clean says: {words}" for name, words in trial.found.dropped.items()}
            | {
                name: f"draft {links[name]} first, and this table again: {project.command([links[name]], self._app)}"
                for name in left_out
                if name in links and links[name] != table and not project.registry.sources(links[name]) and not self._places
            },
            postponed=tuple(postponed) if self._places else (),
            refers={name: project.models[target] for name, target in said.items() if name in expressions},
        )

    def _expressions(
        self, table: str, columns: Mapping[str, ColumnSchema], parents: Mapping[str, Parent], trial: Trial, out: frozenset[str]
    ) -> tuple[dict[str, str], RecordCount, int | None, dict[str, int]]:
        """Column → expression without the columns `out` and others that may stay empty and cannot be filled.

        With record count, capacity and broken constraints. Raises SchemaError for a required column that cannot be filled.
        """
        project, shaped = self._project, trial.shaped
        required, links = project.required(table) | project.given_keys(table), project.links(table)
        tree = {name: made for name, made in tree_columns(project.models.get(table)).items() if name in columns}
        own = parent_columns([name for name in links if links[name] == table], required, project.unique(table), tree) - out
        wanted = {
            *trial.found.wanted,
            *shaped.wanted,
            *tree,
            *own,
            *(name for name, one in columns.items() if self._filled(table, one, parents)),
        }
        chosen = {name: columns[name] for name in columns if name in wanted - out}
        unique = self._unique(table, columns, chosen, out)

        def guessed(column: ColumnSchema, distinct: bool) -> Guess | None:  # noqa: FBT001 - as Filling calls it
            return tree.get(column.name) or trial.best(column, distinct=distinct)

        few = [name for name, field in trial.fields.items() if chosen_values(field)]
        model = project.seeded.get(table)
        whole = never_empty(model, [one.clause for one in project.tables[table].checks]) | trial.found.whole
        mutual = is_mutual(model)
        filling = Filling(chosen, parents, own, label="", guessed=guessed, few=few, whole=whole, mutual=mutual, shaped=shaped)
        try:
            expressions, count, capacity = filling.fill(unique)
        except UnfillableError as error:
            if error.column in required:
                raise SchemaError(
                    f"{table}: no value can be made for {error.column}: its type is none that seeders fill, or nothing suits "
                    "its constraints. Write the seeder by hand, or let the column be empty."
                ) from None
            return self._expressions(table, columns, parents, trial, out | {error.column})
        expressions = trial.consistent(expressions, [*unique, tree], required, out)
        if not trial.trusted(expressions, count):
            return self._expressions(table, columns, parents, trial, out)
        broken = {}
        for names, words, rows in trial.broken(expressions, count):
            if optional := [name for name in names if name in expressions and name not in required | shaped.wanted]:
                return self._expressions(table, columns, parents, trial, out | set(optional))
            broken[words] = rows
        if (left := trial.judge(expressions, count, required)) is not None:
            return self._expressions(table, columns, parents, trial, out | left)
        return expressions, count, capacity, broken

    def _parent(self, table: str, target: str) -> Parent | None:
        """The parent that rows of `table` can refer to; None if no seeder fills `target`, or only after `table`."""
        if target == table:
            return None
        if drafted := self._drafted.get(target):
            count = RecordCount.fixed(min(drafted.count.small, REFERRED)) if drafted.natural_key else drafted.count
            return Parent(dependency=target, count=count)
        if not self._project.precedes(target, table):
            return None
        first, *others = self._project.registry.sources(target)
        return Parent(dependency=first.name if others else target, count=first.config.record_count)

    def _filled(self, table: str, column: ColumnSchema, parents: Collection[str]) -> bool:
        given = self._project.given_keys(table)
        if column.name == self._project.tables[table].primary_key and column.name not in given:
            return False
        if column.name in self._project.required(table) | given:
            return True
        refers = column.name in self._project.links(table)
        return worth_filling(column, refers=refers) and (not refers or column.name in parents)

    def _unique(
        self, table: str, columns: Mapping[str, ColumnSchema], chosen: dict[str, ColumnSchema], out: frozenset[str]
    ) -> list[tuple[str, ...]]:
        """The unique keys that rows could violate, shortest first, without omitted columns.

        If all columns of a key are omitted, the first that is not `out` is added to `chosen`: only one row could have the
        default.
        """
        keys, same = [], {one.kind for one in self._project.generic(table)}
        for key in sorted(self._project.unique(table), key=len):
            omitted = [columns[name] for name in key if name in columns and name not in chosen]
            if any(column.nullable and not column.has_default for column in omitted):
                continue  # NULL never violates a unique key
            if not chosen.keys() & set(key):
                possible = [column for column in omitted if column.name not in out]
                if not possible:
                    continue  # every default of it differs, or the database says that it does not
                chosen[possible[0].name] = possible[0]
            keys.append(tuple(name for name in key if name in chosen and name not in same))
        return [key for key in keys if key]

    def _targets(self, table: str, app: str) -> dict[str, str]:
        """Reference columns of the model to be written → labels of existing or drafted models."""
        labels = {name: model._meta.label for name, model in self._project.models.items()}
        labels |= {name: f"{draft.app}.{draft.model_name}" for name, draft in self._drafted.items()}
        labels.setdefault(table, f"{app}.{self._model_name(app, table)}")
        return {column: labels[target] for column, target in self._project.links(table).items() if target in labels}

    def _model_name(self, app: str, table: str) -> str:
        words = row_words(table)
        name = class_name(words)
        taken = {draft.model_name for name, draft in self._drafted.items() if name != table}
        registered = name.lower() in apps.all_models.get(app, {}) or f"{name}Seeder" in self._project.registry.by_name
        return class_name((*words, "row")) if registered or name in taken else name

    def _seeder_name(self, table: str, app: str, model_name: str) -> str:
        """A name that no other seeder has, and that does not depend on which of two models of one name is drafted first."""
        model = self._project.models.get(table)
        alike = [one for one in self._project.models.values() if one.__name__ == model_name]
        label = app if model is None else model._meta.app_label
        names = [camel(model_name), camel(label) + camel(model_name), class_name((*row_words(table), "table"))]
        if len(alike) > (model is not None):
            names = names[1:]
        taken = {
            draft.seeder_name for name, draft in self._drafted.items() if name != table
        } | self._project.registry.by_name.keys()
        numbered = (f"{names[-1]}{number}Seeder" for number in count(2))
        return next(name for name in chain((f"{name}Seeder" for name in names), numbered) if name not in taken)
