"""Which texts are equal: the server decides, by the collation of a column or by what its unique index compares."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.features import features
from seeding.db.sql import quoted, quoted_plainly
from seeding.schema.tables import ColumnSchema, TableSchema

PLAIN = "{}"
"""A column as its own collation compares it."""
BYTES = '{} COLLATE "BINARY"'
"""A text of SQLite by its bytes."""
PORTION = 500
"""Texts compared in one statement."""
WITHOUT_CASE = re.compile(
    r'\(*(?P<function>lower|upper)\(\(?["`]?(?P<column>[^"`()]+)["`]?\)?(?P<cast>::text)?\)+', re.IGNORECASE
)
"""An index over an expression that only ignores letter case. Any other may take texts for equal that nobody would."""

UNSTORABLE: Mapping[str | int | None, str] = {
    1: r"[^\x00-\x7f]",
    3: r"[\x{10000}-\x{10ffff}]",
    "latin1": r"[^\x00-\x7f\xa0-\xff\x{81}\x{8d}\x{8f}\x{90}\x{9d}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]",  # noqa: RUF001
}
"""Bytes per character, or a character set → what it lacks. MySQL's latin1 is Windows' code page 1252, and the five bytes
without a meaning are themselves."""
IGNORED = r"[\p{M}\p{Cf}]"
"""Accents and invisible characters, where a text is taken apart."""

Repeated = Callable[["pl.DataFrame", "pl.Series"], "pl.Series"]
"""Given the values of a unique key and, per row, what they are `alike` in: which rows the server takes for an earlier one."""
Rule = tuple[str, ...]
"""What is compared of a key: SQL per column, in which `{}` stands for the column or for a value."""


def alike(values: pl.Series) -> pl.Series:
    """Texts without what many a collation ignores: letter case, accents, trailing blanks. The server decides about the rest."""
    if values.dtype != pl.String:
        return values
    texts = values.str.strip_chars_end(" ").str.to_lowercase()
    if texts.str.len_bytes().sum() == texts.str.len_chars().sum():  # plain ASCII
        return texts
    return texts.str.normalize("NFKD").str.replace_all(IGNORED, "").str.replace_all("ß", "ss", literal=True)


def unstorable(column: ColumnSchema) -> str:
    """The characters that the column's character set lacks, as a regular expression; empty if it has all."""
    return UNSTORABLE.get(column.character_set) or UNSTORABLE.get(column.character_octets, "")


