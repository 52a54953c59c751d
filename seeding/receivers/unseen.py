"""Ways to write that no wrapper of statements on one connection sees: other connections, and what cursors do besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

UNSEEN = frozenset({"callproc", "copy", "copy_expert", "copy_from"})
"""What cursors do without a statement."""


@contextmanager
def seen_cursors(connection: BaseDatabaseWrapper, refuse: Callable[[str], None]) -> Iterator[None]:
    """Within the block, cursors call `refuse` with the name of what passes by their wrappers; it raises an error."""

    class Cursor(CursorWrapper):
        def __getattribute__(self, name: str) -> Any:
            if name in UNSEEN:
                refuse(name)
            return super().__getattribute__(name)

    class DebugCursor(Cursor, CursorDebugWrapper):
        pass

    with ExitStack() as stack:
        for name, kind in (("make_cursor", Cursor), ("make_debug_cursor", DebugCursor)):
            setattr(connection, name, partial(kind, db=connection))
            stack.callback(delattr, connection, name)
        yield


def other_databases(using: str) -> Iterator[str]:
    """The other databases of the project, as far as they can be used."""
    for alias in connections:
        try:
            if alias != using and connections[alias]:
                yield alias
        except ImproperlyConfigured:
            continue
