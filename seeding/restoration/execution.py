"""Carries out a reset: passes over the rows until none is left or none gives way, then derived columns and files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeyMap, KeySet, union
from seeding.models import SeedRun
from seeding.restoration.beside import Beside
from seeding.restoration.derived_values import halved, stale_rows
from seeding.restoration.differences import OTHERS, Differences, differences
from seeding.restoration.findings import Findings
from seeding.restoration.overrides import Overriding
from seeding.restoration.repair import Repair
from seeding.restoration.results import Left, ResetResult
from seeding.runs.audit import AuditLog
from seeding.runs.derived_columns import Rederivation
from seeding.runs.lifecycle import Operation
from seeding.safety import Survey, told
from seeding.uploads import Files

UNCHANGED = "they do not hold what was written to them. Does a trigger change it?"
UNDERIVED = "its derived columns do not hold what was derived. Does a trigger change it?"


class Execution:
    """Of what was found. `stale` are tables that an earlier run has left with derived columns that may be stale."""

    def __init__(self, operation: Operation, found: Findings, surveyed: Survey, run: SeedRun, *, stale: frozenset[str]) -> None:
        self._operation = operation
        self._found = found
        self._rows = found.rows
        self._survey = surveyed
        self._stale = stale
        self._run = run
        self._unmet: list[Left] = []
        """Rows that do not hold what they are to hold instead of what was seeded."""
        self._audit = AuditLog(run, operation.database_name)
        self._open: list[Differences] = [one for one in found.differences if len(one)]
        self._repairs = {one.part.name: self._repair(one) for one in self._open}
        self._derived: dict[str, KeySet] = {}
        """Seeder → rows derived again."""
        self._problems: dict[str, str] = {}
        """Table → what is not done."""

    def run(self) -> None:
        """Put everything back that can be; idempotent."""
        before = 0
        while self._open and (number := sum(map(len, self._open))) != before:
            before = number
            self._pass()
        self._override()
        self._operation.note(self._run, "derive", self.results())
        self._derive()
        self._write_files()

    def results(self) -> Iterator[ResetResult]:
        """Per table; computed only if they are read."""
        kept: dict[str, KeySet] = {}
        for one in self._open:
            kept[one.part.table] = kept.get(one.part.table, NOTHING) | one.keys
        for result in self._found.results(kept, self._derived):
            yield replace(result, error=self._problems.get(result.table, ""))

    def left(self) -> Iterator[Left]:
        """The rows that could not be put back."""
        yield from self._unmet
        for one in self._open:
            rest = one.keys
            for why, keys in self._repairs[one.part.name].refused.items():
                refused = KeySet.holding(np.array(sorted(set(keys)), np.int64)) & rest
                rest -= refused
                if refused:
                    yield self._found.kept(one.part.table, refused, why)
            if rest:
                yield self._found.kept(one.part.table, rest, UNCHANGED)

    def _pass(self) -> None:
        """Try every row once: a row may wait for another one, for its parent or for a unique value that it holds."""
        resolver = self._rows.resolver
        for name, lost in self._found.lost.items():
            seeder = self._rows.registry.by_name[name]
            resolver.forget(seeder)
            resolver.leave_out(seeder, lost)
        for one in self._open:
            self._operation.note(self._run, one.part.name, self.results(), is_short=True)
            self._repairs[one.part.name].attempt(one)
        again = [self._operation.retry(partial(self._compared, one)) for one in self._open]
        self._unmet += [self._found.kept(one.part.table, one.taken, OTHERS) for one in again if one.taken]
        self._open = [one for one in again if len(one)]

    def _override(self) -> None:
        """Give rows the values that they are to have instead of what was seeded."""
        for name, edited in self._rows.exceptions.values.items():
            for one in [found for found in self._found.differences if found.part.name == name]:
                overriding = Overriding(self._found, one.seeder, self._repair(one))
                overriding.write(edited)
                self._unmet += overriding.left

    def _repair(self, one: Differences) -> Repair:
        return Repair(self._rows, one.part, self._operation, self._audit, self._found.referred(one.part.table))

    def _compared(self, one: Differences) -> Differences:
        present = self._rows.tracer.present(self._rows.there[one.part.table], one.keys)
        return differences(self._rows, one.part, present, referred=self._found.referred(one.part.table), among=one.keys)

    def _derive(self) -> None:
        """Derive what is not as it would be derived now, seeder by seeder, each after those that it reads."""
        operation, rows = self._operation, self._rows
        assert rows.dataset is not None  # it has found rows
        beside = Beside(rows)
        rederivation = Rederivation(
            using=rows.using, dataset=rows.dataset, keys=partial(self._stale_rows, beside), lock=operation.lock,
            tell=operation.sink, retry=operation.retry, size=operation.size,
        )  # fmt: skip
        refusals = {table: told(reasons) for table, reasons in self._survey.refusals.items()}
        with beside:
            seeders, tables = rows.registry.by_name.values(), self._found.tables
            found = rederivation.run(seeders, tables, stale=self._stale, untouchable=refusals)
        operation.left = found.left
        for name, words in found.refused.items():
            self._problems[rows.registry.by_name[name].config.table_name] = words
        for name in [name for name, keys in self._derived.items() if keys and name not in found.refused]:
            seeder = rows.registry.by_name[name]
            if operation.retry(partial(self._still_stale, seeder)):
                self._problems[seeder.config.table_name] = UNDERIVED

    def _stale_rows(self, beside: Beside, seeder: BaseSeeder) -> KeyMap:
        """The seeder's rows whose derived columns are not what is derived now."""
        keys = self._rows.ledger.keys(seeder)
        if seeder.config.table_name not in self._rows.there:
            return KeyMap.of(())
        ours = keys.key_set() - self._found.lost.get(seeder.name, NOTHING)
        stale = union(halved(self._rows, beside, seeder, ours).values())
        self._derived[seeder.name] = stale
        return keys.split(stale)[0]

    def _still_stale(self, seeder: BaseSeeder) -> bool:
        return any(stale_rows(self._rows, seeder, self._derived[seeder.name]).values())

    def _write_files(self) -> None:
        """Write the files that seeded rows lack."""
        files = Files(self._operation.ledger)
        for one in [one for one in self._found.differences if one.seeder.config.files]:
            try:
                self._operation.retry(partial(files.write, one.seeder.config.model, one.seeder.config.files, one.part.name))
            except OSError as error:
                words = f"not all of its files are there: {type(error).__name__}: {error.strerror}. Run again."
                self._problems[one.part.table] = words
