"""How the rows of a live table are identified: by every column of its primary key, in the server's own order.

A value is read in a form that every driver returns alike, and that the server turns back into exactly the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import polars as pl
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.features import features
from seeding.db.sql import Condition, quoted, quoted_plainly
from seeding.schema.kinds import TEXTLESS
from seeding.schema.tables import ColumnSchema, Kind, TableSchema

LARGEST = 2**63 - 1
EXACT_FLOATS = 2**53
"""Up to here, a float holds every whole number."""
TIMES = (Kind.DATE, Kind.DATETIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyColumn:
    """One column of a primary key, and SQL in which `{}` stands for the quoted column or for a value that is given back."""

    name: str
    dtype: type[pl.DataType] = pl.Int64
    """Of the values as they are read."""
    read: str = "{}"
    """The column as it is read."""
    given: str = "{}"
    """A value that was read, as the server compares it with the column."""
    compared: str = "{}"
    """The column as it is compared and ordered."""
    is_dashed: bool = False
    """Whether a UUID is read with its dashes."""
    written: str = ""
    """The column as it is told from values that only its collation holds equal to a given one; empty if there are none."""
    exact: str = ""
    """True for a value of the column that is read exactly; empty where all of them are."""
    problem: str = ""
    """Why the column cannot identify rows; empty where it can."""
    unordered: str = ""
    """Why rows cannot be read in its order, though it identifies them; empty where they can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKey:
    """A table's primary key. Its values are tuples, with one value per column."""

    columns: tuple[KeyColumn, ...]
    is_number: bool
    """Whether it is one integer."""

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return [one.name for one in self.columns]

    def selected(self, connection: BaseDatabaseWrapper) -> list[str]:
        """What a SELECT lists, for statements that take parameters."""
        return [one.read.format(quoted(connection, one.name)) for one in self.columns]

    def order(self, connection: BaseDatabaseWrapper, table: str) -> str:
        """The ORDER BY list, with the name of the table: a bare name would mean what the SELECT lists, which is text."""
        names = (f"{quoted(connection, table)}.{quoted(connection, one.name)}" for one in self.columns)
        return ", ".join(one.compared.format(name) for one, name in zip(self.columns, names, strict=True))

    def condition(self, connection: BaseDatabaseWrapper, operator: str, values: Sequence[Any]) -> Condition:
        """True for rows whose key is > or <= `values`, in the server's order."""
        columns = [one.compared.format(quoted(connection, one.name)) for one in self.columns]
        given = [one.given.format("%s") for one in self.columns]
        if not features(connection).expands_row_comparisons:
            return f"({', '.join(columns)}) {operator} ({', '.join(given)})", list(values)
        *earlier, (column, value, last) = zip(columns, given, values, strict=True)
        clause, parameters = f"{column} {operator} {value}", [last]
        for column, value, one in reversed(earlier):
            clause = f"({column} {operator[0]} {value} OR ({column} = {value} AND {clause}))"
            parameters = [one, one, *parameters]
        return clause, parameters

    def equals(self, connection: BaseDatabaseWrapper, table: str = "", given_by: str = "") -> str:
        """True for the row whose key is given: by a parameter per column, or by the columns of `given_by`.

        `table` and `given_by` are aliases in the statement.
        """
        told = []
        for one in self.columns:
            name = quoted(connection, one.name)
            column, value = (f"{table}.{name}", f"{given_by}.{name}") if table else (name, "%s")
            told.append(f"{one.compared.format(column)} = {one.given.format(value)}")
        return " AND ".join(told)

    def values(self, rows: pl.DataFrame) -> list[tuple[Any, ...]]:
        """The keys of rows that were read."""
        return rows.select(self.names).rows()

    def texts(self, rows: pl.DataFrame) -> pl.Series:
        """One text per row that was read: its key's columns, separated by NUL. Only equal keys have equal texts."""
        if self.is_number:
            return rows[self.names[0]].cast(pl.String)
        return rows.select(pl.concat_str([_text(rows[one.name]) for one in self.columns], separator="\0")).to_series()

    def frame(self, columns: Sequence[Sequence[Any]]) -> dict[str, pl.Series]:
        """The columns of rows as the driver returns them. Raises TypeError for a value that is not of the column's type."""
        return {
            one.name: pl.Series(one.name, values, dtype=one.dtype) for one, values in zip(self.columns, columns, strict=True)
        }


