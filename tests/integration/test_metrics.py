"""Metrics and alerts: what a run took, in its ledger, its log and a file, and who hears of it; the receivers are real."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from aiosmtpd.controller import Controller
from prometheus_client.parser import text_string_to_metric_families

from seeding.conf.monitoring import load_monitoring
from seeding.exceptions import ConfigurationError, LockHeldError
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.locks import seeding_lock
from seeding.models import SeedRun
from seeding.telemetry.alerts import Alerts, breaches
from seeding.telemetry.events import Event, event
from seeding.telemetry.metrics import RunMetrics
from seeding.telemetry.prometheus import Textfile
from terpseed.models import Strain
from tests.support.databases import ROOT, Database
from tests.support.processes import Manage
from tests.support.runs import run, undo


class Strains(BaseSeeder):
    """Twenty strains, of which one has no name."""

    config = SeederConfig(model=Strain, record_count=RecordCount.fixed(20))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        names = [None if index == 7 else f"Strain {index}" for index in rows.index]
        return pl.DataFrame({"name": names, "standardizedName": ["x"] * len(rows)})


class Interrupted(Strains):
    """Somebody presses Ctrl-C."""

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        raise KeyboardInterrupt


def measured(told: list[Event]) -> RunMetrics:
    """The metrics of the one run that was told of."""
    (metrics,) = [one.context["metrics"] for one in told if one.operation == "metrics"]
    assert isinstance(metrics, RunMetrics)
    return metrics


def test_a_run_is_measured_in_its_ledger_its_summary_and_its_log(sqlite: Database) -> None:
    summary, told = run(sqlite, Strains())

    metrics = measured(told)
    recorded = SeedRun.objects.using(sqlite.alias).get().metrics
    assert recorded == summary.metrics == metrics.as_dict()
    assert (metrics.command, metrics.environment, metrics.run, metrics.exit_code) == ("seed", "dev", summary.run, 5)
    assert (metrics.rows, metrics.errors, metrics.planned) == ({"Strains": 19}, {"Strains": 1}, 20)
    assert (metrics.error_rate, metrics.gave_up) == (0.05, False)
    assert metrics.duration >= summary.results[0].duration > 0
    assert metrics.seconds == {"Strains": round(summary.results[0].duration, 6)}
    assert metrics.queries > 20
    assert metrics.peak_memory > 50_000_000


def test_a_rollback_is_measured(sqlite: Database) -> None:
    run(sqlite, Strains())

    summary, told = undo(sqlite, Strains())

    metrics = measured(told)
    assert (metrics.command, metrics.run, metrics.rows, metrics.errors) == (
        "seed_rollback", summary.run, {"strains": 19}, {"strains": 0},
    )  # fmt: skip
    assert SeedRun.objects.using(sqlite.alias).latest("pk").metrics == metrics.as_dict()


def test_a_run_that_is_stopped_is_measured(sqlite: Database) -> None:
    told: list[Event] = []

    with pytest.raises(KeyboardInterrupt):
        run(sqlite, Interrupted(), listen=told.append)

    metrics = measured(told)
    assert (metrics.exit_code, metrics.gave_up, metrics.error_rate) == (130, True, 1.0)
    assert SeedRun.objects.using(sqlite.alias).get().metrics == metrics.as_dict()


def test_a_run_that_waits_for_the_lock_is_measured(sqlite: Database) -> None:
    told: list[Event] = []

    with seeding_lock(sqlite.alias).held(0), pytest.raises(LockHeldError):
        run(sqlite, Strains(), listen=told.append, lock_timeout=1)

    metrics = measured(told)
    assert (metrics.run, metrics.exit_code, metrics.gave_up, metrics.rows) == (None, 2, True, {})
    assert metrics.duration >= metrics.lock_wait >= 1


DOCUMENTED = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
METRICS = RunMetrics(
    command="seed", environment="staging", database="terp", run=7, exit_code=5, gave_up=False,
    finished_at=datetime(2026, 3, 2, tzinfo=UTC), duration=75.0, lock_wait=2.5, peak_memory=300_000_000, queries=1_000,
    planned=200, rows={"Clients": 90, "Orders": 100}, errors={"Clients": 10, "Orders": 0},
    seconds={"Clients": 1.5, "Orders": 60.0},
)  # fmt: skip


def test_every_metric_and_every_variable_stands_in_the_docs() -> None:
    metrics, *_ = DOCUMENTED.split("\n## ")

    listed = {name for cells in re.findall(r"^\| (`.*?) \|", metrics, re.MULTILINE) for name in re.findall(r"`(\w+)`", cells)}
    assert listed == METRICS.as_dict().keys()
    assert set(re.findall(r"^\| `(SEEDING_\w+)` \|", DOCUMENTED, re.MULTILINE)) == {
        f"SEEDING_ALERT_{name}" for name in ("DURATION", "ERROR_RATE", "LOCK_WAIT", "MEMORY", "EMAIL", "WEBHOOK")
    }


def test_the_file_holds_the_metrics_of_the_run(tmp_path: Path) -> None:
    file = tmp_path / "metrics" / "seeding.prom"
    sink = Textfile(file, print).sink
    sink(event("metrics", "", metrics=replace(METRICS, rows={"Gone": 1})))

    sink(event("metrics", "", metrics=METRICS))

    run = {"command": "seed", "environment": "staging", "database": "terp"}
    samples = [one for family in text_string_to_metric_families(file.read_text()) for one in family.samples]
    assert {(one.name, one.labels.get("seeder", "")): one.value for one in samples} == {
        ("seeding_run_duration_seconds", ""): 75,
        ("seeding_run_lock_wait_seconds", ""): 2.5,
        ("seeding_run_peak_memory_bytes", ""): 300_000_000,
        ("seeding_run_queries", ""): 1_000,
        ("seeding_run_planned_rows", ""): 200,
        ("seeding_run_error_ratio", ""): 0.05,
        ("seeding_run_exit_code", ""): 5,
        ("seeding_run_finished_timestamp_seconds", ""): METRICS.finished_at.timestamp(),
        ("seeding_rows", "Clients"): 90,
        ("seeding_rows", "Orders"): 100,
        ("seeding_errors", "Clients"): 10,
        ("seeding_errors", "Orders"): 0,
        ("seeding_duration_seconds", "Clients"): 1.5,
        ("seeding_duration_seconds", "Orders"): 60,
    }
    assert all(one.labels.items() >= run.items() for one in samples)
    assert {one.name for one in samples} == set(re.findall(r"^\| `(seeding_\w+)` \|", DOCUMENTED, re.MULTILINE))
    assert [one.name for one in file.parent.iterdir()] == ["seeding.prom"]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    told: list[Event] = []

    Textfile(tmp_path / "taken" / "seeding.prom", told.append).sink(event("metrics", "", metrics=METRICS))

    assert [(one.level, "Set SEEDING_METRICS_FILE" in one.message) for one in told] == [("warn", True)]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({}, []),
        ({"DURATION": "75", "ERROR_RATE": "0.05", "LOCK_WAIT": "2.5", "MEMORY": "300"}, []),
        ({"DURATION": "60"}, ["it took 75.0 s; the limit is 60 s"]),
        ({"ERROR_RATE": "0"}, ["5.00% of its rows failed; the limit is 0.00%"]),
        ({"LOCK_WAIT": "2"}, ["it waited 2.5 s for the lock; the limit is 2 s"]),
        ({"MEMORY": "256.5"}, ["it had 300 MB of memory; the limit is 256.5 MB"]),
    ],
)
def test_a_threshold_is_exceeded_by_more_than_it(limits: dict[str, str], words: list[str]) -> None:
    config = load_monitoring({f"SEEDING_ALERT_{name}": limit for name, limit in limits.items()})

    assert [one.words for one in breaches(METRICS, config)] == words


def test_all_that_is_wrong_with_the_thresholds_is_told_at_once() -> None:
    wrong = {
        "SEEDING_ALERT_DURATION": "soon", "SEEDING_ALERT_ERROR_RATE": "5", "SEEDING_ALERT_LOCK_WAIT": "-1",
        "SEEDING_ALERT_MEMORY": "nan", "SEEDING_ALERT_EMAIL": "ops", "SEEDING_ALERT_WEBHOOK": "s3cret",
    }  # fmt: skip

    with pytest.raises(ConfigurationError) as caught:
        load_monitoring(wrong)

    assert all(variable in str(caught.value) for variable in wrong)
    assert len(caught.value.problems) == len(wrong)
    assert "s3cret" not in str(caught.value)


@dataclass
class Receivers:
    """A mail server and a web hook, and what they got; the web hook answers with `status`."""

    smtp_port: int
    http_port: int = 0
    status: int = 200
    mails: list[Any] = field(default_factory=list)
    posts: list[Any] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's hook
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        got = Receivers(smtp_port=free.getsockname()[1])

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.posts.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(got.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    got.http_port = web.server_port
    mail = Controller(got, hostname="127.0.0.1", port=got.smtp_port)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    mail.start()
    yield got
    mail.stop()
    web.shutdown()
    web.server_close()


def test_an_alert_reaches_people(sqlite: Database, manage: Manage, receivers: Receivers, tmp_path: Path) -> None:
    done = manage("seed", "--table=users", variables={
        "DATABASE_URL": sqlite.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{receivers.smtp_port}",
        "DEFAULT_FROM_EMAIL": "terp@example.com",
        "SEEDING_ALERT_DURATION": "0",
        "SEEDING_ALERT_EMAIL": "ops@example.com, dba@example.com",
        "SEEDING_ALERT_WEBHOOK": f"http://127.0.0.1:{receivers.http_port}/hook",
        "SEEDING_METRICS_FILE": str(tmp_path / "seeding.prom"),
    })  # fmt: skip

    (envelope,), ((path, kind, post),) = receivers.mails, receivers.posts
    mail = message_from_bytes(envelope.content, policy=default)
    subject = f"Seeding of {sqlite.url.removeprefix('sqlite:///')} (dev): duration"
    text = mail.get_payload()
    assert done.returncode == 0
    assert (envelope.mail_from, envelope.rcpt_tos) == ("terp@example.com", ["ops@example.com", "dba@example.com"])
    assert " ".join(str(mail["Subject"]).split()) == subject
    assert isinstance(text, str)
    assert text.startswith("seed, run 1:\r\n- it took ")
    assert text.rstrip().endswith("It ended with exit code 0.")
    assert (path, kind, post) == ("/hook", "application/json", {"text": f"*{subject}*\n{text.replace(chr(13), '').rstrip()}"})
    assert '"operation": "alert"' in done.stderr
    assert "seeding_run_exit_code" in (tmp_path / "seeding.prom").read_text()


def test_an_alert_that_cannot_be_delivered_costs_nothing_and_tells_no_secret(
    sqlite: Database, manage: Manage, receivers: Receivers
) -> None:
    receivers.status = 500

    done = manage("seed", "--table=users", variables={
        "DATABASE_URL": sqlite.url,
        "EMAIL_URL": "smtp://user:s3cret@127.0.0.1:1",
        "SEEDING_ALERT_DURATION": "0",
        "SEEDING_ALERT_EMAIL": "ops@example.com",
        "SEEDING_ALERT_WEBHOOK": f"http://127.0.0.1:{receivers.http_port}/s3cret",
        "SEEDING_METRICS_FILE": "/dev/null/seeding.prom",
    })  # fmt: skip

    said = [json.loads(line)["message"] for line in done.stderr.splitlines() if '"level": "warn"' in line]
    assert done.returncode == 0
    assert [words.split("(", 1)[0].split(":", 1)[0] for words in said[1:]] == [
        "The alert could not be sent by e-mail",
        "The alert could not be sent to the web hook",
        "The metrics file cannot be written ",
    ]
    assert "HTTP Error 500" in said[2]
    assert "s3cret" not in done.stderr + done.stdout


def test_the_address_of_a_web_hook_is_never_told() -> None:
    told: list[Event] = []
    config = load_monitoring(
        {"SEEDING_ALERT_DURATION": "0", "SEEDING_ALERT_WEBHOOK": "https://127.0.0.1:1/s3cret of?s3cret mine"}
    )

    Alerts(config, told.append).sink(event("metrics", "", metrics=METRICS))

    assert told[-1].message.startswith("The alert could not be sent to the web hook: InvalidURL: ")
    assert "s3cret" not in str(told) + repr(config)


def test_a_mail_server_that_is_none_is_told_without_its_password(manage: Manage) -> None:
    done = manage("seed_status", variables={"EMAIL_URL": "pigeon://user:s3cret@loft"})

    assert done.returncode == 1
    assert "EMAIL_URL is no mail server's URL" in done.stderr
    assert "s3cret" not in done.stderr
