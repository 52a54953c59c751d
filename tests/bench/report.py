"""What was measured, as JSON, and as the tables of docs/performance.md, which are made of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from statistics import median
from typing import Any

from tests.bench.limits import DurableMariaDB, DurablePostgreSQL
from tests.bench.samples import Figure, Measurements

BEGIN, END = "<!-- made by make bench: begin -->", "<!-- made by make bench: end -->"


def account(measured: Measurements, found: list[Figure]) -> dict[str, Any]:
    """Everything, as JSON takes it."""
    return {
        "machine": ", ".join(
            (
                f"{os.cpu_count()} cores",
                DurableMariaDB.version(),
                DurablePostgreSQL.version(),
                f"Python {platform.python_version()}",
                *(f"{name} {version(name)}" for name in ("Django", "Polars")),
            )
        ),
        "figures": [asdict(one) for one in found],
        "measured": {
            name: {"rows": measured.rows[name], "samples": [asdict(one) for one in samples]}
            for name, samples in measured.samples.items()
        },
        "growth": {str(rows): asdict(sample) for rows, sample in measured.growth.items()},
        "growth_of_all": {str(rows): asdict(sample) for rows, sample in measured.growth_of_all.items()},
    }


def inserted(document: str, told: Mapping[str, Any]) -> str:
    """The document with the tables between its two marks."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables(told)}\n{END}{after}"


def tables(told: Mapping[str, Any]) -> str:
    """The tables in Markdown."""
    lines = [
        f"Measured on {told['machine']}; medians of what was repeated.",
        "",
        "| figure | wanted | found | reached | `manage.py …` |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in told["figures"]:
        reached = "yes" if one["reached"] else "**no**"
        lines.append(
            f"| {one['name']} | {one['sense']} {one['wanted']:g} | {_number(one['found'])} | {reached} | `{one['command']}` |"
        )
    lines += [
        "",
        "| measured | rows | seconds | rows/s | MiB at most | processor seconds, its own | the server's |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, one in told["measured"].items():
        seconds = median(sample["seconds"] for sample in one["samples"])
        memory = max(sample["mebibytes"] for sample in one["samples"])
        rows, rate = (f"{one['rows']:,}", f"{one['rows'] / seconds:,.0f}") if one["rows"] else ("", "")
        had = " | ".join(_processor(one["samples"], whose) for whose in ("processor_seconds", "server_seconds"))
        lines.append(f"| {name} | {rows} | {seconds:.2f} | {rate} | {f'{memory:.0f}' if memory else ''} | {had} |")
    lines += ["", "| growth, once each | rows | seconds | rows/s | MiB at most |", "| --- | --- | --- | --- | --- |"]
    for name, samples in (("clients", told["growth"]), ("all tables", told.get("growth_of_all", {}))):
        for rows, one in samples.items():
            rate = int(rows) / one["seconds"]
            lines.append(f"| {name} | {int(rows):,} | {one['seconds']:.2f} | {rate:,.0f} | {one['mebibytes']:.0f} |")
    return "\n".join(lines)


def _processor(samples: Sequence[Mapping[str, Any]], whose: str) -> str:
    """The median of processor seconds; empty where nobody had any, or none were measured."""
    found = median(one.get(whose, 0.0) for one in samples)
    return f"{found:.1f}" if found else ""


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"
