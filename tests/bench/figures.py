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
PLAIN, PLAIN_THOUSANDS = "seed --auto of 15 plain columns", 200
MASK, UPDATE = "seed_mask of clients", "UPDATE of clients"
START = "start of Python, Django, Polars, Faker and the driver"
STARTING = "import django; django.setup(); import polars, faker, MySQLdb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Everything that was measured, by name."""

    samples: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, int] = field(default_factory=dict)
    growth: dict[int, Sample] = field(default_factory=dict)
    """Clients → one run."""
    all_scale: int = 20

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


def clients(bench: Bench, thousands: int, writer: str = "") -> Sample:
    """`seed --table=clients` into empty tables."""
    bench.fresh("seeded")
    options = ("--table=clients", "--size=large", f"--scale={thousands}")
    return bench.manage("seed", *options, variables={"SEEDING_WRITER": writer, "SEEDING_LOG_LEVEL": "info"})


def plain(bench: Bench, thousands: int) -> Sample:
    """`seed --auto` of a table of 15 plain columns, as many thousand rows."""
    bench.plain()
    options = ("--auto", "--table=plain_things", "--size=large", f"--scale={thousands}")
    return bench.manage("seed", *options, variables={"SEEDING_LOG_LEVEL": "info"})


def measure(bench: Bench, *, repeat: int, scale: int, all_scale: int, tell: Callable[[str], None]) -> Measurements:
    """Take turns: what is compared is measured one right after the other, `repeat` times."""
    found = Measurements(all_scale=all_scale)
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
        if turn == repeat:
            found.add(ROLLBACK, rows, bench.manage("seed_rollback", "--force"))
        tell(f"turn {turn}: masking {scale:,},000 clients")
        bench.people(scale * 1_000)
        found.add(UPDATE, scale * 1_000, bench.update())
        bench.people(scale * 1_000)
        key = {"SEEDING_MASKING_KEY": "a key for the benchmark"}
        found.add(MASK, scale * 1_000, bench.manage("seed_mask", "--force", "--table=clients", variables=key))
        bench.fresh("seeded")
        found.add(SMALL, 0, bench.manage("seed", "--size=small"))
        found.rows[SMALL] = bench.rows()
        for thousands in BUDGETS:
            found.add(f"seed {thousands},000 clients", thousands * 1_000, clients(bench, thousands))
        found.add("seed 100,000 clients", 100_000, clients(bench, 100))
        beside = clients(bench, PLAIN_THOUSANDS)
        found.add(f"seed {PLAIN_THOUSANDS},000 clients", PLAIN_THOUSANDS * 1_000, beside)
        found.add(PLAIN, PLAIN_THOUSANDS * 1_000, plain(bench, PLAIN_THOUSANDS))
        found.add(START, 0, bench.process("-c", STARTING, variables={"DJANGO_SETTINGS_MODULE": "settings.base"}))
    tell("bulk_create, and the growth curve")
    found.add(BULK, min(scale, 100) * 1_000, clients(bench, min(scale, 100), "bulk_create"))
    for thousands in (one for one in GROWTH if one <= scale):
        found.growth[thousands * 1_000] = clients(bench, thousands)
    return found


def figures(measured: Measurements) -> list[Figure]:
    """What was asked for, from the medians; of memory, the most."""

    def at_least(name: str, wanted: float, found: float, command: str) -> Figure:
        return Figure(name=name, command=command, sense="≥", wanted=wanted, found=found, reached=found >= wanted)

    def below(name: str, wanted: float, found: float, command: str) -> Figure:
        return Figure(name=name, command=command, sense="<", wanted=wanted, found=found, reached=found < wanted)

    def memory(name: str) -> float:
        return max(one.mebibytes for one in measured.samples[name])

    def clients_command(thousands: int) -> str:
        return f"seed --table=clients --size=large --scale={thousands}"

    seconds = measured.seconds
    scale = measured.rows[SEED] // 1_000
    largest, hundred = clients_command(scale), clients_command(100)
    found = [
        at_least("clients against LOAD DATA of the same rows", 0.80, seconds(LOAD) / seconds(SEED), largest),
        at_least(
            "the same where the server refuses LOCAL",
            0.60,
            seconds(LOAD) / seconds(REFUSED),
            f"SEEDING_WRITER=multi_insert {largest}",
        ),
        at_least(
            "all tables against LOAD DATA of the same rows",
            0.60,
            seconds(LOAD_ALL) / seconds(ALL),
            f"seed --size=large --scale={measured.all_scale}",
        ),
        below(
            f"growth: time of {scale:,},000 / time of 100,000",
            11,
            seconds(SEED) / seconds("seed 100,000 clients"),
            f"{largest}, and {hundred}",
        ),
        below(f"peak memory at {scale:,},000 clients, MiB", 500, memory(SEED), largest),
        below(
            f"peak memory, {scale:,},000 against 100,000",
            1.2,
            memory(SEED) / memory("seed 100,000 clients"),
            f"{largest}, and {hundred}",
        ),
        below(
            "masking clients in place, times a plain UPDATE", 3, seconds(MASK) / seconds(UPDATE), "seed_mask --table=clients"
        ),
        below("all tables small, seconds", 4, seconds(SMALL), SMALL),
        below(
            "a table of 15 plain columns by --auto, times as many clients",
            1.5,
            seconds(PLAIN) / seconds(f"seed {PLAIN_THOUSANDS},000 clients"),
            f"seed --auto --table=plain_things --size=large --scale={PLAIN_THOUSANDS}",
        ),
    ]
    for thousands, budget in BUDGETS.items():
        name, command = f"seed {thousands},000 clients", clients_command(thousands)
        run = median(one.run_seconds for one in measured.samples[name])
        found += [
            below(f"{thousands},000 clients, whole process, seconds", budget * SHARE_OF_BUDGET, seconds(name), command),
            below(f"{thousands},000 clients, the run itself, seconds", budget * SHARE_OF_BUDGET, run, command),
        ]
    return found
