"""Relations as frozen values: what decides whether a table may be touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seeding.safety.triggers import Trigger

TABLE, VIEW, REPORT, INDEX = "table", "view", "view that only shows", "virtual table"
"""Kinds of relations: the one that is seeded, rolled back and masked; a view that stands for a table; one that nobody can
write to, so that none of its rows is anybody's; SQLite's, which search in others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollowed:
    """A foreign key that leads to a table, of which the rows that hold it are not looked at."""

    by: str
    """Who refers, as a person would call it: `the view notes`."""
    reason: str
    """Why it is not followed."""
    is_hidden: bool = False
    """Whether row-level security hides its rows."""

    def __str__(self) -> str:
        return f"{self.by} ({self.reason})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation of the schema, of whatever kind."""

    name: str
    key: tuple[str, ...] = ()
    """The columns of its primary key, in order."""
    engine: str = ""
    """The storage engine, where it is not one that keeps what a transaction promises."""
    hides_rows: bool = False
    """Whether row-level security hides rows from this account."""
    rules: tuple[str, ...] = ()
    """Rewrite rules."""
    relatives: tuple[str, ...] = ()
    """Tables that inherit its rows, or from which it inherits."""
    copies: tuple[str, ...] = ()
    """Materialised views that show its rows."""
    counter: str = ""
    """What gives keys to the application's rows, where it is not the counter that is moved past the seeded ones."""
    resolves: bool = False
    """Whether its own declaration replaces or leaves out rows in conflict (SQLite)."""
    unfollowed: tuple[Unfollowed, ...] = ()
    triggers: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a server tells of a schema."""

    relations: Mapping[str, Relation]
    """Those that were asked for, by name, as far as they are there."""
    folds_names: bool = False
    """Whether the server keeps the names of tables in small letters, or compares them so."""
    matches_loosely: bool = False
    """Whether texts, and so names in the ledger, are equal where letter case or accents differ."""
    is_complete: bool = True
    """Whether the account sees every table of the schema, and no foreign key is known to be kept from it."""
    sees_elsewhere: bool = True
    """Whether foreign keys of other schemas would be known, too."""
    shows_triggers: bool = True
    """Whether the account sees the triggers of every table."""
