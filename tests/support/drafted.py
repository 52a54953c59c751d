"""An app that seeders are drafted into."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Self

from django.apps import apps
from django.core.management import call_command
from django.test import override_settings

from tests.support.databases import Database

_numbers = itertools.count(1)


class App:
    """An app of its own, in a new folder, in a project that has nothing but it and the engine."""

    def __init__(self, folder: Path) -> None:
        self.name = f"drafted{next(_numbers)}"
        self.folder = folder / self.name
        self.folder.mkdir()
        self.write("__init__.py", "")

    def __enter__(self) -> Self:
        sys.path.insert(0, str(self.folder.parent))
        return self

    def __exit__(self, *_: object) -> None:
        """No module of the app outlives it."""
        sys.path.remove(str(self.folder.parent))
        for module in [name for name in sys.modules if name.split(".")[0] == self.name]:
            del sys.modules[module]
        apps.all_models.pop(self.name, None)
        apps.clear_cache()

    def write(self, path: str, text: str) -> None:
        """A file of the app."""
        (self.folder / path).write_text(text, encoding="utf-8")

    def files(self) -> dict[str, str]:
        """What its seeders' folder holds, in order."""
        return {path.name: path.read_text(encoding="utf-8") for path in sorted((self.folder / "seeders").glob("*.py"))}

    @contextmanager
    def installed(self, *others: str) -> Iterator[None]:
        """A project of this app, the engine and `others`."""
        with override_settings(INSTALLED_APPS=["seeding", self.name, *others]):
            yield

    def seed_new(self, database: Database, *tables: str, **options: Any) -> str:
        """What the command says."""
        out = StringIO()
        options = {"app": self.name, **options}
        call_command("seed_new", *tables, database=database.alias, stdout=out, stderr=StringIO(), **options)
        return out.getvalue()


def set_up(app: App, models: str, database: Database, *others: str) -> list[str]:
    """Make the tables of the models; returns the names that `app.name` begins."""
    with override_settings(INSTALLED_APPS=["seeding", "django.contrib.contenttypes"]):
        call_command("migrate", database=database.alias, verbosity=0)
    app.write("models.py", models.replace("{app}", app.name))
    with app.installed("django.contrib.contenttypes", *others):
        call_command("migrate", database=database.alias, run_syncdb=True, verbosity=0)
    return [model._meta.db_table for model in apps.get_models() if model._meta.app_label == app.name]
