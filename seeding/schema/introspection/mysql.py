"""Tables as `information_schema` reports them, on MySQL and MariaDB: a handful of queries for any number of tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.schema.kinds import largest_decimal
from seeding.schema.letter_case import THIS_SCHEMA, Spelling, exact_schema, exactly
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, Kind, RelationKind, TableSchema

INTEGERS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
"""Bits."""
KINDS = {
    "decimal": Kind.DECIMAL,
    "float": Kind.FLOAT,
    "double": Kind.FLOAT,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "timestamp": Kind.DATETIME,
    "json": Kind.JSON,
    "time": Kind.TIME,
    "uuid": Kind.UUID,
    **dict.fromkeys(("inet4", "inet6"), Kind.ADDRESS),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), Kind.BINARY),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"), Kind.TEXT),
}
TIMESTAMP = (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC))
DATETIME = (datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
DATE = (date(1000, 1, 1), date(9999, 12, 31))
SHORT_CHARACTERS = {"utf8": 3, "utf8mb3": 3, "ucs2": 3, "ascii": 1}
"""Character sets that hold what UTF-8 writes in so many bytes per character. What others hold, their own tables say."""
MEMBER = re.compile(r"'((?:[^']|'')*)'")
COLLATION = """
    SELECT character_set_name, collation_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s AND collation_name IS NOT NULL
