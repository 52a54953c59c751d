"""Templates: databases that are seeded once and copied for every process that runs tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from seeding import api
from seeding.conf import VerifyConfig
from seeding.db.drivers import DISTRIBUTION
from seeding.db.sql import quoted_plainly
from seeding.exceptions import SeedingError
from seeding.ledger.queries import generator_version
from seeding.orchestration.results import RunSummary
from seeding.restoration.results import VerifyReport
from seeding.schema.introspection import all_tables
from seeding.sources.registry import seeders_of
from seeding.testing.claims import LOCK, RECORD, USE, alone, database_in, locked, read_record, shared, write_record
from seeding.testing.copies import Copier
from seeding.testing.datasets import WantedDataset
from seeding.testing.switching import led_to

RUNTIME = (DISTRIBUTION, "Django", "Faker", "numpy", "polars")
"""The distributions whose versions a kept template depends on."""
DEFINITIONS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type IN ('view', 'trigger')",
    "mysql": "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = DATABASE() UNION ALL "
    "SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE() UNION ALL "
    "SELECT routine_name, routine_definition FROM information_schema.routines WHERE routine_schema = DATABASE()",
    "postgresql": "SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') UNION ALL "
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal UNION ALL "
    "SELECT p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
    "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')",
}
"""Kind of server → what there is beside tables and rows, by name."""
UNFINISHED = ""
"""The run of a template that is being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One run of the tests, in all its processes."""

    run: str
    """The same in all of them, and in no other run."""
    worker: str = ""
    """What the names of this process's databases end with, after an underscore."""
    keeps: bool = False
    """Whether templates stay for later runs, and those of earlier ones are used."""


class Template:
    """The seeded database of one dataset, which no test ever sees."""

    def __init__(self, session: Session, wanted: WantedDataset, copier: Copier, folder: Path, name: str) -> None:
        self._session = session
        self._wanted = wanted
        self._using = wanted.config.database
        self._copier = copier
        self._path = folder / name
        self._name = database_in(folder, name, connections[self._using].vendor)
        self._source = connections[self._using].settings_dict["NAME"]
        self._use: IO[str] | None = None
        self.said = ""
        """What became of a template of an earlier run."""

    def copy(self, target: str) -> None:
        """Make `target` a copy of it; seeds it first unless this run has. Raises SeedingError where that fails."""
        with locked(self._file(LOCK)):
            self._require()
            self._copier.copy(self._name, target)

    def fingerprint(self) -> str:
        """As `seed_verify` tells it; empty if some rows cannot be compared."""
        with locked(self._file(LOCK)), led_to(self._using, self._source):  # a test may be in a transaction
            record = self._require()
            if "fingerprint" not in record:
                record = {**record, **_verified(self._verify())}
                write_record(self._file(RECORD), record)
            return str(record["fingerprint"])

    def release(self) -> None:
        """Drop it, unless it is kept or another process of this run may still need it."""
        if self._use is None:
            return
        self._use.close()
        self._use = None
        drop_unused(self._path, self._copier, connections[self._using].vendor)

    def _require(self) -> dict[str, Any]:
        """The record of the template, which this run has made or found to be right; the lock is held."""
        record = read_record(self._file(RECORD))
        if record is None or record["run"] != self._session.run:
            record = self._refreshed(record)
        if self._use is None:
            self._use = shared(self._file(USE))
        return record

    def _refreshed(self, record: dict[str, Any] | None) -> dict[str, Any]:
        if self._session.keeps and record is not None and record["keep"]:
            differs = self._difference(record)
            became = f"seeded again: {differs}" if differs else f"verified by its fingerprint {record['fingerprint'][:12]}"
            self.said = f"({self._wanted.words}) {became}"
            if not differs:
                record = {**record, "run": self._session.run}
                write_record(self._file(RECORD), record)
                return record
        return self._made()

    def _made(self) -> dict[str, Any]:
        """Seed it; the record that it is of this run is written last, so that half of one is dropped and never used."""
        record = {"run": UNFINISHED, "keep": False, "database": self._name}
        write_record(self._file(RECORD), record)
        origin = self._origin() if self._session.keeps else {}
        self._copier.copy(self._source, self._name)
        try:
            with led_to(self._using, self._name):
                summary = api.seed(self._wanted.config)
                require_whole(summary, self._wanted)
        except BaseException:
            self._copier.drop(self._name)
            self._file(RECORD).unlink()
            raise
        record |= {"run": self._session.run, "keep": self._session.keeps}
        if self._session.keeps:
            record |= {"origin": origin, "planned": _planned(summary), "as_of": summary.as_of.isoformat()}
            record |= _verified(self._verify())
        write_record(self._file(RECORD), record)
        return record

    def _difference(self, record: Mapping[str, Any]) -> str:
        """Why the template of an earlier run is not what seeding would make now; empty if it is."""
        if not record["fingerprint"]:
            return "not all of its rows can be compared"
        changed = [what for what, now in self._origin().items() if record["origin"].get(what) != now]
        if changed:
            return f"{' and '.join(changed)} changed"
        if (self._wanted.config.as_of or self._wanted.config.today).isoformat() != record["as_of"]:
            return f"it is as of {record['as_of']}"
        try:
            return self._unlike(record)
        except SeedingError as error:
            return str(error)

    def _unlike(self, record: Mapping[str, Any]) -> str:
        """What its rows are not, by seeding it again, which adds what is missing, and by comparing every row."""
        with led_to(self._using, self._name):
            summary = api.seed(self._wanted.config)
        if summary.exit_code or summary.records_inserted or _planned(summary) != record["planned"]:
            return "the dataset has other rows now"
        report = self._verify()
        if not report.is_as_seeded or _verified(report) != {key: record[key] for key in ("fingerprint", "others")}:
            return "its rows are not as they were seeded"
        return ""

    def _origin(self) -> dict[str, Any]:
        """What the rows follow from, apart from the options: by what a person calls it."""
        connection = connections[self._using]
        tables = all_tables(connection)
        registry = seeders_of(self._wanted.config).within(self._using)
        return {
            "the schema": _digest(_plain(tables)),
            "the rows of the empty test database": {name: _digest(_rows(connection, name)) for name in sorted(tables)},
            "a view, trigger or routine": _digest(_definitions(connection)),
            "a version": {name: _version(name) for name in RUNTIME},
            "a seeder": {seeder.name: generator_version(seeder) for seeder in registry.ordered},
        }

    def _verify(self) -> VerifyReport:
        with led_to(self._using, self._name):
            return api.verify(VerifyConfig(database=self._using))

    def _file(self, ending: str) -> Path:
        return self._path.with_name(self._path.name + ending)


