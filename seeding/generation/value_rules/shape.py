"""What a run is to follow besides its seeders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seeding.conf import DEFAULT_SEED
from seeding.generation.value_rules.profile_rules import ProfileRules


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Values by `rules`, and how many rows a profile wants of some tables at size small."""

    rules: ProfileRules = field(default_factory=ProfileRules)
    rows: Mapping[str, int] = field(default_factory=dict)
    seed: int = DEFAULT_SEED
