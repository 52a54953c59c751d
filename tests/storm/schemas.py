"""Schemas drawn by Hypothesis: tables with keys, references, types and rules of many kinds, and tables that refer to them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

NAMES = ("item", "Item", "order", "crèw", "a b", "line.item", "it's", "unit")
KEYS = {
    "mysql": ("counted", "counted", "unsigned", "small"),
    "mariadb": ("counted", "counted", "unsigned", "small", "sequence"),
    "postgresql": ("counted", "counted", "always", "serial", "sequence"),
    "sqlite": ("counted",),
}
"""How the server gives the key of a new row."""
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
    "mysql": ("generated", "ratio", "padded", "json", "day", "touched", "check"),
    "postgresql": ("generated", "ratio", "padded", "json", "day", "check"),
    "sqlite": ("generated", "ratio", "json", "day", "check"),
}
EXTRAS["mariadb"] = EXTRAS["mysql"]
"""Further columns and rules."""
TRAITS = {
    "mysql": ("log", "renumbers", "edits", "sweeps", "engine", "view", "partitioned"),
    "mariadb": ("log", "renumbers", "edits", "sweeps", "engine", "view", "partitioned", "versioned"),
    "postgresql": ("log", "renumbers", "edits", "sweeps", "view", "partitioned", "materialised", "hidden", "parent", "rule"),
    "sqlite": ("log", "renumbers", "sweeps", "view"),
}
"""What else can be about a table; most have nothing."""
FOLLOWERS = {
    "mysql": ("cascade", "set null", "restrict", "elsewhere", "percent", "pair", "twin"),
    "mariadb": ("cascade", "set null", "restrict", "elsewhere", "percent", "pair", "twin", "versioned"),
    "postgresql": (
        "cascade", "set null", "restrict", "set default", "elsewhere", "percent", "pair", "twin", "partition", "deferred",
        "hidden",
    ),
    "sqlite": ("cascade", "set null", "restrict", "percent", "pair"),
}  # fmt: skip
"""Tables of the application that refer to one, and of which there is no model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column that refers to a table of the schema."""

    target: int
    """Its place; the table's own means itself."""
    action: str
    """ON DELETE; empty: neither a key nor an action is declared."""
    by: str
    """The column that it names."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A database."""

    server: str
    tables: tuple[Table, ...]

    def takes_keys(self, table: Table) -> bool:
        """Whether foreign keys can lead from and to it."""
        return table.trait not in {"engine", "view"} and not (table.is_parted and self.server != "postgresql")

    def is_declared(self, table: Table, reference: Reference) -> bool:
        """Whether the database knows of the reference."""
        target = self.tables[reference.target]
        is_unique = reference.by == "id" or not target.is_parted
        return bool(reference.action) and is_unique and self.takes_keys(table) and self.takes_keys(target)


@st.composite
def tables(draw: st.DrawFn, server: str, place: int, name: str) -> Table:
    """One table, which refers to those before it and perhaps to itself."""
    references = draw(
        st.lists(
            st.builds(
                Reference,
                target=st.integers(0, place),
                action=st.sampled_from(("CASCADE", "SET NULL", "RESTRICT", "", "")),
                by=st.sampled_from(("id", "id", "id", "number")),
            ),
            max_size=2,
        )
    )
    trait = draw(st.sampled_from(("",) * (2 * len(TRAITS[server])) + TRAITS[server]))
    emails = [one for one in EMAILS[server] if trait != "partitioned" or not one.endswith("UNIQUE")]
    small = draw(st.integers(1, 30))
    medium = small + draw(st.sampled_from((0, 5, 60, 1_100)))
    return Table(
        place=place,
        name=name,
        key=draw(st.sampled_from(KEYS[server])),
        code=draw(st.sampled_from(CODES[server])),
        email=draw(st.sampled_from(emails)),
        unique=draw(st.booleans()) and trait != "partitioned",
        extras=draw(st.frozensets(st.sampled_from(EXTRAS[server]), max_size=3)),
        trait=trait,
        references=tuple(references),
        followers=tuple(draw(st.lists(st.sampled_from(FOLLOWERS[server]), max_size=2, unique=True))),
        sizes=(small, medium, medium + draw(st.sampled_from((0, 3)))),
        real=draw(st.integers(0, 6)),
    )


@st.composite
def schemas(draw: st.DrawFn, server: str) -> Schema:
    """Two to four tables."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True))
    if server == "sqlite":  # which tells no two names apart that differ in case alone
        names = list({name.lower(): name for name in names}.values())
    return Schema(server=server, tables=tuple(draw(tables(server, place, name)) for place, name in enumerate(names)))
