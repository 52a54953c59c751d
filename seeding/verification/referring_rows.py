"""Follows links between rows in both directions, whole sets of keys at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

import numpy as np
from django.db import connections

from seeding.arrays import Integers, Mask
from seeding.db.features import features
from seeding.db.sql import Condition, count_rows, quoted
from seeding.keys import NOTHING, RANGES_PER_STATEMENT, KeySet, union
from seeding.ledger.key_values import LARGEST, NOBODY, spelling, whole_numbers
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.introspection import collated_alike
from seeding.schema.references import objects
from seeding.schema.relations import Relation
from seeding.schema.tables import TableSchema

PAGE = 2_000
"""Rows whose JSON is read at a time."""
FETCHED = 10_000
"""Pairs of keys yielded at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Referring rows and their targets, as two columns of primary keys."""

    referring: Sequence[Any]
    """Of any type; None if the table has no primary key. The numbers alone, if the keys have other parts."""
    targets: Integers
    numbers: Integers | None = None
    """The numbers of those referring rows that are seeded, NOBODY for others; None if `referring` are the numbers."""

    def among(self, keys: KeySet) -> Mask:
        """Which of the referring rows are those with the numbers `keys`."""
        return keys.has(whole_numbers(self.referring) if self.numbers is None else self.numbers)


class Tracer:
    """Queries one database (an alias of DATABASES). `identities` are of the tables whose keys are more than numbers."""

    def __init__(self, using: str, identities: Mapping[str, RowIdentity] = MappingProxyType({})) -> None:
        self._connection = connections[using]
        self._identities = identities
        self._collated: dict[tuple[Relation, str], str] = {}
        self._spelled: dict[Relation, Mapping[str, Sequence[int]]] = {}

    def identity(self, table: str, number: str) -> RowIdentity:
        """How the seeded rows of the table are found, whose keys are the values of `number` unless they have other parts."""
        return self._identities.get(table) or RowIdentity(using=self._connection.alias, number=number)

    def referring(
        self, link: Relation, targets: KeySet, *, apart_from: KeySet = NOTHING, locking: bool = False
    ) -> Iterator[Pairs]:
        """Which rows refer to `targets` through the link, except those with keys in `apart_from`.

        `locking` reads the latest committed rows, and locks them until the transaction ends.
        """
        outside = self._outside(link, apart_from)
        for pairs in self._to(link, targets, outside, locking=locking):
            if not apart_from:
                yield pairs
                continue
            apart = ~pairs.among(apart_from)
            if apart.any():
                keys = [key for key, kept in zip(pairs.referring, apart, strict=True) if kept]
                yield Pairs(referring=keys, targets=pairs.targets[apart])

    def among(self, link: Relation, targets: KeySet, among: KeySet, *, locking: bool = False) -> Iterator[Pairs]:
        """Which of the rows `among` refer to `targets`."""
        for _, inside in self.identity(link.table, link.key).pieces(among, "c") if targets else ():
            yield from self._to(link, targets, inside, locking=locking)

    def children(self, link: Relation, targets: KeySet, among: KeySet, *, locking: bool = False) -> KeySet:
        """The rows of `among` that refer to `targets`."""
        found = NOTHING
        for pairs in self.among(link, targets, among, locking=locking):
            numbers = whole_numbers(pairs.referring) if pairs.numbers is None else pairs.numbers
            found |= KeySet.holding(numbers[numbers != NOBODY])
        return found

    def holding(self, link: Relation, among: KeySet, *, locking: bool = False) -> KeySet:
        """The rows of `among` that hold anything in the link's column, whether or not a row is there that it means."""
        identity, found = self.identity(link.table, link.key), NOTHING
        lock = features(self._connection).shared_lock if locking else ""
        for _, inside in identity.pieces(among, "c"):
            clauses, values = _all([(f"{self._own(link.column)} IS NOT NULL", []), inside, *self._when(link)])
            table = self._quoted(link.source)
            with self._connection.cursor() as cursor:
                cursor.execute(f"SELECT {self._selected(link, identity)} FROM {table} c WHERE {clauses}{lock}", values)  # noqa: S608 - as above
                numbers = identity.numbers(cursor.fetchall())
            found |= KeySet.holding(numbers[numbers != NOBODY])
        return found

    def parents(self, link: Relation, children: KeySet, among: KeySet) -> KeySet:
        """The rows of `among` to which the rows `children` refer."""
        found = NOTHING
        for _, inside in self.identity(link.table, link.key).pieces(children, "c") if among else ():
            for pairs in self._read(link, among, inside) if link.is_read_here else self._pairs(link, inside):
                found |= KeySet.holding(pairs.targets)
        return found & among

    def total(self, table: TableSchema) -> int:
        """The number of rows in the table, seeded or not."""
        return count_rows(self._connection, table.name)

    def present(self, table: TableSchema, keys: KeySet, *, locking: bool = False) -> KeySet:
        """Which of the rows `keys` exist; `locking` locks them until the transaction ends."""
        quote = self._quoted
        lock = " FOR UPDATE" if locking and self._connection.features.has_select_for_update else ""
        found = []
        identity = self.identity(table.name, table.primary_key)
        for piece, (condition, values) in identity.pieces(keys):
            with self._connection.cursor() as cursor:
                source = f"FROM {quote(table.name)} WHERE {condition}{lock}"
                cursor.execute(features(self._connection).locking_count.format(source), values)
                if cursor.fetchone()[0] == len(piece):
                    found.append(piece)  # the usual case: a million keys need not be fetched
                else:
                    cursor.execute(f"SELECT {', '.join(identity.selected())} {source}", values)
                    numbers = identity.numbers(cursor.fetchall())
                    found.append(KeySet.holding(numbers[numbers != NOBODY]))
        return union(found)

    def _to(self, link: Relation, targets: KeySet, condition: Condition, *, locking: bool = False) -> Iterator[Pairs]:
        if link.is_read_here:
            yield from self._read(link, targets, condition)
            return
        if self._joins(link):
            for _, named in self.identity(link.target, link.target_key).pieces(targets, "t"):
                yield from self._pairs(link, named, condition, locking=locking)
            return
        for piece in targets.pieces():
            yield from self._pairs(link, piece.condition_on(self._own(link.column)), condition, locking=locking)

    def _pairs(self, link: Relation, *conditions: Condition, locking: bool = False) -> Iterator[Pairs]:
        quote, identity = self._quoted, self.identity(link.table, link.key)
        own, named, joins = self._selected(link, identity), self._meant(link), self._joins(link)
        target = self.identity(link.target, link.target_key)
        source = f"{quote(link.source)} c"
        if joins:
            on = " AND ".join(f"t.{quote(target)} = {self._compared(link, column, target)}" for column, target in joins)
            source += f" JOIN {quote(link.target_partition or link.target)} t ON {on}"
        clauses, values = _all([(f"{named[0]} IS NOT NULL", []), *conditions, *self._when(link)])
        lock = features(self._connection).shared_lock if locking else ""
        with self._connection.cursor() as cursor:
            # Names are quoted, values are parameters.
            cursor.execute(f"SELECT {own}, {', '.join(named)} FROM {source} WHERE {clauses}{lock}", values)  # noqa: S608
            while rows := cursor.fetchmany(FETCHED):
                told = [row[-len(named) :] for row in rows]
                targets = target.numbers(told) if target.is_of_ledger else whole_numbers([number for (number,) in told])
                yield _paired([row[: -len(named)] for row in rows], targets, identity)

    def _read(self, link: Relation, targets: KeySet, condition: Condition) -> Iterator[Pairs]:
        """Pairs for the `targets` named in the JSON or text of rows matching `condition`, by page, since values can be long."""
        identity = self.identity(link.table, link.key)
        key, column = self._own(link.key) if link.key else "NULL", self._own(link.column)
        conditions = [condition, (f"{column} IS NOT NULL", []), *self._when(link)]
        table, last = self._quoted(link.source), list[Any]()
        pages, more = link.pages, True
        while more:
            clauses, values = _all([*conditions, *([(f"{key} > %s", last)] if last else ())])
            by_page = f"ORDER BY {key} LIMIT {PAGE}" if pages else ""
            with self._connection.cursor() as cursor:
                own = self._selected(link, identity)
                cursor.execute(f"SELECT {own}, {column} FROM {table} c WHERE {clauses} {by_page}", values)  # noqa: S608 - as above
                rows = cursor.fetchall()
            more = pages and len(rows) == PAGE
            pages = not (more and rows[-1][0] is None)  # SQLite's keys may be null, and nothing comes after that
            last = [rows[-1][0]] if pages and rows else []
            named = self._named_numbers(link)
            pairs = [(row, number) for *row, text in rows for one in _named(text, link.json_key) for number in named(one)]
            held = _paired([row for row, _ in pairs], np.array([number for _, number in pairs], dtype=np.int64), identity)
            meant = targets.has(held.targets)
            if meant.any():
                keys = [key for key, is_meant in zip(held.referring, meant, strict=True) if is_meant]
                numbers = None if held.numbers is None else held.numbers[meant]
                yield Pairs(referring=keys, targets=held.targets[meant], numbers=numbers)

    def _named_numbers(self, link: Relation) -> Callable[[Any], Iterable[int]]:
        """What finds the numbers of the rows that a value in JSON or a text may mean."""
        identity = self.identity(link.target, link.target_key)
        if not identity.is_of_ledger:
            return _number
        if link not in self._spelled:
            self._spelled[link] = identity.spelled()
        return lambda value: self._spelled[link].get(spelling(value), ())

    def _selected(self, link: Relation, identity: RowIdentity) -> str:
        """What a SELECT lists to read a referring row's key."""
        return ", ".join(identity.selected("c")) if link.key else "NULL"

    def _when(self, link: Relation) -> Iterator[Condition]:
        if link.when:
            yield f"{self._own(link.when[0])} = %s", [link.when[1]]

    def _quoted(self, name: str) -> str:
        return quoted(self._connection, name)

    def _own(self, column: str) -> str:
        return f"c.{self._quoted(column)}"

    def _compared(self, link: Relation, column: str, target: str) -> str:
        """A column of the referring row as it compares with the target's, in the collation of that one."""
        if (link, column) not in self._collated:
            self._collated[link, column] = collated_alike(self._connection, (link.table, column), (link.target, target))
        return self._collated[link, column].format(link.form.format(self._own(column)))

    def _joins(self, link: Relation) -> tuple[tuple[str, str], ...]:
        """The pairs of columns by which a row finds its target; none if the column holds the target's number itself."""
        if not link.joins and self.identity(link.target, link.target_key).is_of_ledger:
            return ((link.column, link.target_column),)
        return link.joins

    def _meant(self, link: Relation) -> list[str]:
        """The SQL expressions for the target's primary key, or its number."""
        if not self._joins(link):
            return [self._own(link.column)]
        identity = self.identity(link.target, link.target_key)
        return identity.selected("t") if identity.is_of_ledger else [f"t.{self._quoted(link.target_key)}"]

    def _outside(self, link: Relation, keys: KeySet) -> Condition:
        """A condition that excludes the widest ranges of `keys`, as many as one statement can hold."""
        widest = np.argsort(keys.bounds[:, 0] - keys.bounds[:, 1])[:RANGES_PER_STATEMENT]
        parts = self.identity(link.table, link.key).pieces(KeySet(keys.bounds[np.sort(widest)]), "c")
        _, (clause, values) = next(parts, (NOTHING, ("", [])))
        return (f"{clause} IS NOT TRUE", values) if clause else ("", [])


