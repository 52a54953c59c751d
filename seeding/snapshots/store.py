"""The snapshots of one database: in the ledger, by their names."""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from django.db import models, transaction

from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry, near
from seeding.masking.classification import declared
from seeding.models import SeedSnapshot, insert_silently
from seeding.snapshots.document import Snapshot

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)


class Snapshots:
    """Those of one database; to change them, the lock is to be held."""

    def __init__(self, using: str) -> None:
        self._using = using

    def all(self) -> models.QuerySet[SeedSnapshot]:
        """Every snapshot, by name."""
        return SeedSnapshot.objects.using(self._using).order_by("name")

    def get(self, name: str) -> SeedSnapshot:
        """The one of that name; raises ConfigurationError if there is none."""
        found = self.all().filter(name=name).first()
        if found is None:
            names = list(self.all().values_list("name", flat=True))
            raise ConfigurationError(f"There is no snapshot {name!r}. {near(name, names) if names else ''}".strip())
        return found

    def read(self, name: str) -> Snapshot:
        """What the one of that name says, with all its values."""
        found = self.get(name)
        return Snapshot.read(found.whole or found.document, f"The snapshot {name}")

    def require_free(self, name: str) -> None:
        """Raise ConfigurationError for a name that is none, or is another snapshot's."""
        if not NAME.fullmatch(name):
            raise ConfigurationError(f"{name!r} cannot be a snapshot's name: give up to 64 letters, digits, dots, dashes.")
        if self.all().filter(name=name).exists():
            raise ConfigurationError(f"There is a snapshot {name!r} already: delete it first, or give another name.")

    def add(self, name: str, snapshot: Snapshot, registry: Registry, environment: str) -> SeedSnapshot:
        """Keep a snapshot; raises ConfigurationError for a name that is none or not free."""
        with transaction.atomic(using=self._using):
            self.require_free(name)
            document, whole = snapshot.without(classified(registry, snapshot)).text, snapshot.text
            return insert_silently(
                SeedSnapshot.objects.using(self._using),
                name=name,
                document=document,
                whole=whole if whole != document else "",
                fingerprint=snapshot.fingerprint,
                row_count=sum(count for part in snapshot.parts for _, count in part.rows),
                environment=environment,
                created_by=getpass.getuser(),
                created_at=datetime.now(UTC),
            )

    def forget_classified(self, registry: Registry) -> None:
        """Remove the values of columns from all of them that were classified when they were saved, or are now."""
        for found in self.all():
            said = Snapshot.read(found.document, f"The snapshot {found.name}")
            document = said.without(classified(registry, said)).text
            if found.whole or document != found.document:
                self.all().filter(pk=found.pk).update(document=document, whole="")

    def delete(self, name: str) -> None:
        """Forget the one of that name; raises ConfigurationError if there is none."""
        self.all().filter(pk=self.get(name).pk)._raw_delete(self._using)  # noqa: SLF001 - it sends no signals


def classified(registry: Registry, snapshot: Snapshot) -> Mapping[str, frozenset[str]]:
    """Seeder of the snapshot → its columns that may hold personal data: all that it holds, where there is no such seeder."""
    found = dict[str, frozenset[str]]()
    for part in snapshot.parts:
        seeders = registry.by_table.get(part.table, ())
        columns = {name for cells in part.edited.values() for name in cells}
        if part.seeder in {one.name for one in seeders}:
            columns = {*declared(part.table, seeders)}
        found[part.seeder] = frozenset(columns)
    return found
