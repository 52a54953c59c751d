"""Facts about relations that a server's catalogue has and Django's introspection omits."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.safety.catalogues import mysql, postgresql, sqlite
from seeding.safety.catalogues.catalogue import INDEX, REPORT, TABLE, Catalogue, Relation, Unfollowed
from seeding.schema.letter_case import Spelling

__all__ = ["INDEX", "REPORT", "TABLE", "Catalogue", "Relation", "Unfollowed", "read_catalogue", "read_kinds"]

READERS = {"mysql": mysql, "postgresql": postgresql, "sqlite": sqlite}


def read_kinds(connection: BaseDatabaseWrapper, known: Collection[str]) -> Mapping[str, str]:
    """Every relation of the schema → its kind, in plain words; spelled as in `known` where the server ignores letter case."""
    reader = READERS.get(connection.vendor)
    kinds = reader.read_kinds(connection) if reader else {}
    spelling = Spelling(connection, known)
    return {spelling.of(name): kind for name, kind in kinds.items()}


def read_catalogue(connection: BaseDatabaseWrapper, names: Collection[str]) -> Catalogue:
    """The facts about the relations `names`, as far as they exist."""
    reader = READERS.get(connection.vendor)
    # Facts about the whole server are always read; and a list in a statement must not be empty.
    return reader.read_catalogue(connection, names or {""}) if reader else Catalogue(relations={})
