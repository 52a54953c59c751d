"""Following links between rows: who refers to these, and whom do these refer to. Whole sets of keys at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connections

from seeding.keysets import NOTHING, RANGES_PER_STATEMENT, KeySet, union
from seeding.links import Link
from seeding.rows import Integers
from seeding.schema import TableSchema

PAGE = 2_000
"""Rows whose JSON is read at a time."""
FETCHED = 10_000
"""Pairs of keys handed on at a time."""
SHARED = {"mysql": " LOCK IN SHARE MODE"}
"""What makes a SELECT see the latest commit whatever the isolation level; elsewhere the locked parent rows suffice."""
COUNT = {"postgresql": "SELECT COUNT(*) FROM (SELECT 1 {}) AS locked"}
"""How rows are counted and locked at once; PostgreSQL locks none that it aggregates."""
LARGEST = 2**63 - 1

Condition = tuple[str, list[Any]]
"""SQL with its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Rows that refer and rows that they refer to, as two columns of primary keys."""

    referring: Sequence[Any]
    """Of any type, and None where the table has no primary key."""
    targets: Integers


class Tracer:
    """Asks one database (an alias of DATABASES)."""

    def __init__(self, using: str) -> None:
        self._connection = connections[using]

    def referring(self, link: Link, targets: KeySet, *, apart_from: KeySet = NOTHING, locking: bool = False) -> Iterator[Pairs]:
        """Which rows refer to `targets` through the link, but for those with keys in `apart_from`.

        `locking` reads what is committed now, and holds it until the transaction ends.
        """
        outside = self._outside(link.key, apart_from)
        for pairs in self._to(link, targets, outside, locking=locking):
            if not apart_from:
                yield pairs
                continue
            apart = ~apart_from.has(np.array(pairs.referring, dtype=np.int64))  # what is seeded has integer keys
            if apart.any():
                keys = [key for key, kept in zip(pairs.referring, apart, strict=True) if kept]
                yield Pairs(referring=keys, targets=pairs.targets[apart])

    def children(self, link: Link, targets: KeySet, among: KeySet) -> KeySet:
        """The rows of `among` that refer to `targets`."""
        found = NOTHING
        for piece in among.pieces() if targets else ():
            for pairs in self._to(link, targets, ranges(self._own(link.key), piece)):
                found |= KeySet.holding(np.array(pairs.referring, dtype=np.int64))
        return found

    def parents(self, link: Link, children: KeySet, among: KeySet) -> KeySet:
        """The rows of `among` to which the rows `children` refer."""
        found = NOTHING
        for piece in children.pieces() if among else ():
            inside = ranges(self._own(link.key), piece)
            for pairs in self._in_json(link, among, inside) if link.json_key else self._pairs(link, inside):
                found |= KeySet.holding(pairs.targets)
        return found & among

    def total(self, table: TableSchema) -> int:
        """How many rows the table holds, seeded or not."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {self._connection.ops.quote_name(table.name)}")  # noqa: S608
            return int(cursor.fetchone()[0])

    def present(self, table: TableSchema, keys: KeySet, *, locking: bool = False) -> KeySet:
        """Which of the rows `keys` are there; `locking` keeps them as they are until the transaction ends."""
        quote = self._connection.ops.quote_name
        lock = " FOR UPDATE" if locking and self._connection.features.has_select_for_update else ""
        found = []
        for piece in keys.pieces():
            condition, values = ranges(quote(table.primary_key), piece)
            with self._connection.cursor() as cursor:
                source = f"FROM {quote(table.name)} WHERE {condition}{lock}"
                cursor.execute(COUNT.get(self._connection.vendor, "SELECT COUNT(*) {}").format(source), values)
                if cursor.fetchone()[0] == len(piece):
                    found.append(piece)  # as a rule; and a million keys need not be told
                else:
                    cursor.execute(f"SELECT {quote(table.primary_key)} {source}", values)
                    found.append(KeySet.holding(np.array([row[0] for row in cursor.fetchall()], dtype=np.int64)))
        return union(found)

    def _to(self, link: Link, targets: KeySet, condition: Condition, *, locking: bool = False) -> Iterator[Pairs]:
        if link.json_key:
            yield from self._in_json(link, targets, condition)
            return
        for piece in targets.pieces():
            yield from self._pairs(link, ranges(self._meant(link), piece), condition, locking=locking)

    def _pairs(self, link: Link, *conditions: Condition, locking: bool = False) -> Iterator[Pairs]:
        quote = self._connection.ops.quote_name
        own, named = self._own(link.key) if link.key else "NULL", self._meant(link)
        source = f"{quote(link.table)} c"
        if link.target_column != link.target_key:
            source += f" JOIN {quote(link.target)} t ON t.{quote(link.target_column)} = {self._own(link.column)}"
        clauses = [f"{named} IS NOT NULL", *(clause for clause, _ in conditions if clause)]
        values = [value for _, some in conditions for value in some]
        if link.when:
            clauses.append(f"{self._own(link.when[0])} = %s")
            values.append(link.when[1])
        lock = SHARED.get(self._connection.vendor, "") if locking else ""
        with self._connection.cursor() as cursor:
            # Names are quoted, values are parameters.
            cursor.execute(f"SELECT {own}, {named} FROM {source} WHERE {' AND '.join(clauses)}{lock}", values)  # noqa: S608
            while rows := cursor.fetchmany(FETCHED):
                yield _paired(rows)

    def _in_json(self, link: Link, targets: KeySet, condition: Condition) -> Iterator[Pairs]:
        """What the JSON of rows under `condition` names of `targets`: read page by page, since it may be long."""
        key, column = self._own(link.key), self._own(link.column)
        clause, values = condition
        where = " AND ".join(one for one in (f"{column} IS NOT NULL", f"{key} > %s", clause) if one)
        table = self._connection.ops.quote_name(link.table)
        sql = f"SELECT {key}, {column} FROM {table} c WHERE {where} ORDER BY {key} LIMIT {PAGE}"  # noqa: S608 - as above
        last = -1
        while True:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, [last, *values])
                rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            held = _paired([(row, named) for row, text in rows for named in _named(text, str(link.json_key))])
            meant = targets.has(held.targets)
            if meant.any():
                keys = [key for key, is_meant in zip(held.referring, meant, strict=True) if is_meant]
                yield Pairs(referring=keys, targets=held.targets[meant])

    def _own(self, column: str) -> str:
        return f"c.{self._connection.ops.quote_name(column)}"

    def _meant(self, link: Link) -> str:
        """The expression that is the target's primary key."""
        if link.target_column == link.target_key:
            return self._own(link.column)
        return f"t.{self._connection.ops.quote_name(link.target_key)}"

    def _outside(self, column: str, keys: KeySet) -> Condition:
        """A condition that leaves out at least the widest ranges of `keys`, as many as one statement can name."""
        if not keys:
            return "", []
        widest = np.argsort(keys.bounds[:, 0] - keys.bounds[:, 1])[:RANGES_PER_STATEMENT]
        clause, values = ranges(self._own(column), KeySet(keys.bounds[np.sort(widest)]))
        return f"NOT {clause}", values


def ranges(column: str, keys: KeySet) -> Condition:
    """A condition on the quoted `column` that holds for `keys`; see KeySet.pieces for how many there may be."""
    bounds = keys.ranges
    return f"({' OR '.join(f'{column} BETWEEN %s AND %s' for _ in bounds)})", [edge for one in bounds for edge in one]


def _paired(rows: Sequence[tuple[Any, Any]]) -> Pairs:
    return Pairs(referring=[row[0] for row in rows], targets=np.array([row[1] for row in rows], dtype=np.int64))


def _named(value: Any, key: str) -> Iterator[int]:
    """The keys that a JSON value names: of each object in a list of them. Real rows may hold anything."""
    try:
        content = json.loads(value) if isinstance(value, (str, bytes)) else value
    except ValueError:
        return
    for item in content if isinstance(content, list) else [content]:
        named = item.get(key) if isinstance(item, dict) else None
        if isinstance(named, (int, str)) and str(named).isdecimal() and int(named) <= LARGEST:
            yield int(named)
