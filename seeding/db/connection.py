"""A command's database session: connected, in UTC, and with a limit of one hour for each answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from seeding.conf import pools_transactions
from seeding.db.drivers import missing_driver
from seeding.db.error_hints import hint
from seeding.db.features import features
from seeding.db.retries import retrying
from seeding.db.sessions import INSTEAD, STATEMENTS, has_transactions, open_connection
from seeding.db.watchdog import watch
from seeding.exceptions import ConfigurationError, DatabaseUnavailableError, UnsafeServerError

REACHABLE = "Is the server up, and DATABASE_URL right?"

SET_UTC = "Set OPTIONS['init_command'] = \"SET SESSION time_zone = '+00:00'\" for this database."


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherNames:
    """Of a database and of its host."""

    databases: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()


Note = Callable[[BaseException, int], None]
"""Called with the error and the number of every failed attempt."""


NAMES = {"postgresql": "SELECT current_database(), host(inet_server_addr())", "mysql": "SELECT DATABASE(), @@hostname"}
"""What the server calls the database and its host."""


def database_name(using: str) -> str:
    """The database name passed to the driver: OPTIONS override NAME in the settings. If there is none, the server's.

    The driver may read it elsewhere then: in a service file, or in one of options.
    """
    settings, asked = connections[using].settings_dict, connections[using].get_connection_params()
    name = next((asked[key] for key in ("db", "dbname", "database") if key in asked), settings["NAME"])
    return str(name or _told(using)[0] or "")


def host_name(using: str) -> str:
    """The host, or a socket's path, passed to the driver; empty if there is none."""
    asked = connections[using].get_connection_params()
    return str(asked.get("host") or asked.get("unix_socket") or "")


def other_names(using: str) -> OtherNames:
    """What the database and its host are called beside what the settings say: by the driver, and by the server."""
    name, host = _told(using)
    connection, driver = connections[using], connections[using].connection
    asked = connection.get_connection_params()
    hosts = {str(asked.get("hostaddr") or ""), str(host or "")}
    if connection.vendor == "postgresql":
        told = {one: str(getattr(driver.info, one, "") or "") for one in ("dbname", "host", "hostaddr")}
        hosts |= {told["host"], told["hostaddr"]}
        name = name or told["dbname"]
    elif connection.vendor == "mysql":
        hosts |= {str(getattr(driver, one, "") or "") for one in ("host", "server_host")}
        if told_by_driver := getattr(driver, "get_host_info", None):  # mysqlclient's "db.internal via TCP/IP"
            hosts.add(str(told_by_driver()).partition(" via ")[0])
    return OtherNames(databases=frozenset({str(name or "")} - {""}), hosts=frozenset(hosts - {""}))


def _told(using: str) -> tuple[Any, ...]:
    """What the server calls the database, and its host; None where it does not say."""
    connection = connections[using]
    if connection.vendor not in NAMES:
        return None, None
    with connection.cursor() as cursor:
        cursor.execute(NAMES[connection.vendor])
        return tuple(cursor.fetchone())


def connect(using: str, note: Note) -> str:
    """Connect to the alias `using`, with retries; returns the database's name.

    Raises ConfigurationError for an unknown alias or a session that is not in UTC, UnsafeServerError for a pooler without
    transactions, and DatabaseUnavailableError.
    """
    if using not in connections:
        raise ConfigurationError(f"--database={using}: there are only {', '.join(connections)}.")
    if not settings.USE_TZ:
        raise ConfigurationError(_without_time_zones(using))
    try:
        connection = connections[using]
    except ImproperlyConfigured as error:
        raise ConfigurationError(missing_driver(error) or f"--database={using}: {error}") from error
    opening = partial(open_connection, using, pooled=pools_transactions())
    watch(using)
    try:
        retrying(opening, note)
    except Exception as error:
        name = connection.settings_dict["NAME"]  # the driver's parameters may be what cannot be determined
        raise DatabaseUnavailableError(f"The database {name} cannot be reached: {error}. {hint(error) or REACHABLE}") from error
    if not has_transactions(using):
        raise UnsafeServerError(f"The server {STATEMENTS}; {INSTEAD}. Nothing was changed.")
    if not is_in_utc(using):
        raise ConfigurationError(f"The database session is not in UTC, and timestamps would shift. {SET_UTC}")
    return database_name(using)


def _without_time_zones(using: str) -> str:
    zone = settings.TIME_ZONE
    if zone == "UTC" and connections.settings[using].get("TIME_ZONE") in (None, "UTC"):
        return (
            "USE_TZ is False, and seeding needs aware datetimes. Run its commands with settings that set USE_TZ = True: "
            "as TIME_ZONE is 'UTC', what is stored is the same."
        )
    return (
        f"USE_TZ is False: the application stores local times of {zone} without an offset, and those of the hour that an "
        "autumn repeats cannot be told apart. Convert them to UTC, and set USE_TZ = True in the settings."
    )


def is_in_utc(using: str) -> bool:
    """Whether the session is in UTC: Django ensures it on every server but MySQL and MariaDB."""
    if not features(connections[using]).keeps_time_zone:
        return True
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT NOW() = UTC_TIMESTAMP()")
        (in_utc,) = cursor.fetchone()
    return bool(in_utc)
