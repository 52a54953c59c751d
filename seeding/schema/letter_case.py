"""How table names are spelled: by models and the ledger, and by a MySQL or MariaDB server that ignores their letter case."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

AMONG = re.compile(r"([\w.]*table_name) IN %s")
FOLDED = "IF(@@lower_case_table_names, LOWER({0}), {0})"


class Spelling:
    """Translates one server's spelling of table names into that of the models, and of the `known` names.

    A server with `lower_case_table_names` on stores or finds `Users` as `users`. Elsewhere names stay as they are.
    """

    def __init__(self, connection: BaseDatabaseWrapper, known: Iterable[str] = ()) -> None:
        server: Mapping[str, Any] = getattr(connection, "mysql_server_data", {})
        self.folds = bool(server.get("lower_case_table_names"))
        """Whether the server ignores letter case."""
        names = [*(model._meta.db_table for model in apps.get_models(include_auto_created=True)), *known] if self.folds else []
        self._known = {name.lower(): name for name in names}

    def of(self, stored: str) -> str:
        """The name of the table that the server calls `stored`."""
        return self._known.get(stored.lower(), stored) if self.folds else stored

    def stored(self, names: Collection[str]) -> list[str]:
        """What the server may call the tables `names`, sorted."""
        return sorted({*names, *(name.lower() for name in names)} if self.folds else names)


def exactly(sql: str, names: Collection[str]) -> str:
    """A query of MySQL's catalogue for `names`, made exact if needed.

    The catalogue's collation ignores letter case and accents, and MariaDB looks for only one of the names that it finds equal.
    If no name can equal another, the query stays as it is: an exact one has to open every table.
    """
    is_clear = all(name.isascii() for name in names) and len({name.lower() for name in names}) == len(set(names))
    return sql if is_clear else AMONG.sub(r"BINARY \1 IN %s", sql)


def exact_schema(column: str) -> str:
    """An expression for the schema in a column of MySQL's catalogue, to be compared with THIS_SCHEMA.

    Databases whose names differ in letter case or accents alone are different ones, and the catalogue's collation ignores that.
    A server that ignores letter case has no two that differ in it.
    """
    return f"BINARY {FOLDED.format(column)}"


THIS_SCHEMA = exact_schema("DATABASE()")
