from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seeding.conf import LogConfig
from seeding.telemetry import logs
from seeding.telemetry.events import Event, event
from tests.support.databases import ROOT


def written(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "seeding.log"
    logs.configure(LogConfig(level="debug", file=path), console_level="error")
    return path


def test_an_event_has_the_documents_keys(file: Path) -> None:
    event = Event(operation="insert", message="done", seeder="ClientSeeder", record_count=1000, duration=2.5)

    logs.SeederLogger("dev").sink(event)

    line = written(file)[0]
    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo is not None
    assert line == {
        "level": "info",
        "message": "done",
        "seeder": "ClientSeeder",
        "operation": "insert",
        "recordCount": 1000,
        "duration": 2.5,
        "environment": "dev",
    }


@pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
def test_every_level_has_its_name(file: Path, level: str) -> None:
    getattr(logs.SeederLogger("staging"), level)("words", table="clients")

    line = written(file)[0]
    assert (line["level"], line["table"], line["environment"]) == (level, "clients", "staging")


def test_an_error_comes_with_its_trace_on_one_line(file: Path) -> None:
    with pytest.raises(ValueError, match="several") as caught:
        int("several\nlines, naïve ☃ and \x01")
    logs.SeederLogger("dev").error("failed", error=caught.value, value=object())

    line = written(file)[0]
    assert "Traceback" in line["exc_info"]
    assert "naïve ☃" in line["exc_info"]
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1


class Unspeakable:
    def __str__(self) -> str:
        raise RuntimeError("no")


def circle() -> list[Any]:
    around: list[Any] = [1]
    around.append({"again": around})
    return around


def nest(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


VALUES = {
    "control": ("two\nlines\r\x85\u2028\x00", "two\nlines\r\x85\u2028\x00"),
    "unicode": ("naïve ☃ 🌿", "naïve ☃ 🌿"),
    "surrogate": ("half a pair: \ud83c", "half a pair: \ud83c"),
    "binary": (b"\xff\x00text", "\\xff\x00text"),
    "numbers": ([float("nan"), float("inf"), np.float32(0.5), np.int64(5)], ["nan", "inf", 0.5, 5]),
    "objects": ({(1, 2): {Decimal("1.10")}, None: (date(2026, 3, 2),)}, {"(1, 2)": ["1.10"], "None": ["2026-03-02"]}),
    "exception": (ValueError("bad"), "ValueError: bad"),
    "unspeakable": (Unspeakable(), "<Unspeakable that cannot be shown>"),
    "endless number": (10**5000, "<int that cannot be shown>"),
    "circle": (circle(), [1, {"again": "…"}]),
    "nest": (nest(3), [[[[]]]]),
    "huge": ("x" * 1_000_000, f"{'x' * 10_000} … 980,000 characters … {'x' * 10_000}"),
}


@pytest.mark.parametrize(("value", "said"), VALUES.values(), ids=VALUES)
def test_any_value_is_told_on_one_line(file: Path, value: object, said: object) -> None:
    logs.SeederLogger("dev").info("words", value=value)

    (line,) = file.read_text(encoding="ascii").splitlines()
    assert json.loads(line, parse_constant=pytest.fail)["value"] == said


def test_what_never_ends_ends(file: Path) -> None:
    logs.SeederLogger("dev").info("deep", value=nest(100_000))

    assert json.dumps(written(file)[0]["value"]).count("[") == logs.DEEPEST - 1  # the line itself is a level


def test_a_name_that_is_taken_gets_another(file: Path) -> None:
    logs.SeederLogger("dev").info("words", name="Kush", level=7, args="x", exc_info="none")

    (line,) = written(file)
    assert (line["message"], line["level"]) == ("words", "info")
    assert (line["name"], line["level_"], line["args"], line["exc_info"]) == ("Kush", 7, "x", "none")


def test_exceptions_within_exceptions_are_told(file: Path) -> None:
    inner, outer = ValueError("inner"), ExceptionGroup("outer", [TypeError("one"), ValueError(Unspeakable())])
    outer.__cause__, inner.__context__ = inner, outer  # each the other's reason
    last: BaseException = outer
    for number in range(2_000):
        after = RuntimeError(number)
        after.__cause__, last = last, after

    logs.SeederLogger("dev").error("failed", error=outer)
    logs.SeederLogger("dev").error("failed again", error=last)

    first, second = written(file)
    assert all(words in first["exc_info"] for words in ("ValueError: inner", "ExceptionGroup: outer", "TypeError: one"))
    assert second["exc_info"].endswith("RuntimeError: 1999")
    assert len(second["exc_info"]) < 2 * logs.LONGEST


def test_a_record_that_another_library_got_wrong_is_told() -> None:
    record = logging.LogRecord("seeding.other", logging.INFO, __file__, 1, "%d rows", ("many",), None)

    line = json.loads(logs.JsonLines().format(record))

    assert (line["message"], line["level"]) == ("%d rows", "info")
    assert line["problem"].startswith("This line could not be made: TypeError: ")


@pytest.mark.parametrize("place", ["taken/seeding.log", "full.log"])
def test_a_file_that_cannot_be_written_is_said_once_and_the_console_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    (tmp_path / "taken").touch()
    (tmp_path / "full.log").symlink_to("/dev/full")  # can be opened, and holds nothing

    logs.configure(LogConfig(level="info", file=tmp_path / place), console_level="info")
    logs.SeederLogger("dev").info("one")
    logs.SeederLogger("dev").info("two")

    said = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
    assert [words for words in said if "cannot be written" not in words] == ["one", "two"]
    (trouble,) = set(said) - {"one", "two"}
    assert trouble.endswith("log lines go to stderr only. Set SEEDING_LOG_FILE.")


def test_a_line_that_was_torn_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "seeding.log"
    file.write_text('{"message": "killed in the midd', encoding="ascii")

    logs.configure(LogConfig(level="info", file=file), console_level="error")
    logs.SeederLogger("dev").info("after")

    torn, line = file.read_text(encoding="ascii").splitlines()
    assert torn.endswith("midd")
    assert json.loads(line)["message"] == "after"


WRITER = """
import sys
from pathlib import Path
from seeding.telemetry import logs
from seeding.conf import LogConfig
logs.MAX_BYTES, logs.BACKUPS = 20_000, 100
logs.configure(LogConfig(level="info", file=Path(sys.argv[1])), console_level="error")
print("ready", flush=True)
sys.stdin.readline()
for number in range(300):
    logs.SeederLogger("dev").info("line", writer=sys.argv[2], number=number)
"""


def test_several_processes_write_to_one_file_while_it_rotates(tmp_path: Path) -> None:
    file = tmp_path / "seeding.log"
    command = [sys.executable, "-c", WRITER, str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    writers = [subprocess.Popen([*command, name], cwd=ROOT, text=True, **pipes) for name in "ab"]  # type: ignore[call-overload]  # options from a dictionary
    for writer in writers:
        writer.stdout.readline()

    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)

    files = [one for one in tmp_path.iterdir() if not one.name.endswith(".lock")]
    lines = [line for one in files for line in written(one)]
    assert len(files) > 2
    assert Counter((line["writer"], line["number"]) for line in lines) == Counter(product("ab", range(300)))


def test_the_file_rotates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 500)
    file = tmp_path / "seeding.log"
    logs.configure(LogConfig(level="info", file=file), console_level="error")

    for number in range(60):
        logs.SeederLogger("dev").info("line", number=number)

    assert {one.name for one in tmp_path.iterdir() if ".log" in one.name} == {
        "seeding.log", *(f"seeding.log.{number}" for number in range(1, logs.BACKUPS + 1))
    }  # fmt: skip
    assert written(file)[-1]["number"] == 59


def test_a_terminal_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogConfig(level="info", file=None), console_level="warn", words=logs.Words(coloured=False))
    tell = logs.SeederLogger("dev").sink

    tell(event("finish", "clients seeded"))
    tell(event("skip", "3 rows are not valid", level="warn", reasons={"name: null": 2, "name: too long": 1}))
    tell(event("fail", "mysql://u:s3cret@host/terp is gone", level="error", error=ValueError("broken")))

    assert capsys.readouterr().err.splitlines() == [
        "warn: 3 rows are not valid: name: null (2), name: too long (1)",
        "error: mysql://[redacted]@host/terp is gone",
    ]


