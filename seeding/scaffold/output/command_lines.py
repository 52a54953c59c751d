"""The command lines that a draft and `seed_new` name as the next step, with the options that they need."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, models

INSTALLED = frozenset({"site-packages", "dist-packages"})
ANY_APP = "LABEL"
"""Stands for the label of an app that the user has to choose."""


def is_installed(app: str) -> bool:
    """Whether the app comes from an installed package, in which nothing is written."""
    return bool(INSTALLED & set(Path(apps.get_app_config(app).path).parts))


def seed_new(tables: Iterable[str], mirrors: Iterable[type[models.Model] | None], app: str | None, using: str) -> str:
    """The command that drafts the tables, whose models are `mirrors`, into `app` (that of each model if None)."""
    if app is None and any(one is None or is_installed(one._meta.app_label) for one in mirrors):
        app = ANY_APP
    words = ["seed_new", *map(shlex.quote, tables), *([f"--app={app}"] if app else [])]
    return _line(words, using)


def try_seed(tables: Iterable[str], using: str) -> str:
    """The command that shows what the tables would hold."""
    return _line(["seed", f"--table={shlex.quote(','.join(tables))}", "--dry-run"], using)


def _line(words: Iterable[str], using: str) -> str:
    return " ".join(["manage.py", *words, *([] if using == DEFAULT_DB_ALIAS else [f"--database={using}"])])
