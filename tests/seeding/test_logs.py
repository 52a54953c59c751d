from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from seeding import logs
from seeding.conf import LogConfig
from seeding.events import Event


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


def test_a_file_that_cannot_be_written_is_said_and_the_console_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").touch()

    trouble = logs.configure(LogConfig(level="info", file=tmp_path / "taken" / "seeding.log"), console_level="info")
    logs.SeederLogger("dev").info("still here")

    assert trouble is not None
    assert "Set SEEDING_LOG_FILE" in trouble
    assert json.loads(capsys.readouterr().err)["message"] == "still here"


def test_the_file_rotates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 500)
    file = tmp_path / "seeding.log"
    logs.configure(LogConfig(level="info", file=file), console_level="error")

    for number in range(60):
        logs.SeederLogger("dev").info("line", number=number)

    assert len(list(tmp_path.iterdir())) == logs.BACKUPS + 1
    assert written(file)[-1]["number"] == 59
