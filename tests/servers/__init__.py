"""Throwaway servers: each in its own folder, on a socket without a port, removed after the tests."""

from tests.servers.base import Server
from tests.servers.mysql import MariaDB, MySQL
from tests.servers.postgresql import PostgreSQL

__all__ = ["KINDS", "MariaDB", "MySQL", "PostgreSQL", "Server"]

KINDS: dict[str, type[Server]] = {"mariadb": MariaDB, "mysql": MySQL, "postgresql": PostgreSQL}
"""Every server that the suite runs on besides SQLite, by its name as a test parameter."""