def drop_unused(path: Path, copier: Copier, vendor: str) -> None:
    """Drop the template whose files begin with `path`, unless it is kept or in use."""
    recorded, lock, used = (path.with_name(path.name + ending) for ending in (RECORD, LOCK, USE))
    with locked(lock):
        record = read_record(recorded)
        if record is None or record["keep"] or (use := alone(used)) is None:
            return
        with use:
            recorded.unlink()
            copier.drop(database_in(path.parent, path.name, vendor))


def require_whole(summary: RunSummary, wanted: WantedDataset) -> None:
    """Raise SeedingError if rows are missing."""
    failed = [one for one in summary.results if one.exit_code]
    if failed:
        told = "; ".join(
            f"{one.table or one.seeder}: {one.error or f'{one.records_skipped} rows were rejected'}" for one in failed
        )
        raise SeedingError(f"The dataset of the test ({wanted.words}) cannot be seeded. {told}")


def _rows(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    """Every row of a table that migrations have filled, in an order of our own; of Django's, which have run."""
    columns = "app, name" if table == MigrationRecorder.Migration._meta.db_table else "*"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {quoted_plainly(connection, table)}")  # noqa: S608 - the name is quoted
        return sorted(map(repr, cursor.fetchall()))


def _definitions(connection: BaseDatabaseWrapper) -> list[str]:
    """What the database does by itself."""
    with connection.cursor() as cursor:
        cursor.execute(DEFINITIONS[connection.vendor])
        return sorted(map(repr, cursor.fetchall()))


def _version(distribution: str) -> str:
    """Empty where the code is not installed as a distribution."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _planned(summary: RunSummary) -> dict[str, int]:
    return {one.seeder: one.records_planned for one in summary.results}


def _verified(report: VerifyReport) -> dict[str, Any]:
    return {"fingerprint": report.fingerprint, "others": {one.table: one.others for one in report.tables}}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The value in the order that every process gives it."""
    if is_dataclass(value) and not isinstance(value, type):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(json.dumps(_plain(one), sort_keys=True, default=str) for one in value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value
