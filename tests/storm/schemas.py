"""Schemas drawn by Hypothesis: tables with keys, references, types and rules of many kinds, and tables that refer to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hypothesis import strategies as st

MYSQL = frozenset({"mysql", "mariadb"})
NAMES = ("item", "Item", "order", "crèw", "a b", "line.item", "it's", "unit")
KEYS = {
    "mysql": ("counted", "counted", "unsigned", "small", "composite"),
    "mariadb": ("counted", "counted", "unsigned", "small", "sequence", "shared", "composite"),
    "postgresql": ("counted", "always", "serial", "sequence", "shared", "composite"),
    "sqlite": ("counted",),
}
"""How the server gives the key of a new row; a shared sequence counts in several tables."""
CODES = {
    "mysql": ("", "utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_0900_as_cs", "latin1_swedish_ci"),
    "mariadb": ("", "utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_nopad_bin", "latin1_swedish_ci"),
    "postgresql": ("", "folding", "citext", "C"),
    "sqlite": ("", "NOCASE"),
}
"""The collation of a text."""
EMAILS = {
    "mysql": ("varchar(120)", "text", "char(120)", "varchar(120) UNIQUE"),
    "postgresql": ("varchar(120)", "text", "char(120)", "citext", "address", "varchar(120) UNIQUE"),
    "sqlite": ("varchar(120)", "text", "varchar(120) UNIQUE"),
}
EMAILS["mariadb"] = EMAILS["mysql"]
"""The type of a column of personal data."""
EXTRAS = {
    "mysql": ("ratio", "padded", "json", "day", "touched", "check"),
    "postgresql": ("ratio", "padded", "json", "day", "check"),
    "sqlite": ("ratio", "json", "day", "check"),
}
EXTRAS["mariadb"] = EXTRAS["mysql"]
"""Further columns and rules."""
COMPUTED = ("twice", "doubled", "folded", "folded", "lowered", "claimed")
"""Generated columns: of the model and not; of the personal data, stored and virtual, and classified as personal itself."""
SEEDED = {
    "mysql": ("log", "fills", "copies", "partitioned"),
    "mariadb": ("log", "fills", "copies", "partitioned", "versioned", "versioned"),
    "postgresql": ("log", "fills", "copies", "partitioned", "partitioned", "materialised"),
    "sqlite": ("log", "copies"),
}
"""What else can be about a table that is seeded; half of them have nothing."""
REFUSED = {
    "mysql": ("renumbers", "edits", "sweeps", "engine", "engine", "view"),
    "mariadb": ("renumbers", "edits", "sweeps", "engine", "engine", "view"),
    "postgresql": ("renumbers", "edits", "sweeps", "view", "hidden", "parent", "rule"),
    "sqlite": ("renumbers", "sweeps", "view"),
}
"""What can be about one that is refused, or whose batches are rolled back."""
HIDDEN = ("renumbers", "edits")
"""Those that an account does not see which sees no triggers."""
UNSEEN = frozenset({"sweeps", "copies"})
"""What an account that sees no triggers cannot be kept from: what they do to other tables is not looked at."""
FOLLOWERS = {
    "mysql": ("cascade", "set null", "restrict", "elsewhere", "elsewhere", "percent", "pair", "twin", "numbered", "computed"),
    "mariadb": (
        "cascade", "set null", "restrict", "elsewhere", "elsewhere", "percent", "pair", "twin", "numbered", "computed",
        "versioned", "versioned",
    ),
    "postgresql": (
        "cascade", "set null", "restrict", "set default", "elsewhere", "elsewhere", "percent", "pair", "twin", "numbered",
        "partition", "partition", "deferred", "hidden", "heir", "computed",
    ),
    "sqlite": ("cascade", "set null", "restrict", "percent", "pair", "numbered", "computed"),
}  # fmt: skip
"""Tables of the application that refer to one by a key, and of which there is no model."""
UNIQUE = frozenset({"numbered", "named", "doubled"})
"""Those that refer to a column which a table of partitions cannot have as a key."""
MODELLED = ("model", "named", "folded")
"""Those of which there is a model, and no key: by the table's own key, by another column, and by a generated one."""
UNMASKED = frozenset({"copies", "materialised", "versioned"})
"""What is about seeded tables that are not masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column that refers to a table of the schema."""

    target: int
    """Its place; the table's own means itself."""
    action: str
    """ON DELETE; empty: neither a key nor an action is declared."""
    by: str
    """The column that it names, if that is unique; see `Schema.by`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a model and a seeder."""

    place: int
    name: str
    key: str
    code: str
    email: str
    unique: bool
    """Whether the code is."""
    adopts: bool
    """Whether real rows with the code of a planned one are adopted."""
    extras: frozenset[str]
    trait: str
    references: tuple[Reference, ...]
    followers: tuple[str, ...]
    sizes: tuple[int, int, int]
    real: int
    """Real rows from the beginning."""

    @property
    def stored(self) -> str:
        """The name of the table that has the rows: it may lie behind a view."""
        return f"kept {self.name}" if self.trait == "view" else self.name

    @property
    def is_parted(self) -> bool:
        """Whether it has partitions, over which only the key is unique."""
        return self.trait == "partitioned"

    @property
    def is_composite(self) -> bool:
        """Whether its key is (tenant, id)."""
        return self.key == "composite"

    @property
    def named(self) -> str:
        """A column besides the key by which its rows are referred to."""
        return "code" if self.unique else "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A database."""

    server: str
    tables: tuple[Table, ...]
    guest: bool
    """Whether the commands have an account of few rights: policies hold for it, or it sees no triggers."""

    @property
    def is_seeded(self) -> bool:
        """Whether nothing is against seeding any of its tables."""
        named = {self.by(key) for one in self.tables for key in one.references}
        known = ("",) if self.guest and self.server in MYSQL else ("", *SEEDED[self.server])  # MariaDB shows names of triggers
        readable = all("'" not in one.name for one in self.tables if one.trait and self.server == "sqlite")
        plain = readable and all(one.trait in known and "hidden" not in one.followers for one in self.tables)
        return plain and named.isdisjoint(COMPUTED)

    def is_masked(self, table: Table) -> bool:
        """Whether nothing is against masking it."""
        is_refused = table.trait in UNMASKED or table.trait in REFUSED[self.server] or "claimed" in table.extras
        named = {self.by(key) for one in self.tables for key in one.references if key.target == table.place}
        return not is_refused and {*COMPUTED}.isdisjoint({*table.followers, *named})

    def takes_keys(self, table: Table) -> bool:
        """Whether foreign keys can lead from and to it."""
        return takes_keys(self.server, table.trait)

    def by(self, reference: Reference) -> str:
        """The column that the reference names."""
        target = self.tables[reference.target]
        if reference.by == "id" or target.is_parted:
            return "id"
        if reference.by == "twice" and reference.by in target.extras:
            return reference.by
        return target.named if reference.by == "code" else "number"

    def is_declared(self, table: Table, reference: Reference) -> bool:
        """Whether the database knows of the reference."""
        target = self.tables[reference.target]
        is_unique = self.by(reference) != "id" or not target.is_composite
        return bool(reference.action) and is_unique and self.takes_keys(table) and self.takes_keys(target)


