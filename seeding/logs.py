"""Structured logs: one JSON object per line, to stderr and to a rotating file."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from seeding.conf import LogConfig
from seeding.events import Event
from seeding.redaction import without_credentials

LOGGER = "seeding"
MAX_BYTES, BACKUPS = 10_000_000, 5
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
NAMES = {number: name for name, number in LEVELS.items()}


class SeederLogger:
    """The four levels of the log, each with a message and named context; `sink` is how a run's events reach it."""

    def __init__(self, environment: str) -> None:
        self._logger = logging.getLogger(LOGGER)
        self._environment = environment

    def debug(self, message: str, **context: Any) -> None:
        """Detailed execution flow."""
        self._log(logging.DEBUG, message, context)

    def info(self, message: str, **context: Any) -> None:
        """Starts, ends and record counts."""
        self._log(logging.INFO, message, context)

    def warn(self, message: str, **context: Any) -> None:
        """Non-fatal issues and skipped records."""
        self._log(logging.WARNING, message, context)

    def error(self, message: str, **context: Any) -> None:
        """Failures, with the exception as `error`."""
        self._log(logging.ERROR, message, context)

    def sink(self, event: Event) -> None:
        """Log an event under the document's keys."""
        context = {
            "seeder": event.seeder,
            "operation": event.operation,
            "recordCount": event.record_count,
            "duration": None if event.duration is None else round(event.duration, 3),
            **event.context,
        }
        if event.error is not None:
            context["error"] = event.error
        self._log(LEVELS[event.level], event.message, context)

    def _log(self, level: int, message: str, context: dict[str, Any]) -> None:
        error = context.pop("error", None)
        fields = {"environment": self._environment} | {key: value for key, value in context.items() if value is not None}
        self._logger.log(level, message, extra=fields, exc_info=error if isinstance(error, BaseException) else None)


class Formatter(JsonFormatter):
    """`timestamp` (UTC), `level`, then the rest."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with no URL's password in it, wherever it came from."""
        return without_credentials(super().format(record))

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """The library's hook: called once per record."""
        log_data["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["level"] = NAMES.get(record.levelno, record.levelname.lower())
        super().add_fields(log_data, record, message_dict)


def json_lines() -> Formatter:
    """What makes a log record one line of JSON."""
    return Formatter("%(message)s", json_ensure_ascii=False, json_default=str)


def configure(config: LogConfig, *, console_level: str) -> str | None:
    """Send the log to stderr from `console_level` on and to the file from `config.level` on.

    Returns a sentence if the file cannot be written: it is said once, and the console serves alone.
    """
    logger = logging.getLogger(LOGGER)
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    logger.setLevel(LEVELS[config.level])
    logger.propagate = False
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setLevel(max(LEVELS[console_level], LEVELS[config.level]))
    problem = None
    if config.file is not None:
        try:
            config.file.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(RotatingFileHandler(config.file, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8"))
        except OSError as error:
            problem = f"The log file cannot be written ({error}); log lines go to stderr alone. Set SEEDING_LOG_FILE."
    for handler in handlers:
        handler.setFormatter(json_lines())
        logger.addHandler(handler)
    return problem
