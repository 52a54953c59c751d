"""A throwaway MariaDB: own folder, own socket, no port, gone after the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import tenacity


@dataclass(frozen=True, slots=True, kw_only=True)
class MariaDB:
    """A running server."""

    socket: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path) -> MariaDB:
        """Initialise a data folder and start a server on it; returns when it answers."""
        binary = shutil.which("mariadbd")
        if binary is None:
            raise RuntimeError("The tests need MariaDB (mariadbd). See `make servers`.")
        user = ["--user=root"] if os.geteuid() == 0 else []
        data, socket = folder / "data", folder / "s"
        # On a busy machine its bootstrap sometimes gives up; it says why, and the next attempt works.
        tenacity.Retrying(stop=tenacity.stop_after_attempt(3), reraise=True)(_install, data, user)
        process = subprocess.Popen(
            [binary, "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking",
             f"--pid-file={folder / 'pid'}", f"--log-error={folder / 'error.log'}",
             "--innodb-flush-log-at-trx-commit=0", "--innodb-file-per-table=0", "--skip-innodb-doublewrite",
             "--default-time-zone=+05:00", *user],
        )  # fmt: skip
        server = cls(socket=socket, process=process)
        patience = tenacity.Retrying(stop=tenacity.stop_after_delay(60), wait=tenacity.wait_fixed(0.1), reraise=True)
        patience(server.sql, "SELECT 1")
        return server

    def sql(self, statements: str, database: str = "") -> str:
        """Run statements as root; returns the rows, tab-separated."""
        command = ["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch", "--skip-column-names"]
        done = subprocess.run([*command, database], input=statements, text=True, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def url(self, database: str) -> str:
        """DATABASE_URL of one of its databases."""
        return f"mysql://root@localhost/{database}?unix_socket={self.socket}"

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait()


def _install(data: Path, user: list[str]) -> None:
    shutil.rmtree(data, ignore_errors=True)
    done = subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
         "--skip-test-db", *user],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
