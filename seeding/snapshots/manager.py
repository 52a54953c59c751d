"""The snapshots of one database: saved, listed, shown, restored, deleted, exported and imported."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seeding.conf.restoration import SnapshotConfig
from seeding.db.row_security import seeing_every_row
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.models import SeedSnapshot
from seeding.runs.confirmation import Ask
from seeding.runs.lifecycle import Operation
from seeding.snapshots.document import MOST_BYTES, Snapshot
from seeding.snapshots.fitting import require_fitting
from seeding.snapshots.restoring import Restorer
from seeding.snapshots.results import RestoreSummary, SnapshotReport
from seeding.snapshots.saving import Saver
from seeding.snapshots.store import Snapshots, classified
from seeding.telemetry.events import Sink


class SnapshotManager:
    """Manages them. `tell` receives every event, `ask` the question before one is restored."""

    def __init__(self, config: SnapshotConfig, registry: Registry, *, tell: Sink, ask: Ask) -> None:
        self.config = config
        self._registry = registry
        self._tell = tell
        self._ask = ask
        self._store = Snapshots(config.database)

    @seeing_every_row
    def save(self, name: str) -> SnapshotReport:
        """Save what the seeded data is now; raises ConfigurationError for a name that is none or not free."""
        with self._locked() as operation:
            self._store.require_free(name)
            snapshot = Saver(self.config.database, self._registry).snapshot()
            with operation.lock.fenced():
                return _report(self._store.add(name, snapshot, self._registry, self.config.environment))

    def all(self) -> Sequence[SnapshotReport]:
        """All of them, by name."""
        self._operation().connect()
        return [_report(one) for one in self._store.all()]

    def show(self, name: str) -> SnapshotReport:
        """What the one of that name says; raises ConfigurationError if there is none."""
        self._operation().connect()
        return _report(self._store.get(name))

    def restore(self, name: str) -> RestoreSummary:
        """Make the seeded data what it was; real rows stay. Raises SeedingError if it cannot be done."""
        self._operation().connect()
        return self._restorer().restore(name, self._store.read(name))

    def delete(self, name: str) -> None:
        """Forget it; no row is touched."""
        with self._locked() as operation, operation.lock.fenced():
            self._store.delete(name)

    def export(self, name: str, file: Path) -> SnapshotReport:
        """Write it to a new file, without the values of classified columns; raises ConfigurationError if that cannot be."""
        self._operation().connect()
        found, snapshot = self._store.get(name), self._store.read(name)
        known = self._restorer().registry_for(snapshot)
        document = snapshot.without(classified(known, snapshot)).text  # as columns are classified now
        try:
            with file.open("x", encoding="utf-8") as stream:
                stream.write(document)
        except FileExistsError:
            raise ConfigurationError(f"{file} exists already: name another file.") from None
        except OSError as error:
            raise ConfigurationError(f"{file} cannot be written: {error.strerror}.") from error
        return _report(found)

    def import_(self, file: Path, name: str | None = None) -> SnapshotReport:
        """Keep the snapshot that a file holds, as `name` or by the file's; raises ConfigurationError for anything else."""
        try:
            if file.stat().st_size > MOST_BYTES:
                raise ConfigurationError(f"{file} is larger than {MOST_BYTES:,} bytes: no snapshot is.")
            text = file.read_bytes().decode()
        except UnicodeDecodeError:
            raise ConfigurationError(f"{file} is not a snapshot: it is not UTF-8.") from None
        except OSError as error:
            raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error
        snapshot = Snapshot.read(text, str(file))
        with self._locked() as operation:
            known = self._restorer().registry_for(snapshot)
            require_fitting(snapshot, known, self.config.database, refused=classified(known, snapshot))
            with operation.lock.fenced():
                return _report(self._store.add(name or file.stem, snapshot, known, self.config.environment))

    def _restorer(self) -> Restorer:
        return Restorer(self.config, self._registry, tell=self._tell, ask=self._ask)

    def _operation(self) -> Operation:
        return Operation(self.config, "seed_snapshot", tell=self._tell, ask=self._ask)

    @contextmanager
    def _locked(self) -> Any:
        operation = self._operation()
        operation.connect()
        with operation.locked():
            yield operation


def _report(found: SeedSnapshot) -> SnapshotReport:
    said = Snapshot.read(found.whole or found.document, f"The snapshot {found.name}")
    tables: dict[str, int] = {}
    for part in said.parts:
        tables[part.table] = tables.get(part.table, 0) + sum(count for _, count in part.rows)
    return SnapshotReport(
        name=found.name,
        rows=found.row_count,
        edited=sum(len(part.edited) for part in said.parts),
        missing=sum(count for part in said.parts for _, count in part.missing),
        bytes=len((found.whole or found.document).encode()),
        fingerprint=said.fingerprint,
        seed=said.dataset.seed,
        as_of=said.dataset.as_of.isoformat(),
        profile=said.dataset.rules.digest,
        not_held=said.not_held,
        tables=tables,
        created_at=found.created_at,
        created_by=found.created_by,
    )
