"""Arguments and environment become one frozen Config, or one error that names everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any

import environ
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from seeding.exceptions import ConfigurationError
from seeding.masking import STRATEGIES, MaskingStrategy, Mode

DEFAULT_SEED = 42
SIZES: Mapping[str, int] = {"small": 1, "medium": 10, "large": 100}
"""How many times the smallest dataset each size is."""
DEFAULT_BATCH_SIZE: int | None = None
MASKING_BATCH_SIZE = 10_000
"""Rows per transaction, where they are updated in place."""
FIRST_DAY, LAST_DAY = date(1975, 1, 1), date(2036, 12, 31)
"""`--as-of` stays inside what a MySQL TIMESTAMP holds, years of history and due dates included."""
MASKING_KEY_LENGTH = 16
"""Characters that the masking key has at least."""
LOG_LEVELS = ("debug", "info", "warn", "error")


class Environment(StrEnum):
    """Where the database is used; it decides what may be seeded and who is asked."""

    DEV = "dev"
    STAGING = "staging"
    PRODUCTION = "production"


SPELLINGS: Mapping[str, Environment] = {
    "dev": Environment.DEV,
    "development": Environment.DEV,
    "local": Environment.DEV,
    "test": Environment.DEV,
    "staging": Environment.STAGING,
    "stage": Environment.STAGING,
    "production": Environment.PRODUCTION,
    "prod": Environment.PRODUCTION,
}
ENVIRONMENT_VARIABLES = ("SEEDING_ENV", "DJANGO_ENV", "NODE_ENV")
DEFAULT_SIZE: Mapping[Environment, str] = {
    Environment.DEV: "small",
    Environment.STAGING: "medium",
    Environment.PRODUCTION: "small",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingConfig:
    """What every command that writes was told."""

    database: str
    """Alias in DATABASES."""
    environment: Environment
    tables: tuple[str, ...]
    """Tables or groups; empty means all."""
    dry_run: bool
    force: bool
    interactive: bool
    """Whether anybody may be asked: a terminal, and no --no-input."""
    confirm_database: str | None
    lock_timeout: int
    """Seconds to wait for the lock; 0 tries once."""
    allow_production: bool
    protected: tuple[str, ...] = ()
    """Patterns of host/name that count as production whatever the environment says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(WritingConfig):
    """Everything a seeding run was told."""

    size: str
    scale: int
    seed: int | None
    """None: the ledger's, else DEFAULT_SEED."""
    as_of: date | None
    """None: the ledger's, else today."""
    today: date
    batch_size: int | None
    """Rows per transaction; None fits them to the writer and to the width of the rows."""
    writer: str | None
    """The writer to take whatever the number of rows; None chooses by that."""
    source: Path | None = None
    """The folder of real data to load instead of generating."""


