"""The seeded databases of one process: each dataset has one of its own, copied from the dataset's template.

Tests on it run in transactions that are rolled back, so all tests of a dataset share it; one that commits has it copied
again. Tests that ask for another dataset, or for none, get another database: none sees rows that it has not asked for.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connections, models
from django.test import runner

from seeding import api
from seeding.exceptions import ConfigurationError
from seeding.ledger.queries import Ledger
from seeding.testing.claims import RECORD, Claim, abandoned, database_in, folder_of
from seeding.testing.copies import copier
from seeding.testing.datasets import WantedDataset
from seeding.testing.switching import Place, back, go, read_only_at, require_switchable
from seeding.testing.templates import Session, Template, drop_unused
from seeding.verification.status import Status

LONGEST = 40
"""Characters of a name that ours begin with; servers take 63 and 64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededDatabase:
    """What a test knows of its seeded database."""

    alias: str
    """The alias in DATABASES that leads to it during the test."""
    dataset: WantedDataset
    template: Template = field(repr=False)
    unblocked: Callable[[], AbstractContextManager[None]] = field(default=nullcontext, repr=False)
    """What allows a session's fixture to use a database."""

    @property
    def fingerprint(self) -> str:
        """The dataset's, as `seed_verify` tells it, found when first asked for; empty if some rows cannot be compared."""
        with self.unblocked():
            return self.template.fingerprint()

    def status(self) -> Status:
        """What is seeded, as `seed_status` tells it."""
        return api.status(self.alias)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Have the alias lead to it for a block outside a test, as in a fixture of the session; writes are refused."""
        with self.unblocked(), current().using(self.dataset, read_only=True):
            yield

    def keys(self, of: str | type[models.Model]) -> list[Any]:
        """The primary keys of the seeded rows of a table or model, ascending; a key of several columns is a list.

        Raises ConfigurationError if there are none.
        """
        table = of if isinstance(of, str) else of._meta.db_table
        ledger = Ledger(self.alias)
        held = ledger.key_set(table)
        if not held:
            raise ConfigurationError(f"No rows of {table!r} are seeded in the dataset {self.dataset.words}.")
        identity = ledger.identities().get(table)
        if identity is None or not identity.is_of_ledger:
            return list(held.first(len(held)))
        return [key if len(key) > 1 else key[0] for key in identity.listed(held)]


class _Copy:
    """The process's copy of one dataset."""

    def __init__(self, session: Session, wanted: WantedDataset) -> None:
        using = wanted.config.database
        connection = connections[using]
        folder = folder_of(connection)
        self._vendor = connection.vendor
        self._is_in_memory = self._vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"])
        own, common = (_begun(str(connection.settings_dict["NAME"]), worker) for worker in ("", session.worker))
        self.copier = copier(using)
        self._folder = folder
        self._claim = Claim.of(folder, f"{own}_s{wanted.digest}")
        self.template = Template(session, wanted, self.copier, folder, f"{common}_s{wanted.digest}_template")
        self.place: Place | None = None
        self._copies = 0

    def require(self) -> Place:
        """Where it is; copied if it is not there or was spoiled."""
        if self.place is None:
            self._copies += 1
            name = self._name()
            self._claim.note(name)
            try:
                self.template.copy(name)
            except BaseException:
                self.copier.drop(name)
                self._claim.note("")
                raise
            self.place = Place(name=name)
        return self.place

    def spoil(self) -> None:
        """Drop it: a test has committed to it."""
        if self.place is not None:
            self.place.close()
            self.copier.drop(self.place.name)
            self.place = None
            self._claim.note("")

    def release(self) -> None:
        """Drop it, and the template if nobody needs it."""
        self.spoil()
        self._claim.release()
        self.template.release()

    def _name(self) -> str:
        if self._is_in_memory:  # a number, since what is still connected to a dropped one keeps it
            return f"file:{self._claim.name}_{self._copies}?mode=memory&cache=shared"
        return database_in(self._folder, self._claim.name, self._vendor)


