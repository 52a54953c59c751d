"""The contract of every seeder, as test classes for pytest.

Subclass them, name a registry, and each seeder in it is tested::

    from seeding.testing import DatabaseContract, SeederContract
    from seeding import Registry

    class TestSeeders(SeederContract):
        registry = Registry.discover()

    class TestSeeding(DatabaseContract):
        registry = Registry.discover()

        @pytest.fixture
        def database(self, db):
            return "default"
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np
import polars as pl
from django.db import connections

from seeding import conf
from seeding.dataset_sizes import SIZES
from seeding.db.sql import every_row
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder
from seeding.masking.classification import classify
from seeding.masking.masker import masking_strategies
from seeding.orchestration.orchestrator import SeedOrchestrator
from seeding.orchestration.results import RunSummary, SeederState
from seeding.rollbacks.manager import RollbackManager
from seeding.rollbacks.results import RollbackSummary
from seeding.schema.references import references
from seeding.schema.tables import expected
from seeding.schema.validation import SchemaValidator
from seeding.telemetry.events import Event, Sink, broadcast

AS_OF = date(2026, 3, 2)
SEEDS = (42, 0, -(2**63), 2**63 - 1)
INTERRUPTED_AFTER = 2
"""Batches that a run commits before it is interrupted."""
BATCH_SIZE = 3


class SeederContract:
    """Each seeder by itself, without a database: `test_…(self, seeder)` for every seeder of `registry`."""

    registry: ClassVar[Registry]

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Pytest's hook: one test for each seeder."""
        if "seeder" in metafunc.fixturenames:
            metafunc.parametrize("seeder", self.registry.ordered, ids=lambda seeder: seeder.name)

    def test_every_module_can_be_imported(self) -> None:
        """A module that cannot be imported loses its seeders, and those that depend on them."""
        assert self.registry.broken == (), self.registry.broken

    def test_a_row_is_a_function_of_its_index(self, seeder: BaseSeeder) -> None:
        """It depends neither on its batch nor on the other rows in it."""
        count = seeder.config.record_count.at("medium")
        spread = np.linspace(0, count - 1, num=min(count, 7), dtype=np.int64)
        for seed in SEEDS:
            together = generated(seeder, spread, seed)
            apart = pl.concat([generated(seeder, spread[place : place + 1], seed) for place in range(len(spread))])

            assert together.schema == apart.schema, f"{seeder.name}: types depend on the batch"
            assert together.rows() == apart.rows(), f"{seeder.name}: values depend on the batch"

    def test_every_row_is_valid_for_its_table(self, seeder: BaseSeeder) -> None:
        """Types, lengths, ranges, members and uniqueness, at size large."""
        validator = SchemaValidator(expected(seeder.config.model, connections["default"]))
        data = generated(seeder, np.arange(seeder.config.record_count.at("large")))

        columns = validator.validate_columns(data).errors
        assert columns == (), [str(error) for error in columns]
        told = data.drop(one.column for one in references(seeder.config.model) if one.by and one.column in data.columns)
        rows = validator.validate_data(told, business=seeder.validate_data(data)).errors
        assert rows == (), [str(error) for error in rows]

    def test_every_reference_stays_inside_its_parent(self, seeder: BaseSeeder) -> None:
        """At every size, and through declared dependencies."""
        parents = {parent.config.table_name: parent for parent in (seeder, *self.registry.parents(seeder))}
        for size in SIZES:
            data = generated(seeder, np.arange(seeder.config.record_count.at(size)))
            for reference in references(seeder.config.model):
                indexes = _indexes(data, reference.column, reference.json_key, reference.when)
                if not len(indexes):
                    continue
                table = reference.target_table
                assert table in parents, f"{seeder.name} fills {reference} and does not depend on {table}"
                count = parents[table].config.record_count.at(size)
                low, high = indexes.to_numpy().min(), indexes.to_numpy().max()
                assert 0 <= low <= high < count, f"{seeder.name}.{reference}: {low} to {high} of {count} {table} at {size}"

    def test_sizes_grow(self, seeder: BaseSeeder) -> None:
        """Each is at least as large as the one before, and the seeder's capacity allows the smallest."""
        count = seeder.config.record_count
        small, medium, large = (count.at(size) for size in SIZES)

        assert 0 < small <= medium <= large, f"{seeder.name}: {small}, {medium}, {large}"
        assert seeder.config.capacity is None or small <= seeder.config.capacity

    def test_every_column_is_personal_or_not(self, seeder: BaseSeeder) -> None:
        """Each is classified."""
        undecided = [one.column for one in classify(seeder, masking_strategies()) if one.problem or one.holds == "undecided"]

        assert undecided == [], f"{seeder.name}: add to pii_fields or not_pii: {', '.join(undecided)}"


