"""What every seeder must keep, as tests. Deprecated."""

from seeding.deprecated import moved

__getattr__ = moved(
    __name__,
    ("seeding.testing", "DatabaseContract", "SeederContract", "generated"),
)
