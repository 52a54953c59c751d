"""Facts about relations that a server's catalogue has and Django's introspection omits."""

from __future__ import annotations

from collections.abc import Collection

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.safety.catalogues import mysql, postgresql, sqlite
from seeding.safety.catalogues.catalogue import Catalogue, Relation

__all__ = ["Catalogue", "Relation", "read_catalogue"]

READERS = {"mysql": mysql, "postgresql": postgresql, "sqlite": sqlite}


def read_catalogue(connection: BaseDatabaseWrapper, names: Collection[str]) -> Catalogue:
    """The facts about the relations `names`, as far as they exist."""
    reader = READERS.get(connection.vendor)
    # Facts about the whole server are always read; and a list in a statement must not be empty.
    return reader.read_catalogue(connection, names or {""}) if reader else Catalogue(relations={})
