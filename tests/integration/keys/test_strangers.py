"""Keys that no server counts, among rows, types, collations and sessions that nobody expects."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from django.db.models import F
from django.test import override_settings

from seeding.exceptions import SchemaError
from seeding.generation.registry import Registry
from seeding.models import SeedingMetadata
from seeding.verification.checker import Checker
from seeding.verification.referring_rows import Tracer
from tests.servers import KINDS
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

INSTALLED = override_settings(
    INSTALLED_APPS=["django.contrib.contenttypes", "seeding", "tests.integration.keys.strangers"], DATABASE_ROUTERS=[]
)
with INSTALLED:
    from tests.integration.keys.strangers.models import Code, Emblem, Label, Remark, Slot, Token
    from tests.integration.keys.strangers.seeders import chained, codes, emblems, mentions, slots, tokens

MYSQL = ("mariadb", "mysql")


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        ContentType.objects.clear_cache()
        yield


@pytest.fixture
def database(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    made = make_database(request.param, ready=False)
    call_command("migrate", "contenttypes", database=made.alias, verbosity=0)
    call_command("migrate", database=made.alias, run_syncdb=True, verbosity=0)
    return made


def on(*servers: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("database", servers, indirect=True)


def seeded(database: Database, *seeders: Any, **options: Any) -> None:
    summary, _ = run(database, *seeders, **options)
    assert [one.error for one in summary.results] == [""] * len(seeders)


def retyped(database: Database, table: str, column: str, sql_type: str, *, null: str = "NULL") -> None:
    changes = f"ALTER {column} TYPE {sql_type}" if database.server == "postgresql" else f"MODIFY {column} {sql_type} {null}"
    database.query(f"ALTER TABLE {table} {changes}")


def of_kind(database: Database, model: Any) -> Any:
    return ContentType.objects.db_manager(database.alias).get_for_model(model)


def held(database: Database, table: str, column: str) -> set[Any]:
    return {value for (value,) in database.query(f"SELECT {column} FROM {table}")}  # noqa: S608 - names of the test


@on(*SERVERS)
def test_a_row_refers_to_one_of_the_batch_before(database: Database) -> None:
    seeded(database, chained(20), batch_size=3)
    found = database.query("SELECT t.label, b.label FROM strangers_token t JOIN strangers_token b ON b.id = t.before_id")
    assert set(found) == {(f"Token {n}", f"Token {n - 1}") for n in range(1, 20)}


@on(*SERVERS)
def test_what_names_a_key_in_another_type_or_spelling_keeps_its_row(database: Database) -> None:
    seeded(database, codes("café", "straße", "Big", "007", "free"), tokens(4), slots(0, 5, 42, 99, 100))
    if database.server != "sqlite":  # which holds any text there
        retyped(database, "strangers_mention", "token_id", "varchar(60)")
    keys = dict(Token._base_manager.using(database.alias).values_list("label", "pk"))
    for spelled in (str(keys["Token 1"]), keys["Token 3"].hex.upper()):
        database.query("INSERT INTO strangers_mention (token_id) VALUES (%s)", spelled)
    for named in ("042", 99.0):
        database.query("INSERT INTO strangers_mention (held) VALUES (%s)", json.dumps([{"slot": named}]))
    Remark(content_type=of_kind(database, Slot), object_id=5).save(using=database.alias)
    for named in ("cafe", "STRASSE", "7"):
        Label(content_type=of_kind(database, Code), object_id=named).save(using=database.alias)

    summary, _ = undo(database)

    assert summary.exit_code == 6
    assert held(database, "strangers_token", "label") == {"Token 1", "Token 3"}
    assert held(database, "strangers_slot", "number") == {5, 42, 99}
    assert held(database, "strangers_code", "code") == {"café", "straße", "007"}


@on("sqlite", "mysql", "postgresql")
def test_keys_that_look_alike_are_two(database: Database) -> None:
    dashed = "229222e4-63b8-4190-832d-0b6f083c701f"
    seeded(database, codes("a", "a ", dashed, dashed.replace("-", "")))
    for key in ("a", dashed):
        undo(database, tables=("strangers_code",), where=(("code", key),))
    assert held(database, "strangers_code", "code") == {"a ", dashed.replace("-", "")}


@on(*SERVERS)
def test_a_row_under_a_key_used_again_stays_though_it_differs_only_where_no_text_tells(database: Database) -> None:
    if database.server in MYSQL:
        retyped(database, "strangers_emblem", "factor", "float", null="NOT NULL")
    if database.server == "postgresql":
        database.query(f"ALTER DATABASE {database.alias} SET extra_float_digits = 0")
        connections[database.alias].close()
    seeded(database, emblems(4))
    rows = Emblem._base_manager.using(database.alias)
    rows.filter(code="E1").update(picture=b"\x88\xff" + bytes([1]))
    rows.filter(code="E2").update(factor=F("factor") + (2e-7 if database.server in MYSQL else 4e-16))

    summary, _ = undo(database, emblems(4))

    assert summary.exit_code == 6
    assert set(rows.values_list("code", flat=True)) == {"E1", "E2"}


@on(*SERVERS)
def test_a_changed_row_stays_though_it_refers_to_an_adopted_one(database: Database) -> None:
    Code(code="b", name="Real").save(using=database.alias)
    seeders = codes("a", "b", "c", natural_key=("code",)), tokens(6)
    seeded(database, *seeders)
    database.query("UPDATE strangers_token SET label = 'Touched' WHERE label = 'Token 4'")

    summary, events = undo(database, *seeders, keep_modified=True)

    assert not [one.message for one in events if one.operation == "compare"]
    assert [(one.table, one.count) for one in summary.modified] == [("strangers_token", 1)]
    assert held(database, "strangers_token", "label") == {"Touched"}
    assert held(database, "strangers_code", "code") == {"b"}


@on(*KINDS)
def test_references_compare_in_the_collation_of_the_key(database: Database) -> None:
    if database.server == "postgresql":
        database.query('ALTER TABLE strangers_code ALTER code TYPE varchar(40) COLLATE "C"')
        database.query('ALTER TABLE strangers_mention ALTER code_id TYPE varchar(40) COLLATE "POSIX"')
    else:
        retyped(database, "strangers_mention", "code_id", "varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    seeders = codes("Big", "low", "Mid"), tokens(6), mentions(3)
    seeded(database, *seeders)
    verdicts = Checker(database.alias, "", Registry(seeders)).references()
    database.query("INSERT INTO strangers_mention (code_id) VALUES ('Mid')")
    Token(label="Real", code_id="low").save(using=database.alias)

    summary, _ = undo(database)

    assert {(one.rule, one.looked_at, one.broken) for one in verdicts} >= {
        ("strangers_mention.code_id leads to strangers_code", 3, 0),
        ("strangers_token.code_id leads to strangers_code", 6, 0),
    }
    assert summary.exit_code == 6
    assert held(database, "strangers_code", "code") == {"low", "Mid"}
    assert held(database, "strangers_token", "label") == {"Real"}


@on(*KINDS)
def test_rows_are_found_under_a_key_whose_type_has_changed(database: Database) -> None:
    seeded(database, slots(-7, 0, 2**62))
    retyped(database, "strangers_slot", "number", "varchar(30)", null="NOT NULL")
    summary, _ = undo(database)
    assert (summary.exit_code, summary.records_deleted) == (0, 3)


@on(*MYSQL)
def test_rows_are_found_in_a_session_of_another_character_set(database: Database) -> None:
    seeded(database, codes("Öa", "b", "é"))
    connections[database.alias].close()
    settings = connections[database.alias].settings_dict
    settings["OPTIONS"] = {**settings.get("OPTIONS", {}), "charset": "latin1"}
    summary, _ = undo(database)
    assert (summary.exit_code, summary.records_deleted) == (0, 3)


@on("postgresql")
def test_rows_are_what_was_seeded_whatever_the_session_shows(database: Database) -> None:
    seeded(database, slots(1, 2))
    connections[database.alias].close()
    for setting in ("timezone = 'Asia/Tokyo'", "datestyle = 'German'"):
        database.query(f"ALTER DATABASE {database.alias} SET {setting}")
    connections[database.alias].close()
    connections[database.alias].settings_dict["TIME_ZONE"] = "Asia/Tokyo"
    for known in ("timezone", "timezone_name"):
        connections[database.alias].__dict__.pop(known, None)
    summary, _ = undo(database)
    assert (summary.exit_code, summary.records_deleted) == (0, 2)


@on(*MYSQL)
def test_a_row_that_is_changed_within_a_snapshot_stays(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    connections[database.alias].close()
    settings = connections[database.alias].settings_dict
    settings["OPTIONS"] = {**settings.get("OPTIONS", {}), "isolation_level": "repeatable read"}
    seeded(database, codes("a", "b", "c"))
    present = Tracer.present

    def changed_before(self: Tracer, *arguments: Any, locking: bool = False) -> Any:
        if locking:
            statement = "UPDATE strangers_code SET name = 'Of a person' WHERE code = 'b'"
            person = threading.Thread(target=database.query, args=(statement,))
            person.start()
            person.join()
        return present(self, *arguments, locking=locking)

    monkeypatch.setattr(Tracer, "present", changed_before)
    summary, _ = undo(database)
    assert summary.exit_code == 6
    assert database.query("SELECT code, name FROM strangers_code") == [("b", "Of a person")]


@on("sqlite")
def test_a_real_row_without_a_key_keeps_what_it_refers_to(database: Database) -> None:
    database.query("DROP TABLE strangers_token")
    database.query(
        "CREATE TABLE strangers_token (id char(32) PRIMARY KEY, label varchar(40) NOT NULL, "
        "code_id varchar(40) NULL REFERENCES strangers_code(code), before_id char(32) NULL REFERENCES strangers_token(id))"
    )
    seeded(database, codes("a", "b", "c"), tokens(6))
    database.query("INSERT INTO strangers_token (label, code_id) VALUES ('Real', 'b')")
    for dry_run in (True, False):
        summary, _ = undo(database, dry_run=dry_run)
        assert [one.by for one in summary.kept] == ["strangers_token.code_id"]
    assert held(database, "strangers_code", "code") == {"b"}


@on(*SERVERS)
def test_numbers_of_the_server_and_of_the_ledger_do_not_meet(database: Database) -> None:
    """The rows were seeded by a release that knew only numbers."""
    seeded(database, slots(1, 2, 3))
    entries = SeedingMetadata.objects.using(database.alias).live()
    entries.update(key_recipe="", key_values=None, key_ranges=[[0, 3, 1]])
    with pytest.raises(SchemaError, match="roll the rows of one of them back"):
        run(database, slots(1, 2, 3, 4))
    summary, _ = undo(database)
    assert (summary.exit_code, summary.records_deleted) == (0, 3)


@on("sqlite")
def test_seeders_that_would_number_alike_are_refused(database: Database) -> None:
    """The names of these two are given the same place."""
    one, other = (type(name, (type(codes(key)),), {})() for name, key in (("Shelves1113", "a"), ("Shelves2250", "b")))
    with pytest.raises(SchemaError, match=r"Shelves2250 and Shelves1113 would number their rows alike\. Rename one of them"):
        run(database, one, other)
    seeded(database, one)
    with pytest.raises(SchemaError, match="would number their rows alike"):
        run(database, other)


@on("mariadb")
def test_a_key_that_is_an_enumeration_is_refused(database: Database) -> None:
    for table in ("mention", "token"):  # their columns hold the key's type
        database.query(f"DROP TABLE strangers_{table}")
    retyped(database, "strangers_code", "code", "enum('a', 'b')", null="NOT NULL")
    summary, _ = run(database, codes("a", "b"))
    assert [one.error for one in summary.results] == [
        "strangers_code has the primary key (code), and code has the type enum, in which the ledger does not hold keys."
    ]
