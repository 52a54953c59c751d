"""All checks of a seeded database: its schema, and the references and invariants of its seeded rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cached_property, partial

from django.apps import apps
from django.db import connections, models

from seeding.conf import DEFAULT_SEED
from seeding.db.sql import every_row
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeder_columns import written_columns
from seeding.generation.seeders import BaseSeeder
from seeding.ledger.queries import Ledger
from seeding.locks import seeding_lock
from seeding.safety import LEDGER, Refusal, require_safe_server, survey, told, touched
from seeding.schema.drift import differences
from seeding.schema.introspection import read_tables
from seeding.schema.references import Reference, attributes, content_types, counts_keys, generic_references, references
from seeding.schema.results import Difference
from seeding.schema.tables import expected, mirrored_tables
from seeding.verification.dangling_references import shortcomings, verify
from seeding.verification.invariants import discover
from seeding.verification.results import CheckReport, Verdict
from seeding.verification.rule_checks import check
from seeding.verification.textual_references import textual_verdicts

ANY_DAY = date(2000, 1, 1)
"""Of a row that is generated for the names of its columns."""


class Checker:
    """Checks what the seeders of `registry` fill in the database `using` (an alias of DATABASES)."""

    def __init__(self, using: str, missing_table_help: str, registry: Registry) -> None:
        self.using = using
        self._missing_table_help = missing_table_help
        self._registry = registry
        self._ledger = Ledger(using)

    def run(self, checks: Collection[str], lock_timeout: int) -> CheckReport:
        """Run the `checks` (schema, references, invariants) with the lock held, so that no run is in progress."""
        require_safe_server(self.using)
        if "references" in checks or "invariants" in checks:
            self._ledger.require()
        rules, broken = discover() if "invariants" in checks else ([], [])
        with seeding_lock(self.using, "seed_check").held(lock_timeout):
            found = self.schema() if "schema" in checks else []
            refusals = self.refusals if "schema" in checks else {}
            verdicts = self.references() if "references" in checks else []
            judged, failed = check(self.using, rules, self._registry) if rules else ([], [])
            unknown = self.unknown() if "references" in checks else ()
            rows = self._ledger.rows() if checks != ("schema",) else 0
            held = self._ledger.tables() if checks != ("schema",) else frozenset()
        unreadable = [f"{one}: {one.error!r}" for one in (*self._registry.broken, *broken)]
        unasked = [one for one in (*verdicts, *judged) if one.missing and one.table in held]
        unreadable += [f"{one.rule} could not be asked: the database has no {', '.join(one.missing)}." for one in unasked]
        return CheckReport(
            checks=tuple(checks),
            tables=len(self._seeded()) if "schema" in checks else 0,
            differences=tuple(found),
            refusals=tuple(told(found) for found in refusals.values()),
            verdicts=(*verdicts, *judged),
            unreadable=(*unreadable, *failed, *unknown),
            seeded=rows,
        )

    def schema(self) -> list[Difference]:
        """Every difference between the models of seeders and seeded rows and the live tables."""
        connection, seeded = connections[self.using], self._seeded()
        there = read_tables(connection, mirrored_tables(model for model, _ in seeded))
        dataset = Dataset(seed=DEFAULT_SEED, as_of=ANY_DAY)
        found = [
            difference
            for model, seeders in seeded
            for difference in differences(
                expected(model, connection),
                there,
                self._missing_table_help,
                filled=partial(written_columns, seeders, dataset) if seeders else lambda: None,
            )
        ]
        return sorted(found, key=lambda one: one.harmless)

    def _seeded(self) -> list[tuple[type[models.Model], tuple[BaseSeeder, ...]]]:
        """The models of all seeders, and those of seeded rows of which there is no seeder any more, with their seeders."""
        by_table = {table: (seeders[0].config.model, seeders) for table, seeders in self._registry.by_table.items()}
        if self._ledger.is_there() and not self.refusals.keys() & LEDGER.keys():
            by_table = {table: (model, ()) for table, model in self._models().items()} | by_table
        return list(by_table.values())

    @cached_property
    def refusals(self) -> Mapping[str, tuple[Refusal, ...]]:
        """Table → why commands refuse to touch it, for the tables of seeders and of the ledger."""
        return survey(self.using, {**touched(self._registry.by_name.values()), **LEDGER}).refusals

    def references(self) -> list[Verdict]:
        """A verdict on every reference of every table that holds seeded rows."""
        seeded = self._models()
        looked_at = {table: (*references(model), *self._generic(model)) for table, model in seeded.items()}
        for table, reference in dict.fromkeys(self._registry.shared_keys(seeded)):
            if all(one.config.key_target is reference.target for one in self._registry.by_table[table]):
                looked_at[table] += (reference,)
        both = {*seeded.values(), *(one.target for found in looked_at.values() for one in found)}
        lacks, identities = shortcomings(self.using, both), self._ledger.identities()
        found: list[Verdict] = []
        for table, model in seeded.items():
            keys, identity = self._ledger.key_set(table), identities.get(table)
            found += verify(self.using, model, keys, lacks, looked_at[table], identity=identity)
            if any(textual for *_, textual in generic_references(model)) and not lacks[table]:
                found += textual_verdicts(self.using, model, keys, identity, self._kinds)
        return found

    @cached_property
    def _kinds(self) -> Mapping[int, type[models.Model]]:
        """What content types mean, as far as this database has the tables."""
        there = read_tables(connections[self.using], {one._meta.db_table for one in apps.get_models()})
        return {
            number: target
            for number, target in content_types(connections[self.using], there).items()
            if target._meta.db_table in there
        }

    def _generic(self, model: type[models.Model]) -> Iterator[Reference]:
        """The generic references of the model by integers, one for every model that its rows refer to and this database has."""
        for kind, key in [(kind, key) for kind, key, textual in generic_references(model) if not textual]:
            column = attributes(model)[kind]
            named = set(every_row(model, self.using).order_by().values_list(column, flat=True).distinct())
            for number, target in self._kinds.items():
                if number in named and counts_keys(target):
                    yield Reference(column=key, target=target, when=(kind, str(number)))

    def unknown(self) -> tuple[str, ...]:
        """A sentence for every table that holds seeded rows and has neither a seeder nor a model under that name."""
        counted = {table: len(self._ledger.key_set(table)) for table in sorted(self._ledger.tables() - self._models().keys())}
        return tuple(
            f"{table}: {rows:,} rows are seeded, and no seeder or model has a table of that name: where their references "
            "lead was not looked at. Restore the model, or roll the rows back."
            for table, rows in counted.items()
        )

    def _models(self) -> Mapping[str, type[models.Model]]:
        """The tables that hold seeded rows, with their models: those of seeders, else any."""
        known = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
        known |= {table: seeder.config.model for table, (seeder, *_) in self._registry.by_table.items()}
        return {table: known[table] for table in sorted(self._ledger.tables()) if table in known}
