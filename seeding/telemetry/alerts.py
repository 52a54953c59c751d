"""Alerts about a run that exceeds limits on duration, error rate, lock wait or memory: to the log and to people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.core.mail import EmailMessage, get_connection

from seeding.conf.monitoring import MonitoringConfig
from seeding.db.redaction import REDACTED, without_credentials
from seeding.telemetry.events import Event, Sink, event
from seeding.telemetry.metrics import RunMetrics

PATIENCE = 10
"""The timeout of a mail server or web hook in seconds; the run is over by then, and its lock is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One threshold that a run has exceeded."""

    metric: str
    value: float
    limit: float
    words: str


def breaches(metrics: RunMetrics, config: MonitoringConfig) -> Iterator[Breach]:
    """The thresholds that the run has exceeded."""
    megabytes = metrics.peak_memory / 1_000_000
    measured = (
        ("duration", metrics.duration, config.duration, "it took {:,.1f} s; the limit is {:,g} s"),
        ("error rate", metrics.error_rate, config.error_rate, "{:.2%} of its rows failed; the limit is {:.2%}"),
        ("lock wait", metrics.lock_wait, config.lock_wait, "it waited {:,.1f} s for the lock; the limit is {:,g} s"),
        ("memory", megabytes, config.memory, "it had {:,.0f} MB of memory; the limit is {:,g} MB"),
    )
    for metric, value, limit, words in measured:
        if limit is not None and value > limit:
            yield Breach(metric=metric, value=value, limit=limit, words=words.format(value, limit))


class Alerts:
    """A sink that raises one alert per run that exceeds thresholds. A failed delivery is logged and has no other effect."""

    def __init__(self, config: MonitoringConfig, tell: Sink) -> None:
        self._config = config
        self._tell = tell

    def sink(self, event: Event) -> None:
        """Check the metrics of a finished run."""
        metrics = event.context.get("metrics")
        if isinstance(metrics, RunMetrics) and (found := list(breaches(metrics, self._config))):
            self._raise(metrics, found)

    def _raise(self, metrics: RunMetrics, found: list[Breach]) -> None:
        subject = f"Seeding of {metrics.database} ({metrics.environment}): {', '.join(one.metric for one in found)}"
        which = metrics.command if metrics.run is None else f"{metrics.command}, run {metrics.run}"
        end = "It gave up" if metrics.gave_up else "It ended"
        text = "\n".join((f"{which}:", *(f"- {one.words}" for one in found), f"{end} with exit code {metrics.exit_code}."))
        limits = {one.metric: {"value": round(one.value, 3), "limit": one.limit} for one in found}
        self._tell(event("alert", f"{subject}. {text}".replace("\n", " "), level="warn", exceeded=limits))
        if self._config.email:
            self._deliver("by e-mail", lambda: self._mail(subject, text))
        if self._config.webhook:
            self._deliver("to the web hook", lambda: self._post(f"*{subject}*\n{text}"))

    def _deliver(self, where: str, send: Callable[[], None]) -> None:
        try:
            send()
        except Exception as error:  # noqa: BLE001 - whatever a mail backend, a resolver or a server comes up with
            said = without_credentials(f"{type(error).__name__}: {error}")
            address = urlsplit(self._config.webhook or "")
            for secret in filter(None, (address.path.strip("/"), address.query, address.username, address.password)):
                said = said.replace(secret, REDACTED)
            self._tell(event("alert", f"The alert could not be sent {where}: {said}", level="warn"))

    def _mail(self, subject: str, text: str) -> None:
        connection = get_connection(timeout=PATIENCE)
        EmailMessage(subject=subject, body=text, to=list(self._config.email), connection=connection).send()

    def _post(self, text: str) -> None:
        assert self._config.webhook is not None
        request = Request(  # noqa: S310 - its scheme was looked at
            self._config.webhook, data=json.dumps({"text": text}).encode(), headers={"Content-Type": "application/json"}
        )
        try:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - likewise
                answer.read()
        except HTTPError as answer:
            answer.close()  # it holds the connection
            raise
