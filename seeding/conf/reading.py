"""Environment variables, read from any mapping: the process's, or a test's."""

from __future__ import annotations

import math
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
    """The file that `variable` names, else `name` in the folder of the setting SEEDING_LOG_FOLDER; None if neither is set."""
    folder = getattr(settings, "SEEDING_LOG_FOLDER", None)
    file = str(reading(variables)(variable, default=str(Path(folder) / name) if folder else ""))
    return Path(file) if file else None


def number_from(text: str | float) -> float:
    """The number that an option or a variable holds; not a number (NaN) if it holds something else."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def rows_from(variables: Mapping[str, str], variable: str, problems: list[str]) -> int | None:
    """The number of rows that `variable` holds; None if it is missing or not a number; the latter is added to `problems`."""
    env = reading(variables)
    try:
        number = env.int(variable, default=None)
    except (ValueError, ImproperlyConfigured):
        problems.append(f"{variable}={env(variable)}: give a whole number.")
        return None
    return None if number is None else int(number)


def rows_problems(variable: str, number: int | None) -> list[str]:
    """What is wrong with so many rows at a time; None is always valid."""
    if number is None or 1 <= number <= 1_000_000:
        return []
    return [f"{variable}={number}: give a whole number from 1 to 1,000,000."]


def batch_size(variables: Mapping[str, str], problems: list[str]) -> int | None:
    """`SEEDING_BATCH_SIZE`, as `rows_from` has it."""
    return rows_from(variables, "SEEDING_BATCH_SIZE", problems)


def batch_size_problems(number: int | None) -> list[str]:
    """What is wrong with `number` rows per transaction."""
    return rows_problems("SEEDING_BATCH_SIZE", number)
