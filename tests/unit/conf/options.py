"""Parsed options, as the command line hands them over where nothing was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WRITING: Mapping[str, Any] = {
    "database": "default",
    "env": None,
    "table": None,
    "dry_run": False,
    "force": False,
    "interactive": True,
    "confirm_database": None,
    "lock_timeout": 0,
    "patience": None,
}
SEED: Mapping[str, Any] = {**WRITING, "size": None, "scale": 1, "seed": None, "as_of": None, "source": None}
ROLLBACK: Mapping[str, Any] = {
    **WRITING,
    "run": None,
    "before": None,
    "where": None,
    "strategy": "delete",
    "cascade": False,
    "keep_modified": False,
}