def test_on_a_terminal_warnings_and_errors_have_a_colour() -> None:
    def shown(level: int) -> str:
        return logs.Words(coloured=True).format(logging.LogRecord("seeding", level, __file__, 1, "words", None, None))

    assert [shown(level) for level in (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)] == [
        "info\x1b[0m: words", "\x1b[33mwarn\x1b[0m: words", "\x1b[31merror\x1b[0m: words", "critical\x1b[0m: words",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("level", "console_level", "told"),
    [("info", "warn", ["info warn error", "warn error"]), ("error", "debug", ["error", "error"])],
)
def test_the_console_hears_nothing_that_the_level_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str, console_level: str, told: list[str]
) -> None:
    file = tmp_path / "seeding.log"
    logs.configure(LogConfig(level=level, file=file), console_level=console_level)

    for one in ("debug", "info", "warn", "error"):
        getattr(logs.SeederLogger("dev"), one)(one)

    console = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [" ".join(line["message"] for line in lines) for lines in (written(file), console)] == told


def test_configured_again_the_log_has_no_line_twice(tmp_path: Path) -> None:
    for name in ("first.log", "second.log"):
        logs.configure(LogConfig(level="info", file=tmp_path / name), console_level="error")

    logs.SeederLogger("dev").info("once")

    assert (len(written(tmp_path / "first.log")), len(written(tmp_path / "second.log"))) == (0, 1)


