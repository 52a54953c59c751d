"""Columns of numbers: what rows, keys and masks are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# In quotes, so that a check can read seeders' declarations without NumPy (`generation.deferral`).
Integers: TypeAlias = "npt.NDArray[np.int64]"
"""Whole numbers, one per row: indexes, cents, days."""
Mask: TypeAlias = "npt.NDArray[np.bool_]"
"""One boolean per row."""
Words: TypeAlias = "npt.NDArray[np.uint64]"
"""64 bits per row."""
Floats: TypeAlias = "npt.NDArray[np.float64]"
"""Numbers, one per row."""
