"""Which tables are refused, and why: facts from the catalogue and the models in, refusals out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

from django.apps import apps
from django.db import connections, models

from seeding.db.features import features
from seeding.generation.datasets import Dataset
from seeding.generation.seeders import BaseSeeder
from seeding.models import LEDGER_MODELS
from seeding.safety import rights
from seeding.safety.catalogues import Catalogue, Need, Relation, read_catalogue
from seeding.safety.refusal import Refusal, Survey, Touch
from seeding.safety.shared_keys import traces
from seeding.safety.whole_keys import composite, listed
from seeding.schema.introspection import read_kinds, read_tables
from seeding.schema.key_counters import KeyCounter
from seeding.schema.references import Reference, generic_references, key_columns, namings, references
from seeding.schema.tables import RelationKind, TableSchema

LEDGER: Mapping[str, Touch] = dict.fromkeys(
    (model._meta.db_table for model in LEDGER_MODELS), Touch.INSERT | Touch.UPDATE | Touch.DELETE
)
"""What every command does to the ledger's own tables."""


def survey(using: str, touches: Mapping[str, Touch], needs: Mapping[str, Need] | None = None) -> Survey:
    """Check the tables, according to what will be done to each, and whether this account has the rights that it `needs`.

    A missing table is not a refusal: the code that needs it reports it.
    """
    kinds = read_kinds(connections[using], touches)
    known = [one for one in apps.get_models(include_auto_created=True) if one._meta.db_table in kinds]
    mirrors: dict[str, list[type[models.Model]]] = {}
    for model in known:
        mirrors.setdefault(model._meta.db_table, []).append(model)
    naming = _naming([table for table, touch in touches.items() if Touch.DELETE in touch], known)
    referring = {model._meta.db_table for found in naming.values() for model, _ in found}
    looked_at = needs if needs and features(connections[using]).has_policies else ()
    catalogue = read_catalogue(connections[using], kinds.keys() & {*touches, *referring, *looked_at})
    several = [name for name in touches if name in catalogue.relations and len(catalogue.relations[name].key) > 1]
    whole = read_tables(connections[using], [name for name in several if Touch.MASK not in touches[name]]) if several else {}
    refusals: dict[str, tuple[Refusal, ...]] = {}
    for table, touch in touches.items():
        reasons = [
            Refusal(subject=table, cause=cause, remedy=remedy)
            for cause, remedy in (
                *_name(kinds, table),
                *_relation(catalogue, kinds, table, touch, mirrors.get(table, ())),
                *_composite(using, whole.get(table), touch, mirrors.get(table, ())),
                *_referring(catalogue, kinds, naming.get(table, ())),
            )
        ]
        if reasons:
            refusals[table] = tuple(reasons)
    counters = {name: one.keys for name, one in catalogue.relations.items() if one.keys != KeyCounter()}
    forbidden = rights.refusals(using, needs or {}, kinds, counters)
    refusals |= {table: (*refusals.get(table, ()), *missing) for table, missing in forbidden.items()}
    hidden = {name for name, one in catalogue.relations.items() if one.hides_rows}.intersection(looked_at)
    forbidden = {**{name: (Refusal(subject=name, cause=HIDES, remedy=BYPASS),) for name in hidden}, **forbidden}
    shown = {
        model._meta.db_table
        for found in naming.values()
        for model, _ in found
        if kinds[model._meta.db_table] == RelationKind.REPORT
    }
    blind = bool(catalogue.converts) or not catalogue.shows_triggers
    watched = {name for name, one in catalogue.relations.items() if one.triggers or blind}
    return Survey(
        refusals=refusals,
        forbidden=forbidden,
        watched=frozenset(watched),
        deferring=frozenset(name for name, one in catalogue.relations.items() if one.defers or name in watched),
        converts=catalogue.converts,
        counters=counters,
        unseen=(*_unseen(catalogue), *_behind(shown)),
    )


def _unseen(catalogue: Catalogue) -> Iterator[str]:
    if catalogue.converts:
        yield (
            f"The session has {catalogue.converts}, so that the server may change values without an error: rows are read back "
            "and compared with what was written"
        )
    if not catalogue.shows_triggers:
        yield (
            "This account may not see triggers (the right TRIGGER): rows are read back and compared with what was written, and "
            "what triggers do elsewhere is not looked at"
        )
    if not catalogue.sees_elsewhere:
        yield (
            "This account may not see foreign keys of tables in other databases to which it has no right (the right PROCESS): "
            "rows there that refer to these are not looked at"
        )


