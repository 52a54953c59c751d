"""The options of `seed_mask`, and the key of every mask."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from seeding.conf.variables import batch_size
from seeding.conf.writing import WritingConfig, built, writing_options
from seeding.exceptions import ConfigurationError

MASKING_BATCH_SIZE = 10_000
"""Rows per transaction, where they are updated in place."""
MASKING_KEY_LENGTH = 16
"""Characters that the masking key has at least."""


def masking_key(variables: Mapping[str, str] = os.environ) -> str:
    """The secret that masks are functions of; raises ConfigurationError where it is missing or short."""
    key = variables.get("SEEDING_MASKING_KEY", "")
    if len(key) < MASKING_KEY_LENGTH:
        state = "is not set" if not key else f"has fewer than {MASKING_KEY_LENGTH} characters"
        raise ConfigurationError(
            f"SEEDING_MASKING_KEY {state}, and masks are functions of it. Make one with "
            "`python -c 'import secrets; print(secrets.token_hex(32))'`, and keep it out of the repository."
        )
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingConfig(WritingConfig):
    """The options of `seed_mask`."""

    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    key: str = field(default_factory=masking_key, repr=False)
    """The secret that masks are functions of."""
    batch_size: int = MASKING_BATCH_SIZE


def load_masking(options: Mapping[str, Any], variables: Mapping[str, str], *, today: date, terminal: bool) -> MaskingConfig:
    """MaskingConfig from parsed options and environment variables; raises ConfigurationError with every problem found."""
    problems: list[str] = []
    values = {
        **writing_options(options, variables, problems, terminal=terminal),
        "today": today,
        "batch_size": batch_size(variables, problems) or MASKING_BATCH_SIZE,
        "key": "",
    }
    try:
        values["key"] = masking_key(variables)
    except ConfigurationError as error:
        problems += error.problems
    return built(MaskingConfig, values, problems)
