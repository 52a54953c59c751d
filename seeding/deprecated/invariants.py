"""Rules about the data. Deprecated."""

from seeding.deprecated import moved

__getattr__ = moved(
    __name__,
    ("seeding", "Breaking", "Check", "Invariant", "Seeded", "invariant", "unless"),
)
