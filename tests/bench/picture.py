"""The growth curve as a picture for the docs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl

from tests.bench.server import Sample

mpl.use("Agg")


def draw(growth: Mapping[int, Sample], path: Path) -> None:
    """Seconds and memory against rows, both axes logarithmic."""
    from matplotlib import pyplot as plt

    rows = list(growth)
    figure, time = plt.subplots(figsize=(7, 4), layout="constrained")
    time.loglog(rows, [one.seconds for one in growth.values()], "o-", label="seconds")
    for axis, words in ((time.xaxis, "{x:,.0f}"), (time.yaxis, "{x:g}")):
        axis.set_major_formatter(words)
        axis.set_minor_formatter("")
    time.set_ylim(0.4, max(50, 1.5 * max(one.seconds for one in growth.values())))
    time.set(xlabel="rows of clients", ylabel="seconds, whole process", title="seed --table=clients")
    memory = time.twinx()
    memory.plot(rows, [one.mebibytes for one in growth.values()], "s--", color="tab:orange", label="MiB")
    memory.set(ylabel="MiB at most", ylim=(0, 500))
    figure.legend(loc="upper left", bbox_to_anchor=(0.02, 0.98), bbox_transform=time.transAxes)
    time.grid(visible=True, which="major", alpha=0.4)
    figure.savefig(path, dpi=110)
    plt.close(figure)
