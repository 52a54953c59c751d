"""A log file to which several processes append whole lines."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seeding.telemetry.log_files import LogFile

Open = Callable[..., LogFile]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open a log file and close it after the test; what could not be written is in its `lost`."""
    files: list[LogFile] = []

    def get(path: Path, lost: list[BaseException] | None = None) -> LogFile:
        failed = [] if lost is None else lost
        files.append(LogFile(path, max_bytes=10_000, backups=1, failed=failed.append))
        return files[-1]

    yield get
    for file in files:
        file.close()


def say(file: LogFile, message: str) -> None:
    file.handle(logging.LogRecord("seeding", logging.INFO, __file__, 1, message, None, None))


def test_the_folder_is_made_and_lines_are_appended(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "some" / "where" / "seeding.log"

    for message in ("naïve ☃", "second"):
        say(opened(path), message)

    assert path.read_text(encoding="utf-8") == "naïve ☃\nsecond\n"


@pytest.mark.parametrize(("before", "after"), [("", "line\n"), ("whole\n", "whole\nline\n"), ("torn", "torn\nline\n")])
def test_only_a_torn_line_is_ended_first(opened: Open, tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "seeding.log"
    path.write_text(before, encoding="utf-8")

    say(opened(path), "line")

    assert path.read_text(encoding="utf-8") == after


def test_a_line_that_is_written_in_pieces_is_whole(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, write = tmp_path / "seeding.log", os.write
    file = opened(path)
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))

    say(file, "0123456789")

    assert path.read_text(encoding="utf-8") == "0123456789\n"


def test_a_line_that_cannot_be_ended_leaves_nothing_and_is_told(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, write = tmp_path / "seeding.log", os.write
    path.write_text("before\n", encoding="utf-8")
    lost: list[BaseException] = []
    file = opened(path, lost)

    def full(descriptor: int, data: memoryview) -> int:
        if len(data) < 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:4])

    monkeypatch.setattr(os, "write", full)
    say(file, "0123456789")

    assert path.read_text(encoding="utf-8") == "before\n"
    assert [type(error) for error in lost] == [OSError]


def test_what_cannot_be_opened_is_raised_at_once(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(IsADirectoryError):
        opened(tmp_path / "taken")
    with pytest.raises(OSError, match="exists"):
        opened(tmp_path / "file" / "seeding.log")