"""
ROW_END = "ROW END"
"""How MariaDB reports the column that ends the period of a system-versioned row."""
IS_JSON = re.compile(r"""^\(?json_valid\([`"]?(\w+)[`"]?\)\)?$""", re.IGNORECASE)
"""How MariaDB declares a JSON column: LONGTEXT with a check, whose quotes are the session's (ANSI_QUOTES)."""

RELATIONS = """
    SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type <> 'VIEW'
    UNION ALL SELECT table_name, CASE is_updatable WHEN 'YES' THEN 'VIEW' ELSE 'REPORT' END
    FROM information_schema.views WHERE table_schema = DATABASE()
"""
RELATION_KINDS = {
    "BASE TABLE": RelationKind.TABLE,
    "SYSTEM VERSIONED": RelationKind.VERSIONED,
    "VIEW": RelationKind.VIEW,
    "REPORT": RelationKind.REPORT,
    "SEQUENCE": RelationKind.SEQUENCE,
}
COLUMNS = """
    SELECT table_name, column_name, data_type, column_type, is_nullable, column_default, extra, character_maximum_length,
           character_octet_length, character_set_name, numeric_precision,
           COALESCE(numeric_scale, IF(data_type = 'time', datetime_precision, NULL)), generation_expression
    FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN %s ORDER BY table_name, ordinal_position
"""
UNIQUE = """
    SELECT table_name, index_name, column_name FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND non_unique = 0 AND table_name IN %s ORDER BY table_name, index_name, seq_in_index
"""
REFERRED = exact_schema("referenced_table_schema")
FOREIGN_KEYS = f"""
    SELECT table_name, column_name, referenced_table_name, referenced_column_name, constraint_name
    FROM information_schema.key_column_usage
    WHERE table_schema = DATABASE() AND {REFERRED} = {THIS_SCHEMA} AND table_name IN %s
    ORDER BY table_name, constraint_name, ordinal_position
"""  # noqa: S608 - constants
FROM_ELSEWHERE = f"""
    SELECT table_schema, table_name, column_name, referenced_table_name, referenced_column_name, constraint_name, ''
    FROM information_schema.key_column_usage
    WHERE {REFERRED} = {THIS_SCHEMA} AND {exact_schema("table_schema")} <> {THIS_SCHEMA}
    ORDER BY table_schema, table_name, constraint_name, ordinal_position
"""  # noqa: S608 - constants
CHECKS_MARIADB = """
    SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints
    WHERE constraint_schema = DATABASE() AND table_name IN %s ORDER BY table_name, constraint_name
"""
CHECKS_MYSQL = """
    SELECT t.table_name, c.constraint_name, c.check_clause FROM information_schema.check_constraints c
    JOIN information_schema.table_constraints t
      ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
    WHERE t.constraint_type = 'CHECK' AND t.enforced = 'YES' AND t.table_schema = DATABASE() AND t.table_name IN %s
    ORDER BY t.table_name, c.constraint_name
"""


def read_kinds(connection: BaseDatabaseWrapper) -> dict[str, RelationKind]:
    """See `introspection.read_kinds`."""
    with connection.cursor() as cursor:
        cursor.execute(RELATIONS)
        return {name: RELATION_KINDS.get(kind, RelationKind.OTHER) for name, kind in cursor.fetchall()}


def read_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> dict[str, TableSchema]:
    """Those of the tables `names` that exist."""
    if not names:
        return {}
    spelling = Spelling(connection, names)
    wanted = [spelling.stored(names)]
    with connection.cursor() as cursor:

        def ask(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(exactly(sql, names), wanted)
            return list(cursor.fetchall())

        columns, unique, keys = ask(COLUMNS), ask(UNIQUE), ask(FOREIGN_KEYS)
        checks = ask(CHECKS_MARIADB if getattr(connection, "mysql_is_mariadb", False) else CHECKS_MYSQL)
    literal = _text if getattr(connection, "mysql_is_mariadb", False) else _quoted
    long = {(table, name) for table, name, data_type, *_ in columns if data_type == "longtext"}  # elsewhere it is a rule
    json = {(table, found[1]) for table, _, clause in checks if (found := IS_JSON.match(clause))} & long
    described = _grouped(columns)
    # The end of a row's period is a part of every unique key, so that history may repeat it; current rows do not.
    ends = {(table, name) for table, name, *_, expression in columns if expression == ROW_END}
    indexes = _grouped(row for row in unique if (row[0], row[2]) not in ends)
    key_rows, check_rows = _grouped(keys), _grouped(checks)
    tables = {
        spelling.of(table): TableSchema(
            name=spelling.of(table),
            columns={row[0]: _column(row[:-1], literal, is_json=(table, row[0]) in json) for row in rows},
            key=tuple(column for index, column in indexes[table] if index == "PRIMARY"),
            unique=tuple(tuple(one) for name, one in _indexes(indexes[table]).items() if name != "PRIMARY" and None not in one),
            foreign_keys=tuple(
                ForeignKey(column=column, table=spelling.of(target), key=key, constraint=constraint)
                for column, target, key, constraint in key_rows[table]
            ),
            checks=tuple(
                Check(name=name, clause=clause)
                for name, clause in check_rows[table]
                if not ((found := IS_JSON.match(clause)) and (table, found[1]) in json)
            ),
        )
        for table, rows in described.items()
    }
    return {name: tables[name] for name in names if name in tables}  # a comparison of the catalogue may ignore letter case


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    groups: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, *rest in rows:
        groups[table].append(tuple(rest))
    return groups


def _indexes(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[str]]:
    indexes: dict[str, list[str]] = defaultdict(list)
    for index, column in rows:
        indexes[index].append(column)
    return indexes


def _text(default: str, _extra: str) -> str | None:
    """MariaDB reports every default as SQL."""
    return None if default == "NULL" else default


def _quoted(default: str, extra: str) -> str | None:
    """MySQL reports a literal without its quotes."""
    return default if "DEFAULT_GENERATED" in extra else "'{}'".format(default.replace("'", "''"))


def _column(row: tuple[Any, ...], literal: Callable[[str, str], str | None], *, is_json: bool) -> ColumnSchema:
    name, data_type, column_type, nullable, default, extra, length, octets, charset, precision, scale = row
    kind = Kind.JSON if is_json else KINDS.get(data_type, Kind.OTHER)
    low: Any = None
    high: Any = None
    if data_type in INTEGERS:
        kind = Kind.BOOLEAN if column_type.startswith("tinyint(1)") else Kind.INTEGER
        bits, unsigned = INTEGERS[data_type], "unsigned" in column_type
        low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    elif kind is Kind.DECIMAL:
        high = largest_decimal(int(precision), int(scale))
        low = high.copy_negate()
    elif kind in (Kind.DATE, Kind.DATETIME):
        low, high = {"timestamp": TIMESTAMP, "datetime": DATETIME}.get(data_type, DATE)
    is_enum = data_type == "enum"
    limits_octets = kind in (Kind.TEXT, Kind.BINARY) and not is_enum and octets is not None
    if data_type in ("char", "varchar") and not str(charset).startswith(("utf8", "ascii")):
        limits_octets = False  # their limit is one of characters, and these have not as many bytes as in UTF-8
    return ColumnSchema(
        name=name,
        kind=kind,
        nullable=nullable == "YES",
        type_name=data_type,
        is_generated=" GENERATED" in extra.upper(),
        counts="auto_increment" in extra.lower() or "nextval(" in str(default).lower(),
        has_default=default not in (None, "NULL") or "auto_increment" in extra or "GENERATED" in extra.upper(),
        default=None if default is None else literal(default, extra.upper()),
        length=int(length) if data_type in ("char", "varchar") else None,
        octets=int(octets) if limits_octets else None,
        character_octets=SHORT_CHARACTERS.get(charset) if kind is Kind.TEXT else None,
        character_set=charset or "",
        values=tuple(value.replace("''", "'") for value in MEMBER.findall(column_type)) if is_enum else (),
        scale=int(scale) if kind in (Kind.DECIMAL, Kind.FLOAT, Kind.TIME) and scale is not None else None,
        is_single=data_type == "float",
        is_padded=data_type in ("char", "binary"),
        low=low,
        high=high,
        on_update="on update" in extra.lower(),
    )
