"""Runs over rare types: rows arrive, are compared, and go; what only Django can write, it writes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import polars as pl
import pytest
from django.apps.registry import Apps
from django.contrib.postgres.fields import ArrayField
from django.db import connections, models, transaction
from django.db.models.functions import Upper

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from seeding.writing import Writers, insert, settled
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

APPS = Apps()
COUNT = 1_100
"""From 1,000 rows on, the server's own way of loading is used."""


class Parcel(models.Model):
    """Columns that the seeder fills, and some that have a default."""

    uid = models.UUIDField(unique=True)
    wait = models.DurationField()
    clock = models.TimeField()
    data = models.BinaryField()
    ip = models.GenericIPAddressField()
    token = models.UUIDField(default=uuid.uuid4)
    pause = models.DurationField(default=timedelta(days=-1, microseconds=5))
    noon = models.TimeField(default=time(12))
    seal = models.BinaryField(default=b"\x00'")

    class Meta:
        app_label = "types"
        db_table = "parcel"
        apps = APPS


class ParcelSeeder(BaseSeeder):
    config = SeederConfig(model=Parcel, record_count=RecordCount.fixed(COUNT), not_pii=("ip",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        index = rows.index.tolist()
        return pl.DataFrame(
            {
                "uid": pl.Series([uuid.UUID(int=one, version=4) for one in index], dtype=pl.Object),
                "wait": [timedelta(microseconds=one - 50) for one in index],
                "clock": [time(one % 24, microsecond=one) for one in index],
                "data": [one.to_bytes(3) for one in index],
                "ip": [f"2001:0db8::{one:04x}" for one in index],
            }
        )


@pytest.mark.parametrize("server", SERVERS)
def test_rows_of_rare_types_are_seeded_compared_and_rolled_back(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    with connections[database.alias].schema_editor() as editor:
        editor.create_model(Parcel)

    summary, _ = run(database, ParcelSeeder())

    rows = Parcel._base_manager.using(database.alias)
    assert (summary.exit_code, rows.count()) == (0, COUNT)
    assert rows.filter(pause=timedelta(days=-1, microseconds=5), noon=time(12)).count() == COUNT
    assert len(set(rows.values_list("token", flat=True))) == COUNT
    assert {bytes(one) for one in rows.values_list("seal", flat=True)} == {b"\x00'"}
    changed = rows.get(uid=uuid.UUID(int=7, version=4))
    rows.filter(pk=changed.pk).update(clock=time(3, 3, 3))

    undone, _ = undo(database, ParcelSeeder(), keep_modified=True)

    assert undone.exit_code == 6
    assert list(rows.values_list("pk", flat=True)) == [changed.pk]


class Loud(models.CharField):  # type: ignore[type-arg]  # Django's class takes none when the module is run
    """A text that the server converts, as geometries and texts encrypted by the server are."""

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "UPPER(%s)"

    def get_placeholder_sql(self, value: Any, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """What Django 6.1 calls."""
        return "UPPER(%s)", (value,)


class Louder(models.CharField):  # type: ignore[type-arg]  # the same
    """One whose value is an expression."""

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return None if value is None else Upper(models.Value(value))


class Spoken(models.Model):
    loud = Loud(max_length=9, null=True)
    louder = Louder(max_length=9, null=True)

    class Meta:
        app_label = "types"
        db_table = "spoken"
        apps = APPS


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("column", ["loud", "louder"])
def test_what_a_field_writes_as_sql_is_inserted_by_django(
    make_database: Callable[..., Database], server: str, column: str
) -> None:
    database = make_database(server, ready=False)
    with connections[database.alias].schema_editor() as editor:
        editor.create_model(Spoken)

    for writer in Writers(database.alias).native:
        data = pl.DataFrame({"id": [1, 2], column: [None, "quiet"]})
        with transaction.atomic(using=database.alias):
            assert insert(writer, database.alias, Spoken, settled(Spoken, data)) == []
            assert database.query(f"SELECT {column} FROM spoken ORDER BY id") == [(None,), ("QUIET",)]  # noqa: S608
            transaction.set_rollback(True, using=database.alias)


class Bits(models.Field):  # type: ignore[type-arg]  # the same
    def db_type(self, connection: Any) -> str:
        return "bit(8)"


class MoreBits(Bits):
    def get_prep_value(self, value: Any) -> Any:
        return value


class Flags(models.Model):
    few = Bits(null=True)
    more = MoreBits(null=True)

    class Meta:
        app_label = "types"
        db_table = "flags"
        apps = APPS


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_bits_are_the_number_and_not_its_digits(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server, ready=False)
    with connections[database.alias].schema_editor() as editor:
        editor.create_model(Flags)

    for writer in Writers(database.alias).native:
        data = settled(Flags, pl.DataFrame({"id": [1, 2], "few": [5, None], "more": [7, None]}))
        with transaction.atomic(using=database.alias):
            assert insert(writer, database.alias, Flags, data) == []
            assert database.query("SELECT few + 0, more + 0 FROM flags ORDER BY id") == [(5, 7), (None, None)]
            transaction.set_rollback(True, using=database.alias)


class Listed(models.Model):
    numbers = ArrayField(models.IntegerField(), null=True)

    class Meta:
        app_label = "types"
        db_table = "listed"
        apps = APPS


def test_a_driver_that_has_no_text_for_a_list_inserts_it_by_django(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = make_database("postgresql", ready=False)
    with connections[database.alias].schema_editor() as editor:
        editor.create_model(Listed)
    for module in ("seeding.writing.orm", "seeding.db.drivers"):
        monkeypatch.setattr(f"{module}.writes_any_object", lambda _: False)

    data = settled(Listed, pl.DataFrame({"id": [1, 2], "numbers": [[1, 2], None]}))
    with transaction.atomic(using=database.alias):
        assert insert(Writers(database.alias, "copy").choose(1), database.alias, Listed, data) == []

    assert database.query("SELECT numbers::text FROM listed ORDER BY id") == [("{1,2}",), (None,)]
