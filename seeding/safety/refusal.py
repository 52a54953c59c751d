"""What was found before writing: refusals (which table or server, why, what to do about it), and what to watch."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Flag, auto

from seeding.exceptions import SchemaError
from seeding.schema.key_counters import KeyCounter


class Touch(Flag):
    """What a command is about to do to the rows of a table."""

    INSERT = auto()
    UPDATE = auto()
    DELETE = auto()
    MASK = auto()
    """In addition to UPDATE: the old values must not remain anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command refuses to touch a table or a server."""

    subject: str
    """The table's name; `The server` if the refusal concerns the whole server."""
    cause: str
    """Continues the sentence that begins with the subject."""
    remedy: str
    """What to do about it, in the imperative."""

    def __str__(self) -> str:
        return f"{self.subject} {self.cause}; {self.remedy}."


def told(refusals: Iterable[Refusal]) -> str:
    """The refusals as sentences, each once."""
    return " ".join(dict.fromkeys(map(str, refusals)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The findings about the tables that a command is about to touch."""

    refusals: Mapping[str, tuple[Refusal, ...]] = field(default_factory=dict)
    """Table → why it is refused; accepted tables are absent."""
    forbidden: Mapping[str, tuple[Refusal, ...]] = field(default_factory=dict)
    """Why this account may not read or write a table, or not all its rows, also of those that are only looked at."""
    watched: frozenset[str] = frozenset()
    """Tables that may store something else than what was written, by a trigger or by `converts`: the two are compared."""
    deferring: frozenset[str] = frozenset()
    """Tables of whose new rows something may be checked only by the commit."""
    converts: str = ""
    """The session's setting by which the server changes values without an error; empty if there is none."""
    counters: Mapping[str, KeyCounter] = field(default_factory=dict)
    """Table → where its keys come from, unless that is a counter of its own which counts by one."""
    unseen: tuple[str, ...] = ()
    """What this account may not see, and the consequences, for the user."""

    @property
    def suspicion(self) -> str:
        """Why a table may store something else than what was written, for the message that it does."""
        if self.converts:
            return f"The session has {self.converts}, and the server changes what does not fit"
        return "Does a trigger change what is written?"

    def refuse_any(self, among: Container[str] | None = None) -> None:
        """Raise SchemaError, listing every refusal, if there are any; only for the tables in `among`, if given."""
        found = [one for table, ones in self.refusals.items() if among is None or table in among for one in ones]
        if found:
            raise SchemaError(f"{told(found)} Nothing was changed.")
