"""Which writer a seeder gets: it depends on the number of rows and on what the server allows."""

from __future__ import annotations

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.exceptions import ConfigurationError
from seeding.writing.copy import CopyWriter
from seeding.writing.executemany import ExecutemanyWriter
from seeding.writing.load_data import LoadDataWriter
from seeding.writing.multi_insert import MultiInsertWriter
from seeding.writing.orm import BulkCreateWriter
from seeding.writing.rejected_rows import Writer

NATIVE_FROM = 100
"""A seeder with this many rows or more uses the server's native load, if available: it takes a tenth of bulk_create's time
at this size. With fewer the errors of bulk_create are simpler, and both take milliseconds."""


class Writers:
    """The writers that the database `using` supports; `forced` names the one to use for any number of rows.

    Raises ConfigurationError, naming the supported ones, if the forced one is not among them.
    """

    def __init__(self, using: str, forced: str | None = None) -> None:
        self.native = _native(connections[using])
        """The fastest first; empty for an unknown vendor."""
        every: tuple[Writer, ...] = (BulkCreateWriter(), *self.native)
        possible = {writer.name: writer for writer in every}
        if forced is not None and forced not in possible:
            raise ConfigurationError(f"SEEDING_WRITER={forced}: this database supports {', '.join(possible)}.")
        self._forced = None if forced is None else possible[forced]

    def choose(self, count: int) -> Writer:
        """The writer for a seeder with `count` rows."""
        if self._forced is not None:
            return self._forced
        return self.native[0] if self.native and count >= NATIVE_FROM else BulkCreateWriter()


def _native(connection: BaseDatabaseWrapper) -> tuple[Writer, ...]:
    if connection.vendor == "sqlite":
        return (ExecutemanyWriter(),)
    if connection.vendor == "postgresql":
        return (CopyWriter(),) if CopyWriter.possible(connection) else ()
    if connection.vendor != "mysql":
        return ()
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@local_infile, @@max_allowed_packet")
        server_allows, max_packet = cursor.fetchone()
    # Server and client must both allow it; the client's side is in the settings.
    allowed = server_allows and connection.get_connection_params().get("local_infile")
    return (*((LoadDataWriter(),) if allowed else ()), MultiInsertWriter(int(max_packet)))
