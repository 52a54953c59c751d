"""What must be true after a command, whatever it said: found in dumps alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.storm.application import SECRET, Application
from tests.storm.dump import Dump, is_real
from tests.storm.life import Action, Said
from tests.storm.schemas import Schema, Table

SIZES = ("small", "medium", "large")


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
    killed: int = -1
    """The largest size that a killed run was about to make; -1 if a later one has completed it."""

    @property
    def schema(self) -> Schema:
        """The drawn one."""
        return self.application.schema

    def written(self, before: Dump, after: Dump) -> None:
        """The application has written."""
        for table in self.schema.tables:
            name = table.stored
            lost = len(before.seeded(name)) - len(after.seeded(name))
            self.gone[table.place] = self.gone.get(table.place, 0) + lost

    def faults(self, action: Action, said: Said, before: Dump, after: Dump) -> Iterator[str]:
        """Everything that is wrong."""
        if said.is_crash:
            yield f"an error that is none of ours: {said.words}"
        masked = self.schema.tables[action.table].stored if action.does == "mask" else ""
        yield from self._real_rows(masked, before, after)
        yield from (
            f"{one} refers to nothing" for one in dangling(self.application, after) - dangling(self.application, before)
        )
        yield from (f"the application could not insert: {one}" for one in self.application.taken)
        if said.code in {1, 2, 3} and not said.left and before != after:
            yield "refused, and something has changed"
        for table in self.schema.tables:
            name = table.stored
            if table.name in said.left and before.rows(name) != after.rows(name):
                yield f"{name} was left alone, it said, and it has changed"
        match action.does:
            case "mask":
                yield from self._masked(self.schema.tables[action.table], said, before, after)
            case "seed" | "kill":
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
            if changed - {"email" if key[0] == masked else ""}:
                yield f"the real row {key} has changed: {was[key]}, {now[key]}"

    def _masked(self, table: Table, said: Said, before: Dump, after: Dump) -> Iterator[str]:
        name = table.stored
        if before.seeded(name) != after.seeded(name):
            yield f"masking has changed seeded rows of {name}"
        secrets = [row["email"].strip("' ") for row in before.rows(name) if is_real(row) and SECRET in row["email"]]
        for secret in secrets if said.code == 0 else ():
            if after.holds(secret) or secret in self.application.shown(table):
                yield f"{secret} is still there"

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
            if wanted != (found := len(after.seeded(table.stored))):
                yield f"{table.name} has {found} seeded rows, not {wanted}, and the exit code was 0"

    def _rolled_back(self, action: Action, said: Said, after: Dump) -> Iterator[str]:
        self.exact = said.code == 0 and not action.options.get("tables")
        if not self.exact:
            return
        self.planned, self.gone, self.killed = {}, {}, -1
        for table in self.schema.tables:
            if rows := after.seeded(table.stored):
                yield f"{table.name} still has {len(rows)} seeded rows, and the exit code was 0"


def dangling(application: Application, dump: Dump) -> set[tuple[str, str, str]]:
    """Columns of real rows that refer to nothing: table, mark, column."""
    found: set[tuple[str, str, str]] = set()
    for table in application.schema.tables:
        for place, one in enumerate(table.references):
            target = application.schema.tables[one.target]
            by = "id" if target.is_parted else one.by
            found |= _lost(dump, table.stored, f"ref{place}", {row[by] for row in dump.rows(target.stored)})
        keys = {row["id"] for row in dump.rows(table.stored)}
        for place, kind in enumerate(table.followers):
            name = application.ddl.follower_name(table, place)
            found |= _lost(dump, name, application.ddl.follower_column(kind), keys)
    return found


def _lost(dump: Dump, table: str, column: str, there: set[str]) -> set[tuple[str, str, str]]:
    named = [(row["mark"], row[column]) for row in dump.rows(table) if is_real(row)]
    return {(table, mark, column) for mark, value in named if value not in {"NULL", "None", *there}}
