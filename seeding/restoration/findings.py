"""What is not as it was seeded, and what of it cannot be put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from seeding.exceptions import ConfigurationError
from seeding.generation.seeders import BaseSeeder
from seeding.keys import NOTHING, KeySet, union
from seeding.masking.problems import columns_referred_to
from seeding.restoration.beside import Beside
from seeding.restoration.derived_values import halved
from seeding.restoration.differences import OTHERS, Differences, differences, lost_rows
from seeding.restoration.generated_rows import REASONS, GeneratedRows, Part
from seeding.restoration.results import Left, ResetResult
from seeding.runs.derived_columns import in_order

EXAMPLES = 20
"""Keys named per reason."""


class Findings:
    """Of all rows of some tables, compared at one time; `rows` resolves no reference to rows that others have taken."""

    def __init__(self, rows: GeneratedRows, asked: Sequence[str]) -> None:
        """Look; raises ConfigurationError for unknown tables and for seeders of another version."""
        self.rows = rows
        self.tables = rows.tables(asked)
        self.differences: list[Differences] = []
        """Of each seeder, parents before children."""
        self.left: list[Left] = []
        """Rows that cannot be put back."""
        self._derivable: dict[str, KeySet] = {}
        """Seeder → rows whose derived columns are looked at."""
        self.lost: dict[str, KeySet] = {}
        """Seeder → rows to which nothing may refer: others have their keys, or they cannot be put back."""
        self._seeded: dict[str, int] = {}
        self._others: dict[str, int] = {}
        self._look()

    @property
    def taken(self) -> Mapping[str, KeySet]:
        """Table → rows that may be others, under keys of seeded ones."""
        return {table: union(one.taken for one in self.differences if one.part.table == table) for table in self.tables}

    def referred(self, table: str) -> frozenset[str]:
        """The table's columns that other rows refer to; they are never changed."""
        return self._referred.get(table, frozenset()) - {*self.rows.there[table].key}

    @cached_property
    def stale(self) -> Mapping[str, KeySet]:
        """Seeder → rows whose derived columns are not what is derived now; looked at when it is asked for."""
        rows, by_name = self.rows, self.rows.registry.by_name
        with Beside(rows) as beside:
            found = {name: halved(rows, beside, by_name[name], keys) for name, keys in self._derivable.items()}
        return {name: union(one.values()) for name, one in found.items()}

    def is_any(self) -> bool:
        """Whether there is anything to put back; looks at derived columns if nothing else is."""
        return self.differs or any(self.stale.values())

    @property
    def differs(self) -> bool:
        """Whether any row is not there, or has a generated column that can be put back."""
        return any(len(one) for one in self.differences)

    def deriving(self) -> tuple[BaseSeeder, ...]:
        """The seeders whose columns may have to be derived again."""
        if self.rows.dataset is None:
            return ()
        held = self.rows.ledger.tables()
        due = in_order(self.rows.registry.by_name.values(), self.rows.dataset, self.tables)
        return tuple(seeder for seeder in due if seeder.config.table_name in held)

    def results(
        self, kept: Mapping[str, KeySet] = MappingProxyType({}), derived: Mapping[str, KeySet] | None = None
    ) -> Iterator[ResetResult]:
        """Per table, what can be put back, without what was `kept` after all; `derived` says what was derived again."""
        derived = self.stale if derived is None else derived
        for table in self.tables:
            own = [one for one in self.differences if one.part.table == table]
            edited, gone = union(one.edited for one in own), union(one.gone.key_set() for one in own)
            stays, taken = kept.get(table, NOTHING), union(one.taken for one in own)
            yield ResetResult(
                table=table,
                seeded=self._seeded[table],
                records_edited=len(edited) + len(taken),
                records_missing=len(gone),
                records_updated=len(edited - stays),
                records_inserted=len(gone - stays),
                records_left=len((edited | gone) & stays) + len(taken),
                records_derived=sum(len(derived.get(one.part.name, NOTHING)) for one in own),
                others=self._others[table],
            )

    def kept(self, table: str, keys: KeySet, reason: str) -> Left:
        """What stays, for the summary."""
        shown = tuple(str(one) for one in self.rows.identity(table).shown(keys, EXAMPLES)) if table in self.rows.there else ()
        return Left(table=table, count=len(keys), keys=shown, reason=reason)

    def _look(self) -> None:
        rows = self.rows
        parts = [part for table in sorted(rows.ledger.tables()) for part in rows.parts(table)]
        chosen = [part for part in parts if part.table in self.tables]
        _refuse_unrepeatable(chosen)
        self._referred = columns_referred_to(rows.using, rows.there)
        parents = {parent for part in chosen if part.seeder for parent in rows.registry.parents(part.seeder)}
        deriving = self.deriving()
        for part in [one for one in parts if one not in chosen]:
            absent, taken = lost_rows(rows, part, exactly=part.seeder in {*parents, *deriving})
            self._leave_out(part, absent)
            if taken and part.seeder in deriving:
                self.left.append(self.kept(part.table, taken, OTHERS))
        present = {table: self._present(table) for table in self.tables}
        ahead, lost = self._ahead(chosen, present), dict(self.lost)
        place = {seeder.name: number for number, seeder in enumerate(rows.registry.ordered)}
        for part in sorted(chosen, key=lambda one: place.get(one.name, -1)):
            for why, keys in part.unknown.items():
                words = f"they cannot be generated again: {why}"
                self.left.append(Left(table=part.table, count=len(keys), keys=(), reason=words))
            if part.seeder is None or part.is_unknown:
                self._leave_out(part, lost_rows(rows, part, exactly=False)[0])
            else:
                found = ahead[part.name] if self.lost == lost else self._differences(rows, part, present[part.table])
                self._keep(part, found, present[part.table])

    def _present(self, table: str) -> KeySet:
        rows, keys = self.rows, self.rows.ledger.key_set(table)
        present = rows.tracer.present(rows.there[table], keys) if table in rows.there else NOTHING
        self._seeded[table] = len(keys)
        self._others[table] = rows.tracer.total(rows.there[table]) - len(present) if table in rows.there else 0
        return present

    def _ahead(self, parts: Iterable[Part], present: Mapping[str, KeySet]) -> Mapping[str, Differences]:
        """Seeder → what differs, two at a time: as it is unless more rows turn out to be lost, to which others refer."""
        known = [one for one in parts if one.seeder is not None and not one.is_unknown]
        known.sort(key=lambda one: -len(present[one.table]))
        lost = dict(self.lost)

        def look(rows: GeneratedRows, part: Part) -> Differences:
            if rows is not self.rows:
                for name, keys in lost.items():
                    rows.leave_out(rows.registry.by_name[name], keys)
            return self._differences(rows, part, present[part.table])

        with Beside(self.rows) as beside:
            return {one.part.name: one for one in beside.map(look, known)}

    def _differences(self, rows: GeneratedRows, part: Part, present: KeySet) -> Differences:
        return differences(rows, part, present, referred=self.referred(part.table))

    def _keep(self, part: Part, found: Differences, present: KeySet) -> None:
        self._leave_out(part, found.taken)
        stay = {OTHERS: found.taken, **found.kept}
        self.left += [self.kept(part.table, keys, why) for why, keys in stay.items() if keys]
        self.differences.append(found)
        self._derivable[part.name] = (part.known.key_set() & present) - found.taken

    def _leave_out(self, part: Part, lost: KeySet) -> None:
        if lost and part.seeder is not None and self.rows.dataset is not None:
            self.lost[part.name] = lost
            self.rows.leave_out(part.seeder, lost)


def _refuse_unrepeatable(parts: Iterable[Part]) -> None:
    """Raise ConfigurationError if rows cannot be generated again that once were generated."""
    found: dict[str, list[str]] = {}
    for part in parts:
        for why in part.unknown.keys() - set(REASONS.values()):
            found.setdefault(why, []).append(part.table)
    if found:
        said = "; ".join(f"{', '.join(dict.fromkeys(tables))}: {why}" for why, tables in sorted(found.items()))
        raise ConfigurationError(
            f"These rows cannot be generated again as they were seeded ({said}). Name the other tables with --table, "
            "or roll these back and seed them again. Nothing was changed."
        )
