"""Values of the rarer types on their way to a server: without a Python call per value where Polars can do it."""

from __future__ import annotations

import enum
import ipaddress
import json
import uuid
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.apps.registry import Apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, connections, models

from seeding.db.drivers import as_text
from seeding.writing import encoding
from seeding.writing.encoding import binary_columns, csv, literals, plain, settled
from seeding.writing.load_data import _columns
from tests.support.databases import Database

APPS = Apps()
KEY = "0f0e0d0c-0b0a-4908-8706-050403020100"


class Level(models.IntegerChoices):
    LOW = 3


class Colour(enum.Enum):
    RED = "red"


class Sealed(models.BinaryField):  # type: ignore[type-arg]  # Django's class takes none when the module is run
    """A text that is stored as bytes."""

    def get_prep_value(self, value: Any) -> Any:
        return value[::-1].encode() if isinstance(value, str) else value


class Rare(models.Model):
    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(null=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True)
    ip = models.GenericIPAddressField(null=True)
    data = models.BinaryField(null=True)
    wait = models.DurationField(null=True)
    clock = models.TimeField(null=True)
    real = models.FloatField(null=True)
    long = models.DecimalField(max_digits=60, decimal_places=30, null=True)
    items = models.JSONField(encoder=DjangoJSONEncoder, null=True)
    sealed = Sealed(null=True)
    level = models.IntegerField(choices=Level, default=Level.LOW)
    colour = models.CharField(max_length=9, default=Colour.RED)

    class Meta:
        app_label = "rare"
        db_table = "rare"
        apps = APPS


@pytest.fixture
def server(shop: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A connection that says of itself that it is to a server with every type, whose driver is MySQL's."""
    connection = connections[shop.alias]
    monkeypatch.setattr(connection, "vendor", "mysql")
    monkeypatch.setattr(connection.features, "has_native_uuid_field", True)
    monkeypatch.setattr(connection.features, "has_native_duration_field", True)
    return shop


def made_plain(database: Database, name: str, values: list[Any], dtype: Any = None) -> list[Any]:
    data = settled(Rare, pl.DataFrame([pl.Series(name, values, dtype=dtype)])).select(name)
    return plain(Rare, data, connections[database.alias])[name].to_list()


def test_uuids_are_bare_where_the_server_has_no_type_for_them(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert made_plain(shop, "uid", [KEY.upper(), None]) == [KEY.replace("-", ""), None]
    assert made_plain(shop, "uid", [uuid.UUID(KEY), None], pl.Object) == [KEY.replace("-", ""), None]
    monkeypatch.setattr(connections[shop.alias].features, "has_native_uuid_field", True)
    assert made_plain(shop, "uid", [KEY, None]) == [KEY, None]


@pytest.mark.parametrize("name", ["uid", "data", "wait", "clock", "real"])
def test_no_field_is_asked_for_each_value(shop: Database, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def asked(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(encoding, "_asked", asked)
    monkeypatch.setattr(encoding, "_mapped", asked)
    values = {"uid": KEY, "data": b"\x00", "wait": timedelta(1), "clock": time(1), "real": 0.5}

    assert len(made_plain(shop, name, [values[name], None])) == 2


def test_times_have_a_fraction_only_where_there_is_one(shop: Database) -> None:
    assert made_plain(shop, "clock", [time(1, 2, 3), time(4, 5, 6, 7), None]) == ["01:02:03", "04:05:06.000007", None]
    assert made_plain(shop, "clock", [time(1, 2, 3), None]) == ["01:02:03", None]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_durations_are_microseconds_or_intervals(shop: Database, monkeypatch: pytest.MonkeyPatch, unit: Any) -> None:
    waits = [timedelta(seconds=1), -timedelta(milliseconds=1), timedelta(days=-2), None]

    assert made_plain(shop, "wait", waits, pl.Duration(unit)) == [1_000_000, -1_000, -172_800_000_000, None]
    monkeypatch.setattr(connections[shop.alias].features, "has_native_duration_field", True)
    assert made_plain(shop, "wait", waits, pl.Duration(unit)) == [
        "0 days +00:00:01.000000",
        "-1 days +23:59:59.999000",
        "-2 days +00:00:00.000000",
        None,
    ]


def test_an_address_is_written_shortly(shop: Database) -> None:
    assert made_plain(shop, "ip", ["2001:0DB8::0001", "10.0.0.1", None]) == ["2001:db8::1", "10.0.0.1", None]
    assert made_plain(shop, "ip", [ipaddress.ip_address("::1"), None], pl.Object) == ["::1", None]


def test_a_number_of_single_precision_is_the_same_number_in_double_precision(shop: Database) -> None:
    single = pl.Series([0.1], dtype=pl.Float32).to_list()

    assert made_plain(shop, "real", [0.1], pl.Float32) == single != [0.1]


def test_decimals_of_more_digits_than_polars_has_are_texts() -> None:
    data = settled(Rare, pl.DataFrame({"long": pl.Series([Decimal("1.5"), None], dtype=pl.Decimal(38, 2))}))
    objects = settled(Rare, pl.DataFrame({"long": pl.Series([Decimal("1.5"), None], dtype=pl.Object)}))

    assert data["long"].to_list() == ["1.50", None]
    assert objects["long"].to_list() == ["1.5", None]


def test_json_is_encoded_as_the_field_says() -> None:
    data = settled(Rare, pl.DataFrame({"items": pl.Series([{"day": date(2026, 3, 2)}, None], dtype=pl.Object)}))

    assert [one and json.loads(one) for one in data["items"]] == [{"day": "2026-03-02"}, None]


def test_a_default_may_be_a_member_of_an_enumeration() -> None:
    data = settled(Rare, pl.DataFrame({"uid": [None]}))

    assert data.select("level", "colour").rows() == [(3, "red")]


def test_bytes_are_written_in_digits(server: Database) -> None:
    connection = connections[server.alias]
    data = pl.DataFrame({"data": [b"\x00'", b"", None], "sealed": ["ab", None, "c"]})

    rows = plain(Rare, data, connection)

    assert rows.rows() == [(b"\x00'", b"ba"), (b"", None), (None, b"c")]
    assert binary_columns(Rare, data, connection) == {"data", "sealed"}
    assert b"".join(csv([rows], hexadecimal="\\x")) == b'"\\x0027","\\x6261"\n"\\x",NULL\nNULL,"\\x63"\n'
    assert b"".join(csv([rows])) == b'"0027","6261"\n"",NULL\nNULL,"63"\n'
    assert rows.select(literals(rows, escapes=True)).rows() == [
        ("x'0027'", "x'6261'"),
        ("x''", "NULL"),
        ("NULL", "x'63'"),
    ]


def test_digits_become_bytes_while_they_are_loaded(server: Database) -> None:
    assert _columns(connections[server.alias], ["id", "data"], {"data"}) == '("id", @seeding_1) SET "data" = UNHEX(@seeding_1)'
    assert _columns(connections[server.alias], ["id", "data"], set()) == '("id", "data")'


def test_what_a_field_returns_is_written_as_the_driver_would(server: Database) -> None:
    text = as_text(connections[server.alias])

    assert [text(one) for one in ("a", b"b", memoryview(b"c"), True, 5, Decimal("1.50"))] == ["a", "b", "c", "1", "5", "1.50"]


def test_bytes_that_are_no_text_are_refused_by_name(server: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sealed, "db_type", lambda *_, **__: "text")

    with pytest.raises(DataError, match="sealed: its field makes bytes that are no text"):
        plain(Rare, pl.DataFrame([pl.Series("sealed", [b"\xff"], dtype=pl.Object)]), connections[server.alias])
