"""`make bench`: how near `seed` is to LOAD DATA and to COPY, measured in one run, interleaved and repeated."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from tests.bench.figures import against_limit, figures, measure, measure_growth
from tests.bench.jobs import measure_jobs
from tests.bench.limits import COPY, LOAD_DATA, DurableMariaDB, DurablePostgreSQL, Limit
from tests.bench.picture import draw
from tests.bench.report import account, inserted, tables
from tests.bench.restoration import measure_restoration
from tests.bench.samples import Measurements, clients
from tests.bench.server import ROOT, Bench
from tests.servers.base import Server

PARTS = ("limits", "restoration", "jobs", "growth")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="how often everything is measured (default: 3)")
    parser.add_argument("--scale", type=int, default=1_000, help="thousands of clients (default: 1000)")
    parser.add_argument("--all-scale", type=int, default=20, help="--scale of the run of all tables (default: 20)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "docs" / "performance",
        help="where figures.json and growth.png go; the document beside it, of the same name, gets the tables",
    )
    parser.add_argument("--most", type=int, default=1_000, help="thousands of clients on the growth curve (default: 1000)")
    parser.add_argument("--all-most", type=int, default=20, help="--scale of all tables on theirs (default: 20)")
    parser.add_argument(
        "--part", action="append", choices=PARTS, help="measure only this, and print it; nothing is written to the folder"
    )
    options = parser.parse_args()
    parts, repeat = options.part or PARTS, range(options.repeat)
    measured = Measurements(scale=options.scale, all_scale=options.all_scale)
    with _started(DurableMariaDB(), LOAD_DATA) as bench:
        if "limits" in parts:
            measure(bench, measured, options.repeat, _tell)
        for _ in repeat if "restoration" in parts else ():
            measure_restoration(bench, measured, _tell)
        for _ in repeat if "jobs" in parts else ():
            measure_jobs(bench, measured, _tell)
        if "growth" in parts:
            measure_growth(bench, measured, most=options.most, most_of_all=options.all_most, tell=_tell)
    with _started(DurablePostgreSQL(), COPY) as bench:
        for _ in repeat if "limits" in parts else ():
            against_limit(bench, measured, _tell)
        for _ in repeat if "jobs" in parts else ():
            measure_jobs(bench, measured, _tell)
    told = account(measured, figures(measured))
    Console(width=160).print(Markdown(tables(told)))
    if options.part:
        return
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draw(measured.growth, folder / "growth.png")
    document = folder.with_suffix(".md")
    if document.exists():
        document.write_text(inserted(document.read_text(encoding="utf-8"), told), encoding="utf-8")


@contextmanager
def _started(server: Server, limit: Limit) -> Iterator[Bench]:
    """The server; the first run fills the caches of the file system."""
    try:
        server.start()
        bench = Bench(server=server, folder=server.folder, limit=limit)
        clients(bench, 1)
        yield bench
    finally:
        server.stop()


def _tell(words: str) -> None:
    sys.stderr.write(words + "\n")


if __name__ == "__main__":
    main()
