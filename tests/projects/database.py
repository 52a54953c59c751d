"""The SQLite file of a measured project, and what the commands say of it; nothing here knows how rows are made."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connection

FOLDER = Path(os.environ["PROJECT_FOLDER"])
FILE = FOLDER / "project.sqlite3"
MEDIA = FOLDER / "media"
OURS = ("seeding_", "sqlite_sequence")
LAYOUT = ("_fts_data", "_fts_idx")
"""How SQLite's full-text search lays out words, anew whenever rows come and go; its rows are in tables beside these."""
AS_OF = "2026-03-02"


def prepare() -> None:
    """Set the project up, migrate it once, and give it a superuser, whom no seeder made."""
    (FOLDER / "drafted").mkdir(parents=True, exist_ok=True)
    (FOLDER / "drafted" / "__init__.py").touch()
    sys.path.insert(0, str(FOLDER))
    os.environ["SEEDING_LOG_LEVEL"] = "error"
    os.environ["SEEDING_AUDIT_FILE"] = str(FOLDER / "audit.log")
    django.setup()
    if "PROJECT_SOCKET" in os.environ or not FILE.exists():
        call_command("migrate", run_syncdb=True, verbosity=0)
        superuser()


def superuser() -> Any:
    """The project's superuser, made if there is none."""
    from django.contrib.auth import get_user_model

    users = get_user_model()._default_manager
    has_flag = any(one.name == "is_superuser" for one in get_user_model()._meta.fields)
    found = users.filter(is_superuser=True).first() if has_flag else users.first()
    if found is None:
        name = get_user_model().USERNAME_FIELD
        found = users.create_superuser(**{name: "root@example.com" if "mail" in name else "root", "password": "measured"})
    return found


def dump() -> list[str]:
    """Every row of every table but the ledger's, and every declaration; not how indexes of texts are laid out."""
    with closing(sqlite3.connect(FILE)) as database:
        return [line for line in database.iterdump() if not any(name in line[:60] for name in (*OURS, *LAYOUT))]


def dangling() -> list[str]:
    """The tables whose rows refer to rows that there are not, as the server says it."""
    with closing(sqlite3.connect(FILE)) as database:
        return sorted({f"{table} → {target}" for table, _, target, _ in database.execute("PRAGMA foreign_key_check")})


def counts() -> dict[str, int]:
    """Table → rows, without the ledger and SQLite's own."""
    with closing(sqlite3.connect(FILE)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: database.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names of tables
            for name in sorted(names)
            if not name.startswith(("sqlite_", "seeding_"))
        }


def files() -> dict[str, str]:
    """Path → digest of every file below MEDIA_ROOT."""
    return {
        str(path.relative_to(MEDIA)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(MEDIA.rglob("*"))
        if path.is_file()
    }


class Copy:
    """The database file as it is now."""

    def __init__(self, name: str) -> None:
        self._path = FOLDER / f"{name}.sqlite3"
        connection.close()
        shutil.copyfile(FILE, self._path)

    def restore(self) -> None:
        """Put it back."""
        connection.close()
        for suffix in ("-wal", "-shm", "-journal"):
            FILE.with_name(FILE.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self._path, FILE)


def started(*arguments: str) -> subprocess.Popen[str]:
    """A command of the project in a process of its own."""
    connection.close()
    path = os.pathsep.join([str(FOLDER), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "django", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def command(*arguments: str) -> dict[str, Any]:
    """The summary of a command in a process of its own; what it says on stderr is `said`."""
    with started(*arguments, "--json") as process:
        out, said = process.communicate()
    summary: dict[str, Any] = json.loads(out) if out.strip() else {"exit_code": process.returncode}
    return {**summary, "exit_code": process.returncode, "said": said[-2000:]}


def changed(before: Mapping[str, Any] | list[str], after: Mapping[str, Any] | list[str]) -> list[str]:
    """A few of the things in which two dumps, or two lists of files, differ."""
    one = set(before.items() if isinstance(before, Mapping) else before)
    other = set(after.items() if isinstance(after, Mapping) else after)
    return [str(line)[:200] for line in sorted(map(str, one ^ other))[:6]]
