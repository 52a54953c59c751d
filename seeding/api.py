"""The commands as functions: what `manage.py seed` does, with a typed config in and a typed result out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from seeding.conf import (
    CheckConfig,
    ExplainConfig,
    MaskingConfig,
    ResetConfig,
    RollbackConfig,
    SeedConfig,
    SnapshotConfig,
    VerifyConfig,
    detect_environment,
    forced_writer,
    missing_table_help,
    row_rules,
)
from seeding.db.connection import connect
from seeding.db.row_security import every_row
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.runs.confirmation import Ask
from seeding.signals import Signals
from seeding.telemetry.events import Sink, broadcast, event, ignore

if TYPE_CHECKING:
    from seeding.explanation.results import RowExplanation
    from seeding.generation.value_rules.profile_rules import ProfileRules
    from seeding.generation.value_rules.shape import Shape
    from seeding.masking.results import MaskingSummary
    from seeding.orchestration.forecast import Forecast
    from seeding.orchestration.orchestrator import SeedOrchestrator
    from seeding.orchestration.results import RunSummary
    from seeding.profiles.reports import ProfileReport
    from seeding.restoration.results import ResetSummary, VerifyReport
    from seeding.rollbacks.results import RollbackSummary
    from seeding.scaffold import Automatic
    from seeding.snapshots.manager import SnapshotManager
    from seeding.verification.results import CheckReport
    from seeding.verification.status import Status

# Each function imports its own job: no command waits for the libraries of the others.


def seed(
    config: SeedConfig | None = None,
    *,
    registry: Registry | None = None,
    tell: Sink = ignore,
    ask: Ask = input,
    announce: Callable[[Forecast], None] | None = None,
    sender: object = None,
) -> RunSummary:
    """Seed a database, as `manage.py seed` does; the exit code is in the result.

    `registry` holds the seeders, by default those of the installed apps or of the files in `config.source`; `tell` receives
    every event; `ask` asks for confirmation if `config.interactive` allows it; `announce` receives the forecast before anything
    is written; `sender` is the sender of the signals, by default this function.

    Raises SeedingError if the whole run stops: the lock is held, the environment forbids it, the ledger is missing.
    """
    from seeding.workers.choice import require_scheduler

    config = config or SeedConfig()
    require_scheduler(config)
    orchestrator = _orchestrator(config, registry, tell, ask, sender or seed)
    if announce is not None:
        announce(orchestrator.forecast())
    return orchestrator.run()


def forecast(config: SeedConfig | None = None, *, registry: Registry | None = None, tell: Sink = ignore) -> Forecast:
    """What `seed` would do, before it starts: tables in their order, rows, and estimates of time and size. Writes nothing.

    For the arguments and errors see `seed`.
    """
    return _orchestrator(config or SeedConfig(), registry, tell, input, forecast).forecast()


def rollback(
    config: RollbackConfig | None = None,
    *,
    registry: Registry | None = None,
    tell: Sink = ignore,
    ask: Ask = input,
    sender: object = None,
) -> RollbackSummary:
    """Delete seeded rows, as `manage.py seed_rollback` does; it needs `force`, or `interactive` and a confirmation.

    For the arguments and errors see `seed`.
    """
    from seeding.rollbacks.manager import RollbackManager

    config = config or RollbackConfig()
    told = _listened(config.database, tell, sender or rollback)
    connect(config.database, partial(_tell_retry, tell))
    return RollbackManager(config, _recalled(config.database, registry), tell=told, ask=ask).rollback()


def mask(
    config: MaskingConfig | None = None,
    *,
    registry: Registry | None = None,
    tell: Sink = ignore,
    ask: Ask = input,
    sender: object = None,
) -> MaskingSummary:
    """Mask personal data in place, as `manage.py seed_mask` does; it needs `force`, or `interactive` and a confirmation.

    For the arguments and errors see `seed`.
    """
    from seeding.masking.in_place import InPlaceMasking
    from seeding.masking.masker import masking_strategies
    from seeding.snapshots.store import Snapshots

    config = config or MaskingConfig()
    told = _listened(config.database, tell, sender or mask)
    known = registry or Registry.discover()
    seeders = partial(_recalled, config.database, known)

    def forget() -> None:
        Snapshots(config.database).forget_classified(seeders())

    return InPlaceMasking(config, known, masking_strategies(), tell=told, ask=ask, forget=forget, seeders=seeders).run()


def check(config: CheckConfig | None = None, *, registry: Registry | None = None, tell: Sink = ignore) -> CheckReport:
    """Check schema, references and invariants of the seeded data, as `manage.py seed_check` does; changes nothing.

    Raises SeedingError if the check cannot run: the lock is held, the ledger is missing.
    """
    from seeding.verification.checker import Checker

    config = config or CheckConfig()
    connect(config.database, partial(_tell_retry, tell))
    checker = Checker(config.database, missing_table_help(), _recalled(config.database, registry).within(config.database))
    with every_row(config.database):
        return checker.run(config.checks, config.lock_timeout)


def verify(config: VerifyConfig | None = None, *, registry: Registry | None = None, tell: Sink = ignore) -> VerifyReport:
    """Compare every seeded row with what its seeder makes, as `manage.py seed_verify` does; changes nothing.

    Raises SeedingError if it cannot run: the lock is held, the ledger is missing, a table has no seeded rows.
    """
    from seeding.ledger.queries import Ledger
    from seeding.locks import seeding_lock
    from seeding.restoration.verifier import Verifier
    from seeding.safety import require_safe_server

    config = config or VerifyConfig()
    connect(config.database, partial(_tell_retry, tell))
    require_safe_server(config.database)
    Ledger(config.database).require()
    known = _recalled(config.database, registry).within(config.database)
    with every_row(config.database), seeding_lock(config.database, "seed_verify").held(config.lock_timeout):
        return Verifier(config.database, known).run(config.tables, config.expect)


def reset(
    config: ResetConfig | None = None,
    *,
    registry: Registry | None = None,
    tell: Sink = ignore,
    ask: Ask = input,
    sender: object = None,
) -> ResetSummary:
    """Put seeded rows back as they were seeded, as `manage.py seed_reset` does; it needs `force`, or `interactive`.

    For the arguments and errors see `seed`.
    """
    from seeding.restoration.reset import ResetManager

    config = config or ResetConfig()
    told = _listened(config.database, tell, sender or reset)
    connect(config.database, partial(_tell_retry, tell))
    known = _recalled(config.database, registry).within(config.database)
    return ResetManager(config, known, tell=told, ask=ask).run()


def explain(config: ExplainConfig, *, registry: Registry | None = None, tell: Sink = ignore) -> RowExplanation:
    """Where a row comes from, as `manage.py seed_explain` shows it. Takes no lock, changes nothing.

    Raises ConfigurationError if the row was not seeded, or there is no such table; SeedingError if it cannot be looked up.
    """
    from seeding.explanation.explainer import explain as explained
    from seeding.explanation.explainer import find
    from seeding.ledger.queries import Ledger

    connect(config.database, partial(_tell_retry, tell))
    Ledger(config.database).require()
    known = _recalled(config.database, registry).within(config.database)
    with every_row(config.database):
        return explained(config.database, known, find(config.database, known, config.table, config.key))


def snapshots(
    config: SnapshotConfig | None = None, *, registry: Registry | None = None, tell: Sink = ignore, ask: Ask = input
) -> SnapshotManager:
    """The snapshots of a database, as `manage.py seed_snapshot` manages them; for the arguments see `seed`."""
    from seeding.snapshots.manager import SnapshotManager

    config = config or SnapshotConfig()
    told = _listened(config.database, tell, snapshots)
    connect(config.database, partial(_tell_retry, tell))
    return SnapshotManager(config, _recalled(config.database, registry).within(config.database), tell=told, ask=ask)


def status(database: str = "default", *, registry: Registry | None = None, tell: Sink = ignore) -> Status:
    """What is seeded, what is running and what failed last, as in `manage.py seed_status`. Takes no lock, changes nothing."""
    from seeding.verification.checker import Checker
    from seeding.verification.status import status as status_of

    connect(database, partial(_tell_retry, tell))
    checker = Checker(database, missing_table_help(), _recalled(database, registry).within(database))
    with every_row(database):
        return status_of(checker, detect_environment(), forced_writer(os.environ))


def profile(
    config: SeedConfig, *, registry: Registry | None = None, checked: bool = True, tell: Sink = ignore
) -> ProfileReport:
    """The profile that the config names, as `manage.py seed_profile check` reports it; `checked` against the database.

    Raises ConfigurationError with everything that is wrong with it.
    """
    from seeding.profiles.applying import profile_of, report, sized

    found = profile_of(config)
    if found is None:
        raise ConfigurationError("Name a profile: a file, or one of seed_profile list.")
    if not checked:
        found.require()
        return report(found, sized(config, found))
    shaped = _shaped((registry or Registry.discover()).within(config.database), config, tell)
    return report(found, shaped.config, shaped.shape, shaped.registry)


def profiles(config: SeedConfig) -> dict[str, str]:
    """The project's profiles: name → what it is for, or what is wrong with it."""
    from seeding.profiles.loading import described

    return described(config.environment)


