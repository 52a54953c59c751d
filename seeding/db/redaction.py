"""What a message may say: never a password, never a value of a row."""

from __future__ import annotations

import re

from django.db import DatabaseError

from seeding.db.error_hints import hint
from seeding.db.retries import Transience, transience

REDACTED = "[redacted]"
WORD = re.compile(r"\S+")
"""Within one word a URL ends. Quotes end none: a password may hold them."""
NAME = r"[`'\"]?(\w+(?:`?\.`?\w+)*(?:, [\w.]+)*)[`'\"]?"
NAMED = tuple(
    re.compile(pattern.replace("NAME", NAME))
    for pattern in (
        r"^Duplicate entry .* for key NAME$",
        r"(?:for|in) column NAME at row \d+$",
        r"^(?:Field|Column) NAME (?:doesn't have a default value|cannot be null)",
        r"^Unknown column NAME",
        r"^[^']* foreign key constraint fails \(.*?CONSTRAINT NAME",
        r"^(?:Check constraint|CONSTRAINT) NAME",
        r"^\w[\w ]* constraint failed: NAME$",
        r"violates [\w -]*constraint NAME$",
        r"violates foreign key constraint NAME on table",
        r"^null value in column NAME",
        r"^(?:relation|column) NAME does not exist$",
    )
)
"""Where a server's message names a key or a column. The rest may quote a value, which can hold any words: so each pattern is
anchored where the server itself writes."""


class RedactedError(Exception):
    """Stands in a log for an error whose own words quote a row."""


def without_credentials(text: str) -> str:
    """`text` with the user and password of every URL in it left out."""
    return WORD.sub(_without_account, text) if "://" in text else text


def error_text(error: BaseException) -> str:
    """What may be told of an error: all of it, and what to do about it.

    Of a database's refusal of a row only the kind, the number, and the key or column.
    """
    if not _quotes(error):
        said, advice = without_credentials(str(error).strip()), hint(error)
        return f"{said}. {advice}" if advice else said
    number = next((one for one in error.args[:1] if isinstance(one, int)), None)
    lines = str(error.args[-1]).splitlines() if error.args else []
    found = (pattern.search(lines[0]) for pattern in NAMED) if lines else ()
    name = next((one[1].replace("`", "") for one in found if one), "")
    parts = [type(error).__name__, "" if number is None else str(number), f"for {name}" if name else ""]
    return " ".join(part for part in parts if part)


def redacted(error: BaseException) -> BaseException:
    """The error as a log may show it: the same traceback, and words that quote no row."""
    return without_words(error, error_text(error)) if _quotes(error) else error


def without_words(error: BaseException, words: str = "") -> BaseException:
    """The traceback of an error, and other words."""
    return RedactedError(words or type(error).__name__).with_traceback(error.__traceback__)


def _without_account(word: re.Match[str]) -> str:
    # Not one expression for it all: its time would grow with the square of a long text.
    before, slashes, rest = word[0].partition("://")
    account, at, place = rest.rpartition("@")
    return f"{before}{slashes}{REDACTED}{at}{place}" if account else word[0]


def _quotes(error: BaseException) -> bool:
    """Whether the words of an error may quote a row: a database's do, unless they are about the server or a lock."""
    if not isinstance(error, DatabaseError):
        return False
    return transience(error) not in {Transience.CONNECTION, Transience.CONTENTION, Transience.SIZE} and not hint(error)
