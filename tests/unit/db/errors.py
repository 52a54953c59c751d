"""Errors as Django raises them for a driver's."""

from __future__ import annotations

from typing import TypeVar

E = TypeVar("E", bound=BaseException)


class DriverError(Exception):
    """The error behind Django's, with the attribute in which a driver has the SQLSTATE."""

    def __init__(self, attribute: str, value: str | None) -> None:
        setattr(self, attribute, value)


def stated(error: E, state: str | None, attribute: str = "sqlstate") -> E:
    """The error with a SQLSTATE behind it: psycopg's attribute is `sqlstate`, psycopg2's `pgcode`."""
    error.__cause__ = DriverError(attribute, state)
    return error
