"""What a run does once its tables are filled: deferred references, derived columns, and verification of all new references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

from django.apps import apps
from django.db import DatabaseError, models

from seeding.db.redaction import error_text, redacted
from seeding.db.retries import Transience, transience
from seeding.exceptions import InsertionError, SchemaError
from seeding.generation.seeders import BaseSeeder
from seeding.keys import KeySet
from seeding.ledger.queries import receivers_of
from seeding.ledger.row_identity import RowIdentity
from seeding.models import SeedRun
from seeding.orchestration.context import RunContext
from seeding.orchestration.crew import Crew, all_done
from seeding.orchestration.deferred_references import DeferredReferences
from seeding.orchestration.plan import Plan
from seeding.orchestration.results import SeederResult, SeederState
from seeding.orchestration.tasks import DerivationTask, Derived, Failed, VerificationTask
from seeding.runs.derivation import Portion
from seeding.runs.derived_columns import Rederivation
from seeding.runs.lifecycle import Operation
from seeding.safety import told
from seeding.schema.references import column_name
from seeding.uploads import Files
from seeding.verification.dangling_references import Verification
from seeding.verification.results import Verdict
from seeding.writing import table_statistics

PORTION_CHUNKS = 5
"""How many chunks' rows are derived or verified at a time."""


class Finalization:
    """Finishes a run whose tables are filled; a seeder with incomplete or inconsistent rows is marked as partial."""

    def __init__(
        self, operation: Operation, context: RunContext, plan: Plan, crew: Crew, results: Iterable[SeederResult]
    ) -> None:
        self._crew = crew
        self._operation = operation
        self._context = context
        self._registry = context.registry
        self._plan = plan
        self._account = {result.seeder: result for result in results}

    @property
    def results(self) -> Sequence[SeederResult]:
        """The results so far, in the order of the plan."""
        return list(self._account.values())

    def run(self, run: SeedRun) -> Sequence[SeederResult]:
        """Fill, derive and verify; returns the final results."""
        operation = self._operation
        grown = {result.table for result in self.results if result.records_inserted >= table_statistics.WORTH}
        table_statistics.refresh(self._context.using, sorted(grown), operation.sink)
        self._fill_deferred()
        self._write_files()
        with operation.retry(partial(self._verification, run)) as verification:
            operation.note(run, "derive", self.results)
            self._derive()
            operation.note(run, "verify", self.results)
            verdicts = operation.retry(lambda: list(verification.verdicts()))
            self._judge(run, [*verdicts, *self._shared_verdicts(self._shared_rows(run))])
        if operation.retry.outages.count:
            self._count_lost(run)
        return self.results

    def _count_lost(self, run: SeedRun) -> None:
        """Mark seeders whose rows a server that took over does not have: it may not have received all that was committed."""
        for result in [one for one in self.results if one.records_inserted]:
            seeder = self._registry.by_name[result.seeder]
            held = self._operation.retry(partial(self._context.ledger.keys, seeder, run))
            if lost := result.records_inserted - len(held):
                words = f"{lost:,} of its rows were lost when another server took over, which had not received them. Run again."
                self._operation.tell("lost", f"{result.table}: {words}", level="error", seeder=seeder.name, record_count=lost)
                self._mark(seeder.name, words)

    @cached_property
    def _identities(self) -> Mapping[str, RowIdentity]:
        """How the rows of tables are found whose keys are more than numbers."""
        return self._operation.retry(partial(self._context.ledger.identities, self._context.live))

    def _mark(self, seeder: str, words: str, *, table: str = "") -> None:
        """Mark a seeder as partial: its rows exist, and `words` says what is wrong with them."""
        of_earlier_runs = SeederResult(seeder=seeder, table=table, state=SeederState.EXISTING, records_planned=0)
        result = self._account.get(seeder, of_earlier_runs)
        code = result.exit_code or InsertionError.exit_code
        text = f"{result.error} {words}".strip()
        self._account[seeder] = replace(result, state=SeederState.PARTIAL, error=text, exit_code=code)

    def _fill_deferred(self) -> None:
        context = self._context
        deferred = DeferredReferences(
            using=context.using, dataset=context.dataset, resolver=context.resolver, lock=context.lock, live=context.live,
            survey=context.survey, tell=context.tell, retry=context.retry, size=context.size, identities=self._identities,
        )  # fmt: skip
        for seeder in self._plan.seeders:
            if seeder.config.postponed and self._account[seeder.name].has_rows and (words := self._unfilled(deferred, seeder)):
                self._mark(seeder.name, words)

    def _unfilled(self, deferred: DeferredReferences, seeder: BaseSeeder) -> str:
        """Fill a seeder's deferred references; returns what remained unfilled, empty if nothing."""
        try:
            lost = deferred.fill(seeder)
        except (DatabaseError, InsertionError) as error:
            if transience(error) is Transience.CONNECTION:
                raise
            columns = ", ".join(seeder.config.postponed)
            words = f"Its rows are there, {columns} is not filled everywhere: {error_text(error)}. Run again to fill it."
            message = f"{seeder.config.table_name}: {words}"
            self._operation.tell("postponed", message, level="error", seeder=seeder.name, error=redacted(error))
            return words
        return f"{lost} references lead to rows that are not there, and stay empty." if lost else ""

    def _write_files(self) -> None:
        """Write the files that seeded rows lack, also those of earlier runs."""
        files = Files(self._context.ledger)
        for seeder in [one for one in self._plan.seeders if one.config.files and self._account[one.name].has_rows]:
            model, columns = seeder.config.model, seeder.config.files
            try:
                found = self._operation.retry(partial(files.write, model, columns, seeder.name))
            except OSError as error:
                words = f"Its rows are there, and not all of their files: {type(error).__name__}: {error.strerror}. Run again."
                self._operation.tell("files", f"{seeder.config.table_name}: {words}", level="error", seeder=seeder.name)
                self._mark(seeder.name, words)
                continue
            if found.occupied:
                words = (
                    f"{len(found.occupied):,} files were there before under their rows' names, and stay: {found.occupied[0]}, …"
                )
                self._operation.tell("files", f"{seeder.config.table_name}: {words}", level="warn", seeder=seeder.name)

    def _derive(self) -> None:
        """Derive the columns again that read tables of this run, including rows of earlier runs."""
        context, results = self._context, self.results
        rederivation = Rederivation(
            using=context.using, dataset=context.dataset, keys=context.resolver.keys, lock=context.lock, tell=context.tell,
            retry=context.retry, size=context.size, share=self._share if self._crew.divides else None,
            portion_rows=PORTION_CHUNKS * context.chunk_rows,
        )  # fmt: skip
        found = rederivation.run(
            self._registry.by_name.values(),
            self._plan.tables,
            stale=context.stale,
            untouchable={table: told(reasons) for table, reasons in context.survey.refusals.items()},
            drifted={result.table for result in results if result.state is SeederState.REFUSED},
            skip={result.seeder for result in results if not result.has_rows},
            inserted={result.seeder: result.records_inserted for result in results},
            ahead=context.ahead,
        )
        self._operation.left = found.left
        for name, words in found.refused.items():
            self._mark(name, words, table=self._registry.by_name[name].config.table_name)

    def _share(self, portions: Sequence[Portion]) -> int:
        """Let the crew derive; returns how many rows were matched."""
        outcomes = all_done(self._crew, [DerivationTask(portion=one) for one in portions])
        if refused := [one.words for one in outcomes if isinstance(one, Failed)]:
            raise SchemaError(refused[0])
        return sum(one.rows for one in outcomes if isinstance(one, Derived))

    def _shared_rows(self, run: SeedRun) -> Mapping[str, KeySet]:
        """Table → the keys of this run's rows, for tables whose references the crew verifies."""
        if not self._crew.divides:
            return {}
        least = PORTION_CHUNKS * self._context.chunk_rows
        return {table: keys for table, keys in self._context.ledger.key_sets(run).items() if len(keys) > least}

    def _shared_verdicts(self, rows: Mapping[str, KeySet]) -> Sequence[Verdict]:
        """What the crew has found out about the references of these rows."""
        size = PORTION_CHUNKS * self._context.chunk_rows
        tasks = [VerificationTask(table=table, keys=part) for table, keys in rows.items() for part in keys.parts(size)]
        found: dict[str, Verdict] = {}
        for outcome in all_done(self._crew, tasks):
            for one in outcome if isinstance(outcome, list) else ():
                found[one.rule] = found[one.rule].plus(one) if one.rule in found else one
        return list(found.values())

    def _verification(self, run: SeedRun) -> Verification:
        """The verification of the rows that this run inserted, but for those that are shared."""
        context, seeders, shared = self._context, self._plan.seeders, self._shared_rows(run)
        seeded = [seeder.config.model for seeder in seeders]
        others = self._filled_by_receivers(run).keys() - {model._meta.db_table for model in seeded}
        seeded += [one for one in apps.get_models(include_auto_created=True) if others and one._meta.db_table in others]
        keys = context.ledger.key_sets(run)
        own = keys.keys() - shared.keys()
        inserted = {model: keys[model._meta.db_table] for model in dict.fromkeys(seeded) if model._meta.db_table in own}
        derived: dict[type[models.Model], set[str]] = {}
        for seeder in seeders:
            model = seeder.config.model
            changed = {name for derivation in seeder.derivations(context.dataset) for name in derivation.values}
            derived.setdefault(model, set()).update(
                column_name(field) for field in model._meta.concrete_fields if field.name in changed
            )
        return Verification(context.using, inserted, derived, self._identities)

    def _filled_by_receivers(self, run: SeedRun) -> Mapping[str, str]:
        """Table → the seeder whose receivers have created rows of it in this run."""
        names = {receivers_of(one.name): one.name for one in self._plan.seeders if one.config.signals}
        held = self._context.ledger.live.filter(run=run, seeder_name__in=names).order_by() if names else ()
        return {table: names[name] for table, name in held.values_list("table_name", "seeder_name")} if held else {}

    def _judge(self, run: SeedRun, verdicts: Iterable[Verdict]) -> None:
        """Mark a seeder of every table into which this run inserted rows with dangling references."""
        by_table = {seeder.config.table_name: seeder.name for seeder in reversed(self._plan.seeders)}
        for verdict in verdicts:
            if verdict.broken:
                table = verdict.table
                seeder = by_table.get(table) or self._filled_by_receivers(run)[table]
                words = f"{verdict.broken} rows break: {verdict.sentence} Among them {', '.join(verdict.examples)}."
                self._operation.tell("verify", f"{table}: {words}", level="error", seeder=seeder, record_count=verdict.broken)
                self._mark(seeder, words)
