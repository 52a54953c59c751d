"""The options of `seed`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from seeding.conf.environment import Environment
from seeding.conf.reading import batch_size, batch_size_problems, rows_from, rows_problems
from seeding.conf.writing import WritingConfig, built, date_from, listed, writing_options
from seeding.dataset_sizes import SIZES

DEFAULT_SEED = 42
DEFAULT_SIZE: Mapping[Environment, str] = {
    Environment.DEV: "small",
    Environment.STAGING: "medium",
    Environment.PRODUCTION: "small",
}
FROM_SOURCE = "source"
"""The size of a run that loads files."""
MOST_SCALE, MOST_JOBS = 1_000_000, 64
CHUNK_ROWS = 20_000
SCHEDULER = re.compile(r"(tcp|tls)://[^/\s]+:\d+")
FIRST_DAY, LAST_DAY = date(1975, 1, 1), date(2036, 12, 31)
"""`--as-of` stays within the range of a MySQL TIMESTAMP, including years of history and due dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedConfig(WritingConfig):
    """The options of `seed`."""

    size: str | None = None
    """small, medium or large; None means the environment's default."""
    scale: int = 1
    """Multiplies the size."""
    seed: int | None = None
    """None: the ledger's, else DEFAULT_SEED."""
    as_of: date | None = None
    """None: the ledger's, else `today`."""
    edge_cases: bool | None = None
    """Whether the dataset has edge cases; None: as the ledger's, else yes."""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    batch_size: int | None = None
    """Rows per transaction; None adapts them to the writer and to the width of the rows."""
    writer: str | None = None
    """The writer to use regardless of the number of rows; None chooses by that number."""
    jobs: int | None = None
    """How many processes seed; None chooses by server, cores and rows."""
    chunk_rows: int = CHUNK_ROWS
    """Rows that one of several processes takes on at a time; a seeder with no more is not divided."""
    scheduler: str | None = None
    """The address of a Dask scheduler whose workers seed."""
    source: Path | None = None
    """The folder of real data to load instead of generating."""
    automatic: bool = False
    """Whether tables without a seeder get one in memory."""
    profile: str | None = None
    """A file, or the name of one in a folder of SEEDING_PROFILES, that says which shape the data has."""
    locale: str | None = None
    """Of names and addresses, as Faker spells it; None: the profile's, else the ledger's."""
    own_size: str | None = None
    """The size of the profile's own that `size` and `scale` stand for."""
    apps: tuple[str, ...] = ()
    """Labels of the apps whose tables are seeded, with what they need; empty means all."""
    exclude: tuple[str, ...] = ()
    """Tables, models and apps that get no seeder in memory."""

    @property
    def chosen_size(self) -> str:
        """The size that was given, else the environment's."""
        return self.size or DEFAULT_SIZE[self.environment]

    @property
    def size_name(self) -> str:
        """The name of the run's size; a run that loads files has its own."""
        return FROM_SOURCE if self.source is not None else self.own_size or self.chosen_size

    def problems(self) -> list[str]:
        """What is wrong, one sentence per problem."""
        problems = WritingConfig.problems(self)
        if self.size not in (None, *SIZES) and self.profile is None:
            problems.append(f"--size={self.size}: give one of {', '.join(SIZES)}.")
        problems += self._profile_problems()
        problems += [
            f"--{name}={value}: give a whole number from 1 to {most:,}."
            for name, value, most in (("scale", self.scale, MOST_SCALE), ("jobs", self.jobs, MOST_JOBS))
            if value is not None and not 1 <= value <= most
        ]
        problems += self._scheduler_problems()
        if self.seed is not None and not -(2**63) <= self.seed < 2**63:
            problems.append(f"--seed={self.seed}: give an integer of at most 64 bits.")
        if self.as_of is not None and not FIRST_DAY <= self.as_of <= LAST_DAY:
            problems.append(f"--as-of={self.as_of}: give a date from {FIRST_DAY} to {LAST_DAY}.")
        problems += [*batch_size_problems(self.batch_size), *rows_problems("SEEDING_CHUNK_ROWS", self.chunk_rows)]
        if self.source is not None:
            problems += self._source_problems(self.source)
        if self.automatic and self.source is not None:
            problems.append("--auto makes rows up, and --source loads real ones: give one of the two.")
        if self.automatic and self.environment is Environment.PRODUCTION:
            problems.append("--auto never writes to production, and no option allows it.")
        if not self.automatic and (self.apps or self.exclude):
            problems.append("--app and --exclude choose among automatic seeders: add --auto.")
        if self.apps and self.tables:
            problems.append("--app and --table both say what to seed: give one of the two.")
        return problems

    def _scheduler_problems(self) -> list[str]:
        if self.scheduler is None:
            return []
        problems = []
        if not SCHEDULER.fullmatch(self.scheduler):
            problems.append(f"--scheduler={self.scheduler}: give an address like tcp://host:8786.")
        if self.jobs is not None:
            problems.append("--jobs starts workers here, and --scheduler has its own: give one of the two.")
        if self.source is not None:
            problems.append(
                "--source reads files of this host, and the workers of --scheduler may be on others: leave one out."
            )
        return problems

    def _profile_problems(self) -> list[str]:
        given = [option for option, value in (("--profile", self.profile), ("--locale", self.locale)) if value is not None]
        if given and self.source is not None:
            return [f"{given[0]} shapes generated rows, and --source loads real ones: give one of the two."]
        if self.profile is not None and self.environment is Environment.PRODUCTION:
            return ["--profile never writes to production, and no option allows it."]
        return []

    def _source_problems(self, source: Path) -> list[str]:
        problems = []
        if not source.is_dir():
            problems.append(f"--source={source}: there is no such folder. Give one with a CSV or JSON Lines file per table.")
        if self.size is not None or self.scale != 1:
            problems.append("--source loads the rows that its files hold: leave out --size and --scale.")
        return problems


def load_seed(options: Mapping[str, Any], variables: Mapping[str, str], *, today: date, terminal: bool) -> SeedConfig:
    """SeedConfig from parsed options and environment variables; raises ConfigurationError with every problem found."""
    problems: list[str] = []
    values = {
        **writing_options(options, variables, problems, terminal=terminal),
        "size": options["size"],
        "scale": options["scale"],
        "seed": options["seed"],
        "as_of": date_from("--as-of", options["as_of"], problems),
        "edge_cases": options.get("edge_cases"),
        "today": today,
        "batch_size": batch_size(variables, problems),
        "writer": forced_writer(variables),
        "jobs": options.get("jobs"),
        "scheduler": options.get("scheduler"),
        "chunk_rows": CHUNK_ROWS if (rows := rows_from(variables, "SEEDING_CHUNK_ROWS", problems)) is None else rows,
        "source": Path(options["source"]) if options.get("source") is not None else None,
        "automatic": options.get("auto", False),
        "profile": options.get("profile"),
        "locale": options.get("locale"),
        "apps": listed(options.get("app")),
        "exclude": listed(options.get("exclude")),
    }
    return built(SeedConfig, values, problems)


def forced_writer(variables: Mapping[str, str]) -> str | None:
    """The writer that SEEDING_WRITER names, used regardless of the number of rows."""
    return variables.get("SEEDING_WRITER") or None
