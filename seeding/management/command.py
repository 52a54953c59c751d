"""What the seeding commands have in common: exit codes instead of tracebacks, and signals that end a run in order."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import Error

from seeding import streams
from seeding.exceptions import ConfigurationError, DatabaseUnavailableError, SeedingError, Terminated
from seeding.redaction import without_credentials, words_of
from seeding.remedies import remedy
from seeding.retries import transience

INTERRUPTED, TERMINATED = 130, 143


class Output(OutputWrapper):
    """A stream whose reader may go: what is done and how it ends do not depend on who listens."""

    def write(self, msg: str = "", style_func: Callable[[str], str] | None = None, ending: str | None = None) -> None:  # type: ignore[override]
        """Write, or from now on no more."""
        try:
            super().write(msg, style_func, ending)
        except OSError as error:
            self._discard(error)

    def flush(self) -> None:
        """Likewise."""
        try:
            super().flush()
        except OSError as error:
            self._discard(error)

    def _discard(self, error: OSError) -> None:
        streams.discard(self._out)
        if not isinstance(error, BrokenPipeError):
            with suppress(OSError):
                sys.stderr.write(f"The output cannot be written: {error}\n")


class SeedingCommand(BaseCommand):
    """A command whose every way to end has its exit code."""

    requires_system_checks = ()

    def __init__(self, stdout: TextIO | None = None, stderr: TextIO | None = None, **options: Any) -> None:
        streams.open_closed()
        super().__init__(stdout, stderr, **options)
        self.stdout, self.stderr = Output(stdout or sys.stdout), Output(stderr or sys.stderr)
        self.stderr.style_func = self.style.ERROR

    def run_from_argv(self, argv: list[str]) -> None:
        """Wrong arguments are exit code 1; argparse would say 2, which here means that the lock is held."""
        self._called_from_command_line = True  # so that Django's parser prints its usage and exits
        try:
            self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
        except SystemExit as stop:
            raise SystemExit(ConfigurationError.exit_code if stop.code else 0) from None
        try:
            super().run_from_argv(argv)
        finally:
            self.stdout.flush()  # here, where somebody who has gone does no harm: the interpreter would end with its own code

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run `handle`, with expected failures as one sentence on stderr and their exit code."""
        try:
            with terminable():
                return super().execute(*args, **options)
        except SeedingError as error:
            raise CommandError(without_credentials(str(error)), returncode=error.exit_code) from error
        except Error as error:
            if transience(error) is None and not remedy(error):
                raise
            text = f"The database gave up: {words_of(error).rstrip('.')}. Run the command again: it goes on where it stopped."
            raise CommandError(text, returncode=DatabaseUnavailableError.exit_code) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted. The lock is released and the ledger is true.", returncode=INTERRUPTED) from None
        except Terminated:
            raise CommandError("Terminated. The lock is released and the ledger is true.", returncode=TERMINATED) from None

    def add_common_arguments(self, parser: CommandParser) -> None:
        """Declare what every command that writes has."""
        add = parser.add_argument
        add("--env", metavar="dev|staging|production", help="default: SEEDING_ENV, DJANGO_ENV, NODE_ENV, else dev")
        asking = parser.add_mutually_exclusive_group()
        asking.add_argument("--force", action="store_true", help="answer yes where there is a question")
        asking.add_argument(
            "--no-input",
            action="store_false",
            dest="interactive",
            help="never ask: refuse where a question would be needed",
        )
        add("--confirm-database", metavar="NAME", help="the database's name, which --force needs in production")
        add(
            "--lock-timeout",
            type=int,
            default=0,
            metavar="SECONDS",
            help="how long to wait for another run (default: 0)",
        )
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print the summary as one JSON object")

    def configure_logging(self, options: Mapping[str, Any]) -> bool:
        """Send the log where it belongs; returns whether a person watches on a terminal, who sees a progress bar instead."""
        from seeding import conf, logs  # imported late, so that `manage.py help` does not wait

        on_terminal = bool(self.stderr.isatty() and options["verbosity"] > 0)
        logs.configure(conf.load_logging(os.environ), console_level="warn" if on_terminal else "debug")
        return on_terminal

    def ask(self, question: str) -> str:
        """Put a question on stderr, where it spoils no output, and read the answer; an empty one at the end of input."""
        self.stderr.write(question, self.style.WARNING)
        return sys.stdin.readline()


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
