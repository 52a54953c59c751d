"""Tables as PostgreSQL's catalogue reports them: `information_schema` hides the constraints of tables with another owner."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.schema.kinds import largest_decimal
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, Kind, RelationKind, TableSchema

INTEGERS = {"int2": 16, "int4": 32, "int8": 64}
"""Bits."""
KINDS = {
    "bool": Kind.BOOLEAN,
    "numeric": Kind.DECIMAL,
    "float4": Kind.FLOAT,
    "float8": Kind.FLOAT,
    "date": Kind.DATE,
    "timestamp": Kind.DATETIME,
    "timestamptz": Kind.DATETIME,
    "json": Kind.JSON,
    "jsonb": Kind.JSON,
    "time": Kind.TIME,
    "interval": Kind.DURATION,
    "uuid": Kind.UUID,
    "bytea": Kind.BINARY,
    "inet": Kind.ADDRESS,
    **dict.fromkeys(INTEGERS, Kind.INTEGER),
    **dict.fromkeys(("varchar", "bpchar", "text", "citext"), Kind.TEXT),
}
HEADER = 4
"""What PostgreSQL adds to a length, and to precision and scale, when it stores them as a type's modifier."""
FRACTIONS = 2**16 - 1
"""The part of an interval's modifier that holds the digits of a second; all of it if there is no limit."""
SCALES = 2**11
"""The number of scales, of which the negative ones are stored above the others."""
MEMBERS = re.compile(
    r"""^\(\(?"?(?P<column>\w+)"?\)?(?:::text)?\ =\ (?:
        ANY\ \(\(?ARRAY\[(?P<values>.*)\]\)?(?:::text\[\])?\)   # several members
        |(?P<value>'(?:[^']|'')*')(?:::[\w ]+)?                 # one
    )\)$""",
    re.VERBOSE,
)
"""How a CHECK declares an enumeration, as PostgreSQL reports it."""
VALUE = re.compile(r"'((?:[^']|'')*)'")
CLAUSE = re.compile(r"^CHECK \((?P<clause>.*)\)(?: NO INHERIT)?(?: NOT VALID)?$", re.DOTALL)

