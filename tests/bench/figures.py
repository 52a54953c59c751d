"""The limits, what is near them, and the figures that come of it."""

from __future__ import annotations

from statistics import median

from tests.bench.jobs import figures_of_jobs
from tests.bench.limits import COPY, LOAD_DATA
from tests.bench.restoration import figures_of_restoration
from tests.bench.samples import Figure, Measurements, Names, Tell, at_least, at_most, clients, everything
from tests.bench.server import Bench, Sample

GROWTH = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
"""Thousands of clients on the growth curve."""
GROWTH_OF_ALL = (5, 20, 100)
"""How often all tables are scaled on theirs."""
BUDGETS = {1: 5, 10: 60, 50: 300}
"""The design document's: thousands of rows → seconds."""
SHARE_OF_BUDGET = 1 / 20
WHOLE_PROCESS = 0.5
"""Seconds that a process has at least, since Python and its libraries take most of them to start."""

REFUSED, BULK = "seed clients, multi_insert", "seed clients, bulk_create"
SMALL = "seed --size=small"
PLAIN, PLAIN_THOUSANDS = "seed --auto of 15 plain columns", 200
MASK, UPDATE = "seed_mask of clients", "UPDATE of clients"
START = "start of Python, Django, Polars, Faker and the driver"
STARTING = "import django; django.setup(); import polars, faker, MySQLdb"


def plain(bench: Bench, thousands: int) -> Sample:
    """`seed --auto` of a table of 15 plain columns, as many thousand rows."""
    bench.plain()
    options = ("--auto", "--table=plain_things", "--size=large", f"--scale={thousands}")
    return bench.manage("seed", *options, variables={"SEEDING_LOG_LEVEL": "info"})


def against_limit(bench: Bench, found: Measurements, tell: Tell) -> None:
    """Clients and all tables, each right before the limit of the same rows, and then rolled back."""
    names, scale = Names(bench.limit), found.scale
    tell(f"{scale:,},000 clients against {bench.limit.name}")
    found.add(names.seed, scale * 1_000, clients(bench, scale))
    bench.dump(["clients"])
    found.add(names.load, scale * 1_000, bench.load(["clients"]))
    tell(f"all tables at --size=large --scale={found.all_scale} against {bench.limit.name}")
    sample = everything(bench, found.all_scale)
    rows, tables = bench.rows(), bench.tables()
    found.add(names.seed_all, rows, sample)
    bench.dump(tables)
    found.add(names.load_all, rows, bench.load(tables))
    found.add(names.rollback, rows, bench.manage("seed_rollback", "--force"))


def measure(bench: Bench, found: Measurements, repeat: int, tell: Tell) -> None:
    """Take turns: what is compared is measured one right after the other, `repeat` times."""
    scale = found.scale
    for turn in range(1, repeat + 1):
        tell(f"turn {turn} of {repeat}")
        against_limit(bench, found, tell)
        found.add(REFUSED, scale * 1_000, clients(bench, scale, writer="multi_insert"))
        tell(f"masking {scale:,},000 clients")
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
    tell("bulk_create")
    found.add(BULK, min(scale, 100) * 1_000, clients(bench, min(scale, 100), writer="bulk_create"))


def measure_growth(bench: Bench, found: Measurements, *, most: int, most_of_all: int, tell: Tell) -> None:
    """Clients up to `most` thousand, and all tables up to `most_of_all` times the largest size, once each."""
    for thousands in (one for one in GROWTH if one <= most):
        tell(f"growth: {thousands:,},000 clients")
        found.growth[thousands * 1_000] = clients(bench, thousands)
    for scale in (one for one in GROWTH_OF_ALL if one <= most_of_all):
        tell(f"growth: all tables at --scale={scale}")
        sample = everything(bench, scale)
        found.growth_of_all[bench.rows()] = sample


def figures(measured: Measurements) -> list[Figure]:
    """What was asked of what was measured, from the medians; of memory, the most."""
    scale = measured.scale
    return [
        *_on_mariadb(measured, _clients_command(scale), f"seed --size=large --scale={measured.all_scale}"),
        *_on_postgresql(measured, _clients_command(scale), f"seed --size=large --scale={measured.all_scale}"),
        *_of_growth(measured),
        *figures_of_restoration(measured),
        *figures_of_jobs(measured),
    ]