class Strategy(StrEnum):
    """How a rollback removes rows."""

    DELETE = "delete"
    TRUNCATE = "truncate"
    NONE = "none"
    """Not at all: it only reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackConfig(WritingConfig):
    """Everything a rollback was told. What it names is what is rolled back; nothing named means all."""

    run: int | None
    before: datetime | None
    """Only what was seeded before this moment."""
    where: tuple[tuple[str, str], ...]
    """(Django lookup on the one table's model, value as text), all of which a row must meet."""
    strategy: Strategy
    cascade: bool
    """Whether seeded rows that refer to those go too."""
    keep_modified: bool
    """Whether rows that somebody has changed stay."""
    audit_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingConfig(WritingConfig):
    """Everything a masking run was told."""

    today: date
    key: str = field(repr=False)
    """The secret that masks are functions of."""
    batch_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """Where log lines go, and from which level on."""

    level: str
    file: Path | None


def load(options: Mapping[str, Any], variables: Mapping[str, str], *, today: date, terminal: bool) -> Config:
    """Config from parsed options and environment variables; raises ConfigurationError with every problem found."""
    env = reading(variables)
    problems: list[str] = []
    common = _writing(options, variables, terminal, problems)
    if options["size"] not in (None, *SIZES):
        problems.append(f"--size={options['size']}: give one of {', '.join(SIZES)}.")
    if not 1 <= options["scale"] <= 1_000_000:
        problems.append(f"--scale={options['scale']}: give a whole number from 1 to 1,000,000.")
    if options["seed"] is not None and not -(2**63) <= options["seed"] < 2**63:
        problems.append(f"--seed={options['seed']}: give an integer of at most 64 bits.")
    as_of = _date("--as-of", options["as_of"], problems)
    if as_of is not None and not FIRST_DAY <= as_of <= LAST_DAY:
        problems.append(f"--as-of={as_of}: give a date from {FIRST_DAY} to {LAST_DAY}.")
    source = _source(options, problems)
    batch_size = _batch_size(env, problems) or DEFAULT_BATCH_SIZE
    if problems:
        raise ConfigurationError(*problems)
    return Config(
        **common,
        size=options["size"] or DEFAULT_SIZE[common["environment"]],
        scale=options["scale"],
        seed=options["seed"],
        as_of=as_of,
        today=today,
        batch_size=batch_size,
        writer=forced_writer(variables),
        source=source,
    )


def load_rollback(options: Mapping[str, Any], variables: Mapping[str, str], *, terminal: bool) -> RollbackConfig:
    """RollbackConfig from parsed options and environment variables; raises ConfigurationError with every problem found."""
    env = reading(variables)
    problems: list[str] = []
    common = _writing(options, variables, terminal, problems)
    where = []
    for condition in options["where"] or ():
        lookup, equals, value = condition.partition("=")
        if not equals or not lookup:
            problems.append(f"--where={condition}: write FIELD__LOOKUP=VALUE, like --where name__startswith=Test.")
        where.append((lookup.strip(), value))
    if where and len(common["tables"]) != 1:
        problems.append("--where looks at the rows of one table: name it with --table.")
    if options["strategy"] not in tuple(Strategy):
        problems.append(f"--strategy={options['strategy']}: give one of {', '.join(Strategy)}.")
    if options["run"] is not None and options["run"] < 1:
        problems.append(f"--run={options['run']}: give the number of a run.")
    before = _date("--before", options["before"], problems)
    audit_file = _file(env, "SEEDING_AUDIT_FILE", "seeding-audit.log") or Path("seeding-audit.log")
    log_file = _file(env, "SEEDING_LOG_FILE", "seeding.log")
    if log_file is not None and log_file.resolve() == audit_file.resolve():
        problems.append(f"SEEDING_AUDIT_FILE={audit_file} is the log's file, of which old lines go: name another.")
    if problems:
        raise ConfigurationError(*problems)
    strategy = Strategy(options["strategy"])
    return RollbackConfig(
        **{**common, "dry_run": common["dry_run"] or strategy is Strategy.NONE},
        run=options["run"],
        before=datetime.combine(before, time(), UTC) if before else None,
        where=tuple(where),
        strategy=strategy,
        cascade=options["cascade"],
        keep_modified=options["keep_modified"],
        audit_file=audit_file,
    )


def load_masking(options: Mapping[str, Any], variables: Mapping[str, str], *, today: date, terminal: bool) -> MaskingConfig:
    """MaskingConfig from parsed options and environment variables; raises ConfigurationError with every problem found."""
    env = reading(variables)
    problems: list[str] = []
    common = _writing(options, variables, terminal, problems)
    batch_size = _batch_size(env, problems) or MASKING_BATCH_SIZE
    key = ""
    try:
        key = masking_key(variables)
    except ConfigurationError as error:
        problems += error.problems
    if problems:
        raise ConfigurationError(*problems)
    return MaskingConfig(**common, today=today, key=key, batch_size=batch_size)


def masking_mode(environment: Environment) -> Mode:
    """Staging keeps what makes data useful; anything else keeps nothing."""
    return Mode.PARTIAL if environment is Environment.STAGING else Mode.FULL


def _writing(options: Mapping[str, Any], variables: Mapping[str, str], terminal: bool, problems: list[str]) -> dict[str, Any]:  # noqa: FBT001
    """The fields of a WritingConfig."""
    environment = _environment(options.get("env"), variables, problems)
    if environment is not Environment.DEV and getattr(settings, "SEEDING_DATABASE_IS_FALLBACK", False):
        problems.append(f"DATABASE_URL is not set; {environment} has no default database. Set it and run again.")
    if options["database"] not in settings.DATABASES:
        problems.append(f"--database={options['database']}: there are only {', '.join(settings.DATABASES)}.")
    tables = tuple(name.strip() for name in (options["table"] or "").split(",") if name.strip())
    if options["table"] is not None and not tables:
        problems.append("--table names no table. Write --table=clients or --table=clients,orders.")
    if options["lock_timeout"] < 0:
        problems.append(f"--lock-timeout={options['lock_timeout']}: give seconds, 0 or more.")
    return {
        "database": options["database"],
        "environment": environment,
        "tables": tables,
        "dry_run": options["dry_run"],
        "force": options["force"],
        "interactive": options["interactive"] and terminal,
        "confirm_database": options["confirm_database"],
        "lock_timeout": options["lock_timeout"],
        "allow_production": variables.get("ALLOW_PRODUCTION_SEEDING") == "true",
        "protected": protected_databases(variables),
    }


def load_logging(variables: Mapping[str, str]) -> LogConfig:
    """Log level and file from `SEEDING_LOG_LEVEL` and `SEEDING_LOG_FILE` (empty: no file)."""
    env = reading(variables)
    level = str(env("SEEDING_LOG_LEVEL", default="info")).lower()
    if level not in LOG_LEVELS:
        raise ConfigurationError(f"SEEDING_LOG_LEVEL={level}: give one of {', '.join(LOG_LEVELS)}.")
    return LogConfig(level=level, file=_file(env, "SEEDING_LOG_FILE", "seeding.log"))


def _file(env: environ.Env, variable: str, name: str) -> Path | None:
    """The file that `variable` names, else `name` in the setting SEEDING_LOG_FOLDER; None where neither is given."""
    folder = getattr(settings, "SEEDING_LOG_FOLDER", None)
    file = str(env(variable, default=str(Path(folder) / name) if folder else ""))
    return Path(file) if file else None


def is_plain(options: Mapping[str, Any], variables: Mapping[str, str]) -> bool:
    """Whether lines are wanted that have no colour and do not move, even on a terminal: --no-color, `NO_COLOR` or `CI`."""
    asked = variables.get("NO_COLOR") or variables.get("CI", "").lower() not in ("", "0", "false")
    return bool(options["no_color"] or (asked and not options["force_color"]))


def row_rules() -> tuple[Any, ...]:
    """The project's own rules for rows: callables that the setting SEEDING_VALIDATORS names by their dotted paths.

    Raises ConfigurationError for one that cannot be imported.
    """
    rules, problems = [], []
    for path in getattr(settings, "SEEDING_VALIDATORS", ()):
        try:
            rules.append(import_string(path))
        except ImportError as error:
            problems.append(f"SEEDING_VALIDATORS names {path!r}, which cannot be imported: {error}")
    if problems:
        raise ConfigurationError(*problems)
    return tuple(rules)


def masking_strategies() -> tuple[MaskingStrategy, ...]:
    """Ours, and the project's own: classes that the setting SEEDING_MASKING_STRATEGIES names by their dotted paths.

    A project's strategy takes the place of one of ours that has its name. Raises ConfigurationError for one that is none.
    """
    own = {}
    for path in getattr(settings, "SEEDING_MASKING_STRATEGIES", ()):
        try:
            strategy = import_string(path)()
        except (ImportError, TypeError) as error:
            raise ConfigurationError(f"SEEDING_MASKING_STRATEGIES names {path!r}, which is no strategy: {error}") from error
        if not isinstance(strategy, MaskingStrategy):
            raise ConfigurationError(f"SEEDING_MASKING_STRATEGIES names {path!r}, which is no MaskingStrategy.")
        own[strategy.name] = strategy
    return tuple({**{strategy.name: strategy for strategy in STRATEGIES}, **own}.values())


def masking_key(variables: Mapping[str, str]) -> str:
    """The secret that masks are functions of; raises ConfigurationError where it is missing or short."""
    key = variables.get("SEEDING_MASKING_KEY", "")
    if len(key) < MASKING_KEY_LENGTH:
        state = "is not set" if not key else f"has fewer than {MASKING_KEY_LENGTH} characters"
        raise ConfigurationError(
            f"SEEDING_MASKING_KEY {state}, and masks are functions of it. Make one with "
            "`python -c 'import secrets; print(secrets.token_hex(32))'`, and keep it out of the repository."
        )
    return key


def protected_databases(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The patterns of `SEEDING_PROTECTED_DATABASES`: host/name, with * and ?, separated by commas."""
    return tuple(one.strip() for one in variables.get("SEEDING_PROTECTED_DATABASES", "").split(",") if one.strip())


def forced_writer(variables: Mapping[str, str]) -> str | None:
    """The writer that SEEDING_WRITER names, to be taken whatever the number of rows."""
    return variables.get("SEEDING_WRITER") or None


def missing_table_help() -> str:
    """What to do about a missing table: the setting `SEEDING_MISSING_TABLE_HELP`, else the general answer."""
    return str(getattr(settings, "SEEDING_MISSING_TABLE_HELP", "Create it with the application's own migrations."))


def detect_environment(option: str | None, variables: Mapping[str, str]) -> Environment:
    """`--env`, else the first of ENVIRONMENT_VARIABLES that is set, else dev; raises ConfigurationError if unknown."""
    problems: list[str] = []
    environment = _environment(option, variables, problems)
    if problems:
        raise ConfigurationError(*problems)
    return environment


def _environment(option: str | None, variables: Mapping[str, str], problems: list[str]) -> Environment:
    source, value = "--env", option
    for variable in ENVIRONMENT_VARIABLES:
        if value is None and variables.get(variable):
            source, value = variable, variables[variable]
    if value is None:
        return Environment.DEV
    environment = SPELLINGS.get(value.strip().lower())
    if environment is None:
        problems.append(f"{source}={value}: no such environment. There are dev, staging and production.")
        return Environment.DEV
    return environment


def _source(options: Mapping[str, Any], problems: list[str]) -> Path | None:
    source = options.get("source")
    if source is None:
        return None
    if not Path(source).is_dir():
        problems.append(f"--source={source}: there is no such folder. Give one that holds a CSV or JSON Lines file per table.")
    if options["size"] is not None or options["scale"] != 1:
        problems.append("--source loads the rows that its files hold: leave out --size and --scale.")
    return Path(source)


def reading(variables: Mapping[str, str]) -> environ.Env:
    """What reads `variables` instead of the process's own."""
    env = environ.Env()
    env.ENVIRON = variables
    return env


def _batch_size(env: environ.Env, problems: list[str]) -> int | None:
    """`SEEDING_BATCH_SIZE`; None where it is not given, or not well."""
    try:
        number = env.int("SEEDING_BATCH_SIZE", default=None)
    except (ValueError, ImproperlyConfigured):
        problems.append(f"SEEDING_BATCH_SIZE={env('SEEDING_BATCH_SIZE')}: give a whole number.")
        return None
    if number is not None and not 1 <= number <= 1_000_000:
        problems.append(f"SEEDING_BATCH_SIZE={number}: give a whole number from 1 to 1,000,000.")
    return None if number is None else int(number)


def _date(option: str, text: str | None, problems: list[str]) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        problems.append(f"{option}={text}: give a date like 2026-01-31.")
        return None
    return day
