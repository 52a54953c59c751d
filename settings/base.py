"""Settings of the project that seeds TERP. Everything that differs between machines comes from the environment or `.env`.

Two databases. `default` is TERP's own: the project adds only the ledger and Django's migration record to it. `admin` is a
SQLite file for Django's own data: accounts, sessions, the admin's log.
"""

from __future__ import annotations

import logging
from pathlib import Path

import environ

from settings.apps import apps
from settings.credentials import without_its_line
from settings.databases import database
from settings.mail import mail

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
logging.getLogger("environ.environ").addFilter(without_its_line)
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = env("SECRET_KEY", default="only-for-development" if DEBUG else environ.Env.NOTSET)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "seeding",
    "terpseed",
    *apps(env, "SEEDING_APPS"),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "settings.urls"
STATIC_URL = "static/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

SEEDING_DATABASE_IS_FALLBACK = "DATABASE_URL" not in env
"""Without DATABASE_URL, development uses a SQLite file; `seed` refuses it in staging and production."""

DATABASES = {
    "default": database(env, "DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'terp.sqlite3'}"),
    "admin": database(env, "ADMIN_DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'admin.sqlite3'}"),
}
DATABASE_ROUTERS = ["settings.routers.AdminRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"

# Alerts (SEEDING_ALERT_EMAIL) go through Django's mail.
globals().update(mail(env, "EMAIL_URL"))
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="seeding@localhost")

# The seeding commands set up their own handlers (SEEDING_LOG_LEVEL, SEEDING_LOG_FILE): see seeding/telemetry/logs.py.
SEEDING_LOG_FOLDER = str(BASE_DIR / "logs")

SEEDING_PROFILES = [BASE_DIR / "terpseed" / "profiles"]
SEEDING_MISSING_TABLE_HELP = (
    "Create it with TERP's own migrations, or, in an empty development database, with: python manage.py terp_schema"
)
