"""Which lock a database has."""

from __future__ import annotations

import pytest
from django.db import connections

from seeding.exceptions import ConfigurationError
from seeding.locks.base import SeedingLock
from seeding.locks.factory import seeding_lock
from seeding.locks.mysql import MySQLLock
from seeding.locks.postgresql import PostgreSQLLock
from seeding.locks.sqlite import SQLiteLock
from tests.support.databases import Database


@pytest.mark.parametrize(("vendor", "kind"), [("mysql", MySQLLock), ("postgresql", PostgreSQLLock), ("sqlite", SQLiteLock)])
def test_every_kind_of_server_has_a_lock(
    shop: Database, monkeypatch: pytest.MonkeyPatch, vendor: str, kind: type[SeedingLock]
) -> None:
    monkeypatch.setattr(connections[shop.alias], "vendor", vendor)

    lock = seeding_lock(shop.alias)

    assert type(lock) is kind
    assert lock.using == shop.alias


def test_another_server_has_none(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections[shop.alias], "vendor", "oracle")

    with pytest.raises(ConfigurationError) as refused:
        seeding_lock(shop.alias)

    assert str(refused.value) == "Seeding has no lock for oracle; it works on MySQL, MariaDB, PostgreSQL and SQLite."