class Equality:
    """Asks the database `using` which texts are equal. `live` are its tables, as far as they are known."""

    def __init__(self, using: str, live: Mapping[str, TableSchema] | None = None) -> None:
        self._using = using
        self._live = live or {}
        self._rules: dict[tuple[str, tuple[str, ...]], list[Rule]] = {}
        self._read: Mapping[str, list[Index]] = {}

    def rules(self, table: str, columns: Sequence[str]) -> list[Rule]:
        """What the unique indexes over exactly these columns compare; PLAIN if that is not known. Asked once."""
        asked = (table, tuple(columns))
        if asked not in self._rules:
            found = [tuple(index[one] for one in columns) for index in self._indexes(table) if index.keys() == set(columns)]
            self._rules[asked] = list(dict.fromkeys(found)) or [(PLAIN,) * len(columns)]
        return self._rules[asked]

    def _indexes(self, table: str) -> list[Index]:
        """The table's unique indexes; where one statement tells of all the live tables', it is asked only once."""
        connection = connections[self._using]
        if self._live and not self._read and connection.vendor in INDEXES:
            self._read = INDEXES[connection.vendor](connection, sorted(self._live))
        if table in self._read:
            return self._read[table]
        found = INDEXES_OF_ONE.get(connection.vendor, INDEXES.get(connection.vendor, _none))(connection, [table])
        return [one for indexes in found.values() for one in indexes]  # the server may spell the table's name otherwise

    def coarser(self, table: str, columns: Sequence[str]) -> list[Rule]:
        """Those of the `rules` that may take texts for equal which the columns hold to be different."""
        return [rule for rule in self.rules(table, columns) if not {PLAIN, BYTES}.issuperset(rule)]

    def stored(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """The rows as the table gives them back: a text of a fixed length keeps no trailing blanks."""
        trims = features(connections[self._using]).trims_fixed_texts
        known = (self._column(table, name) for name in columns)
        padded = [place for place, one in enumerate(known) if trims and one is not None and one.is_padded]
        if not padded:
            return list(map(tuple, rows))
        return [
            tuple(value.rstrip(" ") if place in padded and isinstance(value, str) else value for place, value in enumerate(row))
            for row in rows
        ]

    def fits(self, table: str, rows: pl.DataFrame) -> pl.Series:
        """Rows of which the columns hold every character: MySQL and MariaDB compare them with no other text."""
        fits = pl.repeat(True, rows.height, eager=True)
        for values in rows:
            if values.dtype == pl.String:
                fits &= ~values.str.contains("\0", literal=True).fill_null(value=False)
                known = self._column(table, values.name)
                if known is not None and (lacking := unstorable(known)):
                    fits &= ~values.str.contains(lacking).fill_null(value=False)
        return fits

    def _column(self, table: str, column: str) -> ColumnSchema | None:
        return self._live[table].columns.get(column) if table in self._live else None

    def numbers(self, table: str, column: str, texts: Sequence[str], rule: str = PLAIN) -> dict[str, int]:
        """Text → a number, the same for texts that are equal in the column by the `rule`. One statement."""
        distinct = list(dict.fromkeys(texts))
        if len(distinct) < 2:
            return dict.fromkeys(distinct, 0)
        connection = connections[self._using]
        texts = [text for (text,) in self.stored(table, [column], zip(distinct, strict=True))]
        known = self._column(table, column)
        given, parameters = GIVEN.get(connection.vendor, _selected)(
            quoted(connection, column), quoted(connection, table), texts, known.type_name if known else ""
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT n, DENSE_RANK() OVER (ORDER BY {rule.replace('%', '%%').replace(PLAIN, 'v', 1)}) FROM {given}",  # noqa: S608 - quoted
                parameters,
            )
            return {distinct[place]: rank for place, rank in cursor.fetchall()}

    def repeated(self, table: str, rows: pl.DataFrame, groups: pl.Series) -> pl.Series:
        """Which of the rows, whose columns are a unique key's, repeat an earlier one; those of one group are compared."""
        found = pl.repeat(False, rows.height, eager=True)
        rules = self.rules(table, rows.columns)
        for places in _portions(groups):
            some = rows[places]
            for rule in rules:
                numbered = some.with_columns(
                    some[name].replace_strict(self.numbers(table, name, some[name].to_list(), one))
                    for name, one in zip(rows.columns, rule, strict=True)
                    if some.schema[name] == pl.String
                )
                later = ~numbered.to_struct("key").is_first_distinct()
                found = found.scatter(places.filter(later), True)
        return found


def _portions(groups: pl.Series) -> Iterator[pl.Series]:
    """Positions of about PORTION rows each, ascending; no group is divided."""
    sized = pl.DataFrame({"group": groups}).with_row_index("place")
    sizes = sized.group_by("group", maintain_order=True).len()
    parts = sizes.with_columns((pl.col("len").cum_sum() // PORTION).alias("part"))
    for _, part in sized.join(parts, on="group", maintain_order="left").group_by("part", maintain_order=True):
        yield part["place"]


# Texts are given as rows (n, v), counted from 0, with the type and the collation of the column. A constant takes them on from
# what it is joined with, whatever the connection's own are.


def _selected(column: str, table: str, texts: Sequence[str], _kind: str) -> tuple[str, list[Any]]:
    rows = " UNION ALL ".join(["SELECT %s, %s"] * len(texts))
    source = f"(SELECT 0 AS n, {column} AS v FROM {table} WHERE 1 = 0 UNION ALL {rows}) AS given"  # noqa: S608 - quoted
    return source, [one for pair in enumerate(texts) for one in pair]


def _in_json(column: str, table: str, texts: Sequence[str], _kind: str) -> tuple[str, list[Any]]:
    """SQLite joins at most 500 parts by UNION."""
    rows = f"SELECT {column} AS v, 0 AS n FROM {table} WHERE 1 = 0 UNION ALL SELECT value, key FROM json_each(%s)"  # noqa: S608
    return f"({rows}) AS given", [json.dumps(list(texts))]


def _in_array(column: str, table: str, texts: Sequence[str], kind: str) -> tuple[str, list[Any]]:
    """PostgreSQL takes seconds to join a thousand parts by UNION. Of a domain, `kind` is the base type, which has no CHECKs."""
    written = ('"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"')) for text in texts)
    value = f"{column}::{kind.replace('%', '%%')}" if kind else column
    none = f"(SELECT array_agg({value}) FROM {table} WHERE false)"  # noqa: S608 - quoted
    rows = f"unnest(CASE WHEN false THEN {none} ELSE %s END) WITH ORDINALITY AS given(v, place)"
    return f"(SELECT v, place - 1 AS n FROM {rows}) AS given", [  # noqa: S608 - quoted
        "{" + ",".join(written) + "}"
    ]


GIVEN: Mapping[str, Callable[[str, str, Sequence[str], str], tuple[str, list[Any]]]] = {
    "sqlite": _in_json,
    "postgresql": _in_array,
}
"""Vendor → what stands after FROM, with its parameters."""

Index = dict[str, str]
"""Column → what a unique index compares of it."""


def _none(_connection: BaseDatabaseWrapper, _tables: Collection[str]) -> Mapping[str, list[Index]]:
    return {}


def _of_expression(expression: str) -> Index | None:
    """What an element of an index compares if it is a column without its letter case."""
    found = WITHOUT_CASE.fullmatch(expression.strip())
    return {found["column"]: f"{found['function']}({{}}{found['cast'] or ''})"} if found else None


def _assembled(elements: Sequence[tuple[str, Any, Index | None]]) -> Mapping[str, list[Index]]:
    """Table → the indexes of which every element (table, index, what it compares) is understood."""
    indexes: dict[tuple[str, Any], list[Index | None]] = defaultdict(list)
    for table, index, element in elements:
        indexes[table, index].append(element)
    found: dict[str, list[Index]] = {table: [] for table, _ in indexes}
    for (table, _), parts in indexes.items():
        if None not in parts:
            found[table].append({name: sql for one in parts if one for name, sql in one.items()})
    return found


def _mysql(connection: BaseDatabaseWrapper, tables: Collection[str]) -> Mapping[str, list[Index]]:
    """MariaDB has no indexes over expressions; one over the beginnings of texts says nothing of whole ones."""
    knows = not getattr(connection, "mysql_is_mariadb", False) and getattr(connection, "mysql_version", ()) >= (8, 0, 13)
    expression = "expression" if knows else "NULL"
    with connection.cursor() as cursor:
        cursor.execute(MYSQL.format(expression), [tuple(tables)])
        rows = cursor.fetchall()
    return _assembled(
        [
            (table, index, None if prefix else {column: PLAIN} if column else _of_expression(expression or ""))
            for table, index, column, prefix, expression in rows
        ]
    )


MYSQL = """
    SELECT table_name, index_name, column_name, sub_part, {} FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name IN %s AND non_unique = 0 ORDER BY table_name, index_name, seq_in_index
"""


def _postgresql(connection: BaseDatabaseWrapper, tables: Collection[str]) -> Mapping[str, list[Index]]:
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL, [list(tables)])
        rows = cursor.fetchall()
    return _assembled(
        [
            (
                table,
                index,
                {column: f"{PLAIN} COLLATE {collation}" if collation else PLAIN} if column else _of_expression(definition),
            )
            for table, index, column, collation, definition in rows
        ]
    )


