"""Where log lines go, and how output looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seeding.conf.reading import file_from, reading
from seeding.exceptions import ConfigurationError

LOG_LEVELS = ("debug", "info", "warn", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """Where log lines go, and the lowest level that is logged."""

    level: str
    file: Path | None


def load_logging(variables: Mapping[str, str]) -> LogConfig:
    """Log level and file from `SEEDING_LOG_LEVEL` and `SEEDING_LOG_FILE` (empty: no file)."""
    level = str(reading(variables)("SEEDING_LOG_LEVEL", default="info")).lower()
    if level not in LOG_LEVELS:
        raise ConfigurationError(f"SEEDING_LOG_LEVEL={level}: give one of {', '.join(LOG_LEVELS)}.")
    return LogConfig(level=level, file=file_from(variables, "SEEDING_LOG_FILE", "seeding.log"))


def is_plain(options: Mapping[str, Any], variables: Mapping[str, str]) -> bool:
    """Whether output has no colour and no moving lines, even on a terminal: --no-color, `NO_COLOR` or `CI`."""
    asked = variables.get("NO_COLOR") or variables.get("CI", "").lower() not in ("", "0", "false")
    return bool(options["no_color"] or (asked and not options["force_color"]))
