"""The example app, installed for a test and gone after it, and databases with its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from django.test import override_settings

from tests.support.databases import Database

INSTALLED = override_settings(INSTALLED_APPS=["seeding", "seeding.example"])


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.fixture(params=["sqlite", "mariadb"])
def shop(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    """A database with the shop's tables and the ledger."""
    database = make_database(request.param, ready=False)
    call_command("migrate", database=database.alias, verbosity=0)
    return database