def takes_keys(server: str, trait: str) -> bool:
    """Whether foreign keys can lead from and to a table."""
    return trait not in {"engine", "view"} and not (trait == "partitioned" and server in MYSQL)


def followers(server: str, trait: str, key: str, extras: Collection[str]) -> list[str]:
    """The kinds of tables that can follow one."""
    kinds = [*FOLLOWERS[server], *(["doubled"] if "doubled" in extras else [])] if takes_keys(server, trait) else []
    kinds += [one for one in MODELLED if one in extras or one != "folded"]
    if trait == "partitioned":
        kinds = [one for one in kinds if one not in UNIQUE and (one != "pair" or key != "composite")]
        kinds += ["of a partition"] * 3 if server == "postgresql" else []
    return kinds


@st.composite
def tables(draw: st.DrawFn, server: str, place: int, name: str, *, guest: bool) -> Table:
    """One table, which refers to those before it and perhaps to itself. The first is nearly always seeded and followed."""
    references = draw(
        st.lists(
            st.builds(
                Reference,
                target=st.integers(0, place),
                action=st.sampled_from(("CASCADE", "SET NULL", "RESTRICT", "", "")),
                by=st.sampled_from(("id", "id", "id", "number", "code", "twice")),
            ),
            max_size=2,
        )
    )
    is_refused = draw(st.integers(0, 19 if place == 0 else 2 if guest else 7)) == 0
    traits = REFUSED[server] if is_refused else ("",) * len(SEEDED[server]) + SEEDED[server]
    if guest:
        traits = HIDDEN if is_refused else tuple(one for one in traits if one not in UNSEEN)
    trait = draw(st.sampled_from(traits))
    key = draw(st.sampled_from(KEYS[server]))
    emails = [one for one in EMAILS[server] if trait != "partitioned" or not one.endswith("UNIQUE")]
    small = draw(st.integers(1, 30))
    medium = small + draw(st.sampled_from((0, 5, 5, 60, 60, 1_100)))
    unique = draw(st.booleans()) and trait != "partitioned"
    computed = [one for one in COMPUTED if server != "postgresql" or one != "lowered"]
    extras = draw(st.frozensets(st.sampled_from(EXTRAS[server]), max_size=2))
    extras |= draw(st.frozensets(st.sampled_from(computed), max_size=2))
    kinds = st.sampled_from(followers(server, trait, key, extras))
    return Table(
        place=place,
        name=name,
        key=key,
        code=draw(st.sampled_from(CODES[server])),
        email=draw(st.sampled_from(emails)),
        unique=unique,
        adopts=draw(st.booleans()) and unique and key != "composite",
        extras=extras,
        trait=trait,
        references=tuple(references),
        followers=tuple(draw(st.lists(kinds, min_size=1 if place == 0 else 0, max_size=3, unique=True))),
        sizes=(small, medium, medium + draw(st.sampled_from((0, 3)))),
        real=draw(st.integers(0, 6)),
    )


@st.composite
def schemas(draw: st.DrawFn, server: str) -> Schema:
    """Two to four tables."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True))
    if server == "sqlite":  # which tells no two names apart that differ in case alone
        names = list({name.lower(): name for name in names}.values())
    sees_no_triggers = server in MYSQL and draw(st.integers(0, 4)) == 0
    drawn = tuple(draw(tables(server, place, name, guest=sees_no_triggers)) for place, name in enumerate(names))
    has_policies = any("hidden" in (one.trait, *one.followers) for one in drawn)
    return Schema(server=server, tables=drawn, guest=sees_no_triggers or has_policies)
