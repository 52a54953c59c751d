"""The common base of the seeding commands: exit codes instead of tracebacks, and signals that end a run cleanly."""

from __future__ import annotations

import json
import os
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TextIO, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter, OutputWrapper
from django.db import Error

from seeding.db.error_hints import hint
from seeding.db.interruption import terminable
from seeding.db.redaction import error_text, without_credentials
from seeding.db.retries import transience
from seeding.exceptions import INTERRUPTED, TERMINATED, ConfigurationError, DatabaseUnavailableError, SeedingError, Terminated
from seeding.telemetry import streams

if TYPE_CHECKING:
    from rich.console import Console

    from seeding.telemetry.events import Event, Sink

T = TypeVar("T")


class Output(OutputWrapper):
    """A stream that survives a closed pipe: neither the work nor the exit code depends on the reader."""

    def write(self, msg: str = "", style_func: Callable[[str], str] | None = None, ending: str | None = None) -> None:  # type: ignore[override]  # Django's arguments; the stubs have TextIO's
        """Write; after an error, all further output is discarded."""
        try:
            super().write(msg, style_func, ending)
        except OSError as error:
            self._discard(error)

    def flush(self) -> None:
        """Flush; after an error, all further output is discarded."""
        try:
            super().flush()
        except OSError as error:
            self._discard(error)

    def _discard(self, error: OSError) -> None:
        streams.discard(self._out)
        if not isinstance(error, BrokenPipeError):
            with suppress(OSError):
                sys.stderr.write(f"The output cannot be written: {error}\n")


class HelpFormatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's formatter, which keeps the line breaks of the examples."""


