"""The options of every command that writes."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.conf import settings

from seeding.conf.environment import (
    Environment,
    allows_production,
    detect_environment,
    environment_from,
    protected_databases,
)
from seeding.conf.reading import number_from
from seeding.exceptions import ConfigurationError

PATIENCE = 60
TRANSACTION_MB = 8


def patience(variables: Mapping[str, str] = os.environ) -> float:
    """`SEEDING_PATIENCE`, else PATIENCE."""
    return number_from(variables.get("SEEDING_PATIENCE") or PATIENCE)


def transaction_mb(variables: Mapping[str, str] = os.environ) -> float:
    """`SEEDING_TRANSACTION_MB`, else TRANSACTION_MB."""
    return number_from(variables.get("SEEDING_TRANSACTION_MB") or TRANSACTION_MB)


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingConfig:
    """The options of every command that writes; raises ConfigurationError with every problem found."""

    database: str = "default"
    """Alias in DATABASES."""
    environment: Environment = field(default_factory=detect_environment)
    """By default taken from the process's environment variables."""
    tables: tuple[str, ...] = ()
    """Tables or groups; empty means all."""
    dry_run: bool = False
    force: bool = False
    """Answer yes to every question."""
    interactive: bool = False
    """Whether questions can be asked: there is a terminal, and no --no-input."""
    confirm_database: str | None = None
    """The database's name, which `force` needs in production."""
    lock_timeout: int = 0
    """Seconds to wait for the lock; 0 tries once."""
    patience: float = field(default_factory=patience)
    """Seconds for which a run waits for a server that restarts or fails over."""
    transaction_mb: float = field(default_factory=transaction_mb)
    """About how many millions of bytes a run writes in one transaction."""
    allow_production: bool = field(default_factory=allows_production)
    protected: tuple[str, ...] = field(default_factory=protected_databases)
    """Patterns of host/name that count as production regardless of the environment."""

    def __post_init__(self) -> None:
        problems: list[str] = []
        for name, member in self.members(problems).items():
            object.__setattr__(self, name, member)
        if problems := problems + self.problems():
            raise ConfigurationError(*problems)

    def members(self, problems: list[str]) -> dict[str, Any]:
        """The enum options, converted if given as plain text, which the guards would not recognise."""
        return {"environment": environment_from(self.environment, {}, problems)}

    def problems(self) -> list[str]:
        """What is wrong, one sentence per problem."""
        problems = []
        if self.environment is not Environment.DEV and getattr(settings, "SEEDING_DATABASE_IS_FALLBACK", False):
            problems.append(f"DATABASE_URL is not set; {self.environment} has no default database. Set it and run again.")
        if self.database not in settings.DATABASES:
            problems.append(f"--database={self.database}: there are only {', '.join(settings.DATABASES)}.")
        if self.lock_timeout < 0:
            problems.append(f"--lock-timeout={self.lock_timeout}: give seconds, 0 or more.")
        if not 0 <= self.patience < math.inf:
            problems.append(f"--patience={self.patience:g} (or SEEDING_PATIENCE): give seconds, 0 or more.")
        if not 0 < self.transaction_mb < math.inf:
            problems.append(f"SEEDING_TRANSACTION_MB={self.transaction_mb:g}: give a number of millions of bytes, above 0.")
        return problems


def writing_options(
    options: Mapping[str, Any], variables: Mapping[str, str], problems: list[str], *, terminal: bool
) -> dict[str, Any]:
    """The fields of a WritingConfig from parsed options and environment variables."""
    tables = listed(options["table"])
    if options["table"] is not None and not tables:
        problems.append("--table names no table. Write --table=clients or --table=clients,orders.")
    return {
        "database": options["database"],
        "environment": environment_from(options.get("env"), variables, problems),
        "tables": tables,
        "dry_run": options["dry_run"],
        "force": options["force"],
        "interactive": options["interactive"] and terminal,
        "confirm_database": options["confirm_database"],
        "lock_timeout": options["lock_timeout"],
        "patience": patience(variables) if options.get("patience") is None else options["patience"],
        "transaction_mb": transaction_mb(variables),
        "allow_production": allows_production(variables),
        "protected": protected_databases(variables),
    }


def listed(names: str | None) -> tuple[str, ...]:
    """The names in an option's list, which commas separate."""
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())


T = TypeVar("T", bound=WritingConfig)


def built(kind: type[T], values: Mapping[str, Any], problems: list[str]) -> T:
    """A config with these values; raises ConfigurationError with the given `problems` and those of the values."""
    try:
        config = kind(**values)
    except ConfigurationError as error:
        raise ConfigurationError(*problems, *error.problems) from error
    if problems:
        raise ConfigurationError(*problems)
    return config


def date_from(option: str, text: str | None, problems: list[str]) -> date | None:
    """An option's date; None if it is missing or invalid; the latter is added to `problems`."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(f"{option}={text}: give a date like 2026-01-31.")
        return None
