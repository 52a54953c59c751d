"""Which database holds what: Django's own tables are in a separate file, and TERP's database stays TERP's."""

from __future__ import annotations

from typing import Any

from django.db import models

ADMIN_DATABASE = "admin"
ADMIN_APPS = frozenset({"admin", "auth", "contenttypes", "sessions"})


class AdminRouter:
    """Sends accounts, sessions and the admin's log to the database `admin`, and keeps them out of every other."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        """`admin` for Django's own tables, None for all others."""
        return ADMIN_DATABASE if model._meta.app_label in ADMIN_APPS else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Django's own tables only in `admin`; all others anywhere else."""
        return (app_label in ADMIN_APPS) == (db == ADMIN_DATABASE)