class SeededDatabases:
    """All of this process, each made when it is first asked for."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._process = os.getpid()
        self._copies: dict[tuple[str, str], _Copy] = {}
        self._swept: set[str] = set()

    @contextmanager
    def using(self, wanted: WantedDataset, *, read_only: bool = False) -> Iterator[SeededDatabase]:
        """Have the dataset's alias lead to its seeded database for a block; raises SeedingError where it cannot be made."""
        alias = wanted.config.database
        require_switchable(alias)
        if not apps.is_installed("seeding"):
            raise ConfigurationError("Add 'seeding' to INSTALLED_APPS: a seeded database has its ledger.")
        self.sweep(alias)
        copy = self._copies.get((alias, wanted.digest))
        if copy is None:
            copy = self._copies[alias, wanted.digest] = _Copy(self.session, wanted)
        there = copy.require()
        here = go(alias, there)
        try:
            with read_only_at(alias, there) if read_only else nullcontext():
                yield SeededDatabase(alias=alias, dataset=wanted, template=copy.template)
        finally:
            back(alias, here, there)

    def spoil(self, wanted: WantedDataset) -> None:
        """Have the dataset copied again before the next test: this one has committed to its database."""
        self._copies[wanted.config.database, wanted.digest].spoil()

    def said(self) -> list[str]:
        """What became of templates of earlier runs, a sentence each."""
        return [copy.template.said for copy in self._copies.values() if copy.template.said]

    def sweep(self, alias: str) -> None:
        """Drop what processes that were killed have left on the alias's server."""
        if alias in self._swept:
            return
        self._swept.add(alias)
        folder, drops, vendor = folder_of(connections[alias]), copier(alias), connections[alias].vendor
        for database, claim in abandoned(folder):
            if database == database_in(folder, claim.name, vendor):
                drops.drop(database)
            claim.note("")
        for record in sorted(folder.glob(f"*{RECORD}")):
            drop_unused(record.with_suffix(""), drops, vendor)

    def close(self, also: Iterable[str] = ()) -> None:
        """Drop the databases of this process, and what nobody needs any more on their servers and on those of `also`."""
        if self._process != os.getpid():
            return
        while self._copies:
            self._copies.popitem()[1].release()
        aliases = {*self._swept, *also}
        self._swept.clear()
        for alias in sorted(aliases):
            self.sweep(alias)
        self._swept.clear()


def _begun(name: str, worker: str) -> str:
    """How the names of our databases begin, where `name` is that of the test database of such a worker."""
    found = re.fullmatch(r"file:(.*?)\?.*", name)
    plain = re.sub(r"\W", "_", found[1] if found else Path(name).stem)
    plain = plain.removesuffix(f"_{worker}") if worker else plain
    if len(plain) <= LONGEST:
        return plain
    return f"{plain[: LONGEST - 9]}_{hashlib.sha256(plain.encode()).hexdigest()[:8]}"


_current: SeededDatabases | None = None


def begin(session: Session) -> SeededDatabases:
    """The databases of this process, for a run of tests."""
    global _current  # noqa: PLW0603 - a process has one, like Django's connections
    if _current is not None:
        _current.close()
    _current = SeededDatabases(session)
    return _current


def active() -> SeededDatabases | None:
    """Those of this process, if a run has begun."""
    return _current


def current() -> SeededDatabases:
    """Those of this process; they begin a run if there is none: Django's runner has one, whose processes share a secret."""
    if _current is not None and _current._process == os.getpid():  # noqa: SLF001 - its own module
        return _current
    secret = bytes(multiprocessing.current_process().authkey)
    worker = getattr(runner, "_worker_id", 0)
    return begin(Session(run=hashlib.sha256(secret).hexdigest()[:16], worker=str(worker) if worker else ""))
