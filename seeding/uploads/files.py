"""Writes the files that the ledger's rows have, and deletes those whose rows are gone.

Which files there are to be follows from the ledger alone, so what a killed command left is repaired by the next. A file that
any row names stays: somebody may have entered its name, or copied the row.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from django.apps import apps
from django.core.files.storage import FileSystemStorage
from django.db import connections, models

from seeding.db.connection import database_name
from seeding.db.sql import every_row
from seeding.keys import KeySet
from seeding.ledger.queries import Ledger
from seeding.models import BatchQuerySet
from seeding.schema.introspection import lacking, qualified
from seeding.uploads.contents import content
from seeding.uploads.fields import folder_of, index_of, local_fields, name_of

UNFINISHED = ".seeding-"
"""How the name of a file begins that is being written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The files of one table after a run."""

    written: int
    occupied: tuple[str, ...]
    """Names under which other files were there, which stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """The files of one table's rows that are gone."""

    deleted: int
    named: tuple[str, ...]
    """Names of those that stay, because a row has them."""


class Files:
    """The files of the rows in one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def write(self, model: type[models.Model], columns: Iterable[str], seeder: str) -> Written:
        """Write the missing files of the seeder's live rows. Raises OSError where that fails; the next run goes on."""
        indexes, fields = _indexes(self._ledger.live.filter(seeder_name=seeder)), local_fields(model)
        written, occupied = 0, list[str]()
        for field in (fields[column] for column in columns if column in fields):
            folder = _path(field, folder_of(field))
            if indexes:
                _make_folder(field, folder)
            for index in _each(indexes):
                name = name_of(field, index)
                path, data = _path(field, name), content(name, self._stamp)
                if not path.exists():
                    _create(field, path, data)
                    written += 1
                elif not _holds(path, data):
                    occupied.append(name)
        return Written(written=written, occupied=tuple(occupied))

    def sweep(self, model: type[models.Model]) -> Swept:
        """Delete the files of rows that are no longer in the ledger, unless a row names them, and folders that are empty."""
        deleted, named = 0, list[str]()
        for field in local_fields(model).values():
            folder = _path(field, folder_of(field))
            if not folder.is_dir() or folder.is_symlink():
                continue
            live = _indexes(self._ledger.live.filter(table_name=model._meta.db_table))
            gone = list[Path]()
            for path in sorted(folder.iterdir()):
                index = index_of(field, path.name)
                if path.name.startswith(UNFINISHED):
                    path.unlink()
                elif index is not None and not live.has(np.array([index]))[0] and self._is_own(field, index, path):
                    gone.append(path)
            held = self._named(folder_of(field)) if gone else frozenset()
            for path in gone:
                if path in held:
                    named.append(f"{folder_of(field)}/{path.name}")
                else:
                    path.unlink()
                    deleted += 1
            for empty in (folder, folder.parent, folder.parent.parent):
                with suppress(OSError):  # it holds other files
                    empty.rmdir()
        return Swept(deleted=deleted, named=tuple(named))

    def _named(self, folder: str) -> frozenset[Path]:
        """The files of the folder that rows name, of whatever model."""
        using = self._ledger.using
        holding = [one for one in apps.get_models(include_auto_created=True) if not one._meta.proxy and local_fields(one)]
        absent = {name for names in lacking(connections[using], holding).values() for name in names}
        absent -= qualified(connections[using], holding).keys()
        return frozenset(
            _path(field, name)
            for model in holding
            for column, field in local_fields(model).items()
            if absent.isdisjoint((table := model._meta.db_table, f"{table}.{column}"))
            for name in every_row(model, using)
            .filter(**{f"{field.attname}__startswith": f"{folder}/"})
            .values_list(field.attname, flat=True)
        )

    def _is_own(self, field: models.FileField, index: int, path: Path) -> bool:
        return _holds(path, content(name_of(field, index), self._stamp))

    @cached_property
    def _stamp(self) -> str:
        """What no other database's ledger has."""
        first = self._ledger.runs.order_by("pk").values_list("pk", "started_at").first()
        name = Path(database_name(self._ledger.using)).name  # a restored copy has another
        return "" if first is None else f"run {first[0]} of {first[1].isoformat()} in {name}"


def _indexes(batches: BatchQuerySet) -> KeySet:
    ranges = batches.order_by().values_list("key_ranges", flat=True)
    return KeySet.of([first, first + count - 1] for one in ranges for first, count, *_ in one)


def _each(indexes: KeySet) -> Iterator[int]:
    for first, last in indexes.ranges:
        yield from range(first, last + 1)


def _path(field: models.FileField, name: str) -> Path:
    return Path(field.storage.path(name))


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size == len(data) and path.read_bytes() == data


def _make_folder(field: models.FileField, folder: Path) -> None:
    storage = field.storage
    assert isinstance(storage, FileSystemStorage)
    for one in (folder.parent.parent, folder.parent, folder):
        if not one.exists():
            one.mkdir(parents=True)
            if storage.directory_permissions_mode is not None:
                one.chmod(storage.directory_permissions_mode)


def _create(field: models.FileField, path: Path, data: bytes) -> None:
    """The whole file appears at once, unless one of that name appears first."""
    storage, unfinished = field.storage, path.with_name(f"{UNFINISHED}{path.name}")
    assert isinstance(storage, FileSystemStorage)
    unfinished.write_bytes(data)
    if storage.file_permissions_mode is not None:
        unfinished.chmod(storage.file_permissions_mode)
    with suppress(FileExistsError):
        os.link(unfinished, path)
    unfinished.unlink()
