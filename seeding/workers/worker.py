"""A worker: what the run's first process has found and planned, on a connection of this process."""

from __future__ import annotations

from dataclasses import replace

from seeding.conf import row_rules
from seeding.db.connection import connect, database_name
from seeding.db.row_security import every_row
from seeding.exceptions import ConfigurationError, LockLostError
from seeding.generation.registry import Registry
from seeding.ledger.recorder import Recorder
from seeding.ledger.reference_resolution import Resolver
from seeding.locks import Fenced, granted
from seeding.masking.masker import masking_strategies
from seeding.models import SeedRun
from seeding.orchestration.context import RunContext
from seeding.orchestration.plan import Plan
from seeding.orchestration.tasks import Done, Task
from seeding.runs.derived_ahead import DerivedAhead
from seeding.runs.derived_columns import in_order
from seeding.runs.retrier import Outages, Retrier
from seeding.runs.transaction_size import TransactionSize
from seeding.safety import LEDGER, Survey, require_ledger, require_safe_server, survey
from seeding.scaffold import Automatic, Wanted
from seeding.sources.registry import seeders_of
from seeding.telemetry.events import Sink
from seeding.workers.order import Order, Recipe, token
from seeding.workers.remote import SAME
from seeding.workers.versions import versions
from seeding.writing import Writers


def registry_of(recipe: Recipe) -> Registry:
    """The run's seeders, made again."""
    config = recipe.config
    registry = seeders_of(config).within(config.database)
    if recipe.shape is None:
        return registry
    wanted = Wanted(tables=config.tables, apps=config.apps, exclude=config.exclude)
    return Automatic(config.database, registry, wanted).registry(recipe.shape)


class Worker:
    """Does tasks of one run.

    Raises ConfigurationError if this process would make other rows, or elsewhere; SchemaError and UnsafeServerError if its
    account or its server does not let it.
    """

    def __init__(self, order: Order, tell: Sink) -> None:
        config = order.recipe.config
        using = config.database
        self._using = using
        self._outages = Outages()
        retry = Retrier(using=using, tell=tell, patience=config.patience, outages=self._outages)
        connect(using, replace(retry, doing="No connection to the database").prepare)
        require_safe_server(using)
        with every_row(using):
            registry = registry_of(order.recipe)
            self._plan = _planned(order, registry)
            if not order.database:
                require_ledger(using, "seed")
            run = _run_of(order)
            self._context = RunContext(
                using=using,
                dataset=order.dataset,
                registry=registry,
                ledger=Recorder(using),
                resolver=Resolver(registry, Recorder(using), order.dataset, order.counts, order.live),
                lock=_Nobody(using),
                tell=tell,
                retry=retry,
                size=TransactionSize(config.transaction_mb * 1_000_000, tell),
                batch_size=config.batch_size,
                chunk_rows=config.chunk_rows,
                writers=Writers(using, config.writer),
                run=run,
                live=order.live,
                survey=order.survey if order.database else _surveyed(order, registry, self._plan),
                ahead=DerivedAhead(reads=dict.fromkeys(order.ahead, frozenset())),
                missing_table_help=order.missing_table_help,
                strategies=masking_strategies(),
                rules=row_rules(),
            )

    def do(self, task: Task) -> Done:
        """Do a task by its leave; raises LockError and DatabaseUnavailableError, which end the run."""
        assert task.grant is not None  # a worker never holds the lock
        fence, before = granted(self._using, task.grant), self._outages.count
        with every_row(self._using):
            found = task.do(replace(self._context, lock=fence), self._plan, divides=True)
        return replace(found, outages=self._outages.count - before, grant=fence.grant)


class _Nobody(Fenced):
    """A worker between two tasks."""

    def __init__(self, using: str) -> None:
        self.using = using

    def fence(self) -> None:
        raise LockLostError


def _planned(order: Order, registry: Registry) -> Plan:
    """The run's plan; raises ConfigurationError if the seeders, or what makes their rows, are not the same here."""
    absent = sorted(order.counts.keys() - registry.by_name.keys())
    if absent:
        raise ConfigurationError(f"The worker has no {', '.join(absent)}. {SAME}")
    seeders = tuple(registry.by_name[name] for name in order.counts)
    if differing := order.versions.differing(versions(seeders)):
        raise ConfigurationError(f"The worker has other code than the run: {'; '.join(differing)}. {SAME}")
    return Plan(seeders=seeders, counts=dict(order.counts), added=frozenset())


def _surveyed(order: Order, registry: Registry, plan: Plan) -> Survey:
    """What this process's own account and session find; raises SchemaError for more refusals than the run has found."""
    using = order.recipe.config.database
    seeded = Recorder(using).tables()
    due = in_order(registry.by_name.values(), order.dataset, set(plan.tables))
    touches, needs = plan.touches([one for one in due if one.config.table_name in seeded])
    own = survey(using, {**touches, **LEDGER}, needs)
    own.refuse_any({*touches, *LEDGER} - order.survey.refusals.keys())
    return own


def _run_of(order: Order) -> SeedRun:
    """The run, as this process's database has it; raises ConfigurationError if that is another database."""
    using = order.recipe.config.database
    run = SeedRun.objects.using(using).filter(pk=order.run).first()
    if run is None or token(run) != order.run_token:
        raise ConfigurationError(
            f"The worker's database {database_name(using)} does not hold run {order.run}: it is another database than the "
            "run's. Give the worker the same DATABASE_URL, or that of another node of the same cluster."
        )
    return run
