"""What a message may say: never a password, never a value of a row."""

from __future__ import annotations

import re

from django.db import DatabaseError

REDACTED = "[redacted]"
CREDENTIALS = re.compile(r"(\w+://)[^\s/@'\"]+@")
"""User and password of a URL."""
NAMED = re.compile(
    r"(?:for key|for column|in column|constraint failed:|Field|column|CONSTRAINT|constraint|relation|Unknown column)"
    r" [`'\"]?([\w.]+(?:, [\w.]+)*)[`'\"]?"
)
"""The part of a database's message that names a key or a column; all the rest may quote the row."""


class RedactedError(Exception):
    """Stands in a log for an error whose own words quote a row."""


def without_credentials(text: str) -> str:
    """`text` with the user and password of every URL in it left out."""
    return CREDENTIALS.sub(rf"\1{REDACTED}@", text)


def words_of(error: BaseException) -> str:
    """What may be told of an error: all of it, but of a database's refusal the kind, the number, and the key or column."""
    if not isinstance(error, DatabaseError):
        return without_credentials(str(error))
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    text = str(error.args[-1]) if error.args else ""
    named = NAMED.search(text.splitlines()[0] if text else "")
    parts = [type(error).__name__, f"{number}" if number is not None else "", f"for {named[1]}" if named else ""]
    return " ".join(part for part in parts if part)


def redacted(error: BaseException) -> BaseException:
    """The error as a log may show it: the same traceback, and words that quote no row."""
    if not isinstance(error, DatabaseError):
        return error
    return RedactedError(f"{words_of(error)} ({REDACTED})").with_traceback(error.__traceback__)