ENABLED = "disable or drop it for the command, or leave the table out"


def _behind(views: Collection[str]) -> Iterator[str]:
    if views:
        yield (
            f"Models refer to these tables through views that only show rows ({', '.join(sorted(views))}): rows behind "
            "them are looked at as far as foreign keys or models of their own tables tell of them"
        )


HIDES = "hides rows from this account by row-level security"
BYPASS = "use an account that bypasses it (BYPASSRLS)"
Named = tuple[type[models.Model], Reference]
"""A model and what one of its columns refers to."""
Reason = tuple[str, str]
"""The cause and the remedy of a refusal."""


def _name(kinds: Mapping[str, RelationKind], table: str) -> Iterator[Reason]:
    if table not in kinds and (others := sorted(one for one in kinds if one.lower() == table.lower())):
        yield f"is spelled {others[0]} in this database", "spell it so where it is named"


def _relation(
    catalogue: Catalogue, kinds: Mapping[str, RelationKind], table: str, touch: Touch, mirrors: Sequence[type[models.Model]]
) -> Iterator[Reason]:
    relation = catalogue.relations.get(table)
    if relation is None:
        return
    if kinds[table] not in (RelationKind.TABLE, RelationKind.VERSIONED):
        yield f"is a {kinds[table]}, and only ordinary tables are touched", "put the table under that name, or leave it out"
        return
    yield from _key(relation, touch, mirrors)
    yield from _storage(relation)
    if Touch.INSERT in touch:
        yield from _new_rows(relation, mirrors)
        yield from traces(relation, keeps_history=kinds[table] == RelationKind.VERSIONED)
    if Touch.MASK in touch and kinds[table] == RelationKind.VERSIONED:
        yield (
            "keeps the history of its rows (it is system-versioned), and with it the values of before",
            f"drop its history, and add versioning again afterwards: ALTER TABLE {table} DROP SYSTEM VERSIONING",
        )
    if Touch.MASK in touch and relation.copies:
        yield (
            f"is shown by the materialised view {', '.join(sorted(set(relation.copies)))}, which keeps what it has read",
            "drop the view, and create it again afterwards",
        )
    yield from _triggers(relation, touch)
    if not catalogue.is_complete and (Touch.MASK in touch or touch & (Touch.DELETE | Touch.INSERT) == Touch.DELETE):
        yield (
            "may be referred to by tables that this account has no right to see",
            "grant it PROCESS, with which the server shows every foreign key",
        )
    if Touch.DELETE in touch:
        for one in relation.referred_to_unseen:
            yield f"is referred to by {one} (row-level security), whose rows cannot be looked at", BYPASS


def _storage(relation: Relation) -> Iterator[Reason]:
    if relation.hides_rows:
        yield HIDES, BYPASS
    if relation.engine:
        yield (
            f"has the storage engine {relation.engine}, which has no reliable transactions",
            f"convert it: ALTER TABLE {relation.name} ENGINE=InnoDB",
        )
    if relation.cascading:
        yield (
            f"is part of the cascading foreign key {relation.cascading}, and this replication group changes no such table",
            "switch the group to single-primary mode",
        )
    if relation.resolves:
        yield "replaces or leaves out rows in conflict by its own declaration (ON CONFLICT)", "leave it out"
    if relation.rules:
        yield f"has the rule {', '.join(relation.rules)}, which rewrites what is written", "drop or disable it"
    if relation.relatives:
        yield (
            f"shares rows by inheritance with {', '.join(sorted(set(relation.relatives)))}",
            "leave it out, or turn the inheritance into partitions",
        )


def _key(relation: Relation, touch: Touch, mirrors: Sequence[type[models.Model]]) -> Iterator[Reason]:
    """There must be a primary key; that of a model of one column must be in it, unless rows are only masked."""
    if not relation.key:
        yield "has no primary key", "leave it out: rows are identified by their keys"
        return
    key = {name.lower() for name in relation.key}
    for model in mirrors:
        expected = key_columns(model)
        if len(expected) == 1 and expected[0].lower() not in key and (len(key) == 1 or Touch.MASK not in touch):
            yield (
                f"has {listed(relation.key)}, where the model {model.__name__} has {listed(expected)}",
                "bring model and table together",
            )


