"""MySQL and MariaDB, as far as `information_schema` is visible to the account."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from functools import partial
from typing import Any

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sql import quoted_plainly
from seeding.safety.catalogues.catalogue import Catalogue, Relation
from seeding.safety.refusal import Touch
from seeding.safety.triggers import Trigger
from seeding.schema.introspection.mysql import ROW_END
from seeding.schema.key_counters import KeyCounter
from seeding.schema.letter_case import THIS_SCHEMA, Spelling, exact_schema, exactly

ENGINE = "InnoDB"
"""The only engine whose transactions, row locks and key counters are supported."""
STRICT = frozenset({"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"})
DENIED = frozenset({1044, 1142, 1227})
NOWHERE = "SELECT 1 FROM seeding_no_such_table"

ENGINES = """
    SELECT table_name, engine FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND table_name IN %s
"""
KEYS = """
    SELECT table_name, column_name FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND index_name = 'PRIMARY' AND table_name IN %s ORDER BY table_name, seq_in_index
"""
DEFAULTS = """
    SELECT table_name, column_name, extra, column_default, generation_expression, @@auto_increment_increment
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND column_key = 'PRI' AND table_name IN %s
"""
SEVERAL_MARIADB = """
    (SELECT MAX(variable_value > 1) FROM information_schema.global_status WHERE variable_name = 'WSREP_CLUSTER_SIZE'), NULL
"""
SEVERAL_MYSQL = """
    (SELECT MAX(variable_value = 'OFF') FROM performance_schema.global_variables
     WHERE variable_name = 'group_replication_single_primary_mode'),
    (SELECT MAX(variable_value = 'ON') FROM performance_schema.global_variables
     WHERE variable_name = 'group_replication_enforce_update_everywhere_checks')
"""
"""Whether several nodes accept writes: Galera, or Group Replication in multi-primary mode; NULL where there is neither.

And whether the group refuses changes of tables with cascading foreign keys.
"""
CASCADING = " UNION ALL ".join(
    f"""
    SELECT {table}, constraint_name FROM information_schema.referential_constraints
    WHERE {schema} = DATABASE() AND {table} IN %s
    AND (delete_rule NOT IN ('NO ACTION', 'RESTRICT') OR update_rule NOT IN ('NO ACTION', 'RESTRICT'))
    """  # noqa: S608 - constants
    for schema, table in (("constraint_schema", "table_name"), ("unique_constraint_schema", "referenced_table_name"))
)
"""The cascading foreign keys of the tables, and those to them."""
NEXT = re.compile(r"""nextval\(((?:`[^`]+`\.`[^`]+`)|(?:"[^"]+"\."[^"]+"))\)""", re.IGNORECASE)
"""A default that is the next value of a sequence, as MariaDB reports it."""
SHARING = """
    SELECT column_default, table_schema, table_name, column_name FROM information_schema.columns
    WHERE column_key IN ('PRI', 'UNI') AND FIND_IN_SET('select', privileges) AND column_default IN %s
"""
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
TRANSACTIONAL = f"""
    SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND engine = '{ENGINE}'
"""  # noqa: S608 - a constant
"""Without views, behind which there can be any table, and without what the account may not see."""
FUNCTIONS = "SELECT routine_name FROM information_schema.routines WHERE routine_type = 'FUNCTION'"
TRIGGER_RIGHT = """
    SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'TRIGGER' AND grantee = %(account)s {}
    UNION ALL SELECT MAX(1) FROM information_schema.schema_privileges
    WHERE grantee = %(account)s AND DATABASE() LIKE table_schema GROUP BY grantee
    HAVING COUNT(DISTINCT table_schema) = COUNT(DISTINCT CASE privilege_type WHEN 'TRIGGER' THEN table_schema END)
"""
"""Of several patterns that name the schema, only the closest counts: all must grant it.

A right granted through a role does not show here; stored rows are then compared, which only costs time.
"""
NOTHING_REVOKED = """
    AND NOT EXISTS (SELECT 1 FROM performance_schema.global_variables
                    WHERE variable_name = 'partial_revokes' AND variable_value = 'ON')
