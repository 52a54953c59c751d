"""Where profiles are, and what the project's own seeders let them change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from django.apps import apps
from django.conf import settings

from seeding.exceptions import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something about the data that an app's own seeders take from a profile: `seeding_facts` of its AppConfig names them.

    A seeder asks for it with `rows.fact(name)`. Whatever value it has within the limits, the app's invariants hold.
    """

    meaning: str
    """What it is the share or the number of, in words."""
    low: float | str = 0
    high: float | str = 1
    """The smallest and the largest value; fractions as texts."""
    kind: Literal["share", "number", "integer"] = "share"
    usual: str = ""
    """What holds without a profile, in words."""

    def value(self, given: Any) -> Any:
        """The value as rules have it: a share as the text of a fraction. Raises ValueError for one that it cannot have."""
        exact = fraction(given)
        if not fraction(self.low) <= exact <= fraction(self.high):
            raise ValueError(f"{given} is not from {self.low} to {self.high}")
        if self.kind == "share":
            return str(exact)
        if self.kind == "integer" and exact.denominator != 1:
            raise ValueError(f"{given} is not a whole number")
        return int(exact) if self.kind == "integer" else float(exact)


def facts() -> Mapping[str, Fact]:
    """Name → fact, of all apps; raises ConfigurationError for what is none, and for a name that two apps use."""
    found: dict[str, Fact] = {}
    for app in apps.get_app_configs():
        said = getattr(app, "seeding_facts", {})
        if not isinstance(said, Mapping) or not all(isinstance(one, Fact) for one in said.values()):
            raise ConfigurationError(f"{type(app).__name__}.seeding_facts is not a dict of names and Facts.")
        if both := sorted(said.keys() & found.keys()):
            raise ConfigurationError(f"Two apps have the fact {both[0]}: rename one of them in seeding_facts.")
        found.update(said)
    return found


def profile_folders() -> tuple[Path, ...]:
    """The folders of the setting SEEDING_PROFILES; the first one wins where two have a profile of one name."""
    said = getattr(settings, "SEEDING_PROFILES", ())
    return tuple(Path(one) for one in ((said,) if isinstance(said, (str, Path)) else said))


def fraction(given: Any) -> Fraction:
    """A share or a weight as it is written: 0.25, "1/3" or "25%", exactly. Raises ValueError for anything else."""
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        raise ValueError(f"{given!r} is not a number")  # noqa: TRY004 - a value of a profile, not an argument
    text = str(given).replace(" ", "")
    try:
        return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{given!r} is not a number") from None
