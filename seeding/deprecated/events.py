"""What happens during a run. Deprecated."""

from seeding.deprecated import moved

__getattr__ = moved(
    __name__,
    ("seeding", "Event", "Sink"),
)
