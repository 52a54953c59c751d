"""Which seeders there are. Deprecated."""

from seeding.deprecated import moved

__getattr__ = moved(
    __name__,
    ("seeding", "Registry"),
    ("seeding.generation.registry", "SelectedSeeders as Selection"),
)
