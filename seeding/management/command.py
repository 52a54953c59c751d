"""What the seeding commands have in common: exit codes instead of tracebacks, and signals that end a run in order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from seeding.exceptions import ConfigurationError, DatabaseUnavailableError, SeedingError, Terminated

INTERRUPTED, TERMINATED = 130, 143


class SeedingCommand(BaseCommand):
    """A command whose every way to end has its exit code."""

    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Wrong arguments are exit code 1; argparse would say 2, which here means that the lock is held."""
        self._called_from_command_line = True  # so that Django's parser prints its usage and exits
        try:
            self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
        except SystemExit as stop:
            raise SystemExit(ConfigurationError.exit_code if stop.code else 0) from None
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run `handle`, with expected failures as one sentence on stderr and their exit code."""
        try:
            with terminable():
                return super().execute(*args, **options)
        except SeedingError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        except (OperationalError, InterfaceError) as error:
            text = f"The database gave up: {error}. Run the command again: it goes on where it stopped."
            raise CommandError(text, returncode=DatabaseUnavailableError.exit_code) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted. The lock is released and the ledger is true.", returncode=INTERRUPTED) from None
        except Terminated:
            raise CommandError("Terminated. The lock is released and the ledger is true.", returncode=TERMINATED) from None


@contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM into Terminated for a block, where signals can be handled at all (the main thread)."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
