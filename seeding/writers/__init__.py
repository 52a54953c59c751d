"""How rows reach a table: one writer for few rows, one for many, and the search for the row the database refuses."""

from seeding.writers.base import Refusal, Writer, insert
from seeding.writers.orm import BulkCreateWriter, CreateWriter, instances, writer_for

__all__ = ["BulkCreateWriter", "CreateWriter", "Refusal", "Writer", "insert", "instances", "writer_for"]