POSTGRESQL = """
    SELECT r.relname, i.indexrelid, a.attname,
           CASE WHEN k.compared <> a.attcollation THEN quote_ident(n.nspname) || '.' || quote_ident(c.collname) END,
           pg_get_indexdef(i.indexrelid, k.place::int, false)
    FROM pg_class r
    JOIN pg_index i ON i.indrelid = r.oid AND i.indisunique AND i.indpred IS NULL
    JOIN LATERAL unnest(i.indkey::int[], i.indcollation::oid[]) WITH ORDINALITY AS k(number, compared, place)
      ON k.place <= i.indnkeyatts
    LEFT JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.number AND k.number <> 0
    LEFT JOIN pg_collation c ON c.oid = k.compared
    LEFT JOIN pg_namespace n ON n.oid = c.collnamespace
    WHERE pg_table_is_visible(r.oid) AND r.relname = ANY(%s) ORDER BY i.indexrelid, k.place
"""


def _sqlite(connection: BaseDatabaseWrapper, tables: Collection[str]) -> Mapping[str, list[Index]]:
    """An index over an expression is found in its declaration only."""
    elements: list[tuple[str, Any, Index | None]] = []
    (table,) = tables
    with connection.cursor() as cursor:

        def ask(pragma: str, of: str) -> list[tuple[Any, ...]]:
            cursor.execute(f"PRAGMA {pragma}({quoted_plainly(connection, of)})")
            return list(cursor.fetchall())

        for _, index, is_unique, _, is_partial in ask("index_list", table):
            for _, _, column, _, collation, is_key in ask("index_xinfo", index) if is_unique and not is_partial else ():
                if is_key and column is None:
                    cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = %s", [index])
                    declared = DECLARED.search(cursor.fetchone()[0])
                    elements.append((table, index, _of_expression(declared["expression"]) if declared else None))
                elif is_key:
                    elements.append((table, index, {column: f"{PLAIN} COLLATE {quoted_plainly(connection, collation)}"}))
    return _assembled(elements)


DECLARED = re.compile(r"\bON\s+(?:\"[^\"]+\"|\w+)\s*\((?P<expression>.*)\)\s*$", re.IGNORECASE | re.DOTALL)
Reader = Callable[[BaseDatabaseWrapper, Collection[str]], Mapping[str, list[Index]]]
"""Reads the unique indexes of tables; what differs between servers."""
INDEXES: Mapping[str, Reader] = {"mysql": _mysql, "postgresql": _postgresql}
INDEXES_OF_ONE: Mapping[str, Reader] = {"sqlite": _sqlite}
