"""How table names are spelled: by models and the ledger, and by a MySQL or MariaDB server that ignores their letter case."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper


class Spelling:
    """Translates one server's spelling of table names into that of the models, and of the `known` names.

    A server with `lower_case_table_names` on stores or finds `Users` as `users`. Elsewhere names stay as they are.
    """

    def __init__(self, connection: BaseDatabaseWrapper, known: Iterable[str] = ()) -> None:
        self._folds = connection.vendor == "mysql" and bool(connection.features.ignores_table_name_case)
        names = [*(model._meta.db_table for model in apps.get_models(include_auto_created=True)), *known] if self._folds else []
        self._known = {name.lower(): name for name in names}

    def of(self, stored: str) -> str:
        """The name of the table that the server calls `stored`."""
        return self._known.get(stored.lower(), stored) if self._folds else stored

    def stored(self, names: Collection[str]) -> list[str]:
        """What the server may call the tables `names`, sorted."""
        return sorted({*names, *(name.lower() for name in names)} if self._folds else names)
