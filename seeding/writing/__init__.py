"""How rows reach a table: Django's inserts for few, the server's bulk load for many, and the search for rejected rows."""

from seeding.writing.choice import NATIVE_FROM, Writers
from seeding.writing.encoding import settled
from seeding.writing.orm import BulkCreateWriter, CreateWriter, instances
from seeding.writing.rejected_rows import Refusal, RowsRefusedError, UnwritableError, Writer, insert, insert_whole

__all__ = [
    "NATIVE_FROM",
    "BulkCreateWriter",
    "CreateWriter",
    "Refusal",
    "RowsRefusedError",
    "UnwritableError",
    "Writer",
    "Writers",
    "insert",
    "insert_whole",
    "instances",
    "settled",
]
