"""SQLite, from `sqlite_master`."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sql import quoted_plainly
from seeding.safety.catalogues.catalogue import Catalogue, Relation
from seeding.safety.refusal import Touch
from seeding.safety.triggers import Trigger
from seeding.schema.introspection.sqlite import VIRTUAL

COUNTS = re.compile(r"\bAUTOINCREMENT\b", re.IGNORECASE)
REUSES = "the highest that is there, plus one (no AUTOINCREMENT)"
RESOLVES = re.compile(r"\bON\s+CONFLICT\s+(?:REPLACE|IGNORE|FAIL|ROLLBACK)\b", re.IGNORECASE)
NAME = r'(?:"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|[\w$]+)'
HEAD = re.compile(
    rf"\s*CREATE\s+(?:TEMP(?:ORARY)?\s+)?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:{NAME}\s*\.\s*)?{NAME}\s+"
    r"(?P<timing>BEFORE|AFTER|INSTEAD\s+OF)?\s*(?P<event>DELETE|INSERT|UPDATE)\b",
    re.IGNORECASE,
)


def read_catalogue(connection: BaseDatabaseWrapper, names: Collection[str]) -> Catalogue:
    """See `catalogues.read_catalogue`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
        held = list(cursor.fetchall())
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        declared = dict(cursor.fetchall())
        tables = {table.lower() for table, _, _ in held}
        tables |= {name.lower() for name, sql in declared.items() if RESOLVES.search(sql or "")}
        indexes = frozenset(name for name, sql in declared.items() if VIRTUAL.match(sql or ""))
        triggers = [(table.lower(), _trigger(name, sql, tables, indexes)) for table, name, sql in held]
        return Catalogue(
            relations={
                name: Relation(
                    name=name,
                    key=_key(connection, cursor, name),
                    counter="" if COUNTS.search(declared.get(name) or "") else REUSES,
                    resolves=bool(RESOLVES.search(declared.get(name) or "")),
                    triggers=tuple(one for table, one in triggers if table == name.lower()),
                )
                for name in names
            }
        )


def _key(connection: BaseDatabaseWrapper, cursor: Any, name: str) -> tuple[str, ...]:
    cursor.execute(f"PRAGMA table_info({quoted_plainly(connection, name)})")
    return tuple(row[1] for row in sorted(cursor.fetchall(), key=lambda row: int(row[5])) if row[5])


def _trigger(name: str, sql: str, setting_off: Collection[str], indexes: frozenset[str]) -> Trigger:
    head = HEAD.match(sql)
    if head is None:
        return Trigger(name=name, timing="BEFORE", events=~Touch(0), language="", body="")
    timing = " ".join((head["timing"] or "BEFORE").upper().split())
    return Trigger(name=name, timing=timing, events=Touch[head["event"].upper()], language="sqlite", body=sql[head.end() :],
                   setting_off=frozenset(setting_off), indexes=indexes)  # fmt: skip
