"""Jobs that a worker of Django's tasks starts: never inside the request, at most once, and only where it may."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client, override_settings

from seeding.db.connection import database_name
from seeding.exceptions import SeedingError
from seeding.jobs import tasks
from seeding.jobs.actions import Action
from seeding.jobs.processes import started_at
from seeding.jobs.starting import folder
from tests.support.task_backends import BACKENDS, Waiting, installed
from tests.unit.web.conftest import Launched, Office, asked, words

HERE = "tests.support.task_backends"
WAITS = "It waits for a worker to take it. Nothing has been started."

Configure = Callable[[Any], None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Set TASKS; the framework reads them anew, and nothing is queued."""
    for name, value in (("queued", []), ("status", "READY"), ("trouble", None)):
        monkeypatch.setattr(Waiting, name, value)

    def apply(value: Any) -> None:
        setting = override_settings(TASKS=value)
        setting.enable()
        monkeypatch.setattr(installed(), "task_backends", type(installed().task_backends)())
        monkeypatch.delitem(sys.modules, "seeding.jobs.worker", raising=False)
        settings.append(setting)

    settings: list[Any] = []
    yield apply
    for one in settings:
        one.disable()


@pytest.fixture
def workers(configure: Configure) -> None:
    """A real backend."""
    configure({"default": {"BACKEND": f"{HERE}.Waiting"}})


def taken(number: int = -1, *, pid: int | None = None) -> None:
    """A worker takes a task: this process, which is taken for the one that has asked, so that nobody waits."""
    task, args = Waiting.queued[number]
    assert (args[1], args[2]) == (os.getpid(), started_at(os.getpid()))
    task.func(args[0], args[1] if pid is None else pid, args[2])


def begun(client: Client, office: Office, launched: Launched) -> str:
    """The address of a job that waits, whose preview has ended."""
    preview = asked(client, Action.SEED).headers["Location"]
    taken()
    launched.end(exit_code=0, results=[])
    address: str = client.post(f"{preview}start/", {"database": database_name(office.shop.alias)}).headers["Location"]
    return address


@pytest.mark.parametrize(
    "backend",
    [None, f"{BACKENDS}.immediate.ImmediateBackend", f"{BACKENDS}.dummy.DummyBackend", f"{HERE}.Derived", f"{HERE}.Inside"],
)
def test_what_runs_inside_the_request_or_never_is_not_waited_for(
    office: Office, launched: Launched, configure: Configure, backend: str | None
) -> None:
    configure({"default": {"BACKEND": backend}} if backend else {})
    client = office.client(superuser=True)

    address = asked(client, Action.SEED).headers["Location"]

    assert len(launched.commands) == 1
    assert f"Process {os.getpid()} on" in words(client.get(address))
    assert client.get(f"{address}live/").json()["running"]


def test_a_job_waits_for_a_worker_and_is_then_the_same_process(office: Office, launched: Launched, workers: None) -> None:
    client = office.client(superuser=True)

    address = asked(client, Action.SEED, tables=["shop_review"]).headers["Location"]
    before, live = words(client.get(address)), client.get(f"{address}live/").json()
    assert launched.commands == []
    taken()
    after = words(client.get(address))

    assert "State waiting" in before
    assert WAITS in before
    assert f"Process {os.getpid()}" not in before
    assert live["running"]
    assert WAITS in live["parts"]["progress"]
    assert "State running" in after
    assert f"Process {os.getpid()} on" in after
    assert WAITS not in after
    assert launched.commands[0][3:6] == ["seed", "--table=shop_review", "--scale=1"]
    assert launched.variables[0]["SEEDING_REQUESTED_BY"] == "person0"


