"""The sizes of a dataset."""

from __future__ import annotations

from collections.abc import Mapping

SIZES: Mapping[str, int] = {"small": 1, "medium": 10, "large": 100}
"""Each size as a multiple of the smallest."""