RELATION_KINDS = {
    "r": RelationKind.TABLE,
    "p": RelationKind.TABLE,
    "v": RelationKind.VIEW,
    "m": RelationKind.REPORT,
    "f": RelationKind.FOREIGN,
    "partition": RelationKind.PARTITION,
}
RELATIONS = """
    SELECT relname, CASE WHEN relispartition THEN 'partition'
                         WHEN relkind = 'v' AND pg_relation_is_updatable(oid, true) = 0 THEN 'm' ELSE relkind::text END
    FROM pg_class
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(oid) AND relnamespace <> 'pg_catalog'::regnamespace
"""
COLLATION = """
    SELECT '', quote_ident(n.nspname) || '.' || quote_ident(o.collname)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    JOIN pg_collation o ON o.oid = a.attcollation JOIN pg_namespace n ON n.oid = o.collnamespace
    WHERE c.relname = %s AND pg_table_is_visible(c.oid) AND a.attname = %s
"""
OUT_OF_SIGHT = """
    SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname <> ALL (current_schemas(true)) AND n.nspname <> 'information_schema'
    AND n.nspname !~ '^pg_' ORDER BY 1
"""
ELSEWHERE = """
    SELECT r.relname, n.nspname FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT pg_table_is_visible(r.oid) AND r.relname = ANY(%s)
      AND n.nspname <> 'information_schema'
    ORDER BY n.nspname DESC
"""
COLUMNS = """
    WITH RECURSIVE domain(oid, base, modifier, required, filled) AS (
        SELECT oid, typbasetype, typtypmod, typnotnull, typdefault FROM pg_type WHERE typtype = 'd'
        UNION ALL
        SELECT d.oid, t.typbasetype, GREATEST(d.modifier, t.typtypmod), d.required OR t.typnotnull,
               COALESCE(d.filled, t.typdefault)
        FROM domain d JOIN pg_type t ON t.oid = d.base WHERE t.typtype = 'd'
    ), based AS (SELECT d.* FROM domain d JOIN pg_type t ON t.oid = d.base AND t.typtype <> 'd')
    SELECT r.relname, a.attname, t.typname, COALESCE(d.modifier, a.atttypmod),
           NOT (a.attnotnull OR COALESCE(d.required, false)),
           a.atthasdef OR a.attidentity <> '' OR d.filled IS NOT NULL,
           CASE WHEN a.attgenerated = '' THEN COALESCE(pg_get_expr(e.adbin, e.adrelid), d.filled) END,
           (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
           format_type(t.oid, COALESCE(d.modifier, a.atttypmod)), a.attgenerated <> ''
    FROM pg_class r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN based d ON d.oid = a.atttypid
    JOIN pg_type t ON t.oid = COALESCE(d.base, a.atttypid)
    LEFT JOIN pg_attrdef e ON e.adrelid = r.oid AND e.adnum = a.attnum
    WHERE r.relkind IN ('r', 'p') AND pg_table_is_visible(r.oid) AND r.relname = ANY(%s) ORDER BY r.relname, a.attnum
"""
"""A column of a domain is reported as one of the type that the domain restricts."""
UNIQUE = """
    SELECT r.relname, i.indisprimary,
           (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(i.indkey::int[]) WITH ORDINALITY AS k(number, place)
            JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.number
            WHERE k.place <= i.indnkeyatts)
    FROM pg_class r
    JOIN pg_index i ON i.indrelid = r.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
    WHERE pg_table_is_visible(r.oid) AND r.relname = ANY(%s) ORDER BY r.relname, i.indexrelid
"""
SCHEMAS = """
    SELECT c.relname, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid) AND n.nspname <> 'pg_catalog'
"""
"""Each table that a name without a schema means, and its schema: the search path decides."""
EVERY_SCHEMA = """
    SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relname = %s
"""
"""The schemas that have a table of this name, whether or not the search path leads there."""
KEYS = """
    FROM pg_constraint c
    JOIN pg_class r ON r.oid = c.conrelid
    JOIN pg_namespace s ON s.oid = r.relnamespace
    JOIN pg_class o ON o.oid = COALESCE(pg_partition_root(r.oid), r.oid)
    JOIN pg_class p ON p.oid = c.confrelid
    JOIN pg_namespace n ON n.oid = p.relnamespace
    JOIN pg_class f ON f.oid = COALESCE(pg_partition_root(p.oid), p.oid) AND pg_table_is_visible(f.oid)
    JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS pair(own, named, place) ON true
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = pair.own
    JOIN pg_attribute k ON k.attrelid = p.oid AND k.attnum = pair.named
    WHERE c.contype = 'f' AND c.conparentid = 0
"""
"""Foreign keys as declared, by r (of the table o) to p (of f); those that partitions inherit have a parent."""
PARTITION = """
    CASE WHEN {0}.oid = {1}.oid THEN '' WHEN pg_table_is_visible({0}.oid) THEN {0}.relname
         ELSE '"' || replace({2}.nspname, '"', '""') || '"."' || replace({0}.relname, '"', '""') || '"' END
"""
FOREIGN_KEYS = f"""
    SELECT o.relname, a.attname, f.relname, k.attname, c.conname,
           {PARTITION.format("r", "o", "s")}, {PARTITION.format("p", "f", "n")}, a.attnotnull
    {KEYS} AND pg_table_is_visible(o.oid) AND o.relname = ANY(%s) ORDER BY o.relname, r.oid, c.conname, pair.place
"""
FROM_ELSEWHERE = f"""
    SELECT s.nspname, r.relname, a.attname, f.relname, k.attname, c.conname, {PARTITION.format("p", "f", "n")}
    {KEYS} AND NOT pg_table_is_visible(o.oid) ORDER BY s.nspname, r.relname, c.conname, pair.place
"""
CHECKS = """
    SELECT r.relname, c.conname, pg_get_constraintdef(c.oid)
    FROM pg_class r
    JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype = 'c'
    WHERE pg_table_is_visible(r.oid) AND r.relname = ANY(%s) ORDER BY r.relname, c.conname
"""


