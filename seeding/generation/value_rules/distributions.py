"""Numbers of a distribution, one per row, by its own inverse or by a classical transformation.

Bounds truncate: a value outside is drawn again, so that nothing piles up at the edges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from seeding.arrays import Floats
from seeding.generation.rows import Rows

DRAWS = 200
"""How often a value outside the bounds is drawn again; then it is moved to the nearer bound."""
RANKS = 100_000
"""The most ranks of a Zipf distribution."""


def drawn(rows: Rows, stream: str, rule: Mapping[str, Any]) -> Floats:
    """A number per row, of the distribution that `rule` names, within its `min` and `max`."""
    draw = DISTRIBUTIONS[rule["distribution"]]
    low, high = rule.get("min", -np.inf), rule.get("max", np.inf)
    values = draw(rows, stream, rule)
    if rule["distribution"] in BOUNDED:
        return values
    for again in range(1, DRAWS):
        outside = np.flatnonzero((values < low) | (values > high))
        if not len(outside):
            return values
        values[outside] = draw(rows.of(rows.table, rows.index[outside]), f"{stream}/{again}", rule)
    return np.clip(values, low, high)


def _uniform(rows: Rows, stream: str, rule: Mapping[str, Any]) -> Floats:
    return rows.uniform(stream, rule["min"], rule["max"])


def _normal(rows: Rows, stream: str, rule: Mapping[str, Any]) -> Floats:
    """Box and Muller, "A note on the generation of random normal deviates", 1958."""
    radius = np.sqrt(-2 * np.log1p(-rows.uniform(f"{stream}/radius")))
    normal: Floats = rule["mean"] + rule["deviation"] * radius * np.cos(2 * np.pi * rows.uniform(f"{stream}/angle"))
    return normal


def _lognormal(rows: Rows, stream: str, rule: Mapping[str, Any]) -> Floats:
    normal = _normal(rows, stream, {"mean": np.log(rule["median"]), "deviation": rule["sigma"]})
    return np.exp(np.minimum(normal, 700))  # beyond it, there is no float


def _exponential(rows: Rows, stream: str, rule: Mapping[str, Any]) -> Floats:
    exponential: Floats = -rule["mean"] * np.log1p(-rows.uniform(stream))
    return exponential


def _zipf(rows: Rows, stream: str, rule: Mapping[str, Any]) -> Floats:
    least, most = int(rule.get("min", 1)), int(rule["max"])
    rank = np.searchsorted(_cumulated(rule["exponent"], most - least + 1), rows.uniform(stream), side="right")
    return (least + rank).astype(np.float64)


def _quantiles(rows: Rows, stream: str, rule: Mapping[str, Any]) -> Floats:
    shares, values = np.array(rule["quantiles"], dtype=np.float64).T
    drawn_values: Floats = np.interp(rows.uniform(stream), shares, values)
    return drawn_values


@lru_cache(maxsize=16)
def _cumulated(exponent: float, count: int) -> Floats:
    weights = np.arange(1, count + 1, dtype=np.float64) ** -exponent
    cumulated: Floats = np.cumsum(weights) / weights.sum()
    cumulated[-1] = 1
    return cumulated


DISTRIBUTIONS: Mapping[str, Callable[[Rows, str, Mapping[str, Any]], Floats]] = {
    "uniform": _uniform,
    "normal": _normal,
    "lognormal": _lognormal,
    "exponential": _exponential,
    "zipf": _zipf,
    "quantiles": _quantiles,
}
BOUNDED = frozenset({"uniform", "zipf", "quantiles"})
"""Those that keep to their bounds by themselves."""