def _composite(using: str, table: TableSchema | None, touch: Touch, mirrors: Sequence[type[models.Model]]) -> Iterator[Reason]:
    if table is not None and not table.has_row_key and table.key:
        yield from composite(connections[using], table, mirrors, inserts=Touch.INSERT in touch)


def _new_rows(relation: Relation, mirrors: Sequence[type[models.Model]]) -> Iterator[Reason]:
    # A key that is not a counter in any model is set by the code that creates the row.
    if relation.counter and any(isinstance(model._meta.pk, models.AutoField) for model in mirrors):
        yield (
            f"takes the keys of new rows from {relation.counter}",
            "give its key a counter that only rises (an identity, AUTO_INCREMENT, AUTOINCREMENT, a sequence), or leave it out",
        )
    for reference in (one for model in mirrors for one in references(model)):
        if reference.by is not None and reference.holds_text is None:
            yield (
                f"refers to {reference.target_table} by {reference.by} ({reference}), which is neither an integer nor a text",
                "leave the table out, or let the reference name the primary key",
            )


def _triggers(relation: Relation, touch: Touch) -> Iterator[Reason]:
    for trigger in relation.triggers:
        if not trigger.events & touch:
            continue
        is_compared = trigger.events & touch == Touch.INSERT and relation.name not in LEDGER
        if trigger.replaces and not (is_compared and trigger.only_fills_in(relation.key)):
            yield f"has the trigger {trigger}, which may change what is written or keep it out", ENABLED
        elif trigger.changes_others:
            yield f"has the trigger {trigger}, which may change other rows", ENABLED
        elif trigger.outlives_transactions:
            yield (
                f"has the trigger {trigger}, which may write to a table without transactions: a rollback keeps its rows",
                ENABLED,
            )
        elif Touch.MASK in touch and trigger.copies:
            yield f"has the trigger {trigger}, which may copy the values of before", ENABLED


FOLLOWED = (RelationKind.TABLE, RelationKind.VERSIONED, RelationKind.REPORT, RelationKind.INDEX)
"""Kinds whose rows are read, or need not be, to find which others they refer to."""


def _referring(catalogue: Catalogue, kinds: Mapping[str, RelationKind], naming: Iterable[Named]) -> Iterator[Reason]:
    """References that the models declare and the database does not."""
    for model, reference in naming:
        table = model._meta.db_table
        relation = catalogue.relations.get(table)
        if relation is None:
            continue
        by = f"{table}.{reference}"
        if kinds[table] not in FOLLOWED:
            yield f"is referred to by {by}, and {table} is a {kinds[table]}", "point that model at the table behind it"
        elif relation.hides_rows:
            yield f"is referred to by {by}, and row-level security hides rows of {table} from this account", BYPASS


def _naming(tables: Iterable[str], mirrors: Iterable[type[models.Model]]) -> Mapping[str, Sequence[Named]]:
    """Table → the model references that point to it, or may: a generic one can point anywhere."""
    found: dict[str, list[Named]] = {table: [] for table in tables}
    for model in mirrors:
        for one in (*references(model), *namings(model)):
            if one.target_table in found:
                found[one.target_table].append((model, one))
        for kind, column, textual in generic_references(model):
            for anywhere in found.values():
                anywhere.append((model, Reference(column=column, target=model, when=(kind, ""), textual=textual)))
    return found


def touched(seeders: Iterable[BaseSeeder]) -> Mapping[str, Touch]:
    """What seeding and rollback do to the tables of the seeders."""
    dataset = Dataset(seed=0, as_of=date(2000, 1, 1))  # any: whether columns are derived does not depend on it
    found: dict[str, Touch] = {}
    for seeder in seeders:
        model = seeder.config.model
        to_itself = any(
            one.target_table == model._meta.db_table for one in references(model)
        )  # nulled at rollback before the referenced row goes
        updates = seeder.derivations(dataset) or seeder.config.postponed or to_itself
        touch = Touch.INSERT | Touch.DELETE | (Touch.UPDATE if updates else Touch(0))
        found[seeder.config.table_name] = found.get(seeder.config.table_name, touch) | touch
    return found