def read_kinds(connection: BaseDatabaseWrapper) -> dict[str, RelationKind]:
    """See `introspection.read_kinds`."""
    with connection.cursor() as cursor:
        cursor.execute(RELATIONS)
        return {name: RELATION_KINDS[kind] for name, kind in cursor.fetchall()}


def read_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> dict[str, TableSchema]:
    """Those of the tables `names` that exist."""
    with connection.cursor() as cursor:

        def ask(sql: str) -> dict[str, list[tuple[Any, ...]]]:
            cursor.execute(sql, [sorted(names)])
            return _grouped(cursor.fetchall())

        columns, indexes, keys, checks = ask(COLUMNS), ask(UNIQUE), ask(FOREIGN_KEYS), ask(CHECKS)
    return {table: _table(table, rows, indexes[table], keys[table], checks[table]) for table, rows in columns.items()}


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    groups: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, *rest in rows:
        groups[table].append(tuple(rest))
    return groups


def _table(
    name: str,
    columns: list[tuple[Any, ...]],
    indexes: list[tuple[Any, ...]],
    keys: list[tuple[Any, ...]],
    checks: list[tuple[Any, ...]],
) -> TableSchema:
    clauses = {check: found["clause"] for check, definition in checks if (found := CLAUSE.match(definition))}
    texts = {row[0] for row in columns if KINDS.get(row[1]) is Kind.TEXT}
    of_members = {
        check: found for check, clause in clauses.items() if (found := MEMBERS.match(clause)) and found["column"] in texts
    }
    members = {found["column"]: found["values"] or found["value"] for found in of_members.values()}
    return TableSchema(
        name=name,
        columns={row[0]: _column(row, tuple(VALUE.findall(members.get(row[0], "")))) for row in columns},
        key=next((tuple(of) for primary, of in indexes if primary), ()),
        unique=tuple(tuple(of) for primary, of in indexes if not primary),
        foreign_keys=tuple(
            ForeignKey(
                column=column,
                table=target,
                key=key,
                constraint=constraint,
                partition=partition,
                target_partition=target_partition,
                required=required,
            )
            for column, target, key, constraint, partition, target_partition, required in keys
        ),
        checks=tuple(Check(name=check, clause=clause) for check, clause in clauses.items() if check not in of_members),
    )


def _column(row: tuple[Any, ...], members: tuple[str, ...]) -> ColumnSchema:
    name, type_name, modifier, nullable, has_default, default, enumeration, spelled, is_generated = row
    kind = Kind.TEXT if enumeration else KINDS.get(type_name, Kind.OTHER)
    bounded = modifier >= HEADER
    scale: int | None = None
    low: Any = None
    high: Any = None
    if kind is Kind.INTEGER:
        bits = INTEGERS[type_name]
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    elif kind is Kind.DECIMAL and bounded:
        precision, stored = divmod(modifier - HEADER, 2**16)
        scale = stored - SCALES if stored >= SCALES // 2 else stored
        high = largest_decimal(precision, scale)
        low = high.copy_negate()
    elif kind in (Kind.TIME, Kind.DURATION) and modifier >= 0 and modifier & FRACTIONS != FRACTIONS:
        scale = modifier & FRACTIONS
    return ColumnSchema(
        name=name,
        kind=kind,
        nullable=nullable,
        type_name=spelled,
        is_generated=is_generated,
        counts=kind is Kind.INTEGER and has_default and not is_generated and (default is None or "nextval(" in default),
        has_default=has_default,
        default=default,
        length=modifier - HEADER if type_name in ("varchar", "bpchar") and bounded else None,
        values=tuple(enumeration or (value.replace("''", "'") for value in members)),
        scale=scale,
        low=low,
        high=high,
        is_single=type_name == "float4",
        is_padded=type_name == "bpchar",
    )
