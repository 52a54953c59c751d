"""Where a run's metrics go, and which of them raise an alert: one frozen config from environment variables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import environ

from seeding.conf.reading import reading
from seeding.exceptions import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringConfig:
    """Where a run's metrics go, the limits beyond which they raise an alert, and its recipients; None means no limit."""

    metrics_file: Path | None
    duration: float | None
    """Seconds."""
    error_rate: float | None
    """From 0 to 1."""
    lock_wait: float | None
    """Seconds."""
    memory: float | None
    """Millions of bytes."""
    email: tuple[str, ...]
    webhook: str | None = field(repr=False)
    """Holds a secret."""


def load_monitoring(variables: Mapping[str, str]) -> MonitoringConfig:
    """MonitoringConfig from environment variables; raises ConfigurationError with every problem found."""
    env = reading(variables)
    problems: list[str] = []
    webhook = str(env("SEEDING_ALERT_WEBHOOK", default="")) or None
    if webhook is not None and not _is_web_address(webhook):
        problems.append("SEEDING_ALERT_WEBHOOK is not a web address. It must begin with https://.")
    email = tuple(one.strip() for one in env("SEEDING_ALERT_EMAIL", default="").split(",") if one.strip())
    problems += [f"SEEDING_ALERT_EMAIL: {one} is not an address." for one in email if "@" not in one]
    rate = _limit(env, "SEEDING_ALERT_ERROR_RATE", problems)
    if rate is not None and rate > 1:
        problems.append(f"SEEDING_ALERT_ERROR_RATE={rate:g}: give a number from 0 to 1: 0.01 is one in a hundred.")
    config = MonitoringConfig(
        metrics_file=Path(file) if (file := str(env("SEEDING_METRICS_FILE", default=""))) else None,
        duration=_limit(env, "SEEDING_ALERT_DURATION", problems),
        error_rate=rate,
        lock_wait=_limit(env, "SEEDING_ALERT_LOCK_WAIT", problems),
        memory=_limit(env, "SEEDING_ALERT_MEMORY", problems),
        email=email,
        webhook=webhook,
    )
    if problems:
        raise ConfigurationError(*problems)
    return config


def _is_web_address(text: str) -> bool:
    try:
        address = urlsplit(text)
        return text.startswith(("https://", "http://")) and bool(address.hostname) and address.port != 0
    except ValueError:  # an unclosed bracket, a port that is not a number
        return False


def _limit(env: environ.Env, variable: str, problems: list[str]) -> float | None:
    text = str(env(variable, default="")).strip()
    try:
        limit = float(text) if text else None
    except ValueError:
        limit = math.nan
    if limit is not None and not 0 <= limit < math.inf:
        problems.append(f"{variable}={text}: give a number, 0 or more.")
        return None
    return limit
