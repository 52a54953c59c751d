"""A whole run: dataset, guard, lock, seeders in order, derivations, and the account of it all."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import Any

from django.db import DatabaseError, connections, models

from seeding.conf import DEFAULT_SEED, SeedConfig
from seeding.db.connection import connect, database_name
from seeding.db.redaction import error_text, redacted
from seeding.db.retries import Transience, retrying, transience
from seeding.exceptions import ConfigurationError, GenerationError, InsertionError
from seeding.generation.registry import Registry
from seeding.generation.seeders import BaseSeeder, Dataset, RowRule
from seeding.ledger.ledger import Ledger, generator_version
from seeding.ledger.resolution import Resolver
from seeding.locks import SeedingLock, seeding_lock
from seeding.masking import STRATEGIES, MaskingStrategy
from seeding.models import SeedRun
from seeding.orchestration import statistics
from seeding.orchestration.deferred_references import DeferredReferences
from seeding.orchestration.forecast import Forecast, estimated_bytes, estimated_seconds
from seeding.orchestration.pipeline import RunContext, SeederPipeline
from seeding.orchestration.plan import make_plan
from seeding.orchestration.results import RunSummary, SeederResult, SeederState
from seeding.runs.confirmation import Ask, confirm, question
from seeding.runs.derivation import Rederivation
from seeding.runs.operation import locked, note, place_of, recorded
from seeding.safety import LEDGER, Survey, require_safe_server, survey, touched
from seeding.schema.introspection import read_tables
from seeding.schema.references import column_name
from seeding.schema.tables import mirrored_tables
from seeding.telemetry.events import Sink, event
from seeding.telemetry.metrics import Meter
from seeding.verification.references import Verification
from seeding.verification.results import Verdict
from seeding.writing import Writers


class SeedOrchestrator:
    """Runs one plan against one database. `tell` gets every event, `ask` the questions; the clock is the system's."""

    def __init__(
        self,
        config: SeedConfig,
        registry: Registry,
        *,
        tell: Sink,
        ask: Ask,
        missing_table_help: str,
        rules: Sequence[RowRule] = (),
        strategies: Sequence[MaskingStrategy] = STRATEGIES,
    ) -> None:
        self._rules = rules
        self._strategies = strategies
        self.config = config
        self.plan = make_plan(config, registry)
        self.ledger = Ledger(config.database)
        self._registry = registry
        self._tell_sink = tell
        self._ask = ask
        self._missing_table_help = missing_table_help
        self._is_safe = False
        self._meter = Meter(config.database, command="seed", environment=config.environment, tell=tell)

    def forecast(self) -> Forecast:
        """What `run` is going to do, and about what that will take. Raises SeedingError where it cannot even begin."""
        self._connect()
        config, dataset, steps = self.config, self._dataset(), self.plan.steps(self.ledger)
        return Forecast(
            database=self._database_name,
            environment=config.environment,
            size=self.config.size_name,
            scale=config.scale,
            seed=dataset.seed,
            as_of=dataset.as_of,
            asked=config.tables,
            added=tuple(self.plan.added_tables),
            steps=steps,
            seconds=estimated_seconds(steps, self.ledger, Writers(config.database, config.writer)),
            sizes=estimated_bytes(steps, self._registry.by_name, dataset),
        )

    def run(self) -> RunSummary:
        """Seed; raises SeedingError for what stops the whole run, and Terminated or KeyboardInterrupt when told to stop."""
        self._connect()
        writers = Writers(self.config.database, self.config.writer)
        lock = seeding_lock(self.config.database)
        if self.config.dry_run:
            return self._run(self._dataset(), None, lock, writers=writers, surveyed=self._survey(), started=time.monotonic())
        self.confirm_destructive_operation()
        started = time.monotonic()  # after the question: what a person takes to answer is not the run's time
        with self._meter as meter, locked(self.ledger, lock, self.config.lock_timeout, self._tell_sink, meter):
            surveyed, dataset = self._survey(), self._dataset()
            if self._masking["key"]:
                self.ledger.refuse_another_key(self._masking["key"])
            with recorded(self.ledger, self._open_run(dataset, lock), self._tell_sink, meter) as run:
                self._announce(run)
                summary = self._run(dataset, run, lock, writers=writers, surveyed=surveyed, started=started)
            state = SeedRun.State.FAILED if summary.exit_code else SeedRun.State.SUCCEEDED
            results = [result.as_dict() for result in summary.results]
            summary = meter.sum_up(summary)
            account = {"exit_code": summary.exit_code, "results": results, "metrics": summary.metrics}
            retrying(partial(self.ledger.close_run, run, state, **account), self._recover)
            return summary

    def confirm_destructive_operation(self) -> None:
        """Ask what the environment demands; raises RefusedError unless the answer is the one that was asked for."""
        confirm(question(self.config, place_of(self.ledger), self.plan.seeders), self._ask)

    def report_progress(self, done: int, total: int) -> None:
        """Tell the sinks that `done` of the run's `total` seeders have ended."""
        self._tell("progress", f"{done} of {total} seeders done", level="debug", done=done, total=total)

    def generate_summary(self, results: Sequence[SeederResult], **values: Any) -> RunSummary:
        """The account of the run, which is also its last log line."""
        summary = RunSummary(
            database=self._database_name,
            environment=self.config.environment,
            size=self.config.size_name,
            scale=self.config.scale,
            dry_run=self.config.dry_run,
            results=tuple(results),
            **values,
        )
        self._tell(
            "complete",
            f"{summary.records_inserted} rows {'would be inserted by' if summary.dry_run else 'in'} {len(results)} seeders, "
            f"exit code {summary.exit_code}",
            record_count=summary.records_inserted,
            duration=summary.duration,
            dryRun=summary.dry_run or None,
            states={result.seeder: result.state for result in results},
        )
        return summary

    @property
    def _masking(self) -> dict[str, str]:
        """The mode and the key's fingerprint by which the run masks; they are the same for all of its seeders."""
        one = self.plan.seeders[0].config if self.plan.seeders else None
        return {"mode": one.masking if one else "", "key": one.masking_key if one else ""}

    @property
    def _database_name(self) -> str:
        return database_name(self.config.database)

    def _connect(self) -> None:
        def note(error: BaseException, attempt: int) -> None:
            self._tell("retry", f"No connection to the database (retry {attempt}): {error}", level="warn")

        connect(self.config.database, note)
        self.ledger.require()
        if not self._is_safe:
            require_safe_server(self.config.database)
            self._is_safe = True

    def _survey(self) -> Survey:
        """What speaks against touching the tables of the plan; raises SchemaError where that concerns the ledger's."""
        found = survey(self.config.database, {**touched(self.plan.seeders), **LEDGER})
        found.refuse_any(LEDGER)
        for sentence in found.unseen:
            self._tell("survey", sentence, level="warn")
        return found

    def _recover(self, error: BaseException, attempt: int) -> None:
        if transience(error) is Transience.CONNECTION:
            connections[self.config.database].close()
        self._tell("retry", f"Asking the database again (retry {attempt}): {error_text(error)}", level="warn")

    def _dataset(self) -> Dataset:
        config, present = self.config, self.ledger.dataset(generated=True)
        if present is None:
            return Dataset(
                seed=DEFAULT_SEED if config.seed is None else config.seed,
                as_of=config.as_of or config.today,
            )
        problems = [
            f"{option}={asked}: {self._database_name} holds rows of {option}={held}, and a database has one dataset. "
            "Leave the option out, or roll back first."
            for option, asked, held in (("--seed", config.seed, present.seed), ("--as-of", config.as_of, present.as_of))
            if asked is not None and asked != held
        ]
        for seeder in self.plan.seeders:
            problems += [
                f"{seeder.config.table_name} holds rows of {seeder.name} version {older}; it now makes version "
                f"{generator_version(seeder)}. Roll back first."
                for older in sorted(self.ledger.versions(seeder) - {generator_version(seeder)})
            ]
        if problems:
            raise ConfigurationError(*problems)
        return present

    def _open_run(self, dataset: Dataset, lock: SeedingLock) -> SeedRun:
        config = self.config
        steps = [step.as_dict() for step in self.plan.steps(self.ledger)]
        plan = {"size": self.config.size_name, "scale": config.scale, "tables": list(config.tables), "steps": steps}
        if config.source is not None:
            plan["masking"] = self._masking
        return self.ledger.open_run(
            command="seed",
            environment=config.environment,
            seed=dataset.seed,
            as_of=dataset.as_of,
            faker_version=version("Faker"),
            plan=plan,
            lock_connection=lock.connection_id,
        )

    def _announce(self, run: SeedRun) -> None:
        configuration = {**run.plan, "seed": run.seed, "asOf": run.as_of.isoformat(), "batchSize": self.config.batch_size}
        self._tell("start", f"Run {run.pk} begins", run=run.pk, database=self._database_name, configuration=configuration)

    def _run(
        self,
        dataset: Dataset,
        run: SeedRun | None,
        lock: SeedingLock,
        *,
        writers: Writers,
        surveyed: Survey,
        started: float,
    ) -> RunSummary:
        context = RunContext(
            using=self.config.database,
            dataset=dataset,
            ledger=self.ledger,
            resolver=Resolver(self._registry, self.ledger, dataset),
            lock=lock,
            tell=self._tell_sink,
            batch_size=self.config.batch_size,
            writers=writers,
            run=run,
            live=read_tables(
                connections[self.config.database], mirrored_tables(seeder.config.model for seeder in self.plan.seeders)
            ),
            survey=surveyed,
            missing_table_help=self._missing_table_help,
            strategies=self._strategies,
            rules=self._rules,
        )
        results = self._broken_modules()
        lost: set[str] = set()
        for done, seeder in enumerate(self.plan.seeders, start=1):
            self._note(run, seeder.name, results)
            count = self.plan.counts[seeder.name]
            parents = self._registry.parents(seeder)
            causes = list(dict.fromkeys(parent.config.table_name for parent in parents if parent.name in lost))
            if causes or self._missing_parent(seeder):
                results.append(self._skipped(seeder, count, causes or [self._missing_parent(seeder)]))
            else:
                results.append(SeederPipeline(seeder, count, context).seed())
            self._measure(results[-1])
            if results[-1].state in (SeederState.FAILED, SeederState.REFUSED, SeederState.SKIPPED):
                lost.add(seeder.name)
            self.report_progress(done, len(self.plan.seeders))
        if run is not None:
            grown = {result.table for result in results if result.records_inserted >= statistics.WORTH}
            statistics.refresh(self.config.database, sorted(grown), self._tell_sink)
            results = self._postponed(context, results)
            with retrying(partial(self._verification, run, dataset), self._recover) as verification:
                self._note(run, "derive", results)
                results = self._derive(context, results)
                self._note(run, "verify", results)
                verdicts = retrying(lambda: list(verification.verdicts()), self._recover)
                results = self._verified(verdicts, results)
        return self.generate_summary(
            results,
            run=run.pk if run else None,
            seed=dataset.seed,
            as_of=dataset.as_of,
            duration=time.monotonic() - started,
            examples=context.examples,
        )

    def _note(self, run: SeedRun | None, phase: str, results: Sequence[SeederResult]) -> None:
        if run is not None:
            note(self.ledger, run, self._tell_sink, phase, [result.as_dict() for result in results])

    def _postponed(self, context: RunContext, results: Sequence[SeederResult]) -> list[SeederResult]:
        """The results, those of the seeders marked of whose postponed references some are not filled."""
        postponement = DeferredReferences(
            using=context.using, dataset=context.dataset, resolver=context.resolver, lock=context.lock, live=context.live,
            tell=self._tell_sink,
        )  # fmt: skip
        account = {result.seeder: result for result in results}
        for seeder in self.plan.seeders:
            result = account[seeder.name]
            there = result.success or result.state is SeederState.PARTIAL
            if there and seeder.config.postponed and (words := self._filled(postponement, seeder)):
                words, code = f"{result.error} {words}".strip(), result.exit_code or InsertionError.exit_code
                account[seeder.name] = replace(result, state=SeederState.PARTIAL, error=words, exit_code=code)
        return list(account.values())

    def _filled(self, postponement: DeferredReferences, seeder: BaseSeeder) -> str:
        """What has remained of a seeder's postponed references when they were filled; empty if nothing."""
        try:
            lost = postponement.fill(seeder)
        except DatabaseError as error:
            columns = ", ".join(seeder.config.postponed)
            words = f"Its rows are there, {columns} is not filled everywhere: {error_text(error)}. Run again to fill it."
            message = f"{seeder.config.table_name}: {words}"
            self._tell("postponed", message, level="error", seeder=seeder.name, error=redacted(error))
            return words
        return f"{lost} references lead to rows that are not there, and stay empty." if lost else ""

    def _measure(self, result: SeederResult) -> None:
        self._meter.add(
            result.seeder,
            planned=result.records_planned,
            done=result.records_inserted,
            errors=result.records_skipped,
            seconds=result.duration,
        )

    def _derive(self, context: RunContext, results: Sequence[SeederResult]) -> list[SeederResult]:
        """The results, those of the seeders marked whose derived columns the database refused.

        What earlier runs seeded is derived again too, where it looks at tables of this run.
        """
        account = {result.seeder: result for result in results}
        rederivation = Rederivation(
            using=context.using, dataset=context.dataset, keys=context.resolver.keys, lock=context.lock, tell=self._tell_sink
        )
        refused = rederivation.run(
            self._registry.by_name.values(),
            {seeder.config.table_name for seeder in self.plan.seeders},
            drifted={result.table for result in results if result.state is SeederState.REFUSED},
            skip={result.seeder for result in results if not (result.success or result.state is SeederState.PARTIAL)},
            inserted={result.seeder: result.records_inserted for result in results},
        )
        for name, words in refused.items():
            table = self._registry.by_name[name].config.table_name
            of_earlier_runs = SeederResult(seeder=name, table=table, state=SeederState.EXISTING, records_planned=0)
            result = account.get(name, of_earlier_runs)
            account[name] = replace(result, state=SeederState.PARTIAL, error=words, exit_code=InsertionError.exit_code)
        return list(account.values())

    def _verification(self, run: SeedRun, dataset: Dataset) -> Verification:
        """Of the rows that this run has inserted."""
        using, seeders = self.config.database, self.plan.seeders
        inserted = {
            model: keys
            for model in dict.fromkeys(seeder.config.model for seeder in seeders)
            if (keys := self.ledger.key_set(model._meta.db_table, run))
        }
        derived: dict[type[models.Model], set[str]] = {}
        for seeder in seeders:
            model = seeder.config.model
            changed = {name for derivation in seeder.derivations(dataset) for name in derivation.values}
            derived.setdefault(model, set()).update(
                column_name(field) for field in model._meta.concrete_fields if field.name in changed
            )
        return Verification(using, inserted, derived)

    def _verified(self, verdicts: Iterable[Verdict], results: Sequence[SeederResult]) -> list[SeederResult]:
        """The results, a seeder marked for every table of which this run has inserted rows that refer to nothing."""
        account = {result.seeder: result for result in results}
        by_table = {seeder.config.table_name: seeder for seeder in reversed(self.plan.seeders)}
        for verdict in verdicts:
            if not verdict.broken:
                continue
            table, seeder = verdict.table, by_table[verdict.table]
            words = f"{verdict.broken} rows break: {verdict.sentence} Among them {', '.join(verdict.examples)}."
            self._tell("verify", f"{table}: {words}", level="error", seeder=seeder.name, record_count=verdict.broken)
            result = account[seeder.name]
            text = f"{result.error} {words}".strip()
            account[seeder.name] = replace(
                result, state=SeederState.PARTIAL, error=text, exit_code=result.exit_code or InsertionError.exit_code
            )
        return list(account.values())

    def _broken_modules(self) -> list[SeederResult]:
        results = []
        for broken in self._registry.broken:
            text = f"{type(broken.error).__name__}: {broken.error}"
            self._tell("discover", f"{broken.module} cannot be imported: {text}", level="error", error=broken.error)
            results.append(
                SeederResult(
                    seeder=broken.module,
                    table="",
                    state=SeederState.FAILED,
                    records_planned=0,
                    error=f"cannot be imported: {text}",
                    exit_code=GenerationError.exit_code,
                )
            )
        return results

    def _missing_parent(self, seeder: BaseSeeder) -> str:
        return next((name for name in seeder.config.dependencies if not self._registry.sources(name)), "")

    def _skipped(self, seeder: BaseSeeder, count: int, causes: Sequence[str]) -> SeederResult:
        error = f"needs {', '.join(causes)}, which could not be seeded"
        self._tell("skip", f"{seeder.name} {error}", level="warn", seeder=seeder.name, record_count=count)
        return SeederResult(
            seeder=seeder.name,
            table=seeder.config.table_name,
            state=SeederState.SKIPPED,
            records_planned=count,
            records_skipped=count,
            error=error,
        )

    def _tell(self, operation: str, message: str, **values: Any) -> None:
        self._tell_sink(event(operation, message, **values))
