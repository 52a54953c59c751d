"""Which fields hold files, where, and how the files of seeded rows are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.db import models

from seeding.schema.references import column_name

FOLDER = "seeded"
"""In a storage: nothing else is ever written."""
SIDE = 16
"""Width and height of images in pixels."""
PREFERRED = ("txt", "png", "jpg", "jpeg")


def name_expression(field: models.FileField) -> str:
    """An expression over `rows` for the names of the field's files."""
    before, after = _around(field)
    return f'"{before}" + numerals(rows.index) + "{after}"'


def name_of(field: models.FileField, index: int) -> str:
    """The name in the storage of the file of one row."""
    before, after = _around(field)
    return f"{before}{index}{after}"


def index_of(field: models.FileField, file: str) -> int | None:
    """The row that a file in the field's folder belongs to; None if its name is not one that `name_of` gives."""
    found = re.fullmatch(rf"(0|[1-9]\d*){re.escape(_around(field)[1])}", file)
    return int(found[1]) if found else None


def folder_of(field: models.FileField) -> str:
    """The field's own folder in the storage."""
    return _around(field)[0].rstrip("/")


def is_local(field: models.Field[Any, Any]) -> bool:
    """Whether the field holds files, in folders of this machine."""
    return isinstance(field, models.FileField) and isinstance(field.storage, FileSystemStorage)


def local_fields(model: type[models.Model]) -> Mapping[str, models.FileField]:
    """Column → the field of a local file."""
    return {column_name(field): field for field in model._meta.local_concrete_fields if is_local(field)}  # type: ignore[misc]  # is_local has narrowed it


def measured(field: models.Field[Any, Any]) -> bool:
    """Whether the field holds the width or the height of an image that every row has."""
    fields = field.model._meta.local_concrete_fields if hasattr(field, "model") else ()
    images = [one for one in fields if isinstance(one, models.ImageField) and not one.blank]
    return any(field.name in (getattr(one, "width_field", ""), getattr(one, "height_field", "")) for one in images)


def _around(field: models.FileField) -> tuple[str, str]:
    """What stands before and after the row's index."""
    table, column = (re.sub(r"\W+", "_", name) for name in (field.model._meta.db_table, column_name(field)))
    return f"{FOLDER}/{table}/{column}/", f".{_suffix(field)}"


def _suffix(field: models.FileField) -> str:
    if isinstance(field, models.ImageField):
        return "png"
    for validator in field.validators:
        if allowed := getattr(validator, "allowed_extensions", None):
            return next((one for one in PREFERRED if one in allowed), str(allowed[0]))
    return PREFERRED[0]
