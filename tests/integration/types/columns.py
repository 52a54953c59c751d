"""A table with a column of every type: its model, values for each column, and what the server must say of a value.

What is stored is read by SQL of each server and compared with Python's own rendering of the value: no code of the engine's.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from django.apps.registry import Apps
from django.contrib.postgres.fields import (
    ArrayField,
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    HStoreField,
    IntegerRangeField,
)
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from hypothesis import strategies as st

APPS = Apps()
MICROSECOND = timedelta(microseconds=1)


class Level(models.IntegerChoices):
    """Members of an enumeration of numbers."""

    LOW = 1
    HIGH = 700


class Sealed(models.TextField):  # type: ignore[type-arg]  # Django's class takes none when the module is run
    """A text that is stored otherwise than it is given, by the methods that packages of encrypted fields use."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else base64.b85encode(value.encode()).decode()

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return None if value is None else base64.b85decode(value).decode()


class SealedNumber(models.IntegerField):  # type: ignore[type-arg]  # the same
    """A number whose column holds bytes."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return {"postgresql": "bytea", "mysql": "varbinary(60)"}.get(connection.vendor, "BLOB")

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        return None if value is None else connection.Database.Binary(b"\x00'\\" + str(value).encode())  # type: ignore[attr-defined]  # Django's class declares none

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return None if value is None else int(bytes(value)[3:])


class Single(models.FloatField):  # type: ignore[type-arg]  # the same
    """A number of single precision."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "float" if connection.vendor == "mysql" else "real"


class PlainJSON(models.JSONField):
    """PostgreSQL's `json`, which keeps a document as it is written."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "json" if connection.vendor == "postgresql" else super().db_type(connection) or ""


def named(sql_type: str) -> models.Field[Any, Any]:
    """A field of a project's own, for a type that Django has none for."""

    class Own(models.Field):  # type: ignore[type-arg]  # the same
        def db_type(self, connection: BaseDatabaseWrapper) -> str:
            return sql_type

    return Own(null=True)


