"""What SQLite's catalogue tells, and how rows of the other servers' catalogues are read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connections

from seeding.safety import Touch
from seeding.safety.catalogues import Catalogue, Relation, mysql, postgresql, read_catalogue, sqlite
from seeding.safety.catalogues.sqlite import REUSES
from seeding.safety.triggers import Trigger
from seeding.schema.key_counters import KeyCounter
from tests.support.databases import Database
from tests.unit.safety.answers import Answers


def relation(shop: Database, name: str, *statements: str) -> Relation:
    for one in statements:
        shop.query(one)
    return read_catalogue(connections[shop.alias], [name]).relations[name]


@pytest.mark.parametrize(
    ("columns", "facts"),
    [
        ("id integer PRIMARY KEY AUTOINCREMENT", {"key": ("id",)}),
        ("id integer PRIMARY KEY", {"key": ("id",), "counter": REUSES}),
        ("a text, b text, PRIMARY KEY (b, a)", {"key": ("b", "a"), "counter": REUSES}),
        ("a text", {"counter": REUSES}),
        ("id integer PRIMARY KEY autoincrement, a text UNIQUE ON CONFLICT REPLACE", {"key": ("id",), "resolves": True}),
        ("id integer PRIMARY KEY autoincrement, a text UNIQUE ON CONFLICT ABORT", {"key": ("id",)}),
    ],
)
def test_a_table_of_sqlite_has_its_key_its_counter_and_its_way_with_conflicts(
    shop: Database, columns: str, facts: dict[str, Any]
) -> None:
    assert relation(shop, "t", f"CREATE TABLE t ({columns})") == Relation(name="t", **facts)


def test_a_trigger_of_sqlite_is_read_from_its_declaration(shop: Database) -> None:
    shop.query("CREATE VIEW seen AS SELECT * FROM shop_product")
    shop.query("CREATE VIRTUAL TABLE found USING fts5(name)")
    shop.query("CREATE TABLE odd (id integer PRIMARY KEY AUTOINCREMENT, n integer UNIQUE ON CONFLICT IGNORE)")
    shop.query("CREATE TRIGGER a AFTER INSERT ON Shop_Product BEGIN SELECT 1; END")
    shop.query("""CREATE TRIGGER IF NOT EXISTS "b ""x" BEFORE UPDATE OF name ON shop_product BEGIN SELECT 2; END""")
    shop.query("CREATE TRIGGER [c] DELETE ON shop_product BEGIN SELECT 3; END")

    triggers = relation(shop, "shop_product").triggers
    instead = relation(shop, "seen", "CREATE TRIGGER d INSTEAD  OF INSERT ON seen BEGIN SELECT 4; END").triggers

    assert [(one.name, one.timing, one.events) for one in (*triggers, *instead)] == [
        ("a", "AFTER", Touch.INSERT),
        ('b "x', "BEFORE", Touch.UPDATE),
        ("c", "BEFORE", Touch.DELETE),
        ("d", "INSTEAD OF", Touch.INSERT),
    ]
    assert [one.body.split("BEGIN ")[1] for one in triggers] == ["SELECT 1; END", "SELECT 2; END", "SELECT 3; END"]
    assert {one.language for one in triggers} == {"sqlite"}
    assert triggers[0].setting_off == {"shop_product", "odd"}
    assert "found" in triggers[0].indexes
    assert relation(shop, "shop_review").triggers == ()
    assert len(relation(shop, "SHOP_PRODUCT").triggers) == 3  # SQLite's names have no case


def test_a_trigger_whose_declaration_cannot_be_read_may_do_anything() -> None:
    found = sqlite._trigger("t", "CREATE DEFINER=x TRIGGER t", (), frozenset())

    assert (found.timing, found.events, found.replaces, found.changes_others) == ("BEFORE", ~Touch(0), True, True)


def test_of_a_server_that_nobody_knows_nothing_is_known() -> None:
    connection: Any = SimpleNamespace(vendor="oracle")

    assert read_catalogue(connection, ["t"]) == Catalogue(relations={})


@pytest.mark.parametrize(
    ("extra", "default", "counters"),
    [
        ("auto_increment", None, {"lots": {"keys": KeyCounter(step=5)}}),
        ("AUTO_INCREMENT", "0", {"lots": {"keys": KeyCounter(step=5)}}),
        ("", None, {}),
        ("", "NULL", {}),
        ("DEFAULT_GENERATED", "uuid_short()", {"lots": {"counter": "uuid_short(), which is not the next value of a sequence"}}),
        ("", 0, {"lots": {"counter": "0, which is not the next value of a sequence"}}),
    ],
)
def test_keys_of_mysql_come_from_the_counter_of_the_column(
    extra: str, default: str | int | None, counters: dict[str, dict[str, Any]]
) -> None:
    connection: Any = Answers("mysql", {})

    assert mysql._counters(connection, [("lots", "id", extra, default, None, 5)], is_shared=False) == counters


def test_where_several_nodes_count_each_does_so_by_itself() -> None:
    connection: Any = Answers("mysql", {})

    found = mysql._counters(connection, [("lots", "id", "auto_increment", None, None, 3)], is_shared=True)

    assert found == {"lots": {"keys": KeyCounter(step=3, is_shared=True)}}


COUNTED = KeyCounter(sequence="17", name="s", step=2, cached=3, end=9, sharing=("SELECT 1",))


@pytest.mark.parametrize(
    ("default", "sequence", "cycles", "found"),
    [
        (None, None, False, {}),
        (None, ("17", "s", 2), False, {"keys": COUNTED}),
        ("nextval('s'::regclass)", ("17", "s", 2), False, {"keys": COUNTED}),
        ("(nextval('a.\"it''s\"'::regclass))::integer", ("17", "s", 2), False, {"keys": COUNTED}),
        ("nextval('s'::regclass)", ("17", "s", 2), True, "the sequence s, which starts again at its end (CYCLE)"),
        (None, ("17", "s", -2), False, "the sequence s, which counts down"),
        ("f()", None, False, "f(), which is not the next value of a sequence"),
        (
            "nextval(('s'::text)::regclass)",
            None,
            False,
            "nextval(('s'::text)::regclass), which is not the next value of a sequence",
        ),
        (
            "f(nextval('s'::regclass))",
            ("17", "s", 2),
            False,
            "f(nextval('s'::regclass)), which is not the next value of a sequence",
        ),
    ],
)
def test_keys_of_postgresql_come_from_the_sequence_of_the_default(
    default: str | None, sequence: tuple[str, str, int] | None, found: Any, *, cycles: bool
) -> None:
    row = (default, *(sequence or (None, None, None)), 3, 9, cycles, ["SELECT 1"])

    assert postgresql._counter(row) == (found if isinstance(found, dict) else {"counter": found})


def test_the_end_of_a_row_s_period_is_no_part_of_its_key() -> None:
    defaults = [("lots", "id", "auto_increment", None, None, 1), ("lots", "until", "STORED GENERATED", None, "ROW END", 1)]

    assert mysql._keys([("lots", "id"), ("lots", "until"), ("bills", "until")], defaults) == {
        "lots": ["id"],
        "bills": ["until"],
    }


def test_triggers_of_mysql_are_known_with_all_tables_that_have_some() -> None:
    rows = [("Lots", "t", "BEFORE", "INSERT", "SET @x = 1"), ("bills", "u", "AFTER", "DELETE", None)]

    found = mysql._triggers(rows, frozenset({"bump"}), frozenset({"lots"}))

    tables, functions = frozenset({"lots", "bills"}), frozenset({"bump"})
    assert dict(found) == {
        "Lots": [
            Trigger(name="t", timing="BEFORE", events=Touch.INSERT, language="sql", body="SET @x = 1", setting_off=tables,
                    transactional=frozenset({"lots"}), functions=functions)
        ],
        "bills": [
            Trigger(name="u", timing="AFTER", events=Touch.DELETE, language="sql", body="", setting_off=tables,
                    transactional=frozenset({"lots"}), functions=functions)
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("bits", "timing", "events", "per_row"),
    [
        (1 + 2 + 4, "BEFORE", Touch.INSERT, True),
        (4 + 8 + 16, "AFTER", Touch.INSERT | Touch.DELETE | Touch.UPDATE, False),
        (1 + 64 + 16, "INSTEAD OF", Touch.UPDATE, True),
        (2 + 32, "BEFORE", Touch(0), False),
    ],
)
def test_a_trigger_of_postgresql_is_read_from_its_bits(bits: int, timing: str, events: Touch, *, per_row: bool) -> None:
    found = postgresql._triggers([("lots", "t", bits, "plpgsql", "BEGIN END")], frozenset({"f"}), frozenset({"log"}))

    assert found["lots"] == [
        Trigger(name="t", timing=timing, events=events, language="plpgsql", body="BEGIN END", per_row=per_row,
                setting_off=frozenset({"log"}), functions=frozenset({"f"}))
    ]  # fmt: skip


DENIED, GONE, OTHER = DatabaseError(1142, "denied"), DatabaseError(1146, "no such table"), DatabaseError(1205, "lock wait")


@pytest.mark.parametrize(("answer", "sees"), [(GONE, True), (DENIED, False), ([(1,)], True)])
def test_an_account_sees_the_schema_of_mysql_if_it_is_told_that_a_table_is_not_there(answer: Any, *, sees: bool) -> None:
    connection: Any = Answers("mysql", {mysql.NOWHERE: answer})

    assert mysql._sees_schema(connection) is sees


@pytest.mark.parametrize(
    ("database", "answer", "hidden"),
    [
        ("shop_2", [(5, 5)], 0),
        ("shop_2", [(5, 3)], 2),
        ("shop_2", DENIED, None),
        ("shop-2", [(5, 3)], None),
        ("caf\u00e9", [(5, 3)], None),
    ],
)
def test_keys_of_mysql_that_are_kept_back_are_counted_where_somebody_tells(
    database: str, answer: Any, hidden: int | None
) -> None:
    connection: Any = Answers("mysql", {"SELECT DATABASE()": [(database,)], mysql.INTO_MYSQL: answer})

    assert mysql._hidden_keys(connection) == hidden


def test_another_error_of_mysql_than_a_denial_is_not_taken_for_one() -> None:
    connection: Any = Answers("mysql", {"SELECT DATABASE()": [("shop",)], mysql.INTO_MYSQL: OTHER})

    with pytest.raises(DatabaseError, match="lock wait"):
        mysql._hidden_keys(connection)
