"""The rights that a command needs and that its account lacks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a command does with a table, besides reading all of it."""

    insert: frozenset[str] = frozenset()
    """Columns that new rows name."""
    update: frozenset[str] = frozenset()
    """Columns that change."""
    delete: bool = False
    """Whether rows are locked (SELECT … FOR UPDATE) and deleted."""
    empties: bool = False
    """Whether it is truncated, by a server where that is faster."""
    sequence: str = ""
    """The sequence that is moved, as in `KeyCounter`; empty if there is none."""
    reads: frozenset[str] = frozenset()
    """Other tables that are read for it."""

    def __or__(self, other: Need) -> Need:
        """Both; there is one sequence of a table."""
        return replace(
            self,
            insert=self.insert | other.insert,
            update=self.update | other.update,
            delete=self.delete or other.delete,
            empties=self.empties or other.empties,
            reads=self.reads | other.reads,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Rights that the account does not have to one thing."""

    rights: Collection[str]
    """As GRANT names them."""
    on: str
    """What they are rights to, as in GRANT … ON."""
    account: str
    """As in GRANT … TO."""
    is_seen: bool = True
    """Whether it certainly exists: MySQL and MariaDB hide from an account what it has no right to."""
    inactive: Collection[str] = ()
    """Roles of the account whose rights this session does not use."""
    activate: str = ""
    """The statement that would make it use them."""