class SeedingCommand(BaseCommand):
    """A command with a defined exit code for every outcome."""

    requires_system_checks = ()
    examples: ClassVar[Mapping[str, str]] = {}
    """Shown by --help below the options: arguments → what they do."""
    _answered = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's parser, with the examples."""
        lines = [f"  {prog_name} {subcommand} {arguments}".rstrip() for arguments in self.examples]
        width = max(map(len, lines), default=0)
        told = (f"{line:<{width}}  {words}" for line, words in zip(lines, self.examples.values(), strict=True))
        epilog = "\n".join(("examples:", *told)) if self.examples else None
        return super().create_parser(prog_name, subcommand, epilog=epilog, formatter_class=HelpFormatter, **kwargs)

    def __init__(self, stdout: TextIO | None = None, stderr: TextIO | None = None, **options: Any) -> None:
        streams.open_closed()
        super().__init__(stdout, stderr, **options)
        self.stdout, self.stderr = Output(stdout or sys.stdout), Output(stderr or sys.stderr)
        self.stderr.style_func = self.style.ERROR

    def run_from_argv(self, argv: list[str]) -> None:
        """Exit with code 1 for wrong arguments; argparse would use 2, which here means that the lock is held."""
        self._called_from_command_line = True  # so that Django's parser prints its usage and exits
        try:
            self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
        except SystemExit as stop:
            raise SystemExit(ConfigurationError.exit_code if stop.code else 0) from None
        try:
            super().run_from_argv(argv)
        finally:
            self.stdout.flush()  # here, where a closed pipe is harmless: the interpreter would exit with its own code

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run `handle`; expected failures become one sentence on stderr and an exit code, and --json reports them, too."""
        self._answered = False
        try:
            with terminable():
                return super().execute(*args, **options)
        except CommandError as error:
            self._tell_failure(error, options)
            raise
        except (SeedingError, Error, KeyboardInterrupt, Terminated) as error:
            failure = failed(error)
            if failure is None:
                raise
            self._tell_failure(failure, options)
            raise failure from error

    def answer(self, values: Mapping[str, Any]) -> None:
        """Print what --json prints: one object."""
        self.stdout.write(json.dumps(values, default=plain, ensure_ascii=False))
        self._answered = True

    def _tell_failure(self, failure: CommandError, options: Mapping[str, Any]) -> None:
        if options.get("json") and not self._answered:
            self.answer({"error": str(failure), "exit_code": failure.returncode})

    def add_common_arguments(self, parser: CommandParser) -> None:
        """Declare the options of every command that writes."""
        add = parser.add_argument
        add("--env", metavar="dev|staging|production", help="default: SEEDING_ENV, DJANGO_ENV, NODE_ENV, else dev")
        asking = parser.add_mutually_exclusive_group()
        asking.add_argument("--force", action="store_true", help="answer yes to every question")
        asking.add_argument(
            "--no-input",
            action="store_false",
            dest="interactive",
            help="never ask: refuse where confirmation is needed",
        )
        add("--confirm-database", metavar="NAME", help="the database's name, which --force needs in production")
        add(
            "--lock-timeout",
            type=int,
            default=0,
            metavar="SECONDS",
            help="how long to wait for another run (default: 0)",
        )
        add(
            "--patience",
            type=float,
            metavar="SECONDS",
            help="how long a run waits for a server that restarts or fails over (default: SEEDING_PATIENCE, else 60)",
        )
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print the summary as one JSON object")

    def console(self, options: Mapping[str, Any]) -> Console:
        """The console for the command's results."""
        from seeding import conf, console

        return console.console(self.stdout, plain=conf.is_plain(options, os.environ), forced=options["force_color"])

    def configured(self, load: Callable[[], T]) -> T:
        """The configuration that `load` reads from the options and the environment.

        Raises one ConfigurationError with all its problems and those of the logging and alerting variables.
        """
        from seeding import conf
        from seeding.conf.monitoring import load_monitoring

        problems: list[str] = []
        for check in (load, partial(conf.load_logging, os.environ), partial(load_monitoring, os.environ)):
            try:
                check()
            except ConfigurationError as error:
                problems += error.problems
        if problems:
            raise ConfigurationError(*problems)
        return load()

    @contextmanager
    def watched(self, options: Mapping[str, Any], environment: str) -> Iterator[Sink]:
        """A sink for a run's events: the log, the alerts, the metrics, and the progress shown to a person.

        On a terminal, stderr shows moving bars and readable warnings; elsewhere, stderr gets the log and stdout plain lines.
        """
        from seeding import conf, console
        from seeding.conf.monitoring import load_monitoring
        from seeding.console import progress  # imported late, so that `manage.py help` does not wait
        from seeding.telemetry import logs
        from seeding.telemetry.alerts import Alerts
        from seeding.telemetry.events import broadcast
        from seeding.telemetry.prometheus import Textfile

        quiet, plain, terminal = not options["verbosity"], conf.is_plain(options, os.environ), self.stderr.isatty()
        level = "error" if quiet else "warn" if terminal else "debug"
        words = logs.Words(coloured=not plain) if terminal else None
        logs.configure(conf.load_logging(os.environ), console_level=level, words=words)
        monitoring = load_monitoring(os.environ)
        log, errors = logs.SeederLogger(environment).sink, console.console(sys.stderr, plain=plain)
        told = broadcast(log, Alerts(monitoring, log).sink)
        if monitoring.metrics_file is not None:
            told = broadcast(told, Textfile(monitoring.metrics_file, log).sink)
        if not quiet and terminal and not plain and not errors.is_dumb_terminal:
            with progress.ProgressBar(errors) as bar:
                yield broadcast(told, bar.sink)
        elif quiet or options["json"]:
            yield told
        else:
            with progress.ProgressLines(self.console(options)) as lines:
                yield broadcast(told, lines.sink)

    def warn(self, event: Event) -> None:
        """A sink for a read-only command: warnings and errors become lines on stderr."""
        if event.level in ("warn", "error"):
            self.stderr.write(event.message)

    def ask(self, question: str) -> str:
        """Ask a question on stderr, which keeps stdout clean, and read the answer; it is empty at the end of input."""
        self.stderr.write(question, self.style.WARNING)
        return sys.stdin.readline()


def plain(value: Any) -> str:
    """A value without a JSON type: dates and times in ISO 8601, anything else as text."""
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def failed(error: BaseException) -> CommandError | None:
    """An expected failure as a sentence and an exit code; None for an unexpected one."""
    if isinstance(error, SeedingError):
        return CommandError(without_credentials(str(error)), returncode=error.exit_code)
    if isinstance(error, Terminated):
        return CommandError("Terminated. The lock is released and the ledger is consistent.", returncode=TERMINATED)
    if isinstance(error, KeyboardInterrupt):
        return CommandError("Interrupted. The lock is released and the ledger is consistent.", returncode=INTERRUPTED)
    if transience(error) is None and not hint(error):
        return None
    said = error_text(error).rstrip(".")
    text = (
        f"The database gave up: {said}{'' if said.endswith('?') else '.'} Run the command again: it resumes where it stopped."
    )
    return CommandError(text, returncode=DatabaseUnavailableError.exit_code)
