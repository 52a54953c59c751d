"""The options of `seed_check`, `seed_verify` and `seed_explain`."""

from __future__ import annotations

from dataclasses import dataclass

CHECKS = ("schema", "references", "invariants")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyConfig:
    """The options of `seed_verify`."""

    database: str = "default"
    """Alias in DATABASES."""
    tables: tuple[str, ...] = ()
    """Tables to look at; empty means all with seeded rows."""
    expect: str | None = None
    """The fingerprint that the data is to have."""
    lock_timeout: int = 0
    """Seconds to wait for a run that holds the lock; 0 tries once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainConfig:
    """The options of `seed_explain`."""

    table: str
    """The row's table."""
    key: str
    """The row's primary key; the parts of a composite one are separated by commas."""
    database: str = "default"
    """Alias in DATABASES."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckConfig:
    """The options of `seed_check`."""

    database: str = "default"
    """Alias in DATABASES."""
    checks: tuple[str, ...] = CHECKS
    lock_timeout: int = 0
    """Seconds to wait for a run that holds the lock; 0 tries once."""
