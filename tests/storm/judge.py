"""What must be true after a command, whatever it said: found in dumps, and by what the server holds to be equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from seeding.conf import Strategy
from tests.storm.application import SECRET, Application
from tests.storm.dump import Dump, Row, is_real
from tests.storm.life import Action, Said
from tests.storm.schemas import Schema, Table

SIZES = ("small", "medium", "large")
EMPTY = frozenset({"NULL", "None"})
"""How dumps write NULL."""
KEPT = 6
"""Exit code of a rollback that has left rows."""
AMISS = 5
"""Exit code of a command that was undone in part."""
REFUSED = frozenset({1, 2, 3, 4})
"""Exit codes of one that had something to find fault with beforehand."""
MASKS = frozenset({"mask", "kill mask"})
PERSONAL = frozenset({"email", "folded", "lowered", "claimed"})
"""Columns that masks change; SQLite's dump has those that are computed, too."""


@dataclass(kw_only=True)
class Judge:
    """Remembers how many seeded rows there should be."""

    application: Application
    planned: dict[int, int] = field(default_factory=dict)
    """Place of a table → rows that a run with exit 0 left or has to leave."""
    gone: dict[int, int] = field(default_factory=dict)
    """The same → those of them that the application has deleted since."""
    exact: bool = True
    """False after a rollback that has kept rows."""
    behind: list[str] = field(default_factory=list)
    """Rows of the application whose key is below those of seeded rows: others will get keys that are taken."""
    edited: set[int] = field(default_factory=set)
    """Places of tables of which the application has changed or deleted seeded rows."""
    alone: bool = True
    """Whether the application has written nothing since the beginning: then everything can be rolled back."""
    secrets: set[str] = field(default_factory=set)
    """Personal data that was masked."""
    killed: int = -1
    """The largest size that a killed run was about to make; -1 if a later one has completed it."""

    @property
    def schema(self) -> Schema:
        """The drawn one."""
        return self.application.schema

    def written(self, before: Dump, after: Dump) -> None:
        """The application has written."""
        self.alone &= before == after
        for table in self.schema.tables:
            was, now = before.seeded(table.stored), after.seeded(table.stored)
            new = after.real().keys() - before.real().keys()
            for row in (row for row in after.rows(table.stored) if (table.stored, row["mark"]) in new):
                is_behind = any(int(row["id"]) < int(one["id"]) for one in was)
                if row["mark"] not in self.application.placed and is_behind:
                    self.behind.append(f"{table.name}: {row}")
            self.gone[table.place] = self.gone.get(table.place, 0) + len(was) - len(now)
            if was != now:
                self.edited.add(table.place)

    def faults(self, action: Action, said: Said, before: Dump, after: Dump) -> Iterator[str]:
        """Everything that is wrong."""
        if said.is_crash:
            yield f"an error that is none of ours: {said.words}"
        masked = self.schema.tables[action.table].stored if action.does in MASKS else ""
        yield from self._real_rows(masked, before, after)
        yield from (
            f"{one} refers to nothing" for one in dangling(self.application, after) - dangling(self.application, before)
        )
        yield from (f"the application could not insert: {one}" for one in self.application.taken)
        yield from (f"the next key is one of a seeded row, or below: {one}" for one in self.behind)
        if said.code in {1, 2, 3} and not said.left and before != after:
            yield "refused, and something has changed"
        for table in self.schema.tables:
            name = table.stored
            if table.name in said.left and before.rows(name) != after.rows(name):
                yield f"{name} was left alone, it said, and it has changed"
        shown = after.cells(SECRET) + "".join(map(self.application.shown, self.schema.tables))
        yield from (f"{one} is back" for one in self.secrets if one in shown)
        if not action.shadows:
            yield from self._wrongly_refused(action, said)
        match action.does:
            case "mask" | "kill mask":
                yield from self._masked(self.schema.tables[action.table], said, before, after)
            case "seed" | "kill":
                yield from self._stored(said, before, after)
                yield from self._seeded(action, said, after)
            case "roll back" | "kill rollback":
                yield from self._rolled_back(action, said, after)

    def _real_rows(self, masked: str, before: Dump, after: Dump) -> Iterator[str]:
        was, now = before.real(), after.real()
        for key in was.keys() - now.keys():
            yield f"the real row {key} is gone"
        for key in now.keys() - was.keys():
            yield f"the real row {key} has come out of nowhere"
        for key in was.keys() & now.keys():
            changed = {name for name in was[key] if was[key][name] != now[key].get(name)}
            if changed - (PERSONAL if key[0] == masked else set()):
                yield f"the real row {key} has changed: {was[key]}, {now[key]}"

    def _masked(self, table: Table, said: Said, before: Dump, after: Dump) -> Iterator[str]:
        name = table.stored
        if before.seeded(name) != after.seeded(name):
            yield f"masking has changed seeded rows of {name}"
        was, now = before.real(), after.real()
        for key in was.keys() & now.keys():
            if key[0] == name and SECRET not in was[key]["email"] and was[key]["email"] != now[key]["email"]:
                yield f"the mask of {key} has been masked: {was[key]}, {now[key]}"
        secrets = {one["email"].strip("' ") for key, one in was.items() if key[0] == name and SECRET in one["email"]}
        if said.code == 0:
            shown = after.cells(SECRET) + self.application.shown(table)
            yield from (f"{one} is still there" for one in secrets if one in shown)
            self.secrets |= secrets

    def _wrongly_refused(self, action: Action, said: Said) -> Iterator[str]:
        """Nothing that the schema has is against it, or can be found out only while it is done."""
        match action.does:
            case "mask" if self.schema.is_masked(self.schema.tables[action.table]):
                is_wrong = said.code != 0
            case "mask":
                is_wrong = said.code == AMISS
            case "seed" if self.schema.is_seeded:
                is_wrong = bool(said.left) or said.code in REFUSED
            case "roll back" if self.schema.is_seeded and action.options.get("strategy") != Strategy.TRUNCATE:
                is_wrong = said.code not in {0, KEPT}
            case _:
                return
        if is_wrong:
            yield f"refused, or begun in vain, and nothing is against it: {said.code} {said.words}"

    def _seeded(self, action: Action, said: Said, after: Dump) -> Iterator[str]:
        size = SIZES.index(action.options["size"])
        if said.code != 0:
            self.killed = max(self.killed, size)
            return
        for table in self.schema.tables:
            self.planned[table.place] = max(self.planned.get(table.place, 0), table.sizes[size])
        if size < self.killed or not self.exact:
            return
        self.killed = -1
        for table in self.schema.tables:
            wanted = self.planned[table.place] - self.gone.get(table.place, 0)
            found = len(after.seeded(table.stored))
            if table.adopts and table.place in self.edited:
                continue
            if table.adopts:
                found = self.application.equal(table, [f"'Item {number}'" for number in range(wanted)])
            if wanted != found:
                yield f"{table.name} has {found} seeded or adopted rows, not {wanted}, and the exit code was 0"

    def _stored(self, said: Said, before: Dump, after: Dump) -> Iterator[str]:
        """Every new row holds what its seeder makes of its number, and refers to the rows that it means."""
        there = {table.place: {row["number"]: row for row in after.seeded(table.stored)} for table in self.schema.tables}
        for table in self.schema.tables:
            old = {row["number"] for row in before.seeded(table.stored)}
            for row in (one for number, one in there[table.place].items() if number not in old):
                number = int(row["number"])
                found = row["code"].strip("' "), row["email"].strip("' "), row.get("tenant", "")
                wanted = f"Item {number}", f"person{number}@example.com", str(number % 2 + 1) if table.is_composite else ""
                if found != wanted:
                    yield f"{table.name} has {row}, which its seeder has not made"
                for place, one in enumerate(table.references):
                    target = self.schema.tables[one.target]
                    to_itself = one.target == table.place
                    meant = there[one.target].get(str(number // 2 if to_itself else number % target.sizes[0]))
                    value = row[f"ref{place}"]
                    if to_itself and (number == 0 or said.code != 0) and value in EMPTY:
                        continue
                    if meant is not None and _value(meant, self.schema.by(one)) != value:
                        yield f"{table.name} has {row}, whose ref{place} does not mean {meant}"

    def _rolled_back(self, action: Action, said: Said, after: Dump) -> Iterator[str]:
        # What a trigger has filled in counts as the application's.
        is_filled = action.options.get("keep_modified") and any(table.trait == "fills" for table in self.schema.tables)
        if self.alone and said.code == KEPT and not is_filled:
            yield f"rows were kept, and the application has written nothing: {said.words}"
        for table in self.schema.tables:
            if (there := len(after.seeded(table.stored))) != said.kept.get(table.name, there):
                yield f"{table.name} has {there} seeded rows, where {said.kept[table.name]} are said to be kept"
        if self.exact and self.killed < 0:
            for table in self.schema.tables:
                if table.name in said.modified and table.trait != "fills" and table.place not in self.edited:
                    yield f"rows of {table.name} count as modified, and nobody has changed any"
        self.exact = said.code == 0 and not action.options.get("tables")
        if not self.exact:
            return
        self.planned, self.gone, self.edited, self.killed = {}, {}, set(), -1
        for table in self.schema.tables:
            if rows := after.seeded(table.stored):
                yield f"{table.name} still has {len(rows)} seeded rows, and the exit code was 0"


def dangling(application: Application, dump: Dump) -> set[tuple[str, str, str]]:
    """Columns of real rows that refer to nothing: table, mark, column."""
    found: set[tuple[str, str, str]] = set()
    for table in application.schema.tables:
        for place, one in enumerate(table.references):
            target = application.schema.tables[one.target]
            found |= _lost(dump, table.stored, {f"ref{place}": application.schema.by(one)}, target)
        for place, kind in enumerate(table.followers):
            name = application.ddl.follower_name(table, place)
            found |= _lost(dump, name, application.ddl.follower_columns(table, kind), table)
    return found


def _lost(dump: Dump, name: str, columns: Mapping[str, str], target: Table) -> set[tuple[str, str, str]]:
    there = {tuple(_value(row, one) for one in columns.values()) for row in dump.rows(target.stored)}
    named = [(row["mark"], tuple(row[one] for one in columns)) for row in dump.rows(name) if is_real(row)]
    return {(name, mark, str(values)) for mark, values in named if EMPTY.isdisjoint(values) and values not in there}


def _value(row: Row, column: str) -> str:
    """Also what the database computes, which a dump leaves out."""
    match column:
        case "twice" | "doubled":
            return str(2 * int(row["number"]))
        case "folded":
            return row["email"].lower()
    return row[column]
