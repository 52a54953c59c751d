"""The settings of the project with one model per trait, on the database that DATABASE_URL names."""

from __future__ import annotations

import os

import environ

from settings.databases import database

SECRET_KEY = "measured"  # noqa: S105 - nobody logs in
INSTALLED_APPS = ["seeding", "tests.projects.specimens", "django.contrib.contenttypes", "django.contrib.auth"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
SILENCED_SYSTEM_CHECKS = ["fields.W342"]
DATABASES = {"default": database(environ.Env(), "DATABASE_URL", default="")}
MEDIA_ROOT = os.environ["MEDIA_ROOT"]
SEEDING_LOG_FOLDER = os.environ.get("SEEDING_LOG_FOLDER", "")