def row_key(connection: BaseDatabaseWrapper, table: TableSchema) -> RowKey:
    """The table's primary key. Columns that cannot identify rows have a `problem`."""
    described = [table.columns[name] for name in table.key]
    made = COLUMNS.get(connection.vendor, _elsewhere)
    if len(described) == 1 and described[0].kind is Kind.INTEGER:
        whole = _checked(described[0], made(described[0]))
        exact = f"{{}} <= {LARGEST}" if whole.dtype is pl.UInt64 else whole.exact
        return RowKey(columns=(replace(whole, dtype=pl.Int64, exact=exact),), is_number=True)
    return RowKey(columns=tuple(_checked(one, made(one)) for one in described), is_number=False)


def number(name: str) -> RowKey:
    """The key that is the integer column `name`."""
    return RowKey(columns=(KeyColumn(name=name),), is_number=True)


def inexact(connection: BaseDatabaseWrapper, table: str, key: RowKey) -> str:
    """What about the keys that are stored keeps rows from being found by them; empty if nothing does."""
    quote = partial(quoted_plainly, connection)
    exact = [one.exact.format(quote(one.name)) for one in key.columns if one.exact]
    with connection.cursor() as cursor:
        if exact:
            cursor.execute(f"SELECT 1 FROM {quote(table)} WHERE NOT ({' AND '.join(exact)}) LIMIT 1")  # noqa: S608 - quoted
            if cursor.fetchone():
                return f"its primary key ({', '.join(key.names)}) holds a value that cannot be read exactly, such as NULL"
        if connection.vendor == "mysql" and any(one.dtype is pl.String for one in key.columns):
            cursor.execute(PREFIXES, [table])
            if cursor.fetchone():
                return f"its primary key ({', '.join(key.names)}) holds only the beginnings of values"
    return ""


def text_of(connection: BaseDatabaseWrapper, column: ColumnSchema) -> str:
    """SQL of a column, `{}`, as a text that only the same value has, and that no setting of the session changes.

    It is for statements that take parameters.
    """
    if connection.vendor == "sqlite":  # whose columns hold values of any type
        told = "WHEN 'blob' THEN 'x' || hex({0}) WHEN 'real' THEN printf('%%!.17g', {0})"
        return f"CASE typeof({{0}}) {told} ELSE CAST({{0}} AS TEXT) END"
    exact = EXACT.get((connection.vendor, column.kind))
    if column.type_name in TEXTLESS and connection.vendor == "mysql":
        exact = "HEX({})"
    made = COLUMNS.get(connection.vendor, _elsewhere)(column) if column.kind in TIMES or column.type_name == "bytea" else None
    return exact or (features(connection).as_text if made is None or made.problem else made.read)


EXACT: Mapping[tuple[str, Kind], str] = {
    ("mysql", Kind.FLOAT): "CAST({} + 0e0 AS CHAR)",
    ("postgresql", Kind.FLOAT): "encode(float8send({}::float8), 'hex')",
}
"""Server and kind → SQL of a column, `{}`, that tells all of its values apart, where its text does not."""


PREFIXES = """
    SELECT 1 FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = %s AND index_name = 'PRIMARY' AND sub_part IS NOT NULL LIMIT 1
"""


def _text(values: pl.Series) -> pl.Series:
    if values.dtype == pl.Float64:
        return pl.Series(values.name, map(repr, values), dtype=pl.String)
    if values.dtype != pl.String:
        return values.cast(pl.String)
    return values.str.replace_all("\\", "\\\\", literal=True).str.replace_all("\0", "\\0", literal=True)


def _checked(column: ColumnSchema, made: KeyColumn) -> KeyColumn:
    if column.is_generated:
        return replace(made, problem="is generated, and may change when other columns are masked")
    return made


def _unknown(column: ColumnSchema) -> KeyColumn:
    spelled = column.type_name or column.kind
    return KeyColumn(name=column.name, problem=f"has the type {spelled}, by whose values rows may not be found again")


def _as_text(column: ColumnSchema, **differences: str) -> KeyColumn:
    is_dashed = column.type_name.rpartition(".")[2] == "uuid"
    return KeyColumn(name=column.name, dtype=pl.String, is_dashed=is_dashed, **differences)


