"""Settings of a project with a real backend of Django's tasks: `manage.py db_worker` takes them, from the database `admin`."""

from __future__ import annotations

from typing import Any

from django.db import models

from settings.base import *  # noqa: F403
from settings.base import INSTALLED_APPS
from settings.routers import ADMIN_DATABASE, AdminRouter

INSTALLED_APPS += ["django_tasks_db"]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
TASK_APP = "django_tasks_database"
DATABASE_ROUTERS = ["tests.browser.with_tasks.TaskRouter"]


class TaskRouter(AdminRouter):
    """Sends the tasks to the database of the accounts, as well."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        return ADMIN_DATABASE if model._meta.app_label == TASK_APP else super().db_for_read(model)

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == ADMIN_DATABASE if app_label == TASK_APP else super().allow_migrate(db, app_label)
