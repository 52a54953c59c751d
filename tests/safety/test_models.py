"""Models with columns that no seeder fills, that Django fills, or whose type is not Django's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import polars as pl
import pytest
from django.core.management import call_command
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connections, models

from seeding.generation.registry import Registry
from seeding.generation.rows import Rows, decimals, numerals
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.scaffold.output.unmanaged_models import mirror
from seeding.schema.drift import differences as differing
from seeding.schema.introspection import all_tables
from seeding.schema.tables import expected
from seeding.verification.checker import Checker
from tests.safety.test_references import LINKED
from tests.servers import Server
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

with LINKED:
    from tests.safety.models import Place, Ranged, Restaurant, Shift

MADE = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)


class ShiftSeeder(BaseSeeder):
    config = SeederConfig(
        model=Shift,
        record_count=RecordCount(small=20, medium=200, large=2_000),
        not_pii=("name", "code", "remark"),
        pii_fields={"ip": "ip"},
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        made = pl.Series([MADE] * len(rows), dtype=pl.Datetime("us", "UTC"))
        return pl.DataFrame(
            {
                "name": "Shift " + numerals(rows.index),
                "hours": rows.integers("hours", 1, 9),
                "rate": decimals(rows.integers("rate", 1, 900), 2),
                "made_at": made,
                "changed_at": made,
                "code": "C" + numerals(rows.index),
            }
        )


class RangedSeeder(BaseSeeder):
    config = SeederConfig(model=Ranged, record_count=RecordCount.fixed(20), not_pii=("name", "tags", "extra"))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": "Range " + numerals(rows.index)})


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with LINKED:
        yield


@pytest.fixture
def made(make_database: Callable[..., Database]) -> Callable[..., Database]:
    """A database with the tables of the models."""

    def make(server: str, *mirrored: type[models.Model], before: str = "") -> Database:
        database = make_database(server, ready=False)
        call_command("migrate", "seeding", database=database.alias, verbosity=0)
        if before:
            database.query(before)
        with connections[database.alias].schema_editor() as editor:
            for model in mirrored:
                editor.create_model(model)
        return database

    return make


def differences(database: Database, seeder: BaseSeeder) -> list[str]:
    """What `seed_check --schema` says."""
    return [str(one) for one in Checker(database.alias, "", Registry([seeder])).schema()]


@pytest.mark.parametrize("size", ["small", "medium", "large"])
@pytest.mark.parametrize("server", SERVERS)
def test_what_is_generated_is_stored_and_the_rest_left_to_others(made: Callable[..., Database], server: str, size: str) -> None:
    database, count = made(server, Shift), ShiftSeeder.config.record_count.at(size)

    seeded, _ = run(database, ShiftSeeder(), size=size)
    rows = list(Shift.objects.using(database.alias).order_by("pk"))
    undone, _ = undo(database, ShiftSeeder(), keep_modified=True)

    assert (seeded.exit_code, seeded.records_inserted) == (0, count)
    assert {(one.made_at, one.changed_at) for one in rows} == {(MADE, MADE)}
    assert [one.code for one in rows] == [f"C{number}" for number in range(count)]
    assert {(one.starts, one.lasts, one.blob, one.ip, one.level, one.odd, one.grade) for one in rows} == {(None,) * 6 + (7,)}
    assert len({one.token for one in rows}) == count
    assert [one.pay for one in rows] == [(one.hours * one.rate).quantize(Decimal("0.01")) for one in rows]
    assert (undone.exit_code, undone.records_deleted) == (0, count)


def test_types_of_postgresql_alone_are_left_empty(made: Callable[..., Database]) -> None:
    database = made("postgresql", Ranged, before="CREATE EXTENSION hstore")

    seeded, _ = run(database, RangedSeeder())
    undone, _ = undo(database, RangedSeeder(), keep_modified=True)

    assert differences(database, RangedSeeder()) == []
    assert (seeded.exit_code, seeded.records_inserted) == (0, 20)
    assert (undone.exit_code, undone.records_deleted) == (0, 20)


@pytest.mark.parametrize("size", ["small", "large"])
def test_citext_and_domains_are_seeded(made: Callable[..., Database], size: str) -> None:
    database = made("postgresql", Shift, before="CREATE EXTENSION citext")
    database.query("CREATE DOMAIN short AS varchar(40) NOT NULL CHECK (VALUE <> '')")
    database.query("CREATE DOMAIN few AS smallint DEFAULT 5")
    database.query("ALTER TABLE shifts ALTER name TYPE citext, ALTER code TYPE short, ALTER grade TYPE few")

    seeded, _ = run(database, ShiftSeeder(), size=size)
    undone, _ = undo(database, ShiftSeeder(), keep_modified=True)

    assert (seeded.exit_code, undone.exit_code) == (0, 0)
    assert seeded.records_inserted == undone.records_deleted == ShiftSeeder.config.record_count.at(size)


@pytest.mark.parametrize("server", ["mariadb", "mysql", "postgresql"])
def test_a_column_of_another_type_matters_only_to_a_seeder_that_fills_it(made: Callable[..., Database], server: str) -> None:
    database = made(server, Shift)
    name = connections[database.alias].ops.quote_name("it's é")
    database.query(f"ALTER TABLE shifts DROP COLUMN {name}")
    database.query(f"ALTER TABLE shifts ADD {name} varchar(9) NULL")

    class Filling(ShiftSeeder):
        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(pl.Series("it's é", rows.index))

    (said,) = differences(database, Filling())
    refused, _ = run(database, Filling(), size="small")
    seeded, _ = run(database, ShiftSeeder(), size="small")

    assert "changed type (expected integer, actual text(9))" in said
    assert (refused.exit_code, refused.records_inserted) == (3, 0)
    assert said in refused.results[0].error
    assert (seeded.exit_code, seeded.records_inserted) == (0, 20)
    assert all(one.harmless for one in Checker(database.alias, "", Registry([ShiftSeeder()])).schema())


@pytest.mark.parametrize(("column", "words"), [("pay", "value (expected none"), ("blob", "wrong type (expected binary, ")])
def test_a_column_that_no_text_can_fill_is_named(made: Callable[..., Database], column: str, words: str) -> None:
    database = made("postgresql", Shift)

    class Filling(ShiftSeeder):
        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(pl.lit("5").alias(column))

    summary, _ = run(database, Filling(), size="small")

    assert (summary.exit_code, summary.records_inserted) == (4, 0)
    assert f"{column}: {words}" in summary.results[0].error


UNSIGNED = (
    "CREATE TABLE {0}_users (id {0} unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(99) NOT NULL)",
    """CREATE TABLE {0}_posts (id {0} unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id {0} unsigned NOT NULL, title
    varchar(99) NOT NULL, is_live tinyint(1) NOT NULL, views tinyint unsigned NOT NULL, FOREIGN KEY (user_id) REFERENCES
    {0}_users (id))""",
)
KEYS: dict[str, type[models.Field[Any, Any]]] = {
    "bigint": models.BigAutoField,
    "int": models.AutoField,
    "smallint": models.SmallAutoField,
}


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
@pytest.mark.parametrize("width", KEYS)
def test_unsigned_keys_are_seeded_as_inspectdb_declares_them(
    running: Callable[[str], Server], made: Callable[..., Database], server: str, width: str
) -> None:
    database, host = made(server), running(server)
    for statement in UNSIGNED:
        database.query(statement.format(width))
    users, posts = inspected(width)

    class Users(BaseSeeder):
        config = SeederConfig(model=users, record_count=RecordCount.fixed(20), not_pii=("name",))

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame({"name": "User " + numerals(rows.index)})

    class Posts(BaseSeeder):
        config = SeederConfig(
            model=posts, record_count=RecordCount.fixed(20), dependencies=(f"{width}_users",), not_pii=("title",)
        )

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            title, views = "Post " + numerals(rows.index), 250 + rows.index
            return pl.DataFrame({"user_id": rows.index, "title": title, "is_live": rows.index % 2, "views": views})

    said = Checker(database.alias, "", Registry([Users(), Posts()])).schema()
    seeded, told = run(database, Users(), Posts())
    joined = f"SELECT COUNT(*) FROM {width}_posts JOIN {width}_users u ON u.id = user_id AND SUBSTR(name, 6) = SUBSTR(title, 6)"  # noqa: S608
    there = host.sql(joined, database.alias).split()[-1]
    undone, _ = undo(database, Users(), Posts())

    assert [one.records_inserted for one in seeded.results] == [20, 6]  # from 256 on, views are out of range
    assert any("views: out of range" in repr(one) for one in told)
    assert [str(one) for one in said if not one.harmless] == []
    assert there == "6"
    assert (undone.exit_code, undone.records_deleted) == (0, 26)


@cache
def inspected(width: str) -> tuple[type[models.Model], type[models.Model]]:
    """Models of users and posts with such keys."""

    def model(name: str, table: str, /, **fields: Any) -> type[models.Model]:
        meta = type("Meta", (), {"app_label": "linked", "managed": False, "db_table": f"{width}_{table}"})
        values = {"__module__": __name__, "Meta": meta, "id": KEYS[width](primary_key=True), **fields}
        return type(f"{width}{name}", (models.Model,), values)

    users = model("User", "users", name=models.CharField(max_length=99))
    author: Any = models.ForeignKey(users, models.DO_NOTHING, db_column="user_id", related_name="+")
    numbers = {"is_live": models.IntegerField(), "views": models.IntegerField()}
    return users, model("Post", "posts", user=author, title=models.CharField(max_length=99), **numbers)


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_keys_beyond_those_of_the_model_are_refused(made: Callable[..., Database], server: str) -> None:
    database = made(server)
    database.query(UNSIGNED[0].format("bigint"))
    database.query("INSERT INTO bigint_users VALUES (18446744073709551000, 'real')")
    users, _ = inspected("bigint")

    class Users(BaseSeeder):
        config = SeederConfig(model=users, record_count=RecordCount.fixed(20), not_pii=("name",))

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame({"name": "User " + numerals(rows.index)})

    summary, _ = run(database, Users())

    assert (summary.exit_code, summary.records_inserted) == (3, 0)
    assert "would need keys up to" in summary.results[0].error
    assert database.query("SELECT COUNT(*) FROM bigint_users") == [(1,)]


@pytest.mark.parametrize("server", ["mariadb", "mysql", "postgresql"])
def test_a_model_of_seed_new_mirrors_its_table(make_database: Callable[..., Database], server: str) -> None:
    database, widths = make_database(server, ready=False), ["smallint", "int", "bigint"]
    if server != "postgresql":
        widths = [f"{width}{sign}" for width in ("tinyint", "mediumint", *widths) for sign in ("", " unsigned")]
    names = {f"{server}{place}_{width.replace(' ', '_')}": width for place, width in enumerate(widths)}
    for table, width in names.items():
        others = ", ".join(f"n{place} {one} NOT NULL" for place, one in enumerate(widths))
        key = "GENERATED BY DEFAULT AS IDENTITY" if server == "postgresql" else "AUTO_INCREMENT"
        database.query(f"CREATE TABLE {table} (id {width} {key} PRIMARY KEY, {others}, up {width} REFERENCES {table} (id))")
    there = all_tables(connections[database.alias])

    said: list[Any] = []
    mirrors: dict[str, type[models.Model]] = {}
    for table, width in names.items():
        lines = mirror(there[table], table.title(), {"up": f"linked.{table.title()}"})
        found: dict[str, Any] = {
            "models": models,
            "MinValueValidator": MinValueValidator,
            "MaxValueValidator": MaxValueValidator,
        }
        source = "\n".join(lines).replace("class Meta:", 'class Meta:\n        app_label = "linked"')
        exec(source, found | {"__name__": __name__}, found)  # noqa: S102 - our own
        mirrors[width] = found[table.title()]
        said += differing(expected(found[table.title()], connections[database.alias]), there)

    assert [str(one) for one in said if not one.harmless] == []
    signs = ("",) if server == "postgresql" else ("", " unsigned")
    assert [type(mirrors[f"{width}{sign}"]._meta.pk) for width in KEYS for sign in signs] == [
        key for key in KEYS.values() for _ in signs
    ]


class RestaurantSeeder(BaseSeeder):
    config = SeederConfig(model=Restaurant, record_count=RecordCount.fixed(5), dependencies=("places",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"place_ptr_id": 2 * rows.index, "stars": rows.index})


class PlaceSeeder(BaseSeeder):
    config = SeederConfig(model=Place, record_count=RecordCount.fixed(9), not_pii=("name",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": "Place " + numerals(rows.index)})


@pytest.mark.parametrize("server", SERVERS)
def test_a_multi_table_child_has_the_keys_of_its_parents(made: Callable[..., Database], server: str) -> None:
    database, seeders = made(server, Place, Restaurant, Shift), (PlaceSeeder(), RestaurantSeeder())

    summary, _ = run(database, *seeders, size="small")
    found = database.query("SELECT name, stars FROM restaurants JOIN places ON id = place_ptr_id ORDER BY stars")
    undone, _ = undo(database, *seeders)

    assert (summary.exit_code, summary.records_inserted) == (0, 14)
    assert found == [(f"Place {2 * stars}", stars) for stars in range(5)]
    assert (undone.exit_code, undone.records_deleted) == (0, 14)
    assert database.query("SELECT (SELECT COUNT(*) FROM places), (SELECT COUNT(*) FROM restaurants)") == [(0, 0)]
