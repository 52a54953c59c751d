"""Processes that outlive who starts them, and that nobody takes for others."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seeding.jobs import processes
from seeding.jobs.processes import ProcessIdentity

SLEEP = [sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(60)"]
GREET = [sys.executable, "-c", "import sys; print('out'); print('log', file=sys.stderr)"]


def started(tmp_path: Path, command: list[str]) -> ProcessIdentity:
    return processes.start(command, dict(os.environ), out=tmp_path / "out", log=tmp_path / "log")


def ended(process: ProcessIdentity) -> bool:
    for _ in range(400):
        if not process.is_alive:
            return True
        time.sleep(0.02)
    return False


def test_a_process_has_a_session_of_its_own_and_files_that_others_cannot_read(tmp_path: Path) -> None:
    process = started(tmp_path, SLEEP)

    assert process.is_alive
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("out", "log")] == [0o600, 0o600]
    assert process.terminate()
    assert ended(process)
    assert not process.terminate()


def test_what_it_prints_goes_to_the_files_and_it_leaves_nothing_behind(tmp_path: Path) -> None:
    process = started(tmp_path, GREET)

    assert ended(process)
    assert ((tmp_path / "out").read_text(), (tmp_path / "log").read_text()) == ("out\n", "log\n")
    assert processes.started_at(process.pid) == ""


def test_an_existing_file_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("another's")

    with pytest.raises(FileExistsError):
        started(tmp_path, GREET)

    assert (tmp_path / "out").read_text() == "another's"


@pytest.mark.parametrize("proc", [Path("/proc"), Path("/nowhere")])
def test_a_process_that_has_the_number_of_an_ended_one_is_let_alone(monkeypatch: pytest.MonkeyPatch, proc: Path) -> None:
    monkeypatch.setattr(processes, "PROC", proc)
    with subprocess.Popen(SLEEP, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        try:
            other.stdout.readline()
            real = ProcessIdentity(pid=other.pid, started=processes.started_at(other.pid))
            earlier = ProcessIdentity(pid=other.pid, started="another boot/1")
            unknown = ProcessIdentity(pid=other.pid, started="")

            assert (real.is_alive, earlier.is_alive, unknown.is_alive) == (True, False, False)
            assert not earlier.terminate()
            assert not unknown.terminate()
            assert other.poll() is None
        finally:
            other.kill()


def test_without_handles_of_processes_the_number_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    process = started(tmp_path, SLEEP)

    assert process.terminate()
    assert ended(process)
    assert not process.terminate()
