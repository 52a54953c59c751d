"""Ranges of keys that have a row each: many references lead into the same few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import models

from seeding.keys import KeySet
from seeding.ledger.key_values import LARGEST


class CompleteRanges:
    """Whether tables have a row under every key of a range; what was seen in one look is not asked again.

    `repeating` are the tables in which several rows may have one number. It is for one verification: rows may go later.
    """

    def __init__(self, using: str, repeating: Collection[str] = ()) -> None:
        self._using = using
        self._repeating = repeating
        self._seen: dict[str, KeySet] = defaultdict(KeySet.of)

    def has_all(self, target: type[models.Model], low: Any, high: Any) -> bool:
        """Whether the target has a row for every key from `low` to `high`, which are integers."""
        if max(-low, high, high - low) >= LARGEST:  # what somebody has written need not fit into a set
            return False
        table, wanted = target._meta.db_table, KeySet.of([(low, high)])
        if len(wanted & self._seen[table]) == len(wanted):
            return True
        rows = target._base_manager.using(self._using).filter(pk__gte=low, pk__lte=high)
        found = rows.values("pk").distinct().count() if table in self._repeating else rows.count()
        if found == len(wanted):
            self._seen[table] |= wanted
        return bool(found == len(wanted))
