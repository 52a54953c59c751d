"""Every writer leaves the same rows, whatever is in them, and none cuts, converts or leaves out a row in silence."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from django.core.management import CommandError
from django.db import DataError, IntegrityError, OperationalError, connections, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seeding.generation.registry import Registry
from seeding.writing import CreateWriter, Refusal, Writer, Writers, insert, settled
from seeding.writing.load_data import LoadDataWriter
from seeding.writing.multi_insert import MultiInsertWriter
from terpseed.models import Client
from tests.support.databases import SERVERS, Database

NAMES = {
    "sqlite": ("create", "bulk_create", "executemany"),
    "mariadb": ("create", "bulk_create", "load_data", "multi_insert"),
    "mysql": ("create", "bulk_create", "multi_insert"),
    "postgresql": ("create", "bulk_create", "copy"),
}


def writer_of(database: Database, name: str) -> Writer:
    """The writer; `create` is that of seeders with `signals=True` alone."""
    return CreateWriter() if name == "create" else Writers(database.alias, name).choose(1)


class Everything(models.Model):
    """A column of every type, and of every way to have a default."""

    text = models.TextField(null=True)
    short = models.CharField(max_length=20, default="python's")
    whole = models.BigIntegerField(null=True)
    number = models.FloatField(null=True)
    money = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    flag = models.BooleanField(null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    items = models.JSONField(null=True)
    unique = models.UUIDField(null=True)
    theirs = models.IntegerField(db_default=7)

    class Meta:
        app_label = "seeding"
        db_table = "everything"
        managed = False


AWKWARD = st.sampled_from(
    [
        "",
        "NULL",
        "\\N",
        "\\",
        "\\\\'",
        "'",
        '"',
        '""',
        '"\n"',
        "a,b",
        "\n",
        "\r\n",
        "\t",
        "\x1a",
        "\x01",
        "%s",
        "🌿 Łódź",
        " x ",
        ");--",
    ]
)
TEXTS = st.one_of(AWKWARD, st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
ITEMS = st.lists(
    st.fixed_dictionaries({"key": st.integers(0, 9), "name": st.none() | TEXTS, "price": st.floats(-9, 9)}), max_size=3
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | TEXTS,
            "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
            "number": st.none() | st.floats(-1e300, 1e300, allow_subnormal=False),
            "money": st.none() | st.decimals(-(10**9), 10**9, places=4),
            "flag": st.none() | st.booleans(),
            "day": st.none() | st.dates(date(1000, 1, 1), date(9999, 12, 31)),
            "moment": st.none() | MOMENTS,
            "items": st.none() | ITEMS,
            "unique": st.none() | st.uuids(version=4).map(str),
        }
    ),
    min_size=1,
    max_size=20,
)
SCHEMA: dict[str, Any] = {
    "text": pl.String, "whole": pl.Int64, "number": pl.Float64, "money": pl.Decimal(38, 4), "flag": pl.Boolean, "day": pl.Date,
    "moment": pl.Datetime("us", "UTC"), "unique": pl.String,
    "items": pl.List(pl.Struct({"key": pl.Int64, "name": pl.String, "price": pl.Float64})),
}  # fmt: skip


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA).with_columns(id=pl.int_range(1, len(rows) + 1))


def writers(database: Database) -> Iterator[Writer]:
    for name in NAMES[database.server]:
        yield writer_of(database, name)


def written(database: Database, writer: Writer, data: pl.DataFrame) -> list[tuple[Any, ...]]:
    """What the table holds after the writer, as the database has it; the table is empty again afterwards."""
    with transaction.atomic(using=database.alias):
        assert insert(writer, database.alias, Everything, settled(Everything, data)) == []
        content = database.content("everything")
        transaction.set_rollback(True, using=database.alias)
    return content


@pytest.fixture(params=SERVERS)
def everything(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    database = make_database(request.param, ready=False)
    with connections[database.alias].schema_editor() as editor:
        editor.create_model(Everything)
    return database


@given(rows=ROWS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_writer_leaves_the_same_rows(everything: Database, rows: list[dict[str, Any]]) -> None:
    data = frame(rows)

    first, *others = (written(everything, writer, data) for writer in writers(everything))

    assert len(first) == len(rows)
    for other in others:
        assert other == first


@given(rows=ROWS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_native_writer_writes_is_read_back(everything: Database, rows: list[dict[str, Any]]) -> None:
    writer = Writers(everything.alias).native[0]
    with transaction.atomic(using=everything.alias):
        insert(writer, everything.alias, Everything, settled(Everything, frame(rows)))
        read = list(Everything._base_manager.using(everything.alias).order_by("pk").values(*SCHEMA))
        transaction.set_rollback(True, using=everything.alias)

    for row in read:
        row["unique"] = None if row["unique"] is None else str(row["unique"])
    assert read == [{name: row[name] for name in SCHEMA} for row in rows]


@pytest.mark.parametrize("server", SERVERS)
def test_a_text_of_more_than_a_megabyte_arrives_whole(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server, ready=False)
    with connections[database.alias].schema_editor() as editor:
        editor.create_model(Everything)
    text = string.printable * 15_000

    found = [written(database, writer, frame([{"text": text}, {"text": "short"}])) for writer in writers(database)]

    assert all(rows == found[0] for rows in found)
    assert [row[1] for row in found[0]] == [text, "short"]


@pytest.mark.parametrize("everything", ["mariadb", "mysql"], indirect=True)
def test_a_statement_stays_within_the_packet(everything: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeding.writing.encoding.ROWS_PER_PIECE", 5)  # the next are made while the server has these
    sent: list[int] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(len(sql.encode()))
        return execute(sql, *rest)

    data = frame([{"text": "é" * size} for size in range(100)])
    with connections[everything.alias].execute_wrapper(watch):
        content = written(everything, MultiInsertWriter(max_packet=1_000), data)
        with pytest.raises(DataError, match="max_allowed_packet"):
            MultiInsertWriter(max_packet=1_000).write(everything.alias, Everything, frame([{"text": "x" * 1_000}]))

    assert [row[1] for row in content] == ["é" * size for size in range(100)]
    assert max(sent) <= 1_000


BAD: dict[str, dict[str, Any]] = {
    "a duplicate key": {"teri_code": "T0"},
    "a key that differs in case alone": {"teri_code": "t1"},
    "a duplicate primary key": {"id": 1},
    "a text that is too long": {"name": "N" * 256},
    "a null where a value is required": {"name": None},
    "a number that does not fit": {"credit_limit": Decimal(10**14)},
    "a moment after a timestamp's end": {"created_at": datetime(2039, 1, 1, tzinfo=UTC)},
    "an unknown enum value": {"businessType": "CASINO"},
    "a broken check": {"tags": "no list"},
}
TAKEN = {"postgresql": ("a key that differs in case alone", "a moment after a timestamp's end")}
"""What a kind of server does not mind."""


def test_a_row_that_load_data_has_changed_is_found_though_the_server_shows_no_warnings(
    make_database: Callable[..., Database],
) -> None:
    database = make_database("mariadb")
    database.query("SET SESSION max_error_count = 0")
    data = pl.DataFrame({"id": [1], "teri_code": ["T1"], "name": ["n" * 300], "businessType": ["RETAIL"]})

    with transaction.atomic(using=database.alias):
        (refusal,) = insert(LoadDataWriter(), database.alias, Client, data)

    assert isinstance(refusal.error, DataError)
    assert database.content("clients") == []


@pytest.mark.parametrize(
    ("server", "name"), [*(("mariadb", name) for name in NAMES["mariadb"]), ("mysql", "multi_insert"), ("postgresql", "copy")]
)
def test_what_the_server_refuses_is_found_and_nothing_else(
    make_database: Callable[..., Database], server: str, name: str
) -> None:
    database = make_database(server)
    kind = "jsonb_typeof(tags) = 'array'" if server == "postgresql" else "JSON_TYPE(tags) = 'ARRAY'"
    database.query(f"ALTER TABLE clients ADD CONSTRAINT is_list CHECK (tags IS NULL OR {kind})")
    refused = {words: change for words, change in BAD.items() if words not in TAKEN.get(server, ())}
    rows: list[dict[str, Any]] = []
    for change in [{}, *refused.values(), {}]:
        for _ in range(30):
            number = len(rows)
            good = {
                "id": number + 1,
                "teri_code": f"T{number}",
                "name": f"Client {number}",
                "businessType": "RETAIL",
                "tags": None,
            }
            money = {"credit_limit": Decimal(1)}
            rows.append(
                {**good, **money, "created_at": datetime(2026, 1, 1, tzinfo=UTC), **(change if number % 30 == 7 else {})}
            )
    kinds: dict[str, Any] = {"credit_limit": pl.Decimal(38, 5), "tags": pl.String}
    data = pl.DataFrame(rows, schema_overrides=kinds)
    text = pl.when(pl.col("tags").is_not_null()).then(pl.lit('{"no": "list"}'))
    bad = [30 * place + 7 for place in range(1, len(refused) + 1)]

    with transaction.atomic(using=database.alias):
        refusals = insert(writer_of(database, name), database.alias, Client, data.with_columns(tags=text))

    assert [refusal.row for refusal in refusals if isinstance(refusal, Refusal)] == bad
    assert all(isinstance(refusal.error, (IntegrityError, DataError, OperationalError)) for refusal in refusals)
    assert Client.objects.using(database.alias).count() == len(rows) - len(bad)
    assert set(Client.objects.using(database.alias).values_list("credit_limit", flat=True)) == {Decimal("1.00")}


@pytest.mark.parametrize("server", SERVERS)
def test_every_writer_fills_all_tables_alike(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    contents: list[dict[str, list[tuple[Any, ...]]]] = []
    for name in NAMES[server][1:]:
        database = make_database(server)
        monkeypatch.setenv("SEEDING_WRITER", name)
        tables = {result["table"] for result in database.seed()["results"]}
        contents.append({table: database.content(table) for table in sorted(tables)})

    assert contents[0].keys() == {seeder.config.table_name for seeder in Registry.discover().ordered}
    for content in contents[1:]:
        assert content == contents[0]


def test_a_writer_that_the_server_has_not_is_refused_with_those_it_has(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDING_WRITER", "copy")

    with pytest.raises(CommandError, match="SEEDING_WRITER=copy") as failure:
        make_database("mariadb").seed()

    assert failure.value.returncode == 1
    assert "supports bulk_create, load_data, multi_insert" in str(failure.value)


def test_a_server_that_refuses_local_gets_insert_statements(make_database: Callable[..., Database], mariadb: Any) -> None:
    database = make_database("mariadb")
    mariadb.sql("SET GLOBAL local_infile = 0")
    try:
        chosen = Writers(database.alias).choose(1_000)
    finally:
        mariadb.sql("SET GLOBAL local_infile = 1")

    assert chosen.name == "multi_insert"