def _clients_command(thousands: int) -> str:
    return f"seed --table=clients --size=large --scale={thousands}"


def _on_mariadb(measured: Measurements, largest: str, all_tables: str) -> list[Figure]:
    names = Names(LOAD_DATA)
    if names.seed not in measured.samples:
        return []

    def memory(name: str) -> float:
        return max(one.mebibytes for one in measured.samples[name])

    seconds, scale, hundred = measured.seconds, measured.scale, _clients_command(100)
    found = [
        at_least(
            "all tables against LOAD DATA of the same rows", 0.90, seconds(names.load_all) / seconds(names.seed_all), all_tables
        ),
        at_least("clients against LOAD DATA of the same rows", 0.95, seconds(names.load) / seconds(names.seed), largest),
        at_least(
            "the same where the server refuses LOCAL",
            0.80,
            seconds(names.load) / seconds(REFUSED),
            f"SEEDING_WRITER=multi_insert {largest}",
        ),
        at_most(
            "rollback of all tables, times LOAD DATA of them",
            1.7,
            seconds(names.rollback) / seconds(names.load_all),
            "seed_rollback --force",
        ),
        at_most(
            f"growth: time of {scale:,},000 / time of 100,000",
            11,
            seconds(names.seed) / seconds("seed 100,000 clients"),
            f"{largest}, and {hundred}",
        ),
        at_most(f"peak memory at {scale:,},000 clients, MiB", 500, memory(names.seed), largest),
        at_most(
            f"peak memory, {scale:,},000 against 100,000",
            1.2,
            memory(names.seed) / memory("seed 100,000 clients"),
            f"{largest}, and {hundred}",
        ),
        at_most(
            "masking clients in place, times a plain UPDATE", 3, seconds(MASK) / seconds(UPDATE), "seed_mask --table=clients"
        ),
        at_most("all tables small, seconds", 1.2, seconds(SMALL), SMALL),
        at_most("all tables small, statements", 600, max(one.queries for one in measured.samples[SMALL]), SMALL),
        at_most(
            "a table of 15 plain columns by --auto, times as many clients",
            1.5,
            seconds(PLAIN) / seconds(f"seed {PLAIN_THOUSANDS},000 clients"),
            f"seed --auto --table=plain_things --size=large --scale={PLAIN_THOUSANDS}",
        ),
    ]
    for thousands, budget in BUDGETS.items():
        name, command, share = f"seed {thousands},000 clients", _clients_command(thousands), budget * SHARE_OF_BUDGET
        run = median(one.run_seconds for one in measured.samples[name])
        found += [
            at_most(f"{thousands},000 clients, whole process, seconds", max(share, WHOLE_PROCESS), seconds(name), command),
            at_most(f"{thousands},000 clients, the run itself, seconds", share, run, command),
        ]
    return found


def _on_postgresql(measured: Measurements, clients: str, all_tables: str) -> list[Figure]:
    names, seconds = Names(COPY), measured.seconds
    if names.seed not in measured.samples:
        return []
    return [
        at_least("PostgreSQL: clients against COPY of the same rows", 0.90, seconds(names.load) / seconds(names.seed), clients),
        at_least(
            "PostgreSQL: all tables against COPY of the same rows",
            0.80,
            seconds(names.load_all) / seconds(names.seed_all),
            all_tables,
        ),
    ]


def _of_growth(measured: Measurements) -> list[Figure]:
    """Ten million clients against a million, where those were measured."""
    least, most = (measured.growth.get(thousands * 1_000) for thousands in (1_000, 10_000))
    if least is None or most is None:
        return []
    command = "seed --table=clients --size=large --scale=10000, and 1000"
    return [
        at_most("peak memory, 10,000,000 against 1,000,000 clients", 1.05, most.mebibytes / least.mebibytes, command),
        at_most("time, 10,000,000 against 1,000,000 clients", 11, most.seconds / least.seconds, command),
    ]