def test_a_worker_waits_for_the_process_that_it_has_started(
    office: Office, launched: Launched, workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise InterruptedError

    monkeypatch.setattr(tasks, "time", SimpleNamespace(sleep=sleep))  # other threads sleep as ever
    asked(office.client(superuser=True), Action.SEED)

    with pytest.raises(InterruptedError):
        taken(pid=1)

    assert slept == [tasks.LOOKED_EVERY] * 3


def test_what_was_called_off_is_never_started_and_what_comes_twice_only_once(
    office: Office, launched: Launched, workers: None
) -> None:
    client = office.client(superuser=True)
    first, second = (asked(client, Action.SEED).headers["Location"] for _ in range(2))

    client.post(f"{first}stop/")
    taken(0)
    taken(1)
    taken(1)

    assert "It was called off before a worker took it. Nothing was started." in words(client.get(first))
    assert "State running" in words(client.get(second))
    assert len(launched.commands) == 1


@pytest.mark.parametrize("why", ["host", "age", "production", "server", "database"])
def test_a_worker_starts_nothing_where_it_may_not_and_the_page_says_why(
    office: Office, launched: Launched, workers: None, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    client = office.client(superuser=True)
    address = begun(client, office, launched)
    job = folder().load(Waiting.queued[-1][1][0])
    assert job is not None
    changed = {
        "host": replace(job, host="elsewhere"),
        "age": replace(job, at=job.at - timedelta(hours=2)),
        "server": replace(job, database_host="db.internal"),
        "database": replace(job, confirmed="another"),
    }
    folder().save(changed.get(why, job))

    with pytest.MonkeyPatch.context() as worker:
        if why == "production":
            worker.setenv("SEEDING_ENV", "production")
        taken()
    folder().save(job)

    expected = {
        "host": "and only one on elsewhere, where it was requested, can.",
        "age": "It has waited for a worker for more than an hour.",
        "production": "This is production.",
        "server": "The worker's database is on this host, without a server, and the web server's on db.internal.",
        "database": f"The worker's database is {database_name(office.shop.alias)}, and another was confirmed.",
    }
    shown = words(client.get(address))
    assert f"{expected[why]}" in shown
    assert "Nothing was started." in shown
    assert len(launched.commands) == 1


def test_a_worker_that_failed_or_never_came_is_told(office: Office, launched: Launched, workers: None) -> None:
    client = office.client(superuser=True)
    address = asked(client, Action.SEED).headers["Location"]
    job = folder().load(Waiting.queued[-1][1][0])
    assert job is not None
    assert job.task == "task-1"

    with pytest.MonkeyPatch.context() as changes:
        changes.setattr(Waiting, "status", "FAILED")
        failed = words(client.get(address))
    folder().save(replace(job, at=job.at - timedelta(hours=2)))
    late = words(client.get(address))

    assert "A worker has taken it, and failed before it started a process" in failed
    assert "No worker has taken it within an hour." in late
    assert "Preview it again" in late


def test_a_worker_that_died_while_it_began_is_told(office: Office, launched: Launched, workers: None) -> None:
    client = office.client(superuser=True)
    address = asked(client, Action.SEED).headers["Location"]
    out = folder().output_file(Waiting.queued[-1][1][0])
    out.touch()

    first = words(client.get(address))
    os.utime(out, (0, 0))

    assert "State running" in first
    assert "State died" in words(client.get(address))


def test_a_worker_that_does_not_see_the_job_or_cannot_start_it_fails(
    office: Office, launched: Launched, workers: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client = office.client(superuser=True)
    address = asked(client, Action.SEED).headers["Location"]

    with pytest.MonkeyPatch.context() as worker:
        worker.setenv("SEEDING_JOB_FOLDER", str(tmp_path / "others"))
        with pytest.raises(SeedingError, match="SEEDING_JOB_FOLDER"):
            taken()
    with override_settings(SEEDING_MANAGE="manage.py"), pytest.raises(SeedingError, match="No process could be started"):
        taken()

    assert "No process could be started: SEEDING_MANAGE: give a list" in words(client.get(address))
    assert launched.commands == []


def test_what_cannot_be_queued_is_an_error_of_the_form_and_never_started(
    office: Office, launched: Launched, workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office.client(superuser=True)
    monkeypatch.setattr(Waiting, "trouble", ConnectionError("no broker at redis://me:secret@queue"))

    shown = words(asked(client, Action.SEED))
    (token,) = (job.token for job in folder().latest())
    tasks.take(token, os.getpid(), started_at(os.getpid()))

    assert (
        "The task could not be queued (ConnectionError: no broker at redis://[redacted]@queue). Nothing was started." in shown
    )
    assert launched.commands == []


def test_a_backend_that_cannot_be_loaded_is_an_error_of_the_form(
    office: Office, launched: Launched, configure: Configure
) -> None:
    configure({"default": {"BACKEND": "nowhere.Backend"}})

    shown = words(asked(office.client(superuser=True), Action.RESET))

    assert "TASKS['default'] cannot be used" in shown
    assert launched.commands == []


@pytest.mark.parametrize(
    ("queues", "queue"),
    [([], "default"), (["mail", "default"], "default"), (["default", "seeding"], "seeding"), (["b", "a"], "a")],
)
def test_a_backend_of_seeding_s_own_comes_first_and_its_queue(
    office: Office, launched: Launched, configure: Configure, queues: list[str], queue: str
) -> None:
    own = {"BACKEND": f"{HERE}.Waiting", "QUEUES": queues}
    configure({"default": {"BACKEND": f"{BACKENDS}.immediate.ImmediateBackend"}, "seeding": own})

    asked(office.client(superuser=True), Action.SEED)

    task = Waiting.queued[0][0]
    assert (task.backend, task.queue_name, task.module_path) == ("seeding", queue, "seeding.jobs.worker.carry")
    assert launched.commands == []
