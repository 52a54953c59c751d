"""Environment variables, read from whatever mapping holds them: one of the process, or of a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import environ
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def reading(variables: Mapping[str, str]) -> environ.Env:
    """A reader of `variables` in place of the process's own."""
    env = environ.Env()
    env.ENVIRON = variables
    return env


def file_from(variables: Mapping[str, str], variable: str, name: str) -> Path | None:
    """The file that `variable` names, else `name` in the setting SEEDING_LOG_FOLDER; None where neither is given."""
    folder = getattr(settings, "SEEDING_LOG_FOLDER", None)
    file = str(reading(variables)(variable, default=str(Path(folder) / name) if folder else ""))
    return Path(file) if file else None


def batch_size(variables: Mapping[str, str], problems: list[str]) -> int | None:
    """`SEEDING_BATCH_SIZE`; None where it is missing or no number, which `problems` then says."""
    env = reading(variables)
    try:
        number = env.int("SEEDING_BATCH_SIZE", default=None)
    except (ValueError, ImproperlyConfigured):
        problems.append(f"SEEDING_BATCH_SIZE={env('SEEDING_BATCH_SIZE')}: give a whole number.")
        return None
    return None if number is None else int(number)


def batch_size_problems(number: int | None) -> list[str]:
    """What is wrong with that many rows per transaction; None is any number."""
    if number is None or 1 <= number <= 1_000_000:
        return []
    return [f"SEEDING_BATCH_SIZE={number}: give a whole number from 1 to 1,000,000."]
