"""Every way in which seeding can refuse or fail. The class carries the exit code; its docstring is the default message."""

from __future__ import annotations

from typing import ClassVar

INTERRUPTED, TERMINATED = 130, 143
"""The exit codes of a command ended by a signal: SIGINT, SIGTERM."""


class SeedingError(Exception):
    """Seeding failed."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class ConfigurationError(SeedingError):
    """The arguments or the configuration are wrong."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class MisdeclaredSeederError(SeedingError):
    """A seeder class is declared in a way that cannot work."""


class RefusedError(SeedingError):
    """The run was refused: nobody agreed to it."""


class LockError(SeedingError):
    """The seeding lock could not be taken."""

    exit_code = 2


class LockHeldError(LockError):
    """Another run holds the seeding lock."""


class LockLostError(LockError):
    """The seeding lock was lost while the run was under way; the open batch was rolled back."""

    def __init__(
        self,
        words: str = "The seeding lock was lost while the run was under way, and another run may hold it: the open batch was "
        "rolled back. Run again.",
    ) -> None:
        super().__init__(words)


class DatabaseUnavailableError(SeedingError):
    """The database cannot be reached."""

    exit_code = 2


class SchedulerError(SeedingError):
    """The scheduler of the workers cannot be reached."""

    exit_code = 2


class UnsafeServerError(SeedingError):
    """Rows could be lost, mixed up or told wrongly on this server."""

    exit_code = 2


class SchemaError(SeedingError):
    """A table is missing, or differs from its model."""

    exit_code = 3


class UnclassifiedError(SeedingError):
    """Nobody has decided whether a column holds personal data."""

    exit_code = 3


class GenerationError(SeedingError):
    """A seeder could not generate its rows."""

    exit_code = 4


class SourceError(SeedingError):
    """A source of real data cannot be read."""


class InsertionError(SeedingError):
    """The database refused rows."""

    exit_code = 5


class IncoherentError(SeedingError):
    """The data breaks a rule."""

    exit_code = 5


class RollbackError(SeedingError):
    """Not everything that was seeded could be rolled back."""

    exit_code = 6


class Terminated(BaseException):
    """SIGTERM asked the process to stop. Like KeyboardInterrupt, it is not caught by `except Exception`."""
