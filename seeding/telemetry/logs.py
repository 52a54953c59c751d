"""Structured logs: one JSON object per line, to stderr and to a rotating file."""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import Any, TextIO

import numpy as np
from pythonjsonlogger.json import JsonFormatter

from seeding.conf import LogConfig
from seeding.db.redaction import without_credentials
from seeding.telemetry import streams
from seeding.telemetry.events import Event
from seeding.telemetry.log_files import LogFile

LOGGER = "seeding"
MAX_BYTES, BACKUPS = 10_000_000, 5
LONGEST, DEEPEST, LARGEST = 20_000, 20, 2**64
"""Limits: characters of a text, levels of a value (both cut with a mark), and numbers (larger ones are logged as text)."""
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
COLOURS = {"warn": "\x1b[33m", "error": "\x1b[31m"}
NAMES = {number: name for name, number in LEVELS.items()}


class SeederLogger:
    """The four log levels, each with a message and named context; `sink` receives a run's events."""

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
        """Log an event under the documented keys."""
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
        raised = error if isinstance(error, BaseException) else None
        # Not as attributes of the record: some names are taken.
        self._logger.log(level, message, extra={"context": fields}, exc_info=raised)


class JsonLines(JsonFormatter):
    """`timestamp` (UTC), `level`, then the rest: one JSON object in ASCII, on one line, regardless of what the record holds."""

    def __init__(self) -> None:
        super().__init__("%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line; if the record cannot be formatted, its raw message and the reason."""
        try:
            return super().format(record)
        except Exception as error:  # noqa: BLE001 - another library's record, or an exception that cannot be shown
            broken = f"This line could not be made: {shown(error)}"
            return self.jsonify_log_record({**_head(record), "message": shown(record.msg), "problem": broken})

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """The library's hook: called once per record."""
        log_data.update(_head(record))
        super().add_fields(log_data, record, message_dict)
        for key, value in log_data.pop("context", {}).items():
            log_data[f"{key}_" if key in log_data else key] = value

    def jsonify_log_record(self, log_data: Mapping[str, Any]) -> str:
        """The library's hook: the line."""
        return json.dumps(plain(log_data), allow_nan=False)


def plain(value: Any, around: tuple[int, ...] = ()) -> Any:
    """`value` as JSON can express it: numbers, texts without a URL's password, lists and objects, acyclic and of limited size.

    `around` are the ids of the enclosing values.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < LARGEST):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if is_dataclass(value) and not isinstance(value, type):
        value = value.as_dict() if hasattr(value, "as_dict") else asdict(value)
    if not isinstance(value, (Mapping, list, tuple, set, frozenset)):
        text = without_credentials(shown(value))  # before it is cut, perhaps between a password and its @
        left_out = len(text) - LONGEST
        half = LONGEST // 2
        return text if left_out <= 0 else f"{text[:half]} … {left_out:,} characters … {text[-half:]}"
    if id(value) in around or len(around) == DEEPEST:
        return "…"
    inside = (*around, id(value))
    if isinstance(value, Mapping):
        return {shown(key): plain(one, inside) for key, one in value.items()}
    return [plain(one, inside) for one in value]


def shown(value: object) -> str:
    """`value` as text, even if it cannot be converted."""
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    try:
        return f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else str(value)
    except Exception:  # noqa: BLE001 - any object may be logged
        return f"<{type(value).__name__} that cannot be shown>"


class Words(logging.Formatter):
    """What a person reads on a terminal: the level, the message, and the count of each reason."""

    def __init__(self, *, coloured: bool) -> None:
        super().__init__()
        self._coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        """One line; the traceback is in the file."""
        level = NAMES.get(record.levelno, record.levelname.lower())
        counted = getattr(record, "context", {}).get("reasons", {})
        reasons = ": " + ", ".join(f"{reason} ({count:,})" for reason, count in counted.items()) if counted else ""
        head = f"{COLOURS.get(level, '')}{level}\x1b[0m" if self._coloured else level
        return without_credentials(f"{head}: {record.getMessage()}{reasons}")


class Console(logging.StreamHandler[TextIO]):
    """Lines on the current stderr; once its reader is gone, nothing more is written."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    # The base class keeps the stream it was given, but stderr may have been replaced since.
    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # logging has a plain attribute here
        """While progress bars are shown, stderr is the stream that prints above them."""
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's hook
        """Do not retry, and print no traceback."""
        streams.discard(self.stream)


def configure(config: LogConfig, *, console_level: str, words: Words | None = None) -> None:
    """Send the log to stderr from `console_level` on, as JSON or in `words`, and to the file from `config.level` on.

    If the file cannot be written, now or later, this is logged once, and only the console is used.
    """
    logger = logging.getLogger(LOGGER)
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    logger.setLevel(LEVELS[config.level])
    logger.propagate = False
    console = Console()
    console.setLevel(max(LEVELS[console_level], LEVELS[config.level]))
    console.setFormatter(words or JsonLines())
    logger.addHandler(console)

    def lost(error: BaseException) -> None:
        for handler in logger.handlers[1:]:
            logger.removeHandler(handler)
            handler.close()
        logger.warning("The log file cannot be written (%s); log lines go to stderr only. Set SEEDING_LOG_FILE.", error)

    if config.file is not None:
        try:
            file = LogFile(config.file, max_bytes=MAX_BYTES, backups=BACKUPS, failed=lost)
        except OSError as error:
            lost(error)
        else:
            file.setFormatter(JsonLines())
            logger.addHandler(file)


def _head(record: logging.LogRecord) -> dict[str, Any]:
    return {
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": NAMES.get(record.levelno, record.levelname.lower()),
    }
