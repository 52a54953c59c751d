"""Files that belong to seeded rows: named by table, column and row index, written after the rows, gone with them.

Only in local storages. Nothing that exists is overwritten, and only files that hold exactly what was written are deleted.
"""

from seeding.uploads.fields import SIDE, is_local, local_fields, measured, name_expression
from seeding.uploads.files import Files, Written

__all__ = ["SIDE", "Files", "Written", "is_local", "local_fields", "measured", "name_expression"]
