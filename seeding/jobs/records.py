"""What the admin has started, in a folder: of each job a record, what its process printed, and its log."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from seeding.conf.jobs import printable
from seeding.jobs.actions import Action
from seeding.jobs.processes import ProcessIdentity

TOKEN = re.compile(r"[0-9a-f]{32}")
KEPT = timedelta(days=30)
"""How long the files of a job are kept."""
LOOKED_AT = 50
"""How many of the last jobs are looked through."""
TAIL_BYTES = 64_000
"""How much of the end of a log is read."""
LARGEST_OUTPUT = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a job's log; every character of it is printable."""

    at: str
    level: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command that was asked for in the browser, and the process that carries it out."""

    token: str
    action: Action
    options: tuple[str, ...]
    """What the command is asked for, as arguments of its own: without those that confirm it, or only preview it."""
    preview_options: tuple[str, ...] = ()
    """What a preview is asked for, where it is not the same."""
    is_preview: bool
    database: str
    """Alias in DATABASES."""
    requested_by: str
    host: str
    at: datetime
    process: ProcessIdentity
    forecast: Mapping[str, Any] = field(default_factory=dict)
    """What was foreseen before the preview, where anything was."""

    @property
    def age(self) -> timedelta:
        """The time since it was asked for."""
        return datetime.now(UTC) - self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFolder:
    """The jobs of this host."""

    path: Path

    def new_token(self) -> str:
        """A name for a job, that nobody can guess; makes the folder, which only this account may read, and tidies it up.

        Raises OSError if the folder cannot be made or written.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget_old()
        return secrets.token_hex(16)

    def output_file(self, token: str) -> Path:
        """Where the process's stdout goes."""
        return self.path / f"{token}.out"

    def log_file(self, token: str) -> Path:
        """Where its stderr goes, which is the log."""
        return self.path / f"{token}.log"

    def save(self, job: Job) -> None:
        """Write the job's record, whole or not at all."""
        values = {**asdict(job), "at": job.at.isoformat()}
        draft = self.path / f"{job.token}.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(values, file, default=str)
        draft.replace(self.path / f"{job.token}.json")

    def load(self, token: str) -> Job | None:
        """The job of that name; None if there is none here, or the name is not one that could be."""
        if TOKEN.fullmatch(token) is None:
            return None
        try:
            values = json.loads((self.path / f"{token}.json").read_text(encoding="utf-8"))
            return replace(
                Job(**values),
                action=Action(values["action"]),
                options=tuple(values["options"]),
                preview_options=tuple(values["preview_options"]),
                at=datetime.fromisoformat(values["at"]),
                process=ProcessIdentity(**values["process"]),
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def latest(self, count: int = LOOKED_AT) -> Iterator[Job]:
        """The last jobs, the latest first."""
        found: list[tuple[float, str]] = []
        with suppress(OSError):
            for file in self.path.glob("*.json"):
                with suppress(OSError):
                    found.append((file.stat().st_mtime, file.stem))
        for _, token in sorted(found, reverse=True)[:count]:
            if (job := self.load(token)) is not None:
                yield job

    def output(self, token: str) -> Mapping[str, Any] | None:
        """The object that the process printed; None if it has printed none yet, or none that can be read."""
        with suppress(OSError, ValueError):
            file = self.output_file(token)
            if file.stat().st_size <= LARGEST_OUTPUT:
                told = json.loads(file.read_text(encoding="utf-8"))
                return told if isinstance(told, dict) else None
        return None

    def log(self, token: str, count: int) -> list[LogLine]:
        """The last lines of the job's log."""
        try:
            with self.log_file(token).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL_BYTES))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return []
        whole = lines[1:] if size > TAIL_BYTES else lines
        return [_line(one) for one in whole if one.strip()][-count:]

    def _forget_old(self) -> None:
        limit = (datetime.now(UTC) - KEPT).timestamp()
        for file in self.path.iterdir():
            with suppress(OSError):
                if TOKEN.fullmatch(file.stem) and file.stat().st_mtime < limit:
                    file.unlink()


def _line(text: str) -> LogLine:
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return LogLine(at="", level="", message=printable(text))
    at, level, message = (printable(str(values.get(name, ""))) for name in ("timestamp", "level", "message"))
    return LogLine(at=at[11:19], level=level, message=message)
