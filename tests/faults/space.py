"""Servers with little room for their data, which can be given more."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from tests.servers import KINDS, MariaDB, MySQL, PostgreSQL, Server


class Tight(ABC):
    """A started server that has room for TERP's empty tables and not for many rows."""

    name: ClassVar[str]
    server: Server

    @classmethod
    def missing(cls) -> str:
        """What keeps it from being started on this machine; empty if nothing does."""
        return KINDS[cls.name].missing()

    @abstractmethod
    def widen(self) -> None:
        """Give it room; connections may be lost."""

    def stop(self) -> None:
        """End it, and remove what it has written."""
        self.server.stop()


class TightMariaDB(Tight):
    """MariaDB, all of whose tables lie in one file that may not grow further."""

    name = "mariadb"
    kind: ClassVar[type[MariaDB]] = MariaDB
    megabytes = 22

    def __init__(self) -> None:
        self.server = self.kind(self.room(self.megabytes)).start()

    def widen(self) -> None:
        """By a new limit, after a crash."""
        self.server.crash()
        self.server.options = (self.room(100),)
        self.server.start()

    @staticmethod
    def room(megabytes: int) -> str:
        """The option for the most that its data may grow to."""
        return f"--innodb-data-file-path=ibdata1:12M:autoextend:max:{megabytes}M"


class TightMySQL(TightMariaDB):
    """MySQL, whose empty tables take more."""

    name = "mysql"
    kind = MySQL
    megabytes = 16


class TightPostgreSQL(Tight):
    """PostgreSQL, whose tables lie in a small file system of their own."""

    name = "postgresql"

    def __init__(self) -> None:
        self.server = PostgreSQL().start()
        self.folder = self.server.folder / "small"
        self.folder.mkdir()
        account = self.server.account()
        self._mount(f"size=16m,mode=700,uid={account['user']},gid={account['group']}")
        self.server.sql(f"CREATE TABLESPACE small LOCATION '{self.folder}'")
        self.server.sql("ALTER ROLE postgres SET default_tablespace = small")

    @classmethod
    def missing(cls) -> str:
        """Also the right to mount."""
        return super().missing() or ("" if _may_mount() else "a small file system for PostgreSQL takes the right to mount one")

    def widen(self) -> None:
        """As an administrator does, while it runs."""
        self._mount("remount,size=200m")

    def stop(self) -> None:
        """The file system goes before the folder that it lies in."""
        self.server.crash()
        subprocess.run(["umount", "--lazy", self.folder], check=True)
        self.server.stop()

    def _mount(self, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.folder], check=True)


def _may_mount() -> bool:
    """Whether the process has Linux's CAP_SYS_ADMIN."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return bool(int(status["CapEff"], 16) & 1 << 21)
