"""The folder of jobs: what is recorded is read again, and no name leads out of it."""

from __future__ import annotations

import json
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seeding.jobs.actions import Action
from seeding.jobs.processes import ProcessIdentity
from seeding.jobs.records import Job, JobFolder, LogLine


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return JobFolder(path=tmp_path / "deep" / "jobs")


def job(token: str) -> Job:
    return Job(
        token=token,
        action=Action.SEED,
        options=("--size=small",),
        is_preview=True,
        database="default",
        requested_by="mara",
        host="here",
        at=datetime.now(UTC),
        process=ProcessIdentity(pid=7, started="boot/1"),
        forecast={"rows": 5},
    )


def test_a_job_is_read_as_it_was_saved_and_only_this_account_may_read_it(folder: JobFolder) -> None:
    token = folder.new_token()
    saved = job(token)

    folder.save(saved)

    assert folder.load(token) == saved
    assert list(folder.latest()) == [saved]
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.path.iterdir()] == [0o600]


@pytest.mark.parametrize(
    "token", ["", "../secret", "/etc/passwd", "a" * 31, "A" * 32, "0" * 32 + "\n", "..%2f" + "0" * 27, "0" * 32]
)
def test_no_other_name_leads_to_a_job(folder: JobFolder, token: str) -> None:
    there = folder.new_token()
    folder.save(job(there))
    shutil.copy(folder.path / f"{there}.json", folder.path.parent / "secret.json")
    shutil.copy(folder.path / f"{there}.json", folder.path / f"{'a' * 31}.json")

    assert folder.load(token) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"token": 1}'])
def test_a_record_that_cannot_be_read_is_none(folder: JobFolder, content: str) -> None:
    token = folder.new_token()
    (folder.path / f"{token}.json").write_text(content)

    assert folder.load(token) is None
    assert list(folder.latest()) == []


def test_what_a_process_printed_is_one_object_or_nothing_yet(folder: JobFolder) -> None:
    token = folder.new_token()
    file = folder.output_file(token)
    told = []
    for content in ("", '{"exit_', "[1]", '{"exit_code": 0}'):
        file.write_text(content)
        told.append(folder.output(token))

    assert told == [None, None, None, {"exit_code": 0}]
    assert folder.output("0" * 32) is None


def test_log_lines_are_shown_on_one_line_each_and_as_what_they_are(folder: JobFolder) -> None:
    token = folder.new_token()
    line = {"timestamp": "2026-03-02T09:30:00.000Z", "level": "warn", "message": "a\nb\x1b[31m"}
    folder.log_file(token).write_bytes(json.dumps(line).encode() + b"\nplain \xff\x07\n\n[1]\n")

    assert folder.log(token, 10) == [
        LogLine(at="09:30:00", level="warn", message="a?b?[31m"),
        LogLine(at="", level="", message="plain \N{REPLACEMENT CHARACTER}?"),
        LogLine(at="", level="", message="[1]"),
    ]
    assert folder.log(token, 1) == [LogLine(at="", level="", message="[1]")]
    assert folder.log("0" * 32, 1) == []


def test_only_the_end_of_a_long_log_is_read(folder: JobFolder) -> None:
    token = folder.new_token()
    folder.log_file(token).write_text("".join(f"line {number:05}\n" for number in range(20_000)))

    lines = folder.log(token, 100_000)

    assert (lines[-1].message, {len(one.message) for one in lines}) == ("line 19999", {10})
    assert len(lines) < 7_000


def test_jobs_of_a_month_ago_are_forgotten_and_other_files_stay(folder: JobFolder) -> None:
    old, new = folder.new_token(), folder.new_token()
    folder.save(job(old))
    folder.save(job(new))
    (folder.path / "notes.txt").write_text("mine")
    long_ago = (datetime.now(UTC) - timedelta(days=31)).timestamp()
    for name in (f"{old}.json", "notes.txt"):
        os.utime(folder.path / name, (long_ago, long_ago))

    folder.new_token()

    assert sorted(file.name for file in folder.path.iterdir()) == sorted([f"{new}.json", "notes.txt"])
