"""How rows reach a table: Django's own ways for few, the server's own for many, and the search for the row that it refuses."""

from seeding.writers.base import Refusal, Writer, insert
from seeding.writers.choice import NATIVE_FROM, Writers
from seeding.writers.encoding import settled
from seeding.writers.orm import BulkCreateWriter, CreateWriter, instances

__all__ = ["NATIVE_FROM", "BulkCreateWriter", "CreateWriter", "Refusal", "Writer", "Writers", "insert", "instances", "settled"]