def profile_example(
    config: SeedConfig, table: str | None = None, *, registry: Registry | None = None, tell: Sink = ignore
) -> str:
    """A profile to begin with, as `manage.py seed_profile example` has it; raises ConfigurationError for an unknown table."""
    from seeding.conf.profiles import facts
    from seeding.generation.registry import near
    from seeding.profiles.examples import example
    from seeding.profiles.views import views

    known = (registry or Registry.discover()).within(config.database)
    connect(config.database, partial(_tell_retry, tell))
    found = views(config.database, known, _automatic(known, config))
    if table is not None and table not in found:
        hint = "" if config.automatic else " With --auto, there are those of automatic seeders as well."
        raise ConfigurationError(f"There is no table {table!r} to seed. {near(table, found)}{hint}")
    return example(found, table, facts())


@dataclass(frozen=True, kw_only=True)
class _Shaped:
    """What a run follows."""

    registry: Registry
    config: SeedConfig
    shape: Shape | None = None
    profile: ProfileRules | None = None
    """What a profile and the options say about values; None if they say nothing."""


def _orchestrator(config: SeedConfig, registry: Registry | None, tell: Sink, ask: Ask, sender: object) -> SeedOrchestrator:
    """What seeds as the config has it; for the arguments see `seed`."""
    from seeding.masking.masker import masking_strategies
    from seeding.orchestration.crew import Alone
    from seeding.orchestration.orchestrator import SeedOrchestrator
    from seeding.sources.registry import seeders_of
    from seeding.workers.choice import hired
    from seeding.workers.order import Recipe

    shaped = _shaped((registry or seeders_of(config)).within(config.database), config, tell)
    automatic = shaped.shape if config.automatic else None
    recipe = Recipe(config=config, shape=automatic) if registry is None else None
    if recipe is None and config.scheduler is not None:
        raise ConfigurationError(
            "Workers make their seeders from the installed apps: leave out the registry, or the scheduler."
        )
    return SeedOrchestrator(
        shaped.config,
        shaped.registry,
        tell=_listened(config.database, tell, sender),
        ask=ask,
        missing_table_help=missing_table_help(),
        rules=row_rules(),
        strategies=masking_strategies(),
        profile=shaped.profile,
        hire=Alone if recipe is None else partial(hired, recipe),
    )


