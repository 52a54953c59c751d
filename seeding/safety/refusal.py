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
    """Beside UPDATE: the values of before must not stay anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command does not touch a table or a server."""

    subject: str
    """The table's name; `The server` where the refusal concerns all of it."""
    cause: str
    """Continues the sentence that begins with the subject."""
    remedy: str
    """The way out, as an order."""

    def __str__(self) -> str:
        return f"{self.subject} {self.cause}; {self.remedy}."


def told(refusals: Iterable[Refusal]) -> str:
    """The refusals as sentences, each once."""
    return " ".join(dict.fromkeys(map(str, refusals)))
