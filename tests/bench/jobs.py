"""What two jobs take where one takes its time, and two workers of Dask where two jobs do: a million clients, in turn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.limits import COPY, LOAD_DATA
from tests.bench.samples import Figure, Measurements, Names, Tell, at_least, at_most, clients
from tests.bench.server import TARGET, Bench
from tests.clusters.engines import Dask, until

WANTED = {COPY.name: 1.2, LOAD_DATA.name: 1.0}
"""How often as fast two jobs are to be as one, by the server's limit."""
WORKERS = f"{Names(COPY).seed}, two workers of Dask"
OVERHEAD = 1.1
"""How often the time of two jobs two workers of Dask may take."""


def measure_jobs(bench: Bench, found: Measurements, tell: Tell) -> None:
    """One job, then two; then two workers of Dask, which have joined before."""
    for jobs in (1, 2):
        tell(f"{found.scale:,},000 clients, {jobs} jobs")
        found.add(_name(Names(bench.limit), jobs), found.scale * 1_000, clients(bench, found.scale, f"--jobs={jobs}"))
    if bench.limit is COPY:
        tell(f"{found.scale:,},000 clients, two workers of Dask")
        with _workers(bench, 2) as address:
            found.add(WORKERS, found.scale * 1_000, clients(bench, found.scale, f"--scheduler={address}"))


def figures_of_jobs(measured: Measurements) -> list[Figure]:
    """Of each server that was measured."""
    command = f"seed --table=clients --size=large --scale={measured.scale}"
    found = []
    for limit in (LOAD_DATA, COPY):
        one, two = (_name(Names(limit), jobs) for jobs in (1, 2))
        if one in measured.samples:
            name, ratio = f"{two}, against one", measured.seconds(one) / measured.seconds(two)
            found.append(at_least(name, WANTED[limit.name], ratio, f"{command} --jobs=2, and 1"))
    if WORKERS in measured.samples:
        share = measured.seconds(WORKERS) / measured.seconds(_name(Names(COPY), 2))
        found.append(at_most(f"{WORKERS}, times two jobs", OVERHEAD, share, f"{command} --scheduler=…, and --jobs=2"))
    return found


@contextmanager
def _workers(bench: Bench, count: int) -> Iterator[str]:
    """The address of a scheduler with so many workers."""
    with TemporaryDirectory(dir=bench.folder) as folder:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        dask = Dask(Path(folder), environment)
        try:
            dask.wait()
            workers = [dask.worker(bench.server.url(TARGET)) for _ in range(count)]
            until(lambda: all(f"Register worker addr: {one.address}" in dask.said() for one in workers))
            yield dask.address
        finally:
            dask.stop()


def _name(names: Names, jobs: int) -> str:
    return f"{names.seed}, {jobs} jobs"
