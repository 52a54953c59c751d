"""Which dataset a test asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connections

from seeding.conf import Environment, SeedConfig
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import near

OPTIONS: Mapping[str, tuple[type, ...]] = {
    "database": (str,),
    "size": (str,),
    "scale": (int,),
    "tables": (str, list, tuple),
    "apps": (str, list, tuple),
    "exclude": (str, list, tuple),
    "automatic": (bool,),
    "profile": (str,),
    "locale": (str,),
    "seed": (int,),
    "as_of": (str, date),
    "edge_cases": (bool,),
}
"""The fields of `SeedConfig` that a test may give, and their types: a name stands for a list of one, a text for a date."""
LISTS = ("tables", "apps", "exclude")
DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedDataset:
    """A dataset as a test asks for it: equal options, one dataset."""

    config: SeedConfig
    digest: str
    """Stands for the options in names of databases."""
    words: str
    """The options, for a person."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> WantedDataset:
        """The dataset of these options; raises ConfigurationError with everything that is wrong with them."""
        problems = [problem for name, value in options.items() if (problem := _problem(name, value))]
        if problems:
            raise ConfigurationError(*problems)
        plain = {name: _plain(name, value) for name, value in sorted(options.items()) if value is not None}
        values: dict[str, Any] = {name: tuple(value) if name in LISTS else value for name, value in plain.items()}
        if "as_of" in values:
            values["as_of"] = date.fromisoformat(values["as_of"])
        config = SeedConfig(environment=Environment.DEV, **values)
        plain.setdefault("database", config.database)
        plain.setdefault("size", config.chosen_size)
        text = json.dumps(plain, sort_keys=True)
        words = ", ".join(f"{name}={value}" for name, value in plain.items() if (name, value) != ("database", "default"))
        return cls(config=config, digest=hashlib.sha256(text.encode()).hexdigest()[:DIGITS], words=words)


def _problem(name: str, value: Any) -> str:
    """What is wrong with an option; empty if nothing is."""
    if name not in OPTIONS:
        return f"There is no option {name!r} of a seeded test. {near(name, OPTIONS)}"
    if value is None:
        return ""
    is_number = int in OPTIONS[name] and isinstance(value, bool)
    listed = value if isinstance(value, (list, tuple)) else ()
    if not isinstance(value, OPTIONS[name]) or is_number or not all(isinstance(one, str) for one in listed):
        return f"{name}={value!r}: give {' or '.join(kind.__name__ for kind in OPTIONS[name])}."
    if name == "as_of" and isinstance(value, str):
        try:
            date.fromisoformat(value)
        except ValueError:
            return f"as_of={value!r}: give a date as YYYY-MM-DD."
    if name == "database" and value not in connections:
        return f"There is no database {value!r} in DATABASES. {near(value, list(connections))}"
    return ""


def _plain(name: str, value: Any) -> Any:
    """The value as JSON holds it."""
    if name in LISTS:
        return sorted([value] if isinstance(value, str) else value)
    return value.isoformat() if isinstance(value, date) else value
