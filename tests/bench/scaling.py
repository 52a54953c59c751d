"""`python -m tests.bench.scaling`: what many rows take on many workers and nodes, as docs/scaling.md has it.

A simulation: tasks are given to workers one by one; a worker makes the rows of its task and has its node write them, and the
other nodes of a cluster apply them. What a row costs is measured; how many cores there are is assumed.
"""

from __future__ import annotations

import heapq
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass

BEGIN, END = "<!-- made by tests.bench.scaling: begin -->", "<!-- made by tests.bench.scaling: end -->"
"""Between them the table stands in the documentation."""
CHUNK_ROWS = 20_000
TASKS = 4_000
"""Of which a run is simulated; a longer one takes in proportion."""
ROWS = 1_000_000_000
NODE_CORES = 16
ASKED, MADE, WRITTEN = range(3)
"""What becomes of a task."""
WORKERS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Seconds of processor time, of one kind of server."""

    making: float
    """A row, in the worker: generated, masked, validated, encoded and sent."""
    writing: float
    """A row, in the node that is given it."""
    applying: float
    """A row, in each other node."""
    task: float
    """A task, in the run's first process, which gives out one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A database."""

    name: str
    costs: Costs
    nodes: int


POSTGRESQL = Costs(making=23e-6, writing=36e-6, applying=0, task=0.008)
GALERA = Costs(making=19e-6, writing=48e-6, applying=25e-6, task=0.008)
SETUPS = (
    Setup(name="PostgreSQL", costs=POSTGRESQL, nodes=1),
    Setup(name="MariaDB", costs=GALERA, nodes=1),
    Setup(name="Galera, 3 nodes", costs=GALERA, nodes=3),
    Setup(name="Galera, 5 nodes", costs=GALERA, nodes=5),
)


class Cores:
    """What does one thing at a time each, in the order in which it is asked."""

    def __init__(self, number: int) -> None:
        self._free = [0.0] * number

    def work(self, now: float, duration: float) -> float:
        """Occupy the core that is free first; returns when it has ended."""
        ended = max(now, heapq.heappop(self._free)) + duration
        heapq.heappush(self._free, ended)
        return ended


def seconds(setup: Setup, workers: int, rows: int = ROWS) -> float:
    """What so many rows take."""
    costs, first = setup.costs, Cores(1)
    nodes = [Cores(NODE_CORES) for _ in range(setup.nodes)]
    order, given, ended = itertools.count(), 0, 0.0
    coming = [(0.0, next(order), ASKED, worker) for worker in range(workers)]
    while coming:
        now, _, what, worker = heapq.heappop(coming)
        own = worker % len(nodes)
        if what == ASKED and given < TASKS:
            given += 1
            made = first.work(now, costs.task) + costs.making * CHUNK_ROWS
            heapq.heappush(coming, (made, next(order), MADE, worker))
        elif what == MADE:
            written = nodes[own].work(now, costs.writing * CHUNK_ROWS)
            heapq.heappush(coming, (written, next(order), WRITTEN, worker))
            heapq.heappush(coming, (written, next(order), ASKED, worker))
        elif what == WRITTEN:
            others = [node for place, node in enumerate(nodes) if place != own]
            ended = max(now, ended, *(node.work(now, costs.applying * CHUNK_ROWS) for node in others))
    return ended * rows / (TASKS * CHUNK_ROWS)


def table() -> Iterator[str]:
    """Lines of Markdown."""
    yield f"| workers | {' | '.join(one.name for one in SETUPS)} |"
    yield f"| ---: |{' ---: |' * len(SETUPS)}"
    for workers in WORKERS:
        yield f"| {workers} | {' | '.join(told(seconds(one, workers)) for one in SETUPS)} |"


def told(duration: float) -> str:
    """In hours, or in minutes."""
    return f"{duration / 3600:.1f} h" if duration >= 3600 else f"{duration / 60:.0f} min"


def main() -> None:
    """Print the table."""
    sys.stdout.writelines(f"{line}\n" for line in table())


if __name__ == "__main__":
    main()
