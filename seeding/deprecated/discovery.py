"""What the installed apps bring along. Deprecated."""

from seeding.deprecated import moved

__getattr__ = moved(
    __name__,
    ("seeding.generation.discovery", "BrokenModule"),
)
