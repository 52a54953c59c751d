"""How a command ends, whatever happens in it: exit code, one sentence, one JSON object; and who reads it does not matter."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import CommandParser
from django.db import IntegrityError, OperationalError

from seeding.exceptions import (
    ConfigurationError,
    GenerationError,
    LockHeldError,
    RollbackError,
    SchemaError,
    SeedingError,
    Terminated,
)
from seeding.management.command import Output, SeedingCommand, failed, plain
from seeding.telemetry.events import event
from seeding.telemetry.metrics import RunMetrics

STOPPED = "Run the command again: it resumes where it stopped."


class Command(SeedingCommand):
    """Does what a test says, and answers in JSON if it is asked to."""

    examples: ClassVar[dict[str, str]] = {"": "all of it", "--json": "for a machine"}
    action: Callable[[Command], None] = staticmethod(lambda _: None)

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_common_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        type(self).action(self)
        if options["json"]:
            self.answer({"done": True})


def command(action: Callable[[Command], None], **streams: Any) -> Command:
    made: type[Command] = type("Command", (Command,), {"action": staticmethod(action)})
    return made(stdout=streams.get("stdout", StringIO()), stderr=streams.get("stderr", StringIO()))


def raising(error: BaseException) -> Callable[[Command], None]:
    def act(_: Command) -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigurationError("--a: wrong.", "--b: wrong."), 1, "--a: wrong.\n--b: wrong."),
        (SeedingError(), 1, "Seeding failed."),
        (LockHeldError(), 2, "Another run holds the seeding lock."),
        (SchemaError("lots is missing."), 3, "lots is missing."),
        (GenerationError("no"), 4, "no"),
        (RollbackError("rows stay"), 6, "rows stay"),
        (SeedingError("see mysql://me:secret@host/db"), 1, "see mysql://[redacted]@host/db"),
        (KeyboardInterrupt(), 130, "Interrupted. The lock is released and the ledger is consistent."),
        (Terminated(), 143, "Terminated. The lock is released and the ledger is consistent."),
        (OperationalError(2013, "Lost connection."), 2, f"The database gave up: (2013, 'Lost connection.'). {STOPPED}"),
        (OperationalError("database is locked"), 2, f"The database gave up: database is locked. {STOPPED}"),
    ],
)
def test_an_expected_failure_is_a_sentence_and_an_exit_code(error: BaseException, code: int, said: str) -> None:
    found = failed(error)

    assert found is not None
    assert (found.returncode, str(found)) == (code, said)


def test_an_error_that_says_what_to_do_is_expected_even_if_it_does_not_pass() -> None:
    found = failed(OperationalError(1142, "SELECT command denied"))

    assert found is not None
    assert (found.returncode, "The account lacks a right" in str(found)) == (2, True)


@pytest.mark.parametrize("error", [ValueError("x"), KeyError(28), OSError(28, "no space"), IntegrityError("x")])
def test_another_failure_is_nobodys_sentence(error: BaseException) -> None:
    assert failed(error) is None


@pytest.mark.parametrize("error", [SchemaError("lots is missing."), CommandError("no", returncode=7), KeyboardInterrupt()])
def test_a_failure_is_told_as_json_too_where_that_is_asked_for(error: BaseException) -> None:
    out, told = StringIO(), StringIO()

    with pytest.raises(CommandError) as raised:
        call_command(command(raising(error), stdout=out), json=True)
    with suppress(CommandError):
        call_command(command(raising(error), stdout=told))

    assert json.loads(out.getvalue()) == {"error": str(raised.value), "exit_code": raised.value.returncode}
    assert told.getvalue() == ""
    assert raised.value.__cause__ is (None if isinstance(error, CommandError) else error)


def test_a_failure_after_the_answer_is_not_a_second_object() -> None:
    out = StringIO()

    def act(one: Command) -> None:
        one.answer({"rows": 1})
        raise RollbackError("rows stay")

    with pytest.raises(CommandError):
        call_command(command(act, stdout=out), json=True)

    assert json.loads(out.getvalue()) == {"rows": 1}


def test_a_command_answers_anew_each_time(tmp_path: Path) -> None:
    out = StringIO()
    fails = [False, True]

    def act(_: Command) -> None:
        if fails.pop(0):
            raise SchemaError("no")

    made = command(act, stdout=out)
    call_command(made, json=True)
    with suppress(CommandError):
        call_command(made, json=True)

    assert [json.loads(line) for line in out.getvalue().splitlines()] == [{"done": True}, {"error": "no", "exit_code": 3}]


def test_an_unexpected_error_keeps_its_traceback() -> None:
    with pytest.raises(ValueError, match="x"):
        call_command(command(raising(ValueError("x"))))
    with pytest.raises(IntegrityError):
        call_command(command(raising(IntegrityError("x"))))


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The signals that reach this process and not the command: SIGTERM would end the tests."""
    signals: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: signals.append(number))
    yield signals
    signal.signal(signal.SIGTERM, before)


