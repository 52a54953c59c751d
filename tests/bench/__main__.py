"""`make bench`: how near `seed` is to LOAD DATA and to COPY, measured in one run, interleaved and repeated."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from tests.bench.figures import against_limit, figures, measure, measure_growth
from tests.bench.limits import COPY, DurableMariaDB, DurablePostgreSQL
from tests.bench.picture import draw
from tests.bench.report import account, inserted, tables
from tests.bench.server import ROOT, Bench
from tests.servers.base import Server


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
    options = parser.parse_args()
    server: Server = DurableMariaDB()
    try:
        server.start()
        bench = Bench(server=server, folder=server.folder)
        measured = measure(bench, repeat=options.repeat, scale=options.scale, all_scale=options.all_scale, tell=_tell)
        measure_growth(bench, measured, most=options.most, most_of_all=options.all_most, tell=_tell)
    finally:
        server.stop()
    server = DurablePostgreSQL()
    try:
        server.start()
        bench = Bench(server=server, folder=server.folder, limit=COPY)
        for _ in range(options.repeat):
            against_limit(bench, measured, options.scale, _tell)
    finally:
        server.stop()
    told = account(measured, figures(measured))
    Console(width=160).print(Markdown(tables(told)))
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draw(measured.growth, folder / "growth.png")
    document = folder.with_suffix(".md")
    if document.exists():
        document.write_text(inserted(document.read_text(encoding="utf-8"), told), encoding="utf-8")


def _tell(words: str) -> None:
    sys.stderr.write(words + "\n")


if __name__ == "__main__":
    main()
