"""The admin on the shop's database: the accounts lie in the same file."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import path
from pytest_django import DjangoDbBlocker

from seeding.admin import SeedingMetadataAdmin, SeedRunAdmin
from seeding.example.models import Product
from seeding.jobs import processes
from seeding.jobs.actions import Action
from seeding.jobs.processes import ProcessIdentity, started_at
from seeding.models import SeedingMetadata, SeedRun, SeedSnapshot
from tests.support.databases import AS_OF, Database, closed, opened
from tests.unit.conftest import APPS

ADMIN = [*APPS, "django.contrib.admin", "django.contrib.auth", "django.contrib.sessions", "django.contrib.messages"]

RUN = {"command": "seed", "environment": "dev", "seed": 42, "as_of": AS_OF, "faker_version": "40", "host": "here",
       "process_id": 1, "user": "somebody", "state": "succeeded"}  # fmt: skip
RUNS = "/seeding/seedrun/"
PAGES = {
    Action.SEED: "new", Action.ROLL_BACK: "rollback", Action.RESET: "reset", Action.MASK: "mask", Action.RESTORE: "restore",
}  # fmt: skip


def run(**facts: Any) -> SeedRun:
    started = datetime.now(UTC) - timedelta(seconds=30)
    return SeedRun.objects.create(**{**RUN, "started_at": started, **facts})


def words(answer: Any) -> str:
    """What a page says: its text, without the tags and runs of white space."""
    assert answer.status_code == 200
    content = re.sub(r"(?s)^.*<main.*?>|</main>.*$", "", answer.content.decode())
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", content).split()))


def saved(name: str = "then") -> SeedSnapshot:
    """A snapshot, of which only the name is asked for."""
    return SeedSnapshot.objects.create(
        name=name, document="{}", fingerprint="", row_count=7, environment="dev", created_by="qa", created_at=datetime.now(UTC)
    )


def asked(client: Client, action: Action, **values: Any) -> Any:
    return client.post(f"{RUNS}{PAGES[action]}/", {"scale": "1", "sent": "", **values})


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
            user.user_permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))
        client = Client()
        client.force_login(user)
        return client


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """What was started, without processes: each command, and the file that its answer goes to."""

    commands: list[list[str]] = field(default_factory=list)
    variables: list[dict[str, str]] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)
    stopped: list[ProcessIdentity] = field(default_factory=list)

    def end(self, **output: Any) -> str:
        """The last one ends, and has printed this; returns its token."""
        self.outputs[-1].write_text(json.dumps(output), encoding="utf-8")
        return self.outputs[-1].stem


@pytest.fixture
def launched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Launched:
    """In place of processes, this one: it runs as long as the test does."""
    started = Launched()

    def start(command: list[str], variables: dict[str, str], *, out: Path, log: Path) -> ProcessIdentity:
        out.touch(exist_ok=False)  # as the real one has it
        log.touch(exist_ok=False)
        started.commands.append(command)
        started.variables.append(variables)
        started.outputs.append(out)
        started.logs.append(log)
        return ProcessIdentity(pid=os.getpid(), started=started_at(os.getpid()))

    def terminate(process: ProcessIdentity) -> bool:
        started.stopped.append(process)
        return True

    monkeypatch.setattr(processes, "start", start)
    monkeypatch.setattr(ProcessIdentity, "terminate", terminate)
    monkeypatch.setenv("SEEDING_JOB_FOLDER", str(tmp_path / "jobs"))
    return started


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
