"""MariaDB, and MySQL itself."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path

from tests import debian
from tests.servers.base import Server, is_root, url

HOSTILE = ("--default-time-zone=+05:00", "--sql-mode=")
"""What an application's server may be set to; a session of ours must not depend on it."""
FAST = ("--skip-networking", "--innodb-flush-log-at-trx-commit=2", "--innodb-file-per-table=0", "--skip-innodb-doublewrite")
"""A commit reaches the system, not the disk: it outlives the server, and nobody cuts the power."""


class MariaDB(Server):
    """MariaDB, as the system has it installed. `settings` are those of every start."""

    settings: tuple[str, ...] = (*FAST, *HOSTILE)

    @classmethod
    def missing(cls) -> str:
        """Whether `mariadbd` is there."""
        return "" if shutil.which("mariadbd") else "there is no mariadbd; see `make servers`"

    @classmethod
    def version(cls) -> str:
        """As `MariaDB 10.11.14`."""
        return f"MariaDB {_version(['mariadbd', '--version']).partition('-')[0]}"

    @property
    def socket(self) -> Path:
        """In its folder."""
        return self.folder / "s"

    def install(self) -> None:
        """`mariadb-install-db`."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        self.run([
            "mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", "--skip-test-db",
            "--auth-root-authentication-method=normal", *_as_root(),
        ])  # fmt: skip

    def command(self) -> list[str]:
        """Without a configuration file."""
        return ["mariadbd", "--no-defaults", *self._common()]

    def sql(self, statements: str, database: str = "") -> str:
        """As root, whose password is empty; the client is MariaDB's for both."""
        client = ["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch",
                  "--skip-column-names", "--local-infile"]  # fmt: skip
        return self.run([*client, database], statements)

    def url(self, database: str, user: str = "", address: tuple[str, int] | None = None) -> str:
        """`mysql://`."""
        return url("mysql", user or "root", database, address, {} if address else {"unix_socket": str(self.socket)})

    def create(self, database: str) -> None:
        """With all of Unicode."""
        self.sql(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")

    def copy(self, database: str, to: str) -> None:
        """Table by table: what SHOW CREATE TABLE says, and its rows."""
        import MySQLdb  # PyMySQL, where the settings have put it in its place

        self.create(to)
        with contextlib.closing(MySQLdb.connect(unix_socket=str(self.socket), user="root", database=to)) as connection:
            cursor = connection.cursor()
            cursor.execute("SET foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
            cursor.execute(f"SHOW TABLES FROM {database}")
            for (table,) in cursor.fetchall():
                cursor.execute(f"SHOW CREATE TABLE {database}.`{table}`")
                cursor.execute(cursor.fetchone()[1])
                cursor.execute(f"INSERT INTO `{table}` SELECT * FROM {database}.`{table}`")  # noqa: S608 - our own names
            connection.commit()

    def drop(self, database: str) -> None:
        """Waits for nobody but open transactions."""
        self.sql(f"DROP DATABASE {database}")

    def connections(self, database: str) -> int:
        """From the process list."""
        return self.sql("SELECT db FROM information_schema.processlist").split("\n").count(database)

    def _common(self) -> list[str]:
        # A server that starts deletes the temporary tables that it finds where its own would be: another server's, in /tmp.
        return [
            f"--tmpdir={self.folder}",
            f"--datadir={self.folder / 'data'}", f"--socket={self.socket}", f"--pid-file={self.folder / 'pid'}",
            f"--log-error={self.folder / 'error.log'}", *self.settings, *_as_root(), *self.options,
        ]  # fmt: skip


class MySQL(MariaDB):
    """MySQL: as the system has it, else the one that `make servers` has unpacked."""

    @classmethod
    def missing(cls) -> str:
        """Whether a `mysqld` that is not MariaDB's is there, or was unpacked."""
        return "" if _mysqld() else "there is no mysqld, and `make servers` could not fetch one"

    @classmethod
    def version(cls) -> str:
        """As `MySQL 9.7.0`."""
        return f"MySQL {_version([*_mysqld(), '--version']).partition('-')[0]}"

    def install(self) -> None:
        """`--initialize-insecure`: root with an empty password."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        self.run([
            *_mysqld(), f"--datadir={self.folder / 'data'}", "--initialize-insecure", "--skip-log-bin", "--secure-file-priv=",
            "--innodb-redo-log-capacity=64M", f"--log-error={self.folder / 'install.log'}", *_as_root(),
        ])  # fmt: skip

    def command(self) -> list[str]:
        """As small and quick as it can be made."""
        quick = [
            "--skip-log-bin",
            "--secure-file-priv=",
            "--performance-schema=OFF",
            "--mysqlx=OFF",
            "--innodb-redo-log-capacity=128M",
        ]
        return [*_mysqld(), *self._common(), *quick]


def _as_root() -> list[str]:
    return ["--user=root"] if is_root() else []


def _mysqld() -> list[str]:
    own = shutil.which("mysqld")
    if own and "MariaDB" not in _said([own, "--version"]):
        return [own, "--no-defaults"]
    return debian.mysqld()


def _version(command: list[str]) -> str:
    return _said(command).partition("Ver ")[2].split()[0]


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