class DatabaseContract:
    """All seeders of `registry` together, on a database: the fixture `database` returns its alias; it has tables and ledger."""

    registry: ClassVar[Registry]

    def test_the_second_run_changes_nothing(self, database: str) -> None:
        """Idempotency: the rows stay, and each seeder reports them as existing."""
        first = self.seed(database)
        before = self.content(database)

        second = self.seed(database)

        assert (first.exit_code, second.exit_code) == (0, 0), [one.error for one in first.results if one.error]
        assert {one.state for one in second.results} == {SeederState.EXISTING}
        assert self.content(database) == before

    def test_growing_changes_no_row(self, database: str) -> None:
        """The rows of size small are among those of size medium, unchanged."""
        self.seed(database, size="small")
        before = self.content(database)

        self.seed(database, size="medium")

        after = self.content(database)
        assert {table: rows.keys() - after[table].keys() for table, rows in before.items()} == {
            table: set() for table in before
        }
        derived = self._derived()
        for table, rows in before.items():
            for key, row in rows.items():
                now = after[table][key]
                changed = {name for name, value in row.items() if now[name] != value} - derived.get(table, set())
                assert not changed, f"{table} {key}: {changed}"

    def test_an_interrupted_run_goes_on_where_it_stopped(self, database: str) -> None:
        """Resume: committed rows stay, the rest is added, nothing is duplicated."""
        told: list[Event] = []

        def interrupt(_: Event) -> None:
            if [one.operation for one in told].count("insert") == INTERRUPTED_AFTER:
                raise KeyboardInterrupt

        try:
            self.seed(database, tell=broadcast(told.append, interrupt), variables={"SEEDING_BATCH_SIZE": str(BATCH_SIZE)})
        except KeyboardInterrupt:
            there = sum(len(rows) for rows in self.content(database).values())
        else:
            raise AssertionError(f"The run ended before its batch {INTERRUPTED_AFTER}: there are too few rows to test this.")

        resumed = self.seed(database)

        planned = sum(one.records_planned for one in resumed.results)
        assert 0 < there < planned
        assert (resumed.exit_code, resumed.records_inserted) == (0, planned - there)
        assert sum(len(rows) for rows in self.content(database).values()) == planned

    def test_a_rollback_leaves_what_was_there(self, database: str) -> None:
        """Reversibility."""
        before = self.content(database)
        self.seed(database)

        summary = self.rollback(database)

        assert summary.exit_code == 0
        assert self.content(database) == before

    def test_progress_is_told_to_the_end(self, database: str) -> None:
        """One event per finished seeder, and for each batch the number of rows done so far."""
        told: list[Event] = []

        summary = self.seed(database, tell=told.append)

        total = len(summary.results)
        progress = [(one.context["done"], one.context["total"]) for one in told if one.operation == "progress"]
        assert progress == [(done, total) for done in range(1, total + 1)]
        done = {one.seeder: one.context["done"] for one in told if one.operation == "insert"}
        assert done == {one.seeder: one.records_planned for one in summary.results}

    def test_the_masking_audit_names_every_personal_column(self, database: str) -> None:
        """Each one that was generated, and its strategy."""
        summary = self.seed(database)

        for result in summary.results:
            seeder = self.registry.by_name[result.seeder]
            audited = {one["column"]: one["strategy"] for one in result.masking.get("fields", ())}
            filled = generated(seeder, np.arange(1)).columns
            declared = {name: kind for name, kind in seeder.config.pii_fields.items() if name in filled}
            assert audited.items() <= declared.items()
            assert result.masking.get("mode", "synthetic") == "synthetic"
            assert bool(audited) == bool(declared), f"{seeder.name}: {declared} against {audited}"

    def seed(
        self, database: str, *, size: str = "small", tell: Sink | None = None, variables: dict[str, str] | None = None
    ) -> RunSummary:
        """One run of all seeders."""
        options = {**ASKED, "database": database, "size": size, "scale": 1, "seed": 42, "as_of": AS_OF.isoformat()}
        config = conf.load_seed(options, variables or {}, today=AS_OF, terminal=False)
        orchestrator = SeedOrchestrator(
            config,
            self.registry,
            tell=tell or _nobody,
            ask=input,
            missing_table_help="",
            rules=conf.row_rules(),
            strategies=masking_strategies(),
        )
        return orchestrator.run()

    def rollback(self, database: str) -> RollbackSummary:
        """One rollback of everything."""
        options = {
            **ASKED, "database": database, "run": None, "before": None, "where": None, "strategy": "delete", "cascade": False,
            "keep_modified": False,
        }  # fmt: skip
        with TemporaryDirectory() as folder:
            config = conf.load_rollback(options, {"SEEDING_AUDIT_FILE": f"{folder}/audit.log"}, terminal=False)
            return RollbackManager(config, self.registry, tell=_nobody, ask=input).rollback()

    def content(self, database: str) -> dict[str, dict[Any, dict[str, Any]]]:
        """Table → primary key → column → value, of every table that is seeded."""
        models = {seeder.config.table_name: seeder.config.model for seeder in self.registry.ordered}
        return {
            table: {row[model._meta.pk.attname]: row for row in every_row(model, database).values()}
            for table, model in models.items()
        }

    def _derived(self) -> dict[str, set[str]]:
        """Table → attributes that depend on other seeders' rows."""
        dataset = Dataset(seed=42, as_of=AS_OF)
        derived: dict[str, set[str]] = {}
        for seeder in self.registry.ordered:
            for one in seeder.derivations(dataset):
                derived.setdefault(seeder.config.table_name, set()).update(one.values)
        return derived


ASKED: dict[str, Any] = {
    "table": None, "env": "dev", "lock_timeout": 0, "dry_run": False, "force": True, "interactive": False,
    "confirm_database": None,
}  # fmt: skip


def generated(seeder: BaseSeeder, index: Any, seed: int = 42) -> pl.DataFrame:
    """The rows `index` of a seeder, as it generates them."""
    return seeder.generate_data(Dataset(seed=seed, as_of=AS_OF).rows(seeder, np.asarray(index, dtype=np.int64)))


def _indexes(data: pl.DataFrame, column: str, json_key: str | None, when: tuple[str, str] | None) -> pl.Series:
    if column not in data.columns or data.schema[column] == pl.Null:
        return pl.Series([], dtype=pl.Int64)
    if when is not None:
        data = data.filter(pl.col(when[0]) == when[1])
    if json_key is None:
        return data[column].drop_nulls()
    items = (data[column] if data.schema[column] == pl.Struct else data[column].explode()).drop_nulls()
    return items.struct.field(json_key).drop_nulls() if items.dtype == pl.Struct else pl.Series([], dtype=pl.Int64)


def _nobody(event: Event) -> None:
    """Ignore the event."""


__all__: Sequence[str] = ("DatabaseContract", "SeederContract", "generated")
