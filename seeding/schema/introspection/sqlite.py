"""Tables as SQLite's pragmas report them: Django's introspection parses the declaration again for every query."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sql import quoted_plainly
from seeding.schema.introspection.generic import kind_of
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, RelationKind, TableSchema

NAME = r'"[^"]+"|`[^`]+`|\[[^\]]+\]|\w+'
TEXT = r"'(?:[^']|'')*'"
MEMBERS = re.compile(rf"\s*(?P<column>{NAME})\s+IN\s*\((?P<values>\s*{TEXT}(?:\s*,\s*{TEXT})*\s*)\)\s*", re.IGNORECASE)
"""How an enumeration is declared without a type for it."""
IS_JSON = re.compile(r"\(?json_valid\b", re.IGNORECASE)
"""The check that Django declares for JSON columns."""
CHECK = re.compile(
    rf"(?P<check>(?:\bCONSTRAINT\s+(?P<name>{NAME})\s+)?\bCHECK\s*(?=\())|{TEXT}|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/",
    re.IGNORECASE | re.DOTALL,
)
"""The start of a CHECK, with or without a name; or a text, a quoted name or a comment, in which no CHECK starts."""
PARENTHESIS = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|[()]""", re.DOTALL)
"""A parenthesis; or a quoted text, a quoted name or a comment, in which parentheses do not count."""
VALUE = re.compile(r"'((?:[^']|'')*)'")
LENGTH = re.compile(r"\((\d+)\)")
JOINS = re.compile(r"\b(?:JOIN|GROUP|UNION|DISTINCT|WITH)\b|\b(?:COUNT|SUM|MIN|MAX|AVG)\s*\(", re.IGNORECASE)
VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
HIDDEN = 1
"""How SQLite marks a column of a virtual table that no `*` shows; a generated column is marked otherwise."""
RELATIONS = "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"


def read_kinds(connection: BaseDatabaseWrapper) -> dict[str, RelationKind]:
    """See `introspection.read_kinds`."""
    with connection.cursor() as cursor:
        cursor.execute(RELATIONS)
        return {name: _kind(kind, sql) for name, kind, sql in cursor.fetchall()}


def _kind(kind: str, sql: str | None) -> RelationKind:
    if kind == "view":
        return RelationKind.REPORT if JOINS.search(sql or "") else RelationKind.VIEW
    return RelationKind.INDEX if VIRTUAL.match(sql or "") else RelationKind.TABLE


def read_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> dict[str, TableSchema]:
    """Those of the tables `names` that exist."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        declared = dict(cursor.fetchall())
        spelled = {folded(name): name for name in declared}
        return {name: _table(connection, cursor, name, sql, spelled) for name, sql in declared.items() if name in names}


def _table(
    connection: BaseDatabaseWrapper, cursor: Any, name: str, declaration: str, spelled: Mapping[str, str]
) -> TableSchema:
    """The table; `spelled` maps folded names to table names, since a foreign key may use another letter case."""

    def ask(pragma: str, of: str) -> list[tuple[Any, ...]]:
        cursor.execute(f"PRAGMA {pragma}({quoted_plainly(connection, of)})")
        return list(cursor.fetchall())

    def key_of(target: str, key: str) -> str:
        return {folded(row[1]): str(row[1]) for row in ask("table_xinfo", target)}.get(folded(key), key) if key else ""

    def own(column: str) -> str:
        return next((str(row[1]) for row in described if folded(row[1]) == folded(column)), column)

    clauses = [
        (_unquoted(found["name"] or ""), _parenthesised(declaration[found.end() :]))
        for found in CHECK.finditer(declaration)
        if found["check"]
    ]
    members = dict(_members(clauses))
    described = [row for row in ask("table_xinfo", name) if row[6] != HIDDEN]
    unique = [
        index
        for _, index, is_unique, origin, partial in ask("index_list", name)
        if is_unique and origin != "pk" and not partial
    ]
    return TableSchema(
        name=name,
        columns={row[1]: _column(connection, row, members.get(row[1].lower(), ())) for row in described},
        key=tuple(row[1] for row in sorted(described, key=lambda row: int(row[5])) if row[5]),
        unique=tuple(key for index in unique if None not in (key := tuple(row[2] for row in ask("index_info", index)))),
        foreign_keys=tuple(
            ForeignKey(column=own(row[3]), table=target, key=key_of(target, row[4] or ""), constraint=str(row[0]))
            for row in ask("foreign_key_list", name)
            for target in [spelled.get(folded(row[2]), row[2])]
        ),
        checks=tuple(_checks(name, clauses)),
    )


def folded(name: str) -> str:
    """A name as SQLite compares it: only letters of ASCII have another case."""
    return "".join(one.lower() if one.isascii() else one for one in name)


def _members(clauses: Iterable[tuple[str, str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Column in lower case (SQLite ignores case) and its members, for clauses that only declare an enumeration."""
    for _, clause in clauses:
        if found := MEMBERS.fullmatch(clause):
            yield _unquoted(found["column"]).lower(), tuple(one.replace("''", "'") for one in VALUE.findall(found["values"]))


def _checks(table: str, clauses: Iterable[tuple[str, str]]) -> Iterator[Check]:
    """The checks; an unnamed one is numbered, since SQLite, unlike the servers, gives it no name."""
    number = 0
    for name, clause in clauses:
        if name:
            yield Check(name=name, clause=clause)
        elif not MEMBERS.fullmatch(clause) and not IS_JSON.match(clause):
            number += 1
            yield Check(name=f"{table}_check_{number}", clause=clause)


def _unquoted(name: str) -> str:
    """A name without its quotes."""
    return name[1:-1] if name[:1] in tuple('"`[') else name


def _parenthesised(text: str) -> str:
    """The text between the parenthesis that `text` begins with and the one that closes it."""
    depth = 0
    for found in PARENTHESIS.finditer(text):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return text[1 : found.start()]
    return text[1:]


def _column(connection: BaseDatabaseWrapper, row: tuple[Any, ...], values: tuple[str, ...]) -> ColumnSchema:
    _, name, declared, not_null, default, primary, is_generated = row
    length = LENGTH.search(declared)
    try:
        field_type = str(connection.introspection.data_types_reverse[declared])
    except KeyError:
        field_type = "unknown"
    return ColumnSchema(
        name=name,
        kind=kind_of(field_type),
        type_name=declared,
        nullable=not not_null and not primary,
        is_generated=bool(is_generated),
        has_default=default is not None or bool(primary) or bool(is_generated),
        default=default,
        length=int(length[1]) if field_type == "CharField" and length else None,
        values=values,
    )
