"""The session in which a command works: connected, and in UTC."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connections

from seeding.exceptions import ConfigurationError, DatabaseUnavailableError
from seeding.remedies import remedy
from seeding.retries import retrying

REACHABLE = "Is the server up, and DATABASE_URL right?"

Note = Callable[[BaseException, int], None]
"""Is told of every failed attempt, with its number."""


def connect(using: str, note: Note) -> str:
    """Connect to the alias `using`, with retries; returns the database's name.

    Raises ConfigurationError for an unknown alias or a session that is not in UTC, and DatabaseUnavailableError.
    """
    if using not in connections:
        raise ConfigurationError(f"--database={using}: there are only {', '.join(connections)}.")
    connection = connections[using]
    name = str(connection.settings_dict["NAME"])
    try:
        retrying(connection.ensure_connection, note)
    except Exception as error:
        raise DatabaseUnavailableError(
            f"The database {name} cannot be reached: {error}. {remedy(error) or REACHABLE}"
        ) from error
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT NOW() = UTC_TIMESTAMP()")
            in_utc = cursor.fetchone()[0]
        if not in_utc:
            raise ConfigurationError(
                "The database session is not in UTC, and timestamps would shift. Set "
                "OPTIONS['init_command'] = \"SET SESSION time_zone = '+00:00'\" for this database."
            )
    return name
