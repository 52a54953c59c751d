"""How much is tested: a few of each in `make test`, many in `make clusters`, which sets CLUSTERS."""

from __future__ import annotations

import os

import pytest

ALL = bool(os.environ.get("CLUSTERS"))

SIZE, BATCH = ("medium", "20") if ALL else ("small", "5")
"""Of a run that something happens to: it has several hundred batches."""

whole = pytest.mark.skipif(not ALL, reason="only in `make clusters`")
"""A test that takes too long for `make test`."""


def times(few: int, many: int) -> int:
    """One of the two."""
    return many if ALL else few
