"""Facts about relations that a server's catalogue has and Django's introspection omits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.safety.catalogues import mysql, mysql_rights, postgresql, postgresql_rights, sqlite
from seeding.safety.catalogues.catalogue import Catalogue, Relation
from seeding.safety.catalogues.rights import Lack, Need

__all__ = ["Catalogue", "Lack", "Need", "Relation", "read_catalogue", "read_lacks"]

READERS = {"mysql": mysql, "postgresql": postgresql, "sqlite": sqlite}
RIGHTS = {"mysql": mysql_rights, "postgresql": postgresql_rights}
"""A database file has no accounts."""


def read_catalogue(connection: BaseDatabaseWrapper, names: Collection[str]) -> Catalogue:
    """The facts about the relations `names`, as far as they exist."""
    reader = READERS.get(connection.vendor)
    # Facts about the whole server are always read; and a list in a statement must not be empty.
    return reader.read_catalogue(connection, names or {""}) if reader else Catalogue(relations={})


def read_lacks(
    connection: BaseDatabaseWrapper, needs: Mapping[str, Need], seen: Collection[str]
) -> Mapping[str, Sequence[Lack]]:
    """Table → the rights that this account lacks of what is needed; `seen` are the tables that the account sees.

    No statement changes anything. A missing table lacks nothing, as far as the server tells it from a hidden one.
    """
    reader = RIGHTS.get(connection.vendor)
    return reader.read_lacks(connection, needs, seen) if reader and needs else {}
