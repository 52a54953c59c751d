"""Passwords in the settings: found where they would be read as something else, and kept out of what is shown."""

from __future__ import annotations

import logging
import re

ENCODE = "percent-encode @, /, ?, # and % in the password: %40, %2F, %3F, %23, %25"

AFTER_SCHEME = re.compile(r"\A[^/?#]*://[^/?#]*(?P<rest>.*)\Z", re.DOTALL)


def is_cut(url: str) -> bool:
    """Whether an @ follows the part of the URL that ends with the host: a / or # in the password would have cut that short.

    Pieces of the password would become the host or the database's name, which messages show.
    """
    parts = AFTER_SCHEME.match(url)
    return parts is not None and "@" in parts["rest"]


def without_its_line(record: logging.LogRecord) -> bool:
    """A logging filter for what django-environ says of a line of `.env` that it cannot read: the line may hold a password."""
    if record.args:
        record.msg, record.args = ".env has a line that is not NAME=value; it is ignored", ()
    return True
