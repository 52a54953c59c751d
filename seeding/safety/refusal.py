"""A refusal: which table or server, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Flag, auto


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
