"""The options of `seed_reset` and `seed_snapshot`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seeding.conf.rollback import audit_file, separate_audit_file
from seeding.conf.writing import WritingConfig, built, writing_options


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetConfig(WritingConfig):
    """The options of `seed_reset`; `tables` are those with seeded rows, not groups."""

    audit_file: Path = field(default_factory=audit_file)


def load_reset(options: Mapping[str, Any], variables: Mapping[str, str], *, terminal: bool) -> ResetConfig:
    """ResetConfig from parsed options and environment variables; raises ConfigurationError with every problem found."""
    problems: list[str] = []
    common = writing_options(options, variables, problems, terminal=terminal)
    return built(ResetConfig, {**common, "audit_file": separate_audit_file(variables, problems)}, problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotConfig(WritingConfig):
    """The options of `seed_snapshot`."""

    audit_file: Path = field(default_factory=audit_file)


def load_snapshot(options: Mapping[str, Any], variables: Mapping[str, str], *, terminal: bool) -> SnapshotConfig:
    """SnapshotConfig from parsed options and environment variables; raises ConfigurationError with every problem found."""
    problems: list[str] = []
    common = writing_options({"table": None, **options}, variables, problems, terminal=terminal)
    return built(SnapshotConfig, {**common, "audit_file": separate_audit_file(variables, problems)}, problems)
