"""What a server's own catalogue tells of relations that Django's introspection passes over."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.safety.catalogues import mysql, postgresql, sqlite
from seeding.safety.catalogues.catalogue import INDEX, REPORT, TABLE, Catalogue, Relation, Unfollowed

__all__ = ["INDEX", "REPORT", "TABLE", "Catalogue", "Relation", "Unfollowed", "read_catalogue", "read_kinds"]

READERS = {"mysql": mysql, "postgresql": postgresql, "sqlite": sqlite}


def read_kinds(connection: BaseDatabaseWrapper) -> Mapping[str, str]:
    """Every relation of the schema → its kind, as a person calls it."""
    reader = READERS.get(connection.vendor)
    return reader.read_kinds(connection) if reader else {}


def read_catalogue(connection: BaseDatabaseWrapper, names: Collection[str]) -> Catalogue:
    """What is to be known of the relations `names`, as far as they are there."""
    reader = READERS.get(connection.vendor)
    # What holds of the whole server is asked in any case; and a list in a statement is never empty.
    return reader.read_catalogue(connection, names or {""}) if reader else Catalogue(relations={})
