"""Alerts about a run that took, erred, waited or needed too much; the mail server and the web hook are real."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from seeding.conf.monitoring import MonitoringConfig
from seeding.telemetry.alerts import Alerts, breaches
from seeding.telemetry.events import Event, event
from seeding.telemetry.metrics import RunMetrics
from tests.unit.telemetry.measured import METRICS

SUBJECT = "Seeding of shop (staging): duration, error rate"
TEXT = (
    "seed, run 7:\n- it took 1,275.0 s; the limit is 1,000 s\n- 5.00% of its rows failed; the limit is 1.00%\n"
    "It ended with exit code 5."
)
QUIET = MonitoringConfig(metrics_file=None, duration=None, error_rate=None, lock_wait=None, memory=None, email=(), webhook=None)
STRICT = replace(QUIET, duration=1000, error_rate=0.01)


def told(config: MonitoringConfig, metrics: RunMetrics = METRICS) -> list[Event]:
    """What is told of a run that has ended with these metrics."""
    events: list[Event] = []
    Alerts(config, events.append).sink(event("metrics", "", metrics=metrics))
    return events


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({}, []),
        ({"duration": 1275, "error_rate": 0.05, "lock_wait": 2.5, "memory": 300}, []),
        ({"duration": 1274.9}, ["it took 1,275.0 s; the limit is 1,274.9 s"]),
        ({"error_rate": 0.0}, ["5.00% of its rows failed; the limit is 0.00%"]),
        ({"lock_wait": 2.0}, ["it waited 2.5 s for the lock; the limit is 2 s"]),
        ({"memory": 256.5}, ["it had 300 MB of memory; the limit is 256.5 MB"]),
        (
            dict.fromkeys(("memory", "lock_wait", "error_rate", "duration"), 0),
            [
                "it took 1,275.0 s; the limit is 0 s",
                "5.00% of its rows failed; the limit is 0.00%",
                "it waited 2.5 s for the lock; the limit is 0 s",
                "it had 300 MB of memory; the limit is 0 MB",
            ],
        ),
    ],
)
def test_a_limit_is_exceeded_by_more_than_it(limits: dict[str, float], words: list[str]) -> None:
    assert [one.words for one in breaches(METRICS, replace(QUIET, **limits))] == words  # type: ignore[arg-type]  # fields of any type


def test_the_log_has_one_line_with_every_limit_that_was_exceeded() -> None:
    (alert,) = told(STRICT)

    assert (alert.operation, alert.level) == ("alert", "warn")
    assert alert.message == f"{SUBJECT}. {TEXT}".replace("\n", " ")
    assert alert.context["exceeded"] == {
        "duration": {"value": 1275.0, "limit": 1000},
        "error rate": {"value": 0.05, "limit": 0.01},
    }


def test_a_run_without_a_number_that_gave_up_is_told_as_such() -> None:
    (alert,) = told(replace(QUIET, error_rate=0.99), replace(METRICS, run=None, gave_up=True, exit_code=2))

    assert alert.message.endswith(". seed: - 100.00% of its rows failed; the limit is 99.00% It gave up with exit code 2.")


def test_what_stays_within_its_limits_and_other_events_raise_nothing() -> None:
    events: list[Event] = []
    alerts = Alerts(STRICT, events.append)

    alerts.sink(event("metrics", "", metrics=replace(METRICS, duration=1.0, errors={})))
    alerts.sink(event("insert", "", metrics={"duration": 5000}))
    alerts.sink(event("insert", ""))

    assert events == []


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

    @property
    def hook(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/services/s3cret?key=s3same"


@pytest.fixture
def receivers(settings: Any) -> Iterator[Receivers]:
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

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", got.smtp_port
    web = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    got.http_port = web.server_port
    mail = Controller(got, hostname="127.0.0.1", port=got.smtp_port)
    threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True).start()
    mail.start()
    yield got
    mail.stop()
    web.shutdown()
    web.server_close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")  # mail, from Django 6.1 on
def test_an_alert_reaches_people(settings: Any, receivers: Receivers) -> None:
    settings.DEFAULT_FROM_EMAIL = "shop@example.com"

    events = told(replace(STRICT, email=("ops@example.com", "dba@example.com"), webhook=receivers.hook))

    (envelope,) = receivers.mails
    mail = message_from_bytes(envelope.content, policy=default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("shop@example.com", ["ops@example.com", "dba@example.com"])
    assert mail["Subject"] == SUBJECT
    assert mail.get_content().splitlines() == TEXT.splitlines()
    assert receivers.posts == [("/services/s3cret?key=s3same", "application/json", {"text": f"*{SUBJECT}*\n{TEXT}"})]
    assert len(events) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_what_cannot_be_delivered_is_told_and_stops_nothing(settings: Any, receivers: Receivers) -> None:
    settings.EMAIL_PORT = 1
    receivers.status = 503

    _, mail, post = told(replace(STRICT, email=("ops@example.com",), webhook=receivers.hook))

    assert mail.message.startswith("The alert could not be sent by e-mail: ConnectionRefusedError: ")
    assert post.message == "The alert could not be sent to the web hook: HTTPError: HTTP Error 503: Service Unavailable"
    assert (mail.level, post.level, len(receivers.posts)) == ("warn", "warn", 1)


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:1/s3cret of?s3same mine",
        "http://s3cret:s3same@127.0.0.1/services",
        "http://127.0.0.1:1/s3cret?s3same",
    ],
)
def test_of_the_address_of_a_web_hook_no_secret_is_told(address: str) -> None:
    events = told(replace(STRICT, webhook=address))

    assert len(events) == 2
    assert "s3" not in repr(events)
