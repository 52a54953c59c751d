"""The sizes of a dataset."""

from __future__ import annotations

from collections.abc import Mapping

SIZES: Mapping[str, int] = {"small": 1, "medium": 10, "large": 100}
"""How many times the smallest dataset each size is."""