"""
"""MySQL can take a global right back in single schemas, and `information_schema` does not tell where."""


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
        defaults = ask(DEFAULTS, wanted)
        keys = _keys(ask(KEYS, wanted), defaults)
        found = ask(TRIGGERS)
        functions, transactional = (
            frozenset(name.lower() for (name,) in (ask(query) if found else ())) for query in (FUNCTIONS, TRANSACTIONAL)
        )
        triggers = _triggers(found, functions, transactional)
        several = SEVERAL_MARIADB if getattr(connection, "mysql_is_mariadb", False) else SEVERAL_MYSQL
        cursor.execute(f"SELECT {several}, CURRENT_USER(), @@sql_mode, @@character_set_client, @@character_set_connection")
        is_shared, refuses_cascades, account, mode, *charsets = cursor.fetchone()
        cascading = dict(sorted(ask(CASCADING, wanted, wanted), reverse=True)) if refuses_cascades else {}
        counters = _counters(connection, defaults, is_shared=bool(is_shared))
        user, _, host = account.rpartition("@")
        revoked = "" if getattr(connection, "mysql_is_mariadb", False) else NOTHING_REVOKED
        cursor.execute(TRIGGER_RIGHT.format(revoked), {"account": f"'{user}'@'{host}'"})
        shows_triggers = cursor.fetchone() is not None
    hidden = _hidden_keys(connection)
    return Catalogue(
        relations={
            name: Relation(
                name=name,
                key=tuple(keys[name]),
                engine="" if engines.get(name, ENGINE) == ENGINE else str(engines[name]),
                **counters.get(name, {}),
                triggers=tuple(triggers[name]),
                cascading=cascading.get(name, ""),
            )
            for name in names
        },
        is_complete=_sees_schema(connection) and not hidden,
        sees_elsewhere=hidden is not None,
        shows_triggers=shows_triggers,
        converts=_converts(mode, charsets),
    )


def _converts(mode: str, charsets: Collection[str]) -> str:
    """See `Catalogue.converts`: in these sessions texts are cut, numbers clipped, and characters replaced by `?`."""
    if STRICT.isdisjoint(mode.split(",")):
        return "an sql_mode without STRICT_TRANS_TABLES"
    return next((f"the character set {one}, not utf8mb4" for one in charsets if one != "utf8mb4"), "")


def _counters(
    connection: BaseDatabaseWrapper, rows: Collection[tuple[Any, ...]], *, is_shared: bool
) -> dict[str, dict[str, Any]]:
    """Table → the facts `counter` and `keys` of its relation."""
    found: dict[str, dict[str, Any]] = {}
    drawing: dict[str, str] = {}
    # Of a key of several columns, the one that counts decides: it comes last.
    for table, _, extra, default, _, step in sorted(rows, key=lambda row: (_counts(row), row[1])):
        if "auto_increment" in extra.lower():
            found[table] = {"keys": KeyCounter(step=step, is_shared=is_shared)}
            drawing.pop(table, None)
        elif default not in (None, "NULL"):
            found[table] = {"counter": f"{default}, which is not the next value of a sequence"}
            drawing |= {table: default} if NEXT.fullmatch(str(default)) else {}
    if not drawing:
        return found
    with connection.cursor() as cursor:
        cursor.execute(SHARING, [sorted(set(drawing.values()))])
        sharing: dict[str, list[str]] = defaultdict(list)
        quote = partial(quoted_plainly, connection)
        for default, schema, table, column in cursor.fetchall():
            sharing[default].append(f"SELECT MAX({quote(column)}) FROM {quote(schema)}.{quote(table)}")  # noqa: S608 - quoted
        drawn = {default: _sequence(cursor, default, tuple(sharing.get(default, ()))) for default in set(drawing.values())}
    return found | {table: drawn[default] for table, default in drawing.items()}


def _counts(row: tuple[Any, ...]) -> int:
    _, _, extra, default, _, _ = row
    return 2 if "auto_increment" in extra.lower() else int(bool(NEXT.fullmatch(str(default))))


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


def _keys(rows: Collection[tuple[Any, ...]], defaults: Collection[tuple[Any, ...]]) -> dict[str, list[str]]:
    """Table → the columns of its primary key, without the one that ends a system-versioned row's period."""
    ends = {(table, column) for table, column, _, _, expression, _ in defaults if expression == ROW_END}
    keys: dict[str, list[str]] = defaultdict(list)
    for table, column in rows:
        if (table, column) not in ends:
            keys[table].append(column)
    return keys


def _triggers(
    rows: Collection[tuple[Any, ...]], functions: frozenset[str], transactional: frozenset[str]
) -> dict[str, list[Trigger]]:
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
            transactional=transactional,
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
