"""Fixtures of the unit tests: the example app on SQLite. No server is started, and TERP is not there."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.support.databases import Database, closed, opened

_numbers = itertools.count(1)

APPS = ["django.contrib.contenttypes", "seeding", "seeding.example"]

with override_settings(INSTALLED_APPS=APPS):  # models know their app from their first import on
    import_module("seeding.example.seeders.sales")


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with override_settings(INSTALLED_APPS=APPS):
        yield


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    """A SQLite file with the shop's tables and the ledger, to be copied."""
    file = tmp_path_factory.mktemp("unit") / "shop.sqlite3"
    with django_db_blocker.unblock(), override_settings(INSTALLED_APPS=APPS):
        database = opened("unit_template", "sqlite", f"sqlite:///{file}")
        call_command("migrate", database=database.alias, verbosity=0)
        closed(database.alias)
    return file


@pytest.fixture
def shop(_migrated: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Database]:
    """A new SQLite database with the shop's tables and the ledger, as an alias of DATABASES."""
    file = tmp_path / "shop.sqlite3"
    shutil.copyfile(_migrated, file)
    with django_db_blocker.unblock():
        database = opened(f"unit{next(_numbers)}", "sqlite", f"sqlite:///{file}")
        yield database
        closed(database.alias)
