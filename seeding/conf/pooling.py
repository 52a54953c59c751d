"""Whether a pooler between the commands and PostgreSQL keeps a session for one transaction only."""

from __future__ import annotations

import os
from collections.abc import Mapping

from seeding.exceptions import ConfigurationError

MODES = {"": False, "none": False, "session": False, "transaction": True}


def pools_transactions(variables: Mapping[str, str] = os.environ) -> bool:
    """Whether `SEEDING_POOLER` says so; raises ConfigurationError for another value. Without it, the commands find out."""
    mode = variables.get("SEEDING_POOLER", "").strip().lower()
    if mode not in MODES:
        raise ConfigurationError(f"SEEDING_POOLER={mode}: a pooler keeps sessions for a session or a transaction.")
    return MODES[mode]
