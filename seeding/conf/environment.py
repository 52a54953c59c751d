"""Where a database is used: dev, staging or production; and the databases that are always production."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum

from seeding.exceptions import ConfigurationError


class Environment(StrEnum):
    """Where the database is used; it decides what may be seeded and what must be confirmed."""

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


def detect_environment(option: str | None = None, variables: Mapping[str, str] = os.environ) -> Environment:
    """`--env`, else the first of ENVIRONMENT_VARIABLES that is set, else dev; raises ConfigurationError if unknown."""
    problems: list[str] = []
    environment = environment_from(option, variables, problems)
    if problems:
        raise ConfigurationError(*problems)
    return environment


def environment_from(option: str | None, variables: Mapping[str, str], problems: list[str]) -> Environment:
    """Like `detect_environment`, but an unknown environment is added to `problems` and counts as dev."""
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


def allows_production(variables: Mapping[str, str] = os.environ) -> bool:
    """Whether `ALLOW_PRODUCTION_SEEDING` is "true"."""
    return variables.get("ALLOW_PRODUCTION_SEEDING") == "true"


def protected_databases(variables: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The patterns of `SEEDING_PROTECTED_DATABASES`: host/name, with * and ?, separated by commas.

    Raises ConfigurationError for one that would match no database.
    """
    found = tuple(one.strip() for one in variables.get("SEEDING_PROTECTED_DATABASES", "").split(",") if one.strip())
    if wrong := [one for one in found if NO_PATTERN.search(one)]:
        raise ConfigurationError(
            *(
                f"SEEDING_PROTECTED_DATABASES: {one!r} matches no database. Write host/name without scheme, port and quotation "
                "marks, with * and ?, and commas between several."
                for one in wrong
            )
        )
    return found


NO_PATTERN = re.compile(r"""[;"'\s]|://|^[^/:]*:\d+(?:/|$)""")
"""What is in no pattern: other separators, a URL, a port."""