def _all(conditions: Iterable[Condition]) -> Condition:
    """The conditions joined by AND."""
    told = [one for one in conditions if one[0]]
    return " AND ".join(clause for clause, _ in told), [value for _, values in told for value in values]


def _paired(rows: Sequence[Sequence[Any]], targets: Integers, identity: RowIdentity) -> Pairs:
    """Of rows, by their keys as they are read, and the numbers of their targets."""
    if not identity.others:
        return Pairs(referring=[row[0] for row in rows], targets=targets)
    numbers = identity.numbers(rows)
    if not identity.is_of_ledger:
        return Pairs(referring=[row[0] for row in rows], targets=targets, numbers=numbers)
    told = [
        int(number) if number != NOBODY else row[0] if len(row) == 1 else row for number, row in zip(numbers, rows, strict=True)
    ]
    return Pairs(referring=told, targets=targets, numbers=numbers)


def _named(value: Any, key: str | None) -> Iterator[Any]:
    """The values of a key in a JSON object or in each object of a list; without `key`, the value itself.

    Real rows may hold anything.
    """
    if key is None:
        yield value
        return
    try:
        content = json.loads(value) if isinstance(value, (str, bytes)) else value
    except ValueError:
        return
    for item in objects(content):
        if isinstance(item, dict):
            yield item.get(key)


def _number(value: Any) -> Iterator[int]:
    """The value as an integer, in any notation: 5, 5.0, "5", b"5"; nothing if it is not one."""
    text = bytes(value).decode("ascii", "replace") if isinstance(value, (bytes, bytearray, memoryview)) else value
    try:
        number = Decimal(str(text).strip())
    except InvalidOperation:
        return
    if number.is_finite() and number == number.to_integral_value() and abs(number) <= LARGEST:
        yield int(number)
