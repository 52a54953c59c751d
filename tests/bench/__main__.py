"""`make bench`: how near `seed` is to the server's own LOAD DATA, measured in one run, interleaved and repeated."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure, Measurements, figures, measure
from tests.bench.server import ROOT, Bench, Durable

PICTURE = ROOT / "docs" / "performance" / "growth.png"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="how often everything is measured (default: 3)")
    parser.add_argument("--scale", type=int, default=1_000, help="thousands of clients (default: 1000)")
    parser.add_argument("--all-scale", type=int, default=20, help="--scale of the run of all tables (default: 20)")
    parser.add_argument(
        "--json", type=Path, default=ROOT / "docs" / "performance" / "figures.json", help="where the figures go"
    )
    parser.add_argument("--picture", type=Path, default=PICTURE, help="where the growth curve goes")
    options = parser.parse_args()
    server = Durable()
    try:
        server.start()
        bench = Bench(server=server, folder=server.folder)
        measured = measure(bench, repeat=options.repeat, scale=options.scale, all_scale=options.all_scale, tell=_tell)
    finally:
        server.stop()
    found = figures(measured)
    _show(measured, found)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    samples = {name: [asdict(sample) for sample in samples] for name, samples in measured.samples.items()}
    options.json.write_text(
        json.dumps({"figures": [asdict(one) for one in found], "samples": samples}, indent=1) + "\n", encoding="utf-8"
    )
    if measured.growth:
        from tests.bench.picture import draw

        options.picture.parent.mkdir(parents=True, exist_ok=True)
        draw(measured.growth, options.picture)


def _tell(words: str) -> None:
    sys.stderr.write(words + "\n")


def _show(measured: Measurements, found: list[Figure]) -> None:
    out = Console(width=140)
    samples = Table("what", "rows", "seconds (median)", "all", "rows/s", "MiB", title="Measured")
    for name, taken in measured.samples.items():
        seconds, rows = median(one.seconds for one in taken), measured.rows[name]
        each = ", ".join(f"{one.seconds:.2f}" for one in taken)
        memory = max(one.mebibytes for one in taken)
        samples.add_row(name, f"{rows:,}", f"{seconds:.2f}", each, f"{rows / seconds:,.0f}", f"{memory:.0f}" if memory else "")
    out.print(samples)
    table = Table("figure", "wanted", "found", "reached", title="Figures")
    for one in found:
        table.add_row(one.name, f"{one.sense} {one.wanted:g}", f"{one.found:.3g}", "yes" if one.reached else "NO")
    out.print(table)


if __name__ == "__main__":
    main()
