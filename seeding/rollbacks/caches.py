"""Rows of caches: of tables that the project declares as figures which the application computes anew.

They are real rows, and the only ones that a rollback ever deletes: each with the first of the seeded rows that it refers to, if
all that it refers to goes and nothing refers to it. Any other row of a cache keeps what it refers to, as every real row does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from seeding.exceptions import ConfigurationError
from seeding.keys import NOTHING, KeySet, union
from seeding.ledger.key_values import NOBODY, whole_numbers
from seeding.rollbacks.plan import RollbackPlan, TableKeys
from seeding.schema.relations import Relation
from seeding.schema.tables import Kind, TableSchema
from seeding.verification.referring_rows import Pairs, Tracer


def usable(declared: Iterable[str], filled: Iterable[str], there: Mapping[str, TableSchema]) -> frozenset[str]:
    """Those of the declared caches that exist, and whose rows one integer identifies: the others keep what they refer to.

    Raises ConfigurationError if seeders fill one: its rows are no figures that the application computes.
    """
    names = set(declared)
    if both := sorted(names.intersection(filled)):
        raise ConfigurationError(
            f"{', '.join(both)}: declared as a cache (seeding_caches), and filled by a seeder. Its real rows would go with the "
            "seeded rows that they refer to, so nothing was changed: take it out of seeding_caches."
        )
    known = [there[name] for name in names if name in there]
    return frozenset(one.name for one in known if one.has_row_key and one.columns[one.primary_key].kind is Kind.INTEGER)


class Caches:
    """The rows of these tables, followed in one database."""

    def __init__(self, tables: frozenset[str], tracer: Tracer) -> None:
        self._tables = tables
        self._tracer = tracer

    def referring(self, plan: RollbackPlan) -> TableKeys:
        """The rows of caches that refer to rows of the plan."""
        found: TableKeys = {}
        for link in plan.links:
            if link.table in self._tables and link.target in plan.selected:
                for pairs in self._tracer.referring(link, plan.selected[link.target]):
                    numbers = whole_numbers(pairs.referring)
                    found[link.table] = found.get(link.table, NOTHING) | KeySet.holding(numbers[numbers != NOBODY])
        return found

    def going(self, plan: RollbackPlan, rows: Mapping[str, KeySet], *, locking: bool = False) -> TableKeys:
        """Those of the rows that go: all that they refer to is to be deleted, and nothing refers to them.

        `locking` reads the latest committed rows, and locks them until the transaction ends.
        """
        found: TableKeys = {}
        for table, keys in rows.items():
            going = self._tracer.present(plan.there[table], keys, locking=True) if locking else keys
            for link in plan.into(table):
                for pairs in self._tracer.referring(link, going, locking=locking):
                    going -= KeySet.holding(pairs.targets)
            for link in (one for one in plan.links if one.table == table):
                holding = self._tracer.holding(link, going, locking=locking)
                if link.json_key is None:  # of a list, some may be of rows that stay
                    holding -= self._tracer.children(link, plan.doomed(link.target), holding, locking=locking)
                going -= holding
            found[table] = going
        return found

    def due(
        self, plan: RollbackPlan, table: str, keys: KeySet, staying: KeySet
    ) -> tuple[TableKeys, list[tuple[Relation, list[Pairs]]]]:
        """In a transaction that deletes the rows `keys` of a table and not those `staying`: the rows of caches that go along.

        Also which of `keys` stay after all, because of rows of caches that have to stay by now.
        """
        held: list[tuple[Relation, list[Pairs]]] = []
        while True:
            plan = replace(plan, kept={**plan.kept, table: plan.kept.get(table, NOTHING) | staying})
            rows: TableKeys = {}
            for link in plan.into(table):
                if own := plan.caches.get(link.table):
                    own = self._tracer.children(link, keys & plan.doomed(table), own, locking=True)
                    rows[link.table] = rows.get(link.table, NOTHING) | own
            going = self.going(plan, rows, locking=True)
            more = list(self.held(plan, table, {cache: own - going[cache] for cache, own in rows.items()}))
            staying = union(KeySet.holding(one.targets) for _, pairs in more for one in pairs) & keys
            held += more
            if not staying:
                return {cache: keys for cache, keys in going.items() if keys}, held

    def held(self, plan: RollbackPlan, table: str, rows: Mapping[str, KeySet]) -> Iterator[tuple[Relation, list[Pairs]]]:
        """To which of the doomed rows of a table these rows of caches refer."""
        for link in plan.into(table):
            if rows.get(link.table) and (pairs := list(self._tracer.among(link, plan.doomed(table), rows[link.table]))):
                yield link, pairs
