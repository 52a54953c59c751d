"""What is measured, by name, and what a figure is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from tests.bench.limits import LOAD_DATA, Limit
from tests.bench.server import Bench, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Everything that was measured, by name."""

    samples: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, int] = field(default_factory=dict)
    growth: dict[int, Sample] = field(default_factory=dict)
    """Clients → one run."""
    growth_of_all: dict[int, Sample] = field(default_factory=dict)
    """Rows of all tables → one run."""
    scale: int
    """Thousands of clients."""
    all_scale: int
    """The `--scale` of a run of all tables."""

    def seconds(self, name: str) -> float:
        """The median."""
        return median(one.seconds for one in self.samples[name])

    def add(self, name: str, rows: int, sample: Sample) -> None:
        """One more."""
        self.samples[name].append(sample)
        self.rows[name] = rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that was asked for."""

    name: str
    command: str
    """What gives it."""
    sense: str
    """≥ or <."""
    wanted: float
    found: float
    reached: bool


Tell = Callable[[str], None]
"""Says what is measured now."""


def at_least(name: str, wanted: float, found: float, command: str) -> Figure:
    """A figure that is reached from `wanted` on."""
    return Figure(name=name, command=command, sense="≥", wanted=wanted, found=found, reached=found >= wanted)


def at_most(name: str, wanted: float, found: float, command: str) -> Figure:
    """A figure that is reached up to `wanted`."""
    return Figure(name=name, command=command, sense="≤", wanted=wanted, found=found, reached=found <= wanted)


@dataclass(frozen=True, slots=True)
class Names:
    """What is measured against a server's limit."""

    limit: Limit

    @property
    def seed(self) -> str:
        """A million clients."""
        return f"seed clients{self._server}"

    @property
    def load(self) -> str:
        """Their limit."""
        return f"{self.limit.name} of clients"

    @property
    def seed_all(self) -> str:
        """All tables."""
        return f"seed all tables{self._server}"

    @property
    def load_all(self) -> str:
        """Their limit."""
        return f"{self.limit.name} of all tables"

    @property
    def load_again(self) -> str:
        """The same limit, beside what is measured later."""
        return f"{self.limit.name} of all tables, again"

    @property
    def rollback(self) -> str:
        """All tables again."""
        return f"seed_rollback of all tables{self._server}"

    @property
    def _server(self) -> str:
        return "" if self.limit is LOAD_DATA else ", PostgreSQL"


def clients(bench: Bench, thousands: int, *options: str, writer: str = "") -> Sample:
    """`seed --table=clients` into empty tables."""
    bench.fresh("seeded")
    options = ("--table=clients", "--size=large", f"--scale={thousands}", *options)
    return bench.manage("seed", *options, variables={"SEEDING_WRITER": writer, "SEEDING_LOG_LEVEL": "info"})


def everything(bench: Bench, scale: int) -> Sample:
    """`seed` of all tables into empty ones."""
    bench.fresh("seeded")
    return bench.manage("seed", "--size=large", f"--scale={scale}")