def test_a_signal_ends_a_command_in_order(heard: list[int]) -> None:
    def act(_: Command) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(CommandError) as raised:
        call_command(command(act))

    assert (raised.value.returncode, heard) == (143, [])
    os.kill(os.getpid(), signal.SIGTERM)
    assert heard == [signal.SIGTERM]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 3, 2), "2026-03-02"),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T09:00:00+00:00"),
        (time(9, 5), "09:05:00"),
        (Decimal("1.50"), "1.50"),
        (Path("/a"), "/a"),
    ],
)
def test_what_json_has_no_type_for_is_text(value: Any, text: str) -> None:
    assert plain(value) == text


def test_an_answer_is_one_line_in_its_own_letters() -> None:
    out = StringIO()

    command(lambda _: None, stdout=out).answer({"name": "Zoé", "at": date(2026, 3, 2)})

    assert out.getvalue() == '{"name": "Zoé", "at": "2026-03-02"}\n'


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--lock-timeout=x"], 1), (["--unknown"], 1), (["--force", "--no-input"], 1), (["--help"], 0)]
)
def test_wrong_arguments_are_exit_code_1_and_help_is_none(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    with pytest.raises(SystemExit) as stop:
        command(lambda _: None).run_from_argv(["manage.py", "seed", *arguments])

    assert stop.value.code == code
    assert "usage: manage.py seed" in "".join(capsys.readouterr())


def test_a_command_that_fails_ends_the_process_with_its_code() -> None:
    err = StringIO()

    with pytest.raises(SystemExit) as stop:
        command(raising(SchemaError("lots is missing.")), stderr=err).run_from_argv(["manage.py", "seed", "--no-color"])

    assert (stop.value.code, err.getvalue()) == (3, "CommandError: lots is missing.\n")


def test_help_ends_with_the_examples_side_by_side() -> None:
    text = command(lambda _: None).create_parser("manage.py", "seed").format_help()

    assert text.rstrip().splitlines()[-3:] == [
        "examples:",
        "  manage.py seed         all of it",
        "  manage.py seed --json  for a machine",
    ]


def test_without_examples_help_has_none() -> None:
    class Bare(Command):
        examples: ClassVar[dict[str, str]] = {}

    assert "examples" not in Bare().create_parser("manage.py", "seed").format_help()


def test_the_options_of_a_command_that_writes_have_their_defaults() -> None:
    options = vars(command(lambda _: None).create_parser("manage.py", "seed").parse_args([]))

    common = ("env", "force", "interactive", "confirm_database", "lock_timeout", "database", "json")
    assert [options[name] for name in common] == [None, False, True, None, 0, "default", False]


class Gone(StringIO):
    """A stream whose reader has gone, or whose disk is full."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error


def test_who_has_gone_is_written_to_no_more_and_nobody_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(Gone(BrokenPipeError()))

    output.write("line")
    output.flush()

    assert capsys.readouterr().err == ""


def test_a_full_disk_is_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Gone(OSError(28, "No space left on device"))).write("line")

    assert capsys.readouterr().err == "The output cannot be written: [Errno 28] No space left on device\n"


def test_a_reader_that_goes_does_not_change_how_a_command_ends() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    lines: list[int] = []

    def act(one: Command) -> None:
        for number in range(3):
            one.stdout.write("line")
            one.stdout.flush()
            lines.append(number)

    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        call_command(command(act, stdout=stream), json=True)
        stream.write("to the null device by now")

    assert lines == [0, 1, 2]


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment without what decides about the log, the alerts and the terminal."""
    for name in [one for one in os.environ if one.startswith("SEEDING_") or one in ("CI", "NO_COLOR")]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_every_problem_is_told_at_once(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("SEEDING_LOG_LEVEL", "loud")
    variables.setenv("SEEDING_ALERT_WEBHOOK", "nowhere")

    def load() -> int:
        raise ConfigurationError("--a: wrong.", "--b: wrong.")

    with pytest.raises(ConfigurationError) as error:
        command(lambda _: None).configured(load)

    assert error.value.problems == (
        "--a: wrong.",
        "--b: wrong.",
        "SEEDING_LOG_LEVEL=loud: give one of debug, info, warn, error.",
        "SEEDING_ALERT_WEBHOOK is not a web address. It must begin with https://.",
    )


def test_without_a_problem_what_was_loaded_is_there(variables: pytest.MonkeyPatch) -> None:
    assert command(lambda _: None).configured(lambda: 5) == 5


def test_only_what_goes_wrong_is_told_by_a_command_that_looks() -> None:
    err = StringIO()
    one = command(lambda _: None, stderr=err)
    one.stderr.style_func = None

    for level in ("debug", "info", "warn", "error"):
        one.warn(event("look", f"it is {level}", level=level))

    assert err.getvalue() == "it is warn\nit is error\n"


def test_a_question_stands_on_stderr_and_silence_is_an_empty_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = StringIO(), StringIO()
    monkeypatch.setattr("sys.stdin", StringIO("yes\n"))
    one = command(lambda _: None, stdout=out, stderr=err)

    assert (one.ask("Sure?"), one.ask("Sure?")) == ("yes\n", "")
    assert (out.getvalue(), err.getvalue().count("Sure?")) == ("", 2)


class Terminal(StringIO):
    """A stream that says that it is one."""

    def isatty(self) -> bool:
        return True


RUN = [
    event("start", "Run 1 begins", configuration={"steps": [{"table": "lots", "rows": 5}]}, level="info"),
    event("start", "", seeder="Lots", table="lots", planned=5, level="debug"),
    event("note", "take care", level="warn"),
    event("finish", "", seeder="Lots", record_count=5, duration=1.5, level="debug"),
    event("stop", "it is broken", level="error"),
]


def watch(
    monkeypatch: pytest.MonkeyPatch, stderr: StringIO, *, quiet: bool = False, json: bool = False, plain: bool = False
) -> tuple[str, str]:
    """What stands on stdout and on stderr when a run has told its events."""
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = StringIO()
    options = {"verbosity": int(not quiet), "json": json, "no_color": plain, "force_color": False}
    with command(lambda _: None, stdout=out, stderr=stderr).watched(options, "dev") as tell:
        for one in RUN:
            tell(one)
    return out.getvalue(), stderr.getvalue()


def test_elsewhere_than_on_a_terminal_stdout_has_lines_and_stderr_the_log(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("SEEDING_LOG_FILE", "")
    variables.setenv("SEEDING_LOG_LEVEL", "debug")

    out, err = watch(variables, StringIO())

    assert out.startswith("[1/1] lots: 5 of 5 rows, 1.50 s; in all 5 of 5")
    assert [json.loads(line)["level"] for line in err.splitlines()] == ["info", "debug", "warn", "debug", "error"]


@pytest.mark.parametrize(("options", "levels"), [({"json": True}, ["info", "warn", "error"]), ({"quiet": True}, ["error"])])
def test_where_nobody_wants_lines_there_are_none(
    variables: pytest.MonkeyPatch, options: dict[str, bool], levels: list[str]
) -> None:
    variables.setenv("SEEDING_LOG_FILE", "")

    out, err = watch(variables, StringIO(), **options)

    assert out == ""
    assert [json.loads(line)["level"] for line in err.splitlines()] == levels


def test_a_terminal_is_told_in_words_what_goes_wrong_and_shown_bars(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("SEEDING_LOG_FILE", "")

    out, err = watch(variables, Terminal())

    assert out == ""
    assert "\x1b[33m" in err
    assert ("take care" in err, "it is broken" in err, "Run 1 begins" in err) == (True, True, False)
    assert "\x1b[?25l" in err  # the cursor is hidden while bars move


def test_a_terminal_without_colour_has_lines_that_do_not_move(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("SEEDING_LOG_FILE", "")

    out, err = watch(variables, Terminal(), plain=True)

    assert out.startswith("[1/1] lots: 5 of 5 rows")
    assert ("take care" in err, "\x1b" in err) == (True, False)


def test_metrics_are_written_where_a_file_is_named(variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    variables.setenv("SEEDING_LOG_FILE", "")
    variables.setattr("sys.stderr", StringIO())
    metrics = RunMetrics(
        command="seed", environment="dev", database="shop", run=1, exit_code=0, gave_up=False, duration=2.5, lock_wait=0.0,
        finished_at=datetime(2026, 3, 2, tzinfo=UTC), peak_memory=1, queries=7, planned=5, rows={}, errors={}, seconds={},
    )  # fmt: skip
    options = {"verbosity": 0, "json": True, "no_color": True, "force_color": False}

    for file in ("", str(tmp_path / "seeding.prom")):
        variables.setenv("SEEDING_METRICS_FILE", file)
        with command(lambda _: None).watched(options, "dev") as tell:
            tell(event("metrics", "", metrics=metrics))
        assert (tmp_path / "seeding.prom").exists() is bool(file)
    assert re.search(r"seeding_run_queries\{.*\} 7.0", (tmp_path / "seeding.prom").read_text(encoding="utf-8"))
