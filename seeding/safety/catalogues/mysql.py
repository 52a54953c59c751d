"""MySQL and MariaDB, as far as `information_schema` is visible to the account."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.safety.catalogues.catalogue import REPORT, TABLE, VIEW, Catalogue, Relation, Unfollowed
from seeding.safety.refusal import Touch
from seeding.safety.triggers import Trigger
from seeding.schema.key_counters import KeyCounter
from seeding.schema.letter_case import THIS_SCHEMA, Spelling, exact_schema, exactly

KINDS = {"BASE TABLE": TABLE, "SYSTEM VERSIONED": "system-versioned table"}
ENGINE = "InnoDB"
"""The only engine whose transactions, row locks and key counters are supported."""
DENIED = frozenset({1044, 1142, 1227})
NOWHERE = "SELECT 1 FROM seeding_no_such_table"

RELATIONS = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE()"
VIEWS = "SELECT table_name, is_updatable FROM information_schema.views WHERE table_schema = DATABASE()"
ENGINES = """
    SELECT table_name, engine FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_name IN %s
"""
KEYS = """
    SELECT table_name, column_name FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND index_name = 'PRIMARY' AND table_name IN %s ORDER BY table_name, seq_in_index
"""
DEFAULTS = """
    SELECT table_name, extra, column_default, @@auto_increment_increment FROM information_schema.columns
    WHERE table_schema = DATABASE() AND column_key = 'PRI' AND table_name IN %s
"""
NEXT = re.compile(r"""nextval\(((?:`[^`]+`\.`[^`]+`)|(?:"[^"]+"\."[^"]+"))\)""", re.IGNORECASE)
"""A default that is the next value of a sequence, as MariaDB reports it."""
SHARING = """
    SELECT column_default, table_schema, table_name, column_name FROM information_schema.columns
    WHERE column_key IN ('PRI', 'UNI') AND FIND_IN_SET('select', privileges) AND column_default IN %s
"""
REFERRING = """
    SELECT DISTINCT k.referenced_table_name, k.table_name, t.table_type, k.constraint_name
    FROM information_schema.key_column_usage k JOIN information_schema.tables t
      ON t.table_schema = k.table_schema AND t.table_name = k.table_name
    WHERE k.table_schema = DATABASE() AND k.referenced_table_schema = DATABASE() AND k.referenced_table_name IN %s
      AND t.table_schema = DATABASE() AND t.table_type <> 'BASE TABLE'
"""
"""Foreign keys of relations that are not base tables."""
TRIGGERS = """
    SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement
    FROM information_schema.triggers WHERE event_object_schema = DATABASE()
"""
INTO_MARIADB, INTO_MYSQL = (
    f"""
    SELECT COUNT(*), (
        SELECT COUNT(DISTINCT BINARY table_schema, BINARY table_name, BINARY constraint_name)
        FROM information_schema.key_column_usage WHERE {exact_schema("referenced_table_schema")} = {THIS_SCHEMA}
    ) FROM information_schema.{listed} WHERE {exact_schema("SUBSTRING_INDEX(ref_name, '/', 1)")} = {THIS_SCHEMA}
    """  # noqa: S608 - constants
    for listed in ("innodb_sys_foreign", "innodb_foreign")
)
"""The number of foreign keys into the schema: all that InnoDB knows, and those that the account sees."""
FUNCTIONS = "SELECT routine_name FROM information_schema.routines WHERE routine_type = 'FUNCTION'"
TRIGGER_RIGHT = """
    SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'TRIGGER' AND grantee = %(account)s
    UNION ALL SELECT 1 FROM information_schema.schema_privileges
    WHERE privilege_type = 'TRIGGER' AND grantee = %(account)s AND DATABASE() LIKE table_schema
"""
"""A right granted through a role does not show here; stored rows are then compared, which only costs time."""


def read_kinds(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """See `catalogues.read_kinds`."""
    with connection.cursor() as cursor:
        cursor.execute(RELATIONS)
        kinds = {name: KINDS.get(kind, kind.lower()) for name, kind in cursor.fetchall()}
        cursor.execute(VIEWS)
        return kinds | {name: VIEW if updatable == "YES" else REPORT for name, updatable in cursor.fetchall()}


def read_catalogue(connection: BaseDatabaseWrapper, names: Collection[str]) -> Catalogue:
    """See `catalogues.read_catalogue`."""
    spelling = Spelling(connection, names)
    wanted = spelling.stored(names)
    with connection.cursor() as cursor:

        def ask(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
            """The rows, whose first column is a table's name."""
            cursor.execute(exactly(sql, names), parameters or None)
            return [(spelling.of(str(table)), *rest) for table, *rest in cursor.fetchall()]

        engines = dict(ask(ENGINES, wanted))
        keys: dict[str, list[str]] = defaultdict(list)
        for table, column in ask(KEYS, wanted):
            keys[table].append(column)
        counters = _counters(connection, ask(DEFAULTS, wanted))
        unfollowed = _unfollowed(ask(REFERRING, wanted))
        found = ask(TRIGGERS)
        triggers = _triggers(found, frozenset(name.lower() for (name,) in (ask(FUNCTIONS) if found else ())))
        cursor.execute("SELECT CURRENT_USER()")
        user, _, host = cursor.fetchone()[0].rpartition("@")
        cursor.execute(TRIGGER_RIGHT, {"account": f"'{user}'@'{host}'"})
        shows_triggers = cursor.fetchone() is not None
    hidden = _hidden_keys(connection)
    return Catalogue(
        relations={
            name: Relation(
                name=name,
                key=tuple(keys[name]),
                engine="" if engines.get(name, ENGINE) == ENGINE else str(engines[name]),
                **counters.get(name, {}),
                unfollowed=tuple(unfollowed[name]),
                triggers=tuple(triggers[name]),
            )
            for name in names
        },
        is_complete=_sees_schema(connection) and not hidden,
        sees_elsewhere=hidden is not None,
        shows_triggers=shows_triggers,
    )


