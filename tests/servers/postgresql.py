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
"""Who runs it where the tests are run by root: the first that there is."""
SETTINGS = {
    "fsync": "off",  # a commit outlives the server, and nobody cuts the power
    "full_page_writes": "off",
    "listen_addresses": "",
    "timezone": "Asia/Karachi",  # a session of ours must not depend on it
    "datestyle": "SQL, DMY",
    "max_connections": "60",
}


class PostgreSQL(Server):
    """PostgreSQL, as the system has it installed."""

    stop_signal = signal.SIGINT  # SIGTERM waits for every client to leave

    @classmethod
    def missing(cls) -> str:
        """Whether `postgres` is there, in the path or where Debian puts it."""
        return "" if _folders() else "there is no postgres; see `make servers`"

    @classmethod
    def version(cls) -> str:
        """As `PostgreSQL 15.18`."""
        said = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
        return f"PostgreSQL {said.split()[2]}"

    @property
    def socket(self) -> Path:
        """PostgreSQL calls it by its port, which it does not open."""
        return self.folder / ".s.PGSQL.5432"

    def install(self) -> None:
        """By the account that will run the server."""
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        if account := self.account():
            os.chown(self.folder, account["user"], account["group"])
        self.run([*self.making(), f"--pgdata={data}", "--username=postgres", "--no-sync"])

    def making(self) -> list[str]:
        """What makes the data folder."""
        return [str(binaries() / "initdb"), "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]

    def command(self) -> list[str]:
        """Its log goes to a file of its own."""
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
        """SIGKILL for all its processes: the children of a killed parent would finish what they do."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)  # so that it neither buries its children nor bears new ones
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        ).stdout
        for child in listed.split():
            os.kill(int(child), signal.SIGKILL)
        super().crash()

    def account(self) -> dict[str, Any]:
        """One without rights, where we are root."""
        if not is_root():
            return {}
        known = {one.pw_name: one for one in pwd.getpwall()}
        entry = next(known[name] for name in ACCOUNTS if name in known)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": self.folder}


def binaries() -> Path:
    """Where its programs lie."""
    return _folders()[-1]


def _folders() -> list[Path]:
    found = shutil.which("postgres")
    # Debian keeps every version in a folder of its own, none of them in the path.
    return [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
