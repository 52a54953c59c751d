"""Columns as functions of row indexes. Deprecated."""

from seeding.deprecated import moved

__getattr__ = moved(
    __name__,
    ("seeding", "Floats", "Integers", "Mask", "Rows", "Words", "decimals", "divide", "numerals", "only", "remembered", "take"),
)
