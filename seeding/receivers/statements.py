"""What a statement does to rows, as far as its text tells. What cannot be told is OTHER: it is not run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

QUOTED = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|/\*(?!!|M!).*?\*/|--[^\n]*""", re.DOTALL)
"""What holds no keyword: texts, names and comments, but for the comments that MySQL and MariaDB run."""
NAME = r"""(?P<table>(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|[\w$]+)(?:\.(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|[\w$]+))?)"""
READS = re.compile(r"[\s(]*(?:SELECT|WITH|VALUES|TABLE|SHOW|EXPLAIN|DESC|DESCRIBE)\b", re.IGNORECASE)
LOCKS = re.compile(r"\bFOR (?:NO KEY )?UPDATE\b", re.IGNORECASE)
MORE = re.compile(r";\s*\S|/\*")
"""Another statement follows, or one that only some servers see."""
WRITES = re.compile(rf"\b(?:INSERT|UPDATE|DELETE|MERGE|INTO)\b|{MORE.pattern}", re.IGNORECASE)
POINTS = re.compile(r"\s*(?P<what>SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT) (?P<name>\S+)\s*;?\s*", re.IGNORECASE)
SETTLES = re.compile(r"SET CONSTRAINTS .+ IMMEDIATE", re.IGNORECASE)
INSERTS = re.compile(rf"\s*INSERT (?P<skips>IGNORE |OR IGNORE )?INTO {NAME}[\s(]", re.IGNORECASE)
CONFLICTS = re.compile(r"\bON (?:CONFLICT|DUPLICATE)\b", re.IGNORECASE)
NOTHING = re.compile(r"\bON CONFLICT(?: \([^)]*\))? DO NOTHING\b", re.IGNORECASE)
UPDATES = re.compile(rf"\s*UPDATE {NAME} SET\b", re.IGNORECASE)
BY_KEY = re.compile(r"\bWHERE (?P<column>\S+) = %s\s*", re.IGNORECASE)
DELETES = re.compile(rf"\s*DELETE FROM {NAME}(?:\s|$)", re.IGNORECASE)  # noqa: S608 - a pattern
RETURNING = re.compile(r"\bRETURNING\b", re.IGNORECASE)


class Does(StrEnum):
    """What a statement is for."""

    READ = "read"
    MARK = "SAVEPOINT"
    RELEASE = "RELEASE SAVEPOINT"
    UNDO = "ROLLBACK TO SAVEPOINT"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement."""

    does: Does
    name: str = ""
    """Of the table or the savepoint, as it is written there."""
    column: str = ""
    """Of an UPDATE whose only condition is that this column, as it is written there, equals the last parameter."""
    rows: int | None = None
    """How many rows an INSERT lists; None if that does not tell how many it inserts."""
    returns: bool = False


@lru_cache(maxsize=512)
def parsed(sql: str) -> Statement:
    """What the statement does."""
    bare = QUOTED.sub(" ? ", sql)
    if point := POINTS.fullmatch(sql):
        return Statement(does=Does(point["what"].upper()), name=point["name"])
    if READS.match(bare):
        return Statement(does=Does.OTHER if WRITES.search(LOCKS.sub("", bare)) else Does.READ)
    if SETTLES.fullmatch(sql):
        return Statement(does=Does.READ)
    other = Statement(does=Does.OTHER)
    return other if MORE.search(bare) else _inserting(sql, bare) or _changing(sql, bare) or other


def _inserting(sql: str, bare: str) -> Statement | None:
    found, conflicts = INSERTS.match(sql), CONFLICTS.search(bare)
    if found is None or (conflicts and not NOTHING.search(bare)):
        return None
    rows = None if conflicts or found["skips"] else _listed(bare)
    return Statement(does=Does.INSERT, name=found["table"], rows=rows, returns=bool(RETURNING.search(bare)))


def _changing(sql: str, bare: str) -> Statement | None:
    returns = bool(RETURNING.search(bare))
    if found := UPDATES.match(sql):
        by_key = list(BY_KEY.finditer(sql))
        column = by_key[-1]["column"] if len(by_key) == 1 and by_key[-1].end() == len(sql) else ""
        return Statement(does=Does.UPDATE, name=found["table"], column=column, returns=returns)
    if found := DELETES.match(sql):
        return Statement(does=Does.DELETE, name=found["table"], returns=returns)
    return None


def _listed(bare: str) -> int | None:
    """How many lists of values follow VALUES; None for another source of rows."""
    _, values, tail = bare.partition(" VALUES ")
    if not values or re.search(r"\bSELECT\b", bare, re.IGNORECASE):
        return 1 if re.search(r"\bDEFAULT VALUES\b", bare, re.IGNORECASE) else None
    depth = rows = 0
    for letter in tail:
        rows += letter == "(" and not depth
        depth += (letter == "(") - (letter == ")")
    return rows