def _counters(connection: BaseDatabaseWrapper, rows: Collection[tuple[Any, ...]]) -> dict[str, dict[str, Any]]:
    """Table → the facts `counter` and `keys` of its relation."""
    found: dict[str, dict[str, Any]] = {}
    drawing: dict[str, str] = {}
    for table, extra, default, step in rows:
        if "auto_increment" in extra.lower():
            found[table] = {"keys": KeyCounter(step=step)}
        elif default not in (None, "NULL"):
            found[table] = {"counter": f"{default}, which is not the next value of a sequence"}
            drawing |= {table: default} if NEXT.fullmatch(str(default)) else {}
    if not drawing:
        return found
    with connection.cursor() as cursor:
        cursor.execute(SHARING, [sorted(set(drawing.values()))])
        sharing: dict[str, list[str]] = defaultdict(list)
        quote = connection.ops.quote_name
        for default, schema, table, column in cursor.fetchall():
            sharing[default].append(f"SELECT MAX({quote(column)}) FROM {quote(schema)}.{quote(table)}")  # noqa: S608 - quoted
        drawn = {default: _sequence(cursor, default, tuple(sharing.get(default, ()))) for default in set(drawing.values())}
    return found | {table: drawn[default] for table, default in drawing.items()}


def _sequence(cursor: Any, default: str, sharing: tuple[str, ...]) -> dict[str, Any]:
    sequence = NEXT.sub(r"\1", default)
    try:
        cursor.execute(f"SELECT increment, maximum_value, cycle_option, @@auto_increment_increment FROM {sequence}")  # noqa: S608
    except DatabaseError as error:
        if error.args[0] not in DENIED:
            raise
        return {"counter": f"the sequence {sequence}, which this account may not read"}
    step, end, cycles, in_place_of_zero = cursor.fetchone()
    if cycles or step < 0:
        return {"counter": f"the sequence {sequence}, which {'starts again at its end (CYCLE)' if cycles else 'counts down'}"}
    return {"keys": KeyCounter(sequence=sequence, name=sequence, step=step or in_place_of_zero, end=end, sharing=sharing)}


def _unfollowed(rows: Collection[tuple[Any, ...]]) -> dict[str, list[Unfollowed]]:
    found: dict[str, list[Unfollowed]] = defaultdict(list)
    for table, referring, kind, constraint in rows:
        by = f"the {KINDS.get(kind, str(kind).lower())} {referring}"
        found[table].append(Unfollowed(by=by, reason=f"foreign key {constraint}"))
    return found


def _triggers(rows: Collection[tuple[Any, ...]], functions: frozenset[str]) -> dict[str, list[Trigger]]:
    found: dict[str, list[Trigger]] = defaultdict(list)
    tables = frozenset(table.lower() for table, *_ in rows)
    for table, name, timing, event, body in rows:
        trigger = Trigger(
            name=name,
            timing=timing,
            events=Touch[event],
            language="sql",
            body=body or "",
            setting_off=tables,
            functions=functions,
        )
        found[table].append(trigger)
    return found


def _sees_schema(connection: BaseDatabaseWrapper) -> bool:
    """Whether the account may read the whole schema: only then does the server report a missing table as missing."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(NOWHERE)
        except DatabaseError as error:
            return error.args[0] not in DENIED
    return True


def _hidden_keys(connection: BaseDatabaseWrapper) -> int | None:
    """How many foreign keys into the schema `information_schema` hides; None if unknown.

    They belong to tables to which this account has no right. InnoDB's own list has them; reading it needs PROCESS.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT DATABASE()")
        (name,) = cursor.fetchone()
        if not (name.isascii() and name.replace("_", "").isalnum()):  # InnoDB encodes other characters
            return None
        try:
            cursor.execute(INTO_MARIADB if getattr(connection, "mysql_is_mariadb", False) else INTO_MYSQL)
        except DatabaseError as error:
            if error.args[0] not in DENIED:
                raise
            return None
        (there, shown), *_ = cursor.fetchall()
        return int(there - shown)
