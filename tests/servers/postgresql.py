"""PostgreSQL, which refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from tests.servers.base import Server, is_root, url

ACCOUNTS = ("postgres", "nobody")
"""Accounts to run it if the tests run as root: the first existing one."""
SETTINGS = {
    "fsync": "off",  # a commit survives a server crash, and power cuts are not tested
    "full_page_writes": "off",
    "listen_addresses": "",
    "timezone": "Asia/Karachi",  # our sessions must not depend on it
    "datestyle": "SQL, DMY",
    "max_connections": "60",
}


class PostgreSQL(Server):
    """The system's PostgreSQL."""

    stop_signal = signal.SIGINT  # SIGTERM waits for every client to disconnect

    @classmethod
    def missing(cls) -> str:
        """Reports a missing `postgres`, in the path and where Debian puts it."""
        return "" if _folders() else "there is no postgres; see `make servers`"

    @classmethod
    def version(cls) -> str:
        """Such as `PostgreSQL 15.18`."""
        said = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
        return f"PostgreSQL {said.split()[2]}"

    @property
    def socket(self) -> Path:
        """Named after the port, which PostgreSQL does not open."""
        return self.folder / ".s.PGSQL.5432"

    def install(self) -> None:
        """By the account that will run the server."""
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        if account := self.account():
            os.chown(self.folder, account["user"], account["group"])
        self.run([*self.making(), f"--pgdata={data}", "--username=postgres", "--no-sync"])

    def making(self) -> list[str]:
        """The command that creates the data folder."""
        return [str(binaries() / "initdb"), "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]

    def command(self) -> list[str]:
        """Its log goes to a separate file."""
        settings = {
            **SETTINGS,
            "unix_socket_directories": str(self.folder),
            "logging_collector": "on",
            "log_directory": str(self.folder),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(binaries() / "postgres"), "-D", str(self.folder / "data"), *options, *self.options]

    def sql(self, statements: str, database: str = "") -> str:
        """As `postgres`, whom the server trusts."""
        psql = [str(binaries() / "psql"), "-XAtq", "-F\t", "-vON_ERROR_STOP=1", f"--host={self.folder}", "--username=postgres"]
        return self.run([*psql, database or "postgres"], statements)

    def url(self, database: str, user: str = "", address: tuple[str, int] | None = None) -> str:
        """`postgres://`."""
        return url("postgres", user or "postgres", database, address, {} if address else {"host": str(self.folder)})

    def create(self, database: str) -> None:
        """From the empty template."""
        self.sql(f"CREATE DATABASE {database}")

    def copy(self, database: str, to: str) -> None:
        """File by file."""
        self.sql(f"CREATE DATABASE {to} TEMPLATE {database} STRATEGY FILE_COPY")

    def drop(self, database: str) -> None:
        """By force."""
        self.sql(f"DROP DATABASE {database} WITH (FORCE)")

    def connections(self, database: str) -> int:
        """From pg_stat_activity."""
        return self.sql("SELECT datname FROM pg_stat_activity").split("\n").count(database)

    def crash(self) -> None:
        """End all its processes with SIGKILL: the children of a killed parent would finish their work."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)  # so that it neither reaps its children nor forks new ones
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        ).stdout
        for child in listed.split():
            os.kill(int(child), signal.SIGKILL)
        super().crash()

    def account(self) -> dict[str, Any]:
        """An unprivileged account if the tests run as root."""
        if not is_root():
            return {}
        known = {one.pw_name: one for one in pwd.getpwall()}
        entry = next(known[name] for name in ACCOUNTS if name in known)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": self.folder}


def binaries() -> Path:
    """The folder of its programs."""
    return _folders()[-1]


def _folders() -> list[Path]:
    found = shutil.which("postgres")
    # Debian keeps every version in its own folder, none of them in the path.
    return [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
