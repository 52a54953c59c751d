"""What a project sets in its Django settings."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from seeding.exceptions import ConfigurationError


def row_rules() -> tuple[Any, ...]:
    """The project's row rules: callables listed by dotted path in the setting SEEDING_VALIDATORS.

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


def more_referred() -> dict[str, tuple[str, ...]]:
    """Models whose rows automatic seeders refer to and never make, by the setting SEEDING_AUTO_REFERRED.

    Label in lower case → the columns by which a row is identified. Raises ConfigurationError unless it is such a dict.
    """
    said = getattr(settings, "SEEDING_AUTO_REFERRED", {})
    if not isinstance(said, dict) or any(isinstance(key, str) or not key for key in said.values()):
        raise ConfigurationError('SEEDING_AUTO_REFERRED: give a dict such as {"shop.Currency": ["code"]}.')
    return {label.lower(): tuple(key) for label, key in said.items()}


def caches() -> frozenset[str]:
    """The tables that apps declare as caches, whose real rows go along in a rollback: `seeding_caches` of their AppConfigs.

    Raises ConfigurationError unless each is a tuple or list of names.
    """
    found: set[str] = set()
    for app in apps.get_app_configs():
        said = getattr(app, "seeding_caches", ())
        if not isinstance(said, (tuple, list)) or not all(isinstance(name, str) and name for name in said):
            raise ConfigurationError(f"{type(app).__name__}.seeding_caches is not a tuple of the names of tables.")
        found.update(said)
    return frozenset(found)


def missing_table_help() -> str:
    """What to do about a missing table: the setting `SEEDING_MISSING_TABLE_HELP`, else a general answer."""
    return str(getattr(settings, "SEEDING_MISSING_TABLE_HELP", "Create it with the application's own migrations."))
