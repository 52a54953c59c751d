"""The options of `seed_mask`, and the key of every mask."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from seeding.conf.reading import batch_size, batch_size_problems
from seeding.conf.writing import WritingConfig, built, writing_options
from seeding.exceptions import ConfigurationError

MASKING_BATCH_SIZE = 10_000
"""Rows per transaction when they are updated in place."""
MASKING_KEY_LENGTH = 16
"""The minimum length of the masking key, in characters."""


def masking_key(variables: Mapping[str, str] = os.environ) -> str:
    """The secret that masks are functions of; raises ConfigurationError if it is missing or too short."""
    key = _key_from(variables)
    if problems := _key_problems(key):
        raise ConfigurationError(*problems)
    return key


def _key_from(variables: Mapping[str, str] = os.environ) -> str:
    return variables.get("SEEDING_MASKING_KEY", "")


def _key_problems(key: str) -> list[str]:
    if len(key) >= MASKING_KEY_LENGTH:
        return []
    state = "is not set" if not key else f"has fewer than {MASKING_KEY_LENGTH} characters"
    advice = "Make one with `python -c 'import secrets; print(secrets.token_hex(32))'`, and keep it out of the repository."
    return [f"SEEDING_MASKING_KEY {state}, and masks are functions of it. {advice}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingConfig(WritingConfig):
    """The options of `seed_mask`."""

    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    key: str = field(default_factory=_key_from, repr=False)
    """The secret that masks are functions of."""
    batch_size: int = MASKING_BATCH_SIZE

    def problems(self) -> list[str]:
        """What is wrong, one sentence per problem."""
        return [*WritingConfig.problems(self), *_key_problems(self.key), *batch_size_problems(self.batch_size)]


def load_masking(options: Mapping[str, Any], variables: Mapping[str, str], *, today: date, terminal: bool) -> MaskingConfig:
    """MaskingConfig from parsed options and environment variables; raises ConfigurationError with every problem found."""
    problems: list[str] = []
    rows = batch_size(variables, problems)
    values = {
        **writing_options(options, variables, problems, terminal=terminal),
        "today": today,
        "batch_size": MASKING_BATCH_SIZE if rows is None else rows,
        "key": _key_from(variables),
    }
    return built(MaskingConfig, values, problems)
