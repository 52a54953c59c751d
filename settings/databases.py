"""Database settings from one URL, with what every session of ours needs set and not assumed."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

FORMS = "mysql://user:password@host:3306/name or sqlite:////absolute/path/to/file.sqlite3"

SESSION: dict[str, dict[str, Any]] = {
    "django.db.backends.mysql": {
        "charset": "utf8mb4",
        "local_infile": True,  # LOAD DATA LOCAL, if the server allows it too
        # Django leaves the session's time zone as the server has it, and TIMESTAMP values would shift.
        "init_command": "SET SESSION time_zone = '+00:00', sql_mode = 'TRADITIONAL'",
    },
    # A deferred transaction that turns into a writer fails at once when another one writes.
    "django.db.backends.sqlite3": {"transaction_mode": "IMMEDIATE"},
}


def database(env: environ.Env, variable: str, default: str) -> dict[str, Any]:
    """The settings of the database that `variable` names.

    Raises ImproperlyConfigured, naming the variable and never its value: the URL holds a password.
    """
    url = env(variable, default=default)
    try:
        known = url.partition("://")[0] in environ.Env.DB_SCHEMES
        config: dict[str, Any] = environ.Env.db_url_config(url) if known else {}
    except ValueError:
        config = {}
    if not config.get("NAME"):
        raise ImproperlyConfigured(f"{variable} is no database URL. Write it like {FORMS}")
    config["OPTIONS"] = {**SESSION.get(config["ENGINE"], {}), **config.get("OPTIONS", {})}
    return config
