"""The admin on the shop's database: the accounts lie in the same file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import path
from pytest_django import DjangoDbBlocker

from seeding.admin import SeedingMetadataAdmin, SeedRunAdmin
from seeding.example.models import Product
from seeding.models import SeedingMetadata, SeedRun
from tests.support.databases import Database, closed, opened
from tests.unit.conftest import APPS

ADMIN = [*APPS, "django.contrib.admin", "django.contrib.auth", "django.contrib.sessions", "django.contrib.messages"]


class OneDatabase:
    """Sends everything to one database."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self._alias

    db_for_write = db_for_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The admin, and the database that it shows."""

    shop: Database

    def client(self, *permissions: str, superuser: bool = False) -> Client:
        """Somebody who may enter, and has these permissions: as `shop.view_product`."""
        name = f"person{User.objects.count()}"
        user = User.objects.create_superuser(name) if superuser else User.objects.create_user(name, is_staff=True)
        for one in permissions:
            label, _, codename = one.partition(".")
            kind = ContentType.objects.get(app_label=label, model=codename.rpartition("_")[2])
            user.user_permissions.add(Permission.objects.get(content_type=kind, codename=codename))
        client = Client()
        client.force_login(user)
        return client


@pytest.fixture(scope="session")
def _with_accounts(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    """A SQLite file with the tables of the shop, the ledger and the admin, to be copied."""
    file = tmp_path_factory.mktemp("office") / "shop.sqlite3"
    with django_db_blocker.unblock(), override_settings(INSTALLED_APPS=ADMIN, DATABASE_ROUTERS=[]):
        database = opened("office_template", "sqlite", f"sqlite:///{file}")
        call_command("migrate", database=database.alias, verbosity=0)
        closed(database.alias)
    return file


@pytest.fixture
def office(_with_accounts: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Office]:
    """An admin of the ledger and of the products, on a new database of the shop."""
    file = tmp_path / "office.sqlite3"
    shutil.copyfile(_with_accounts, file)
    site = AdminSite("admin")
    site.register(SeedRun, SeedRunAdmin)
    site.register(SeedingMetadata, SeedingMetadataAdmin)
    site.register(Product)
    urls = ModuleType("office_urls")
    # A module made here, whose type knows no such name.
    urls.urlpatterns = [path("", site.urls)]  # type: ignore[attr-defined]  # a module made up here
    with django_db_blocker.unblock():
        database = opened("office", "sqlite", f"sqlite:///{file}")
        with override_settings(INSTALLED_APPS=ADMIN, DATABASE_ROUTERS=[OneDatabase(database.alias)], ROOT_URLCONF=urls):
            yield Office(shop=database)
        closed(database.alias)