def _sqlite(column: ColumnSchema) -> KeyColumn:
    """A column holds values of any type, NULL too; its own collation may be coarser than that of the key."""
    if column.kind in (Kind.INTEGER, Kind.BOOLEAN):
        read = "CAST({} AS INTEGER)" if column.kind is Kind.BOOLEAN else "{}"  # of which Python would make a bool
        return KeyColumn(name=column.name, read=read, exact="typeof({}) = 'integer'")
    if column.kind in (Kind.DECIMAL, Kind.FLOAT):
        exact = f"typeof({{0}}) IN ('integer', 'real') AND abs({{0}}) <= {EXACT_FLOATS}"
        return KeyColumn(name=column.name, dtype=pl.Float64, read="CAST({} AS REAL)", exact=exact)
    return _as_text(column, read="CAST({} AS TEXT)", compared="{} COLLATE BINARY", exact="typeof({}) = 'text'")


def _mysql(column: ColumnSchema) -> KeyColumn:
    """Texts are compared under the column's collation: a text that the client gives adopts it."""
    if column.kind in (Kind.INTEGER, Kind.BOOLEAN):
        is_wide = isinstance(column.high, int) and column.high > LARGEST
        return KeyColumn(name=column.name, dtype=pl.UInt64 if is_wide else pl.Int64)
    if column.type_name == "enum":  # ordered by the places of its members
        return KeyColumn(name=column.name, read="CAST({} AS UNSIGNED)")
    if column.type_name in ("char", "varchar"):
        return _as_text(column, written="CAST(CONVERT({} USING utf8mb4) AS BINARY)")
    if column.type_name in ("binary", "varbinary"):
        return _as_text(column, read="HEX({})", given="UNHEX({})")
    sql_type = {
        "decimal": f"DECIMAL(65, {column.scale})", "date": "DATE", "datetime": "DATETIME(6)", "uuid": "UUID",
    }.get(column.type_name)  # fmt: skip
    if sql_type is None:
        return _timestamp(column) if column.type_name == "timestamp" else _unknown(column)
    has_day = "DAYOFMONTH({0}) <> 0 AND MONTH({0}) <> 0" if column.kind in TIMES else ""
    return _as_text(column, read="CAST({} AS CHAR)", given=f"CAST({{}} AS {sql_type})", exact=has_day)


def _timestamp(column: ColumnSchema) -> KeyColumn:
    """By the seconds since 1970: it is shown in the session's time zone, where an hour may occur twice."""
    return _as_text(
        column,
        read="CAST(UNIX_TIMESTAMP({}) AS CHAR)",
        given="CAST({} AS DECIMAL(20, 6))",
        compared="UNIX_TIMESTAMP({})",
        unordered="has the type timestamp, in whose order no index reads rows",
    )


def _postgresql(column: ColumnSchema) -> KeyColumn:
    """Every type reads its own text; moments are written so that no setting of the session matters."""
    if column.kind is Kind.INTEGER:
        return KeyColumn(name=column.name)
    given = "{}::" + column.type_name.replace("{", "{{").replace("}", "}}").replace("%", "%%")
    if column.kind in TIMES:
        zoned = column.type_name.endswith("with time zone")
        read = "(to_json({} AT TIME ZONE 'UTC') #>> '{{}}') || 'Z'" if zoned else "to_json({}) #>> '{{}}'"
        return _as_text(column, read=read, given=given, exact="isfinite({0}) AND {0} >= '0001-01-01'")
    if column.type_name == "bytea":
        return _as_text(column, read="encode({}, 'hex')", given="decode({}, 'hex')")
    named = column.type_name.rpartition(".")[2]
    if named in ("uuid", "citext") or column.kind in (Kind.BOOLEAN, Kind.DECIMAL, Kind.TEXT):
        told = '({}::text COLLATE "C")' if named == "citext" or column.kind is Kind.TEXT else ""
        return _as_text(column, read="{}::text", given=given, written=told)
    return _unknown(column)


def _elsewhere(column: ColumnSchema) -> KeyColumn:
    return KeyColumn(name=column.name) if column.kind is Kind.INTEGER else _unknown(column)


COLUMNS: Mapping[str, Callable[[ColumnSchema], KeyColumn]] = {"sqlite": _sqlite, "mysql": _mysql, "postgresql": _postgresql}
"""What differs between servers."""