def test_what_has_no_value_is_left_out_and_a_duration_is_rounded(file: Path) -> None:
    logs.SeederLogger("dev").sink(event("insert", "done", duration=1.23456, table=None, rows=0))

    (line,) = written(file)
    assert (line["duration"], line["rows"]) == (1.235, 0)
    assert not {"table", "seeder", "recordCount", "error", "exc_info"} & line.keys()


@dataclass
class Point:
    """Told as an object."""

    x: int
    at: date


class Told(Point):
    """Told as it says itself."""

    def as_dict(self) -> dict[str, str]:
        return {"point": f"{self.x}"}


def test_a_dataclass_is_told_as_an_object(file: Path) -> None:
    day = date(2026, 3, 2)

    logs.SeederLogger("dev").info("words", values=[Point(1, day), Told(2, day), Point])

    assert written(file)[0]["values"] == [{"x": 1, "at": "2026-03-02"}, {"point": "2"}, str(Point)]


def test_a_url_in_any_value_shows_no_account_even_where_the_text_is_cut(file: Path) -> None:
    long = "x" * (logs.LONGEST // 2 - 12) + " mysql://me:s3cret@db/shop " + "y" * logs.LONGEST

    logs.SeederLogger("dev").info("mysql://me:s3cret@db/shop", values={"url": ["mysql://me:s3cret@db"]}, long=long)

    assert "s3cret" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("number", "told"), [(2**64 - 1, 2**64 - 1), (2**64, str(2**64)), (-(2**64), str(-(2**64)))])
def test_a_number_that_no_reader_can_hold_is_a_text(number: int, told: object) -> None:
    assert logs.plain(number) == told


def test_the_console_says_nothing_more_when_its_reader_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    logs.configure(LogConfig(level="info", file=None), console_level="info")

    with os.fdopen(writing, "w", encoding="utf-8") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        logs.SeederLogger("dev").info("to nobody")

        assert os.fstat(writing).st_rdev == Path(os.devnull).stat().st_rdev