def _shaped(registry: Registry, config: SeedConfig, tell: Sink) -> _Shaped:
    """The seeders of `registry`, and those in memory for all other tables if the config wants them, as its profile has it."""
    if not (config.automatic or config.profile or config.locale):
        return _Shaped(registry=registry, config=config)
    from seeding.ledger.queries import Ledger
    from seeding.profiles.applying import profile_of, shape, sized
    from seeding.profiles.views import views
    from seeding.scaffold import tables_of

    found = profile_of(config)
    config = config if found is None else sized(config, found)
    connect(config.database, partial(_tell_retry, tell))
    automatic = _automatic(registry, config)
    tables = views(config.database, registry, automatic) if found is not None else {}
    ledger = Ledger(config.database)
    present = (ledger.dataset(generated=True), ledger.tables()) if ledger.is_there() else ()
    followed, said = shape(config, found, tables, *present)
    if automatic is not None:
        registry = automatic.registry(followed)
    if config.apps:
        config = replace(config, tables=tables_of(registry, config.apps), apps=())
    return _Shaped(registry=registry, config=config, shape=followed, profile=said)


def _automatic(registry: Registry, config: SeedConfig) -> Automatic | None:
    """The tables that automatic seeders fill; None if the config wants none."""
    from seeding.scaffold import Automatic, Wanted

    wanted = Wanted(tables=config.tables, apps=config.apps, exclude=config.exclude)
    return Automatic(config.database, registry, wanted) if config.automatic else None


def _recalled(database: str, registry: Registry | None) -> Registry:
    """The given seeders, else those of the installed apps; with those in memory whose rows the ledger holds."""
    from seeding.scaffold import recalled

    return recalled(database, registry or Registry.discover())


def _listened(database: str, tell: Sink, sender: object) -> Sink:
    return broadcast(tell, Signals(sender, database, tell).sink)


def _tell_retry(tell: Sink, error: BaseException, attempt: int) -> None:
    tell(event("retry", f"No connection to the database (retry {attempt}): {error}", level="warn"))
