"""What two jobs take where one takes its time: a million clients, in turn."""

from __future__ import annotations

from tests.bench.limits import COPY, LOAD_DATA
from tests.bench.samples import Figure, Measurements, Names, Tell, at_least, clients
from tests.bench.server import Bench

WANTED = {COPY.name: 1.2, LOAD_DATA.name: 1.0}
"""How often as fast two jobs are to be as one, by the server's limit."""


def measure_jobs(bench: Bench, found: Measurements, tell: Tell) -> None:
    """One job, then two."""
    for jobs in (1, 2):
        tell(f"{found.scale:,},000 clients, {jobs} jobs")
        found.add(_name(Names(bench.limit), jobs), found.scale * 1_000, clients(bench, found.scale, f"--jobs={jobs}"))


def figures_of_jobs(measured: Measurements) -> list[Figure]:
    """Of each server that was measured."""
    command = f"seed --table=clients --size=large --scale={measured.scale} --jobs=2, and 1"
    found = []
    for limit in (LOAD_DATA, COPY):
        one, two = (_name(Names(limit), jobs) for jobs in (1, 2))
        if one in measured.samples:
            name, ratio = f"{two}, against one", measured.seconds(one) / measured.seconds(two)
            found.append(at_least(name, WANTED[limit.name], ratio, command))
    return found


def _name(names: Names, jobs: int) -> str:
    return f"{names.seed}, {jobs} jobs"
