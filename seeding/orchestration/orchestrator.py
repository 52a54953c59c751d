"""A whole run: dataset, confirmation, lock, seeders in order, and the summary."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from django.db import connections

from seeding.conf import SeedConfig
from seeding.db.row_security import seeing_every_row
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.rows import faker_version
from seeding.generation.seeders import RowRule
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.ledger.given_keys import refuse_other_numbers
from seeding.ledger.reference_resolution import Resolver
from seeding.masking import STRATEGIES, MaskingStrategy
from seeding.models import SeedRun
from seeding.orchestration.context import RunContext
from seeding.orchestration.crew import Alone, Crew, Hire
from seeding.orchestration.dispatch import Dispatch
from seeding.orchestration.finalization import Finalization
from seeding.orchestration.forecast import Forecast, estimated_bytes, estimated_seconds
from seeding.orchestration.pipeline.prefetch import FIRST_BATCH
from seeding.orchestration.plan import dataset_of, make_plan, recorded
from seeding.orchestration.results import RunSummary, SeederResult, broken_module, unfilled
from seeding.runs.confirmation import Ask, question
from seeding.runs.derived_ahead import DerivedAhead
from seeding.runs.derived_columns import in_order
from seeding.runs.lifecycle import Operation
from seeding.safety import Survey
from seeding.schema.introspection import read_tables
from seeding.schema.tables import mirrored_tables
from seeding.telemetry.events import Sink
from seeding.writing import Writers


class SeedOrchestrator:
    """Runs one plan against one database. `tell` receives every event, `ask` the questions; it uses the system clock.

    `profile` is what a profile says about values; None means as the rows that are there. `counts` are rows by seeder,
    in place of those of a size. `hire` makes the crew that does the work.
    """

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
        profile: ProfileRules | None = None,
        counts: Mapping[str, int] | None = None,
        hire: Hire = Alone,
    ) -> None:
        self._hire = hire
        self._profile = profile
        self._rules = rules
        self._strategies = strategies
        self.config = config
        self.plan = make_plan(config, registry, counts)
        self.operation = Operation(config, "seed", tell=tell, ask=ask)
        self._registry = registry
        self._missing_table_help = missing_table_help
        self._examples: dict[str, list[dict[str, Any]]] = {}

    @seeing_every_row
    def forecast(self) -> Forecast:
        """What `run` would do, with estimates of time and size. Raises SeedingError if it cannot start."""
        self.operation.connect()
        config, ledger, dataset = self.config, self.operation.ledger, self._dataset()
        steps = self.plan.steps(ledger)
        signalling = {seeder.name for seeder in self.plan.seeders if seeder.config.signals}
        return Forecast(
            database=self.operation.database_name,
            environment=config.environment,
            size=config.size_name,
            scale=config.scale,
            seed=dataset.seed,
            as_of=dataset.as_of,
            edge_cases=dataset.rules.edge_cases,
            asked=config.tables,
            added=tuple(self.plan.added_tables),
            steps=steps,
            seconds=estimated_seconds(steps, ledger, Writers(config.database, config.writer), signalling=signalling),
            sizes=estimated_bytes(steps, self._registry.by_name, dataset),
            left_out=self._left_out,
            unfillable=self._registry.unfillable if not config.tables else {},
            doubts={step.table: words for step in steps if (words := self._registry.doubts.get(step.table))},
        )

    @seeing_every_row
    def run(self) -> RunSummary:
        """Seed; raises SeedingError if the whole run fails, and Terminated or KeyboardInterrupt if it is interrupted."""
        operation = self.operation
        operation.connect()
        if self.config.dry_run:
            started = time.monotonic()
            dataset = self._dataset()
            context = self._context(dataset, None, self._survey(dataset))
            return self._summary(context, self._seed_tables(context, Alone(context, self.plan)), started)
        self.confirm_destructive_operation()
        started = time.monotonic()  # after the question: waiting for an answer is not the run's time
        with operation.locked():
            dataset, plan, stale = operation.retry(
                lambda: (
                    self._dataset(),
                    recorded(self.config, self.plan.steps(operation.ledger), self._masking),
                    operation.ledger.stale_tables(),
                )
            )
            surveyed = operation.retry(partial(self._survey, dataset, stale))
            if self._masking["key"]:
                operation.retry(partial(operation.ledger.refuse_another_key, self._masking["key"]))
            with operation.recorded(dataset, plan, faker_version=faker_version()) as run:
                self._announce(run)
                context = operation.retry(partial(self._context, dataset, run, surveyed, stale))
                with closing(self._hire(context, self.plan)) as crew:
                    results = self._seed_tables(context, crew)
                    finalization = Finalization(operation, context, self.plan, crew, results)
                    summary = self._summary(context, finalization.run(run), started)
            return operation.close(run, summary, [result.as_dict() for result in summary.results])

    def confirm_destructive_operation(self) -> None:
        """Ask what the environment requires; raises RefusedError unless the answer is the expected one."""
        self.operation.confirm(question(self.config, self.operation.place(), self.plan.seeders))

    def report_progress(self, done: int, total: int) -> None:
        """Report to the sinks that `done` of the run's `total` seeders have ended."""
        self.operation.tell("progress", f"{done} of {total} seeders done", level="debug", done=done, total=total)

    def generate_summary(self, results: Sequence[SeederResult], **values: Any) -> RunSummary:
        """The summary of the run; it is also logged as the run's last line."""
        summary = RunSummary(
            database=self.operation.database_name,
            environment=self.config.environment,
            size=self.config.size_name,
            scale=self.config.scale,
            dry_run=self.config.dry_run,
            results=tuple(results),
            **values,
        )
        self.operation.tell(
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
        """The run's masking mode and key fingerprint, the same for all its seeders."""
        one = self.plan.seeders[0].config if self.plan.seeders else None
        return {"mode": one.masking if one else "", "key": one.masking_key if one else ""}

    @property
    def _left_out(self) -> Mapping[str, str]:
        """What the automatic seeders of a run of all tables leave out."""
        return self._registry.elsewhere if self.config.automatic and not self.config.tables else {}

    def _dataset(self) -> Dataset:
        return dataset_of(self.config, self.operation.ledger, self.plan, self._profile)

    def _survey(self, dataset: Dataset, stale: Collection[str] = ()) -> Survey:
        """The reasons not to touch the tables of the plan, nor those in which columns will be derived again."""
        due = in_order(self._registry.by_name.values(), dataset, {*stale, *self.plan.tables})
        seeded = self.operation.ledger.tables()
        touches, needs = self.plan.touches([one for one in due if one.config.table_name in seeded])
        return self.operation.survey(touches, needs=needs)

    def _announce(self, run: SeedRun) -> None:
        configuration = {**run.plan, "seed": run.seed, "asOf": run.as_of.isoformat(), "batchSize": self.config.batch_size}
        database = self.operation.database_name
        self.operation.tell("start", f"Run {run.pk} begins", run=run.pk, database=database, configuration=configuration)

    def _context(
        self, dataset: Dataset, run: SeedRun | None, surveyed: Survey, stale: frozenset[str] = frozenset()
    ) -> RunContext:
        using, ledger = self.config.database, self.operation.ledger
        sharing = [other for seeder in self.plan.seeders for other in self._registry.sharing_keys_of(seeder)]
        mirrored = mirrored_tables(seeder.config.model for seeder in (*self.plan.seeders, *sharing))
        live = read_tables(connections[using], mirrored)
        ledger.refuse_changed_keys(live)
        refuse_other_numbers(ledger, self.plan.seeders)
        return RunContext(
            using=using,
            dataset=dataset,
            registry=self._registry,
            ledger=ledger,
            resolver=Resolver(self._registry, ledger, dataset, self.plan.counts, live, rehearsal=run is None),
            lock=self.operation.lock,
            tell=self.operation.sink,
            retry=self.operation.retry,
            size=self.operation.size,
            batch_size=self.config.batch_size,
            chunk_rows=self.config.chunk_rows,
            writers=Writers(using, self.config.writer),
            run=run,
            live=live,
            survey=surveyed,
            ahead=DerivedAhead.of(
                using, dataset, self._registry, self.plan.seeders, counts=self.plan.counts, live=live, refused=surveyed.refusals
            ),
            stale=stale,
            missing_table_help=self._missing_table_help,
            strategies=self._strategies,
            rules=self._rules,
        )

    def _seed_tables(self, context: RunContext, crew: Crew) -> list[SeederResult]:
        """Run the seeders in order; a seeder is skipped if one of its dependencies could not be seeded."""
        others = [*self._broken_modules(), *self._unfillable()]
        if self._registry.elsewhere and not self.config.tables and not self.config.automatic:
            left = "; ".join(f"{name}: {words}" for name, words in sorted(self._registry.elsewhere.items()))
            self.operation.tell("route", f"Not seeded in this database: {left}", level="warn")

        def begun(name: str, results: Sequence[SeederResult]) -> None:
            if context.run is not None:
                is_short = self.plan.counts[name] <= FIRST_BATCH
                self.operation.note(context.run, name, [*others, *results], is_short=is_short)

        def ended(result: SeederResult) -> None:
            self._measure(result)
            self.report_progress(len(dispatch.results), len(self.plan.seeders))

        dispatch = Dispatch(context, self.plan, crew, begun=begun, ended=ended)
        results = dispatch.run()
        self._examples = dispatch.examples
        return [*others, *results]

    def _summary(self, context: RunContext, results: Sequence[SeederResult], started: float) -> RunSummary:
        return self.generate_summary(
            results,
            run=context.run.pk if context.run else None,
            seed=context.dataset.seed,
            as_of=context.dataset.as_of,
            edge_cases=context.dataset.rules.edge_cases,
            duration=time.monotonic() - started,
            examples=self._examples,
            left_out=dict(self._left_out),
        )

    def _measure(self, result: SeederResult) -> None:
        self.operation.meter.add(
            result.seeder,
            planned=result.records_planned,
            done=result.records_inserted,
            errors=result.records_skipped,
            seconds=result.duration,
        )

    def _broken_modules(self) -> list[SeederResult]:
        results = []
        for broken in self._registry.broken:
            text = f"{type(broken.error).__name__}: {broken.error}"
            self.operation.tell("discover", f"{broken}: {text}", level="error", error=broken.error)
            results.append(broken_module(broken.module, f"{str(broken).removeprefix(broken.module).strip()}: {text}"))
        return results

    def _unfillable(self) -> list[SeederResult]:
        """The tables that were asked for, and that no automatic seeder could be made for."""
        if self.config.tables:
            return []
        for table, words in self._registry.unfillable.items():
            self.operation.tell("refuse", f"{table} has no seeder: {words}", level="warn")
        return [unfilled(table, words) for table, words in self._registry.unfillable.items()]
