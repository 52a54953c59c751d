"""Relations as frozen values, on which the decision depends whether a table may be touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seeding.safety.triggers import Trigger
from seeding.schema.key_counters import KeyCounter


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation of the schema, of any kind."""

    name: str
    key: tuple[str, ...] = ()
    """The columns of its primary key, in order."""
    engine: str = ""
    """The storage engine, if it is not reliably transactional."""
    hides_rows: bool = False
    """Whether row-level security hides rows from this account."""
    rules: tuple[str, ...] = ()
    """Rewrite rules."""
    relatives: tuple[str, ...] = ()
    """Tables that inherit from it, or from which it inherits."""
    copies: tuple[str, ...] = ()
    """Materialised views that show its rows."""
    counter: str = ""
    """What assigns keys to the application's rows, and why, if seeding cannot move it past its keys."""
    keys: KeyCounter = field(default_factory=KeyCounter)
    """What assigns keys to the application's rows, if seeding moves it past its keys. Both are of the column that counts."""
    resolves: bool = False
    """Whether its declaration replaces or skips conflicting rows (SQLite)."""
    referred_to_unseen: tuple[str, ...] = ()
    """Tables with foreign keys to it, rows of which row-level security hides from this account."""
    triggers: tuple[Trigger, ...] = ()
    defers: bool = False
    """Whether a constraint of its rows may wait for the commit."""
    cascading: str = ""
    """A cascading foreign key, its own or one to it, if the server refuses changes of such tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a server reports about a schema."""

    relations: Mapping[str, Relation]
    """The requested ones, by name, as far as they exist."""
    is_complete: bool = True
    """Whether the account sees every table of the schema, and no foreign key is known to be hidden from it."""
    sees_elsewhere: bool = True
    """Whether foreign keys from other schemas would be visible, too."""
    shows_triggers: bool = True
    """Whether the account sees the triggers of every table."""
    converts: str = ""
    """The session's setting by which the server changes a value that does not fit, without an error; empty if there is none."""
