"""The rows that refer to a row: how many seeded ones, how many real ones, and a few of each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from django.apps import apps
from django.db import DatabaseError, connections, transaction

from seeding.db.redaction import REDACTED, error_text
from seeding.db.retries import Transience, transience
from seeding.explanation.context import RowContext
from seeding.explanation.results import ReferringRows
from seeding.keys import NOTHING, KeySet
from seeding.ledger.key_values import NOBODY
from seeding.schema.introspection import keys_from_elsewhere, qualified
from seeding.schema.references import content_types, content_types_elsewhere
from seeding.schema.relations import Relation, relations
from seeding.verification.referring_rows import Pairs

EXAMPLES = 5
"""How many keys of each are listed."""
UNREAD = "not counted here: its values are read row by row; seed_explain counts them"


class ReferringRowsFinder:
    """Finds the rows that refer to one row. If `reads_values`, also those that hold its key in JSON or in a text."""

    def __init__(self, context: RowContext, *, reads_values: bool = True) -> None:
        self._context = context
        self._reads_values = reads_values
        self._seeded: dict[str, KeySet] = {}

    def run(self) -> tuple[ReferringRows, ...]:
        """Of every column by which any row does, or that could not be read."""
        found = (self._of(link) for link in self._links())
        told = [one for one in found if one.seeded or one.real or one.problem]
        return tuple(sorted(told, key=lambda one: (one.table, one.column)))

    def _links(self) -> Iterator[Relation]:
        """The references to the row's table."""
        context, connection = self._context, connections[self._context.using]
        mirrors = apps.get_models(include_auto_created=True)
        kinds = content_types(connection, context.there), content_types_elsewhere(connection, mirrors)
        shared = context.registry.shared_keys(context.ledger.tables())
        elsewhere, named = keys_from_elsewhere(connection, context.there), qualified(connection, mirrors)
        return (
            one
            for one in relations(context.there, mirrors, elsewhere, *kinds, shared_keys=shared, qualified=named)
            if one.target == context.table
        )

    def _of(self, link: Relation) -> ReferringRows:
        column = str(link).removeprefix(f"{link.source}.")
        if link.is_read_here and not self._reads_values:
            return _not_counted(link, column, UNREAD)
        try:
            with transaction.atomic(using=self._context.using):
                return self._counted(link, column)
        except DatabaseError as error:
            if transience(error) in (Transience.CONNECTION, Transience.CONTENTION):
                raise
            return _not_counted(link, column, f"not counted: {error_text(error)}")

    def _counted(self, link: Relation, column: str) -> ReferringRows:
        seeded = real = 0
        seeded_keys, real_keys = list[str](), list[str]()
        for pairs in self._context.tracer.referring(link, self._context.numbers):
            ours = pairs.among(known) if (known := self._keys(link.table)) else np.zeros(len(pairs.referring), dtype=bool)
            seeded, real = seeded + int(ours.sum()), real + int((~ours).sum())
            places = np.flatnonzero(ours)[: EXAMPLES - len(seeded_keys)].tolist()
            seeded_keys += [self._shown(link, pairs, place) for place in places]
            others = [pairs.referring[place] for place in np.flatnonzero(~ours)[: EXAMPLES - len(real_keys)].tolist()]
            real_keys += [self._context.shown(link.table, key) for key in others if key is not None]
        if real_keys and self._has_personal_key(link.table):
            real_keys = [REDACTED]
        return ReferringRows(
            table=link.source,
            column=column,
            seeded=seeded,
            real=real,
            seeded_keys=tuple(seeded_keys),
            real_keys=tuple(real_keys),
        )

    def _shown(self, link: Relation, pairs: Pairs, place: int) -> str:
        """The key of a seeded row."""
        number = int(pairs.referring[place] if pairs.numbers is None else pairs.numbers[place])
        identity = self._context.tracer.identity(link.table, link.key)
        shown = identity.shown(KeySet.of([(number, number)]), 1) if number != NOBODY else []
        return self._context.shown(link.table, shown[0] if shown else pairs.referring[place])

    def _has_personal_key(self, table: str) -> bool:
        """Whether the keys of real rows are personal data."""
        there = self._context.there.get(table)
        return there is not None and not self._context.personal(table).isdisjoint(there.key)

    def _keys(self, table: str) -> KeySet:
        """The keys of the table's seeded rows; asked for only where rows refer to the row."""
        if table not in self._seeded:
            self._seeded[table] = self._context.ledger.key_set(table) if table in self._context.there else NOTHING
        return self._seeded[table]


def _not_counted(link: Relation, column: str, problem: str) -> ReferringRows:
    return ReferringRows(table=link.source, column=column, seeded=0, real=0, seeded_keys=(), real_keys=(), problem=problem)
