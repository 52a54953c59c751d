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
from seeding.exceptions import SeedingError
from seeding.jobs.actions import Action
from seeding.jobs.processes import NEW, ProcessIdentity

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
    database_host: str = ""
    """Where the one who asked finds the database: a host or a socket; empty where there is none."""
    confirmed: str = ""
    """The database's name, as it was typed to confirm it; empty for a preview."""
    process: ProcessIdentity | None = None
    """None as long as no worker has started it."""
    begun: datetime | None = None
    """When the process was started."""
    task: str = ""
    """The task that a worker is to take; empty if the process was started without one."""
    forecast: Mapping[str, Any] = field(default_factory=dict)
    """What was foreseen before the preview, where anything was."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of its process."""
        given = (f"--database={self.database}", "--json", "--no-color")
        if self.is_preview:
            return (*(self.preview_options or self.options), "--dry-run", *given, "--no-input")
        return (*self.options, "--force", f"--confirm-database={self.confirmed}", *given)

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
        self._write(self.path / f"{job.token}.json", asdict(job))

    def note_begun(self, job: Job) -> None:
        """Write which process the job has, beside its record, which is its requester's to write."""
        assert job.process is not None
        self._write(self._begun_file(job.token), {"process": asdict(job.process), "begun": job.begun})

    def load(self, token: str) -> Job | None:
        """The job of that name; None if there is none here, or the name is not one that could be."""
        if TOKEN.fullmatch(token) is None:
            return None
        try:
            values = json.loads((self.path / f"{token}.json").read_text(encoding="utf-8"))
            if values["process"] is None and self._begun_file(token).exists():
                values |= json.loads(self._begun_file(token).read_text(encoding="utf-8"))
            begun, process = values["begun"], values["process"]
            return replace(
                Job(**values),
                action=Action(values["action"]),
                options=tuple(values["options"]),
                preview_options=tuple(values["preview_options"]),
                at=datetime.fromisoformat(values["at"]),
                process=ProcessIdentity(**process) if process is not None else None,
                begun=datetime.fromisoformat(begun) if begun is not None else None,
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

    def refuse(self, token: str, words: str) -> bool:
        """Say in the process's place that it was not started; False if it was, or somebody has said so before."""
        try:
            file = os.fdopen(os.open(self.output_file(token), NEW, 0o600), "w", encoding="utf-8")
        except FileExistsError:
            return False
        with file:
            json.dump({"error": words, "exit_code": SeedingError.exit_code}, file)
        return True

    def tell_failure(self, token: str, words: str) -> None:
        """Say in place of a process that could not be started why."""
        self._write(self.output_file(token), {"error": words, "exit_code": SeedingError.exit_code})

    def taken_since(self, token: str) -> timedelta | None:
        """How long ago somebody began to start the process; None if nobody has."""
        try:
            at = self.output_file(token).stat().st_mtime
        except OSError:
            return None
        return datetime.now(UTC) - datetime.fromtimestamp(at, UTC)

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

    def _begun_file(self, token: str) -> Path:
        return self.path / f"{token}.begun"

    def _write(self, file: Path, values: Mapping[str, Any]) -> None:
        """Whole or not at all."""
        draft = file.with_suffix(f"{file.suffix}.new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            json.dump(values, stream, default=plain)
        draft.replace(file)

    def _forget_old(self) -> None:
        limit = (datetime.now(UTC) - KEPT).timestamp()
        for file in self.path.iterdir():
            with suppress(OSError):
                if TOKEN.fullmatch(file.name.partition(".")[0]) and file.stat().st_mtime < limit:
                    file.unlink()


def plain(value: Any) -> str:
    """For JSON: a moment as it is read again, and anything else as text."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _line(text: str) -> LogLine:
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return LogLine(at="", level="", message=printable(text))
    at, level, message = (printable(str(values.get(name, ""))) for name in ("timestamp", "level", "message"))
    return LogLine(at=at[11:19], level=level, message=message)
