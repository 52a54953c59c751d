"""MariaDB and MySQL."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from pathlib import Path

from tests import debian
from tests.servers.base import Server, is_root, url

HOSTILE = ("--default-time-zone=+05:00", "--sql-mode=")
"""Settings that an application's server can have; our sessions must not depend on them."""
FAST = ("--skip-networking", "--innodb-flush-log-at-trx-commit=2", "--innodb-file-per-table=0", "--skip-innodb-doublewrite")
"""A commit reaches the system, not the disk: it survives a server crash, and power cuts are not tested."""


class MariaDB(Server):
    """The system's MariaDB. `settings` apply to every start."""

    settings: tuple[str, ...] = (*FAST, *HOSTILE)

    @classmethod
    def missing(cls) -> str:
        """Reports a missing `mariadbd`."""
        return "" if shutil.which("mariadbd") else "there is no mariadbd; see `make servers`"

    @classmethod
    def version(cls) -> str:
        """Such as `MariaDB 10.11.14`."""
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
        """As root with an empty password; MariaDB's client serves both products."""
        client = ["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch",
                  "--skip-column-names", "--local-infile"]  # fmt: skip
        return self.run([*client, database], statements)

    def url(self, database: str, user: str = "", address: tuple[str, int] | None = None) -> str:
        """`mysql://`."""
        return url("mysql", user or "root", database, address, {} if address else {"unix_socket": str(self.socket)})

    def create(self, database: str) -> None:
        """With full Unicode."""
        self.sql(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")

    def copy(self, database: str, to: str) -> None:
        """Table by table: the statement of SHOW CREATE TABLE, then the rows."""
        import MySQLdb  # PyMySQL, if the settings substitute it

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
        """Waits only for open transactions."""
        self.sql(f"DROP DATABASE {database}")

    def connections(self, database: str) -> int:
        """From the process list."""
        return self.sql("SELECT db FROM information_schema.processlist").split("\n").count(database)

    def _common(self) -> list[str]:
        # A starting server deletes all temporary tables in its tmpdir: in /tmp, those of another server.
        return [
            f"--tmpdir={self.folder}",
            f"--datadir={self.folder / 'data'}", f"--socket={self.socket}", f"--pid-file={self.folder / 'pid'}",
            f"--log-error={self.folder / 'error.log'}", *self.settings, *_as_root(), *self.options,
        ]  # fmt: skip


class MySQL(MariaDB):
    """The system's MySQL, else the one unpacked by `make servers`."""

    @classmethod
    def missing(cls) -> str:
        """Reports that no `mysqld` other than MariaDB's is installed or unpacked."""
        return "" if _mysqld() else "there is no mysqld, and `make servers` could not fetch one"

    @classmethod
    def version(cls) -> str:
        """Such as `MySQL 9.7.0`."""
        return f"MySQL {_version([*_mysqld(), '--version']).partition('-')[0]}"

    def install(self) -> None:
        """`--initialize-insecure`: root with an empty password."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        self.run([
            *_mysqld(), f"--datadir={self.folder / 'data'}", "--initialize-insecure", "--skip-log-bin", "--secure-file-priv=",
            "--innodb-redo-log-capacity=64M", f"--log-error={self.folder / 'install.log'}", *_as_root(),
        ])  # fmt: skip

    def command(self) -> list[str]:
        """As small and fast as possible."""
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
