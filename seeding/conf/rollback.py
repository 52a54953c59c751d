"""The options of `seed_rollback`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any

from seeding.conf.reading import file_from
from seeding.conf.writing import WritingConfig, built, date_from, writing_options


class Strategy(StrEnum):
    """How a rollback removes rows."""

    DELETE = "delete"
    TRUNCATE = "truncate"
    NONE = "none"
    """Not at all: it only reports."""


def strategy_from(name: str, problems: list[str]) -> Strategy:
    """The strategy of that name; an unknown one is added to `problems` and counts as NONE."""
    if name not in tuple(Strategy):
        problems.append(f"--strategy={name}: give one of {', '.join(Strategy)}.")
        return Strategy.NONE
    return Strategy(name)


def audit_file(variables: Mapping[str, str] = os.environ) -> Path:
    """The audit log: `SEEDING_AUDIT_FILE`, else seeding-audit.log in the log folder, else in the working directory."""
    name = "seeding-audit.log"
    return file_from(variables, "SEEDING_AUDIT_FILE", name) or Path(name)


def separate_audit_file(variables: Mapping[str, str], problems: list[str]) -> Path:
    """The audit log; one that is the log's own file is added to `problems`."""
    audit, log = audit_file(variables), file_from(variables, "SEEDING_LOG_FILE", "seeding.log")
    if log is not None and log.resolve() == audit.resolve():
        problems.append(f"SEEDING_AUDIT_FILE={audit} is the log's file, of which old lines go: name another.")
    return audit


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackConfig(WritingConfig):
    """The options of `seed_rollback`. They select what is rolled back; without a selection, that is everything."""

    run: int | None = None
    before: datetime | None = None
    """Only what was seeded before this moment."""
    where: tuple[tuple[str, str], ...] = ()
    """(Django lookup on the one table's model, value as text); a row must match all of them."""
    strategy: Strategy = Strategy.DELETE
    cascade: bool = False
    """Whether seeded rows that refer to the selected ones are deleted too."""
    keep_modified: bool = False
    """Whether rows changed since they were seeded are kept."""
    audit_file: Path = field(default_factory=audit_file)

    @property
    def only_reports(self) -> bool:
        """Whether nothing will be deleted."""
        return self.dry_run or self.strategy is Strategy.NONE

    def members(self, problems: list[str]) -> dict[str, Any]:
        """The enum options of every command, and the strategy."""
        return {**WritingConfig.members(self, problems), "strategy": strategy_from(self.strategy, problems)}

    def problems(self) -> list[str]:
        """What is wrong, one sentence per problem."""
        problems = WritingConfig.problems(self)
        if self.where and len(self.tables) != 1:
            problems.append("--where looks at the rows of one table: name it with --table.")
        if self.run is not None and self.run < 1:
            problems.append(f"--run={self.run}: give the number of a run.")
        return problems


def load_rollback(options: Mapping[str, Any], variables: Mapping[str, str], *, terminal: bool) -> RollbackConfig:
    """RollbackConfig from parsed options and environment variables; raises ConfigurationError with every problem found."""
    problems: list[str] = []
    common = writing_options(options, variables, problems, terminal=terminal)
    where = []
    for condition in options["where"] or ():
        lookup, equals, value = condition.partition("=")
        if not equals or not lookup:
            problems.append(f"--where={condition}: write FIELD__LOOKUP=VALUE, like --where name__startswith=Test.")
        where.append((lookup.strip(), value))
    strategy = strategy_from(options["strategy"], problems)
    before = date_from("--before", options["before"], problems)
    values = {
        **common,
        "run": options["run"],
        "before": datetime.combine(before, time(), UTC) if before else None,
        "where": tuple(where),
        "strategy": strategy,
        "cascade": options["cascade"],
        "keep_modified": options["keep_modified"],
        "audit_file": separate_audit_file(variables, problems),
    }
    return built(RollbackConfig, values, problems)
