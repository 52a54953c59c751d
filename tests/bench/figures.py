"""What is measured, and the figures that come of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from tests.bench.server import Bench, Sample

GROWTH = (1, 3, 10, 30, 100, 300, 1_000)
"""Thousands of clients on the growth curve."""
BUDGETS = {1: 5, 10: 60, 50: 300}
"""The design document's: thousands of rows → seconds."""
SHARE_OF_BUDGET = 1 / 20

SEED, LOAD = "seed clients", "LOAD DATA of clients"
REFUSED, BULK = "seed clients, multi_insert", "seed clients, bulk_create"
ALL, LOAD_ALL, ROLLBACK = "seed all tables", "LOAD DATA of all tables", "seed_rollback of all tables"
SMALL = "seed --size=small"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Everything that was measured, by name."""

    samples: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, int] = field(default_factory=dict)
    growth: dict[int, Sample] = field(default_factory=dict)
    """Clients → one run."""

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
    sense: str
    """≥ or <."""
    wanted: float
    found: float
    reached: bool


def clients(bench: Bench, thousands: int, writer: str = "") -> Sample:
    """`seed --table=clients` into empty tables."""
    bench.fresh("seeded")
    options = ("--table=clients", "--size=large", f"--scale={thousands}")
    return bench.manage("seed", *options, variables={"SEEDING_WRITER": writer, "SEEDING_LOG_LEVEL": "info"})


def measure(bench: Bench, *, repeat: int, scale: int, all_scale: int, tell: Callable[[str], None]) -> Measurements:
    """Take turns: what is compared is measured one right after the other, `repeat` times."""
    found = Measurements()
    clients(bench, 1)  # the first run fills the caches of the file system
    for turn in range(1, repeat + 1):
        tell(f"turn {turn} of {repeat}: {scale:,},000 clients")
        found.add(SEED, scale * 1_000, clients(bench, scale))
        bench.dump(["clients"])
        found.add(LOAD, scale * 1_000, bench.load(["clients"]))
        found.add(REFUSED, scale * 1_000, clients(bench, scale, "multi_insert"))
        tell(f"turn {turn}: all tables at --size=large --scale={all_scale}")
        bench.fresh("seeded")
        sample = bench.manage("seed", "--size=large", f"--scale={all_scale}")
        rows, tables = bench.rows(), bench.tables()
        found.add(ALL, rows, sample)
        bench.dump(tables)
        found.add(LOAD_ALL, rows, bench.load(tables))
        found.add(ROLLBACK, rows, bench.manage("seed_rollback", "--force"))
        bench.fresh("seeded")
        found.add(SMALL, 0, bench.manage("seed", "--size=small"))
        found.rows[SMALL] = bench.rows()
        for thousands in BUDGETS:
            found.add(f"seed {thousands},000 clients", thousands * 1_000, clients(bench, thousands))
        found.add("seed 100,000 clients", 100_000, clients(bench, 100))
    tell("bulk_create, and the growth curve")
    found.add(BULK, min(scale, 100) * 1_000, clients(bench, min(scale, 100), "bulk_create"))
    for thousands in (one for one in GROWTH if one <= scale):
        found.growth[thousands * 1_000] = clients(bench, thousands)
    return found


def figures(measured: Measurements) -> list[Figure]:
    """Those of the issue, from the medians."""

    def at_least(name: str, wanted: float, found: float) -> Figure:
        return Figure(name=name, sense="≥", wanted=wanted, found=found, reached=found >= wanted)

    def below(name: str, wanted: float, found: float) -> Figure:
        return Figure(name=name, sense="<", wanted=wanted, found=found, reached=found < wanted)

    def memory(name: str) -> float:
        return max(one.mebibytes for one in measured.samples[name])

    seconds = measured.seconds
    found = [
        at_least("clients against LOAD DATA", 0.80, seconds(LOAD) / seconds(SEED)),
        at_least("the same where LOCAL is refused", 0.60, seconds(LOAD) / seconds(REFUSED)),
        at_least("all tables against LOAD DATA", 0.60, seconds(LOAD_ALL) / seconds(ALL)),
        below("growth: time(1M) / time(100k)", 11, seconds(SEED) / seconds("seed 100,000 clients")),
        below("peak memory at 1M, MiB", 500, memory(SEED)),
        below("peak memory, 1M against 100k", 1.2, memory(SEED) / memory("seed 100,000 clients")),
        below("seed --size=small, seconds", 4, seconds(SMALL)),
    ]
    for thousands, budget in BUDGETS.items():
        name = f"seed {thousands},000 clients"
        found.append(below(f"{name}, seconds", budget * SHARE_OF_BUDGET, seconds(name)))
    return found
