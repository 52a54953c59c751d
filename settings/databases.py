"""Database settings from one URL; the session settings that seeding requires are set explicitly."""

from __future__ import annotations

import importlib.util
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from settings.credentials import ENCODE, is_cut

FORMS = "mysql://… or postgres://user:password@host:port/name, or sqlite:////absolute/path/to/file.sqlite3"

MYSQL = "django.db.backends.mysql"
SQLITE = "django.db.backends.sqlite3"
SESSION: dict[str, dict[str, Any]] = {
    MYSQL: {
        "charset": "utf8mb4",
        "local_infile": True,  # LOAD DATA LOCAL, if the server allows it too
        # Django keeps the server's time zone for the session, so TIMESTAMP values would shift. The timeouts are how long
        # the server waits for a client that is idle (while it generates a batch) or sends its rows slowly.
        "init_command": "SET SESSION time_zone = '+00:00', sql_mode = 'TRADITIONAL', "
        "wait_timeout = 28800, net_read_timeout = 600",
        "connect_timeout": 10,
        "read_timeout": 3600,  # a server silent for this long is gone
    },
    "django.db.backends.postgresql": {
        # The same here. PostgreSQL would wait forever for a row lock; 50 s is InnoDB's default.
        "options": "-c timezone=UTC -c datestyle=ISO -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 "
        "-c idle_session_timeout=0 -c lock_timeout=50s",
        "connect_timeout": 10,
        "tcp_user_timeout": 60_000,
    },
    # A deferred transaction fails at once on its first write if another one is writing.
    SQLITE: {"transaction_mode": "IMMEDIATE"},
}


def database(env: environ.Env, variable: str, default: str) -> dict[str, Any]:
    """The settings for the database URL in `variable`; its engine must be in SESSION.

    Raises ImproperlyConfigured, naming the variable and never its value: the URL holds a password.
    """
    url = env(variable, default=default)
    try:
        engine = environ.Env.DB_SCHEMES.get(url.partition("://")[0])
        known = engine in SESSION and (engine == SQLITE or not is_cut(url))  # a file's name may have an @
        config: dict[str, Any] = environ.Env.db_url_config(url) if known else {}
    except ValueError:
        config = {}
    if not config.get("NAME"):
        raise ImproperlyConfigured(f"{variable} is no database URL. Write it like {FORMS}, and {ENCODE}")
    if config["ENGINE"] == MYSQL:
        _choose_mysql_driver()
    config["OPTIONS"] = {**SESSION[config["ENGINE"]], **config.get("OPTIONS", {})}
    return config


def _choose_mysql_driver() -> None:
    """Use PyMySQL in place of mysqlclient, through its own shim, if only PyMySQL is installed."""
    if importlib.util.find_spec("MySQLdb") is None and importlib.util.find_spec("pymysql") is not None:
        import pymysql

        pymysql.install_as_MySQLdb()