class Everything(models.Model):
    """The types that every server has."""

    id = models.BigIntegerField(primary_key=True)
    wait = models.DurationField(null=True)
    clock = models.TimeField(null=True)
    data = models.BinaryField(null=True)
    uid = models.UUIDField(null=True)
    ip = models.GenericIPAddressField(null=True)
    items = models.JSONField(null=True)
    written = PlainJSON(null=True)
    money = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    real = models.FloatField(null=True)
    single = Single(null=True)
    small = models.SmallIntegerField(null=True)
    wide = models.PositiveBigIntegerField(null=True)
    flag = models.BooleanField(null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    text = models.TextField(null=True)
    level = models.IntegerField(choices=Level, null=True)
    secret = Sealed(null=True)
    number = SealedNumber(null=True)
    twice = models.GeneratedField(
        expression=models.F("small") * 2, output_field=models.BigIntegerField(null=True), db_persist=True
    )

    class Meta:
        app_label = "types"
        db_table = "every_type"
        apps = APPS


class Exact(models.Model):
    """Those that SQLite has not: decimals of any length."""

    id = models.BigIntegerField(primary_key=True)
    cents = models.DecimalField(max_digits=38, decimal_places=10, null=True)
    longest = models.DecimalField(max_digits=60, decimal_places=30, null=True)

    class Meta:
        app_label = "types"
        db_table = "exact"
        apps = APPS


class Special(models.Model):
    """PostgreSQL's own."""

    id = models.BigIntegerField(primary_key=True)
    numbers = ArrayField(models.IntegerField(null=True), null=True)
    words = ArrayField(ArrayField(models.TextField()), null=True)
    keys = ArrayField(models.UUIDField(), null=True)
    whole = IntegerRangeField(null=True)
    big = BigIntegerRangeField(null=True)
    share = DecimalRangeField(null=True)
    days = DateRangeField(null=True)
    period = DateTimeRangeField(null=True)
    pairs = HStoreField(null=True)
    page = named("xml")
    host = named("inet")
    net = named("cidr")
    card = named("macaddr")
    range = named("int4range")

    class Meta:
        app_label = "types"
        db_table = "special"
        apps = APPS


AWKWARD = st.sampled_from([
    "", "NULL", "\\N", "\\", "\\\\'", "'", '"', '""', '"\n"', "a,b", "\n", "\r\n", "\t", "\x1a", "\x01", "%s", "{}", "{1,2}",
    "🌿 Łódź", " x ", ");--", "\\x00", "x'00'",
])  # fmt: skip
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
TEXTS = AWKWARD | st.text(CHARACTERS, max_size=30)
WAITS = st.timedeltas(timedelta(days=-100_000), timedelta(days=100_000)) | st.sampled_from([
    timedelta(0), -MICROSECOND, timedelta(days=-1), timedelta(days=-1, microseconds=1), timedelta(days=40_000, seconds=1),
])  # fmt: skip
CLOCKS = st.times() | st.sampled_from([time(0), time(23, 59, 59, 999_999), time(1, 2, 3)])
BYTES = st.binary(max_size=40) | st.sampled_from([b"", b"\x00", b"'", b"\\", b"NULL", b"\xff\xfe", bytes(range(256))])
ADDRESSES = st.ip_addresses().filter(lambda one: getattr(one, "ipv4_mapped", None) is None)
UUIDS = st.one_of(*(st.uuids(version=version) for version in (1, 3, 4, 5)))
"""MariaDB refuses what no version makes."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(st.characters(codec="utf-8", min_codepoint=32)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab'\"\\", max_size=3), inner, max_size=2),
    max_leaves=4,
)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001
REALS = st.floats(-1e300, 1e300, allow_subnormal=False) | st.sampled_from([0.1, 1e16, -0.0, 1.7976931348623157e308, 2.5e-308])
SINGLES = st.floats(-(2.0**90), 2.0**90, allow_subnormal=False, width=32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """How the values of a column are made, framed, and read back."""

    values: st.SearchStrategy[Any]
    dtype: Any
    said: Callable[[Any, str], Any]
    """(what was read, the server's kind) → the value."""
    read: dict[str, str]
    """Server → SQL of the column, `{}`; "" for all others."""
    framed: Callable[[Any], Any] = lambda value: value
    """The value as a seeder gives it."""
    other: str = "NULL"
    """SQL of a value that none has."""


def _text(value: Any, _: str) -> str:
    return bytes.fromhex(value).decode()


def _float(value: Any, _: str) -> float:
    return float(value)


def _single(value: Any, _: str) -> float:
    """The nearest number of single precision: servers write as many digits as tell it from others, or a few less."""
    return float(struct.unpack("f", struct.pack("f", float(value)))[0])


def _address(value: Any, server: str) -> Any:
    """In columns of text, only what Django itself would write."""
    found = ipaddress.ip_address(value)
    return found if server == "postgresql" or str(found) == value else value


def _moment(value: Any, _: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


OF_SQLITE = "CASE WHEN {0} IS NOT NULL THEN hex({0}) END"
"""Whose hex() of null is an empty text."""
HEX_OF_TEXT = {"postgresql": "encode(convert_to({}, 'UTF8'), 'hex')", "sqlite": OF_SQLITE, "": "HEX({})"}
HEX = {"postgresql": "encode({}, 'hex')", "sqlite": OF_SQLITE, "": "HEX({})"}
CHAR = {"postgresql": "{}::text", "sqlite": "CAST({} AS TEXT)", "": "CAST({} AS CHAR)"}
BARE = {"": "({} + 0)"}
"""An expression, of whose type SQLite's driver knows nothing."""
COMMON: dict[str, Column] = {
    "wait": Column(
        values=WAITS, dtype=pl.Duration("us"), read={"postgresql": "(EXTRACT(EPOCH FROM {}) * 1000000)::text", "": CHAR[""]},
        said=lambda value, _: timedelta(microseconds=int(Decimal(value))),
    ),
    "clock": Column(
        values=CLOCKS, dtype=pl.Time, read={**CHAR, "": "TIME_FORMAT({}, '%H:%i:%s.%f')"},
        said=lambda value, _: time.fromisoformat(value),
    ),
    "data": Column(values=BYTES, dtype=pl.Binary, read=HEX, said=lambda value, _: bytes.fromhex(value)),
    "uid": Column(
        values=UUIDS, dtype=pl.String, read=CHAR, framed=str,
        said=lambda value, server: uuid.UUID(value) if (len(value) == 36) is (server in ("postgresql", "mariadb")) else value,
    ),
    "ip": Column(
        values=ADDRESSES, dtype=pl.String, read={**CHAR, "postgresql": "host({})"}, framed=lambda one: one.exploded,
        said=_address,
    ),
    "items": Column(values=JSON, dtype=pl.Object, read=CHAR, said=lambda value, _: json.loads(value)),
    "written": Column(values=JSON, dtype=pl.Object, read=CHAR, said=lambda value, _: json.loads(value)),
    "money": Column(
        values=st.decimals(-(10**10), 10**10, places=4), dtype=pl.Decimal(38, 4), read=CHAR,
        said=lambda value, _: round(Decimal(value), 4),
    ),
    "real": Column(values=REALS, dtype=pl.Float64, read={**CHAR, "sqlite": "({} + 0.0)"}, said=_float),
    "single": Column(
        values=SINGLES, dtype=pl.Float32, read={**CHAR, "sqlite": "({} + 0.0)", "": "CAST(CAST({} AS DOUBLE) AS CHAR)"},
        said=_single,
    ),
    "small": Column(values=st.integers(-(2**15), 2**15 - 1), dtype=pl.Int16, read=BARE, said=lambda value, _: int(value)),
    "wide": Column(values=st.integers(0, 2**63 - 1), dtype=pl.UInt64, read=BARE, said=lambda value, _: int(value)),
    "flag": Column(
        values=st.booleans(), dtype=pl.Boolean, read={"postgresql": "{}::int", **BARE}, said=lambda value, _: value == 1
    ),
    "day": Column(
        values=st.dates(date(1000, 1, 1)), dtype=pl.Date, read={**CHAR, "postgresql": "to_char({}, 'YYYY-MM-DD')"},
        said=lambda value, _: date.fromisoformat(value),
    ),
    "moment": Column(
        values=MOMENTS, dtype=pl.Datetime("us", "UTC"), said=_moment,
        read={**CHAR, "postgresql": "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"},
    ),
    "text": Column(values=TEXTS, dtype=pl.String, read=HEX_OF_TEXT, said=_text),
    "level": Column(values=st.sampled_from(Level), dtype=pl.Int64, read=BARE, framed=int, said=lambda value, _: Level(value)),
    "secret": Column(
        values=TEXTS, dtype=pl.String, read=CHAR, said=lambda value, _: base64.b85decode(value).decode()
    ),
    "number": Column(
        values=st.integers(-(2**31), 2**31 - 1), dtype=pl.Int64, read=HEX,
        said=lambda value, _: int(bytes.fromhex(value).removeprefix(b"\x00'\\")),
    ),
}  # fmt: skip
EXACT: dict[str, Column] = {
    "cents": Column(
        values=st.decimals(-(10**27), 10**27, places=10), dtype=pl.Decimal(38, 10), read=CHAR, said=lambda one, _: Decimal(one)
    ),
    "longest": Column(
        values=st.decimals(-(10**29), 10**29, places=30), dtype=pl.Object, read=CHAR, said=lambda one, _: Decimal(one)
    ),
}


def bounded(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Two bounds in order, of which either may be missing; or none, which means an empty range."""
    return ordered(values) | st.tuples(st.none(), values) | st.tuples(values, st.none()) | st.just(())


def ordered(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Two bounds in order; none if they are equal, since a range does not hold its upper one."""
    return st.tuples(values, values).map(lambda pair: () if pair[0] == pair[1] else tuple(sorted(pair)))


def _range_of(one: tuple[Any, ...], kind: Any) -> Any:
    return kind(*one) if one else kind(empty=True)


def _bounds(convert: Callable[[Any], Any]) -> Callable[[Any, str], Any]:
    def said(value: Any, _: str) -> Any:
        empty, *bounds = json.loads(value)
        return () if empty else tuple(None if one is None else convert(one) for one in bounds)

    return said


def _bounds_of(bound: str) -> dict[str, str]:
    lower, upper = (bound.format(f"{end}({{0}})") for end in ("lower", "upper"))
    return {"": f"CASE WHEN {{0}} IS NOT NULL THEN json_build_array(isempty({{0}}), {lower}, {upper})::text END"}


BOUNDS, UTC_BOUNDS, DAY_BOUNDS = _bounds_of("{}::text"), _bounds_of("{} AT TIME ZONE 'UTC'"), _bounds_of("{}")


def special() -> dict[str, Column]:
    """The columns of Special; its classes of ranges depend on the driver."""
    from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange, NumericRange

    numbers, bigs = st.integers(-(2**30), 2**30), st.integers(-(2**62), 2**62)
    as_json = {"": "to_json({})::text"}
    words = st.integers(1, 2).flatmap(lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width), max_size=2))
    mac = st.integers(0, 2**48 - 1).map(lambda one: ":".join(f"{one:012x}"[place : place + 2] for place in range(0, 12, 2)))
    nets = st.integers(0, 2**32 - 1).map(lambda one: ipaddress.ip_network((one & ~255, 24)))
    pages = st.text(CHARACTERS, max_size=9).map(
        lambda one: "<a>" + "".join(f"&#{ord(c)};" for c in one if c.isalnum()) + "</a>"
    )

    def ranged(values: st.SearchStrategy[Any], kind: Any, read: dict[str, str], convert: Callable[[Any], Any]) -> Column:
        return Column(
            values=bounded(values),
            dtype=pl.Object,
            read=read,
            framed=lambda one: _range_of(one, kind),
            said=_bounds(convert),
        )

    return {
        "numbers": Column(
            values=st.lists(st.none() | numbers, max_size=4), dtype=pl.List(pl.Int64), read=as_json,
            said=lambda one, _: json.loads(one),
        ),
        "words": Column(values=words, dtype=pl.List(pl.List(pl.String)), read=as_json, said=lambda one, _: json.loads(one)),
        "keys": Column(
            values=st.lists(UUIDS.map(str), max_size=3), dtype=pl.List(pl.String), read=as_json,
            said=lambda one, _: json.loads(one),
        ),
        "whole": ranged(numbers, NumericRange, BOUNDS, int),
        "big": ranged(bigs, NumericRange, BOUNDS, int),
        "share": ranged(st.decimals(-(10**9), 10**9, places=3), NumericRange, BOUNDS, Decimal),
        "days": ranged(st.dates(date(1000, 1, 1)), DateRange, DAY_BOUNDS, date.fromisoformat),
        "period": ranged(
            MOMENTS, DateTimeTZRange, UTC_BOUNDS, lambda one: datetime.fromisoformat(one).replace(tzinfo=UTC)
        ),
        "pairs": Column(
            values=st.dictionaries(TEXTS, st.none() | TEXTS, max_size=3), dtype=pl.Object,
            read={"": "hstore_to_json({})::text"}, said=lambda one, _: json.loads(one),
        ),
        "page": Column(values=pages, dtype=pl.String, read=CHAR, said=lambda one, _: one),
        "host": Column(
            values=ADDRESSES, dtype=pl.String, read={"": "host({})"}, framed=str, said=lambda one, _: ipaddress.ip_address(one)
        ),
        "net": Column(values=nets, dtype=pl.String, read=CHAR, framed=str, said=lambda one, _: ipaddress.ip_network(one)),
        "card": Column(values=mac, dtype=pl.String, read=CHAR, said=lambda one, _: one),
        "range": Column(
            values=ordered(numbers), dtype=pl.String, read=BOUNDS, said=_bounds(int),
            framed=lambda one: f"[{one[0]},{one[1] - 1}]" if one else "empty",
        ),
    }  # fmt: skip


def alike(one: Any, other: Any) -> bool:
    """Whether two values are one; SQLite keeps no sign of zero."""
    return type(one) is type(other) and bool(one == other)


@st.composite
def rows(draw: Any, columns: dict[str, Column], count: int = 100) -> dict[str, list[Any]]:
    """Values for each column: a few, of which every row has another combination, and nulls."""
    made = {}
    for place, (name, column) in enumerate(columns.items()):
        some = [None, *draw(st.lists(column.values, min_size=3, max_size=7))]
        made[name] = [some[(row * (place + 1) + row // 7) % len(some)] for row in range(count)]
    return made


def frame(columns: dict[str, Column], values: dict[str, list[Any]]) -> pl.DataFrame:
    """The values as a seeder gives them."""
    count = len(next(iter(values.values())))
    series = [
        pl.Series(
            name, [None if one is None else column.framed(one) for one in values[name]], dtype=column.dtype
        )
        for name, column in columns.items()
    ]  # fmt: skip
    return pl.DataFrame([pl.Series("id", range(1, count + 1), dtype=pl.Int64), *series])
