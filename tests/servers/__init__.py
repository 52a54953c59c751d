"""Throwaway servers: each in a folder of its own, on a socket and no port, gone after the tests."""

from tests.servers.base import Server
from tests.servers.mysql import MariaDB, MySQL
from tests.servers.postgresql import PostgreSQL

__all__ = ["KINDS", "MariaDB", "MySQL", "PostgreSQL", "Server"]

KINDS: dict[str, type[Server]] = {"mariadb": MariaDB, "mysql": MySQL, "postgresql": PostgreSQL}
"""Every server that the suite runs on beside SQLite, by the name that a test's parameter has."""
