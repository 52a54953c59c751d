"""Families of column types, and the one that a model's field belongs to."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class Kind(StrEnum):
    """Families of column types, as the validator distinguishes them."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    JSON = "json"
    TIME = "time"
    DURATION = "duration"
    UUID = "uuid"
    BINARY = "binary"
    ADDRESS = "address"
    """An IP address."""
    OTHER = "other"
    """A type whose values only its field and the server understand."""


RARE = frozenset({Kind.TIME, Kind.DURATION, Kind.UUID, Kind.BINARY, Kind.ADDRESS, Kind.OTHER})
"""Kinds that are called by the server's name of the type, and that drafts of seeders leave out."""
TEXTLESS = frozenset(
    {
        "bytea", "tinyblob", "blob", "mediumblob", "longblob", "binary", "varbinary", "bit", "vector", "geometry", "point",
        "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection",
    }
)  # fmt: skip
"""Types whose values have no text."""
KINDS: dict[type[models.Field[Any, Any]], Kind] = {
    models.BooleanField: Kind.BOOLEAN,
    models.IntegerField: Kind.INTEGER,
    models.DecimalField: Kind.DECIMAL,
    models.FloatField: Kind.FLOAT,
    models.CharField: Kind.TEXT,
    models.TextField: Kind.TEXT,
    models.DateTimeField: Kind.DATETIME,  # before DateField, its base class
    models.DateField: Kind.DATE,
    models.JSONField: Kind.JSON,
    models.TimeField: Kind.TIME,
    models.DurationField: Kind.DURATION,
    models.UUIDField: Kind.UUID,
    models.BinaryField: Kind.BINARY,
    models.GenericIPAddressField: Kind.ADDRESS,
}
TEXTS = re.compile(r"(?:n?(?:var)?char|character|(?:tiny|medium|long)?text|enum|set|citext)\b", re.IGNORECASE)
"""Types of text, as a field writes them."""
LIMIT = re.compile(r"char\w*\((\d+)\)", re.IGNORECASE)
"""Of a text, as a field without `max_length` may write it in its type."""
NO_TEXTS = re.compile(r"bytea|(?:tiny|medium|long)?blob|(?:var)?binary|uuid|inet", re.IGNORECASE)
"""Types of which a field of text may be in its project."""
BINARIES = re.compile(r"bytea\b|(?:tiny|medium|long)?blob\b|(?:var)?binary\b", re.IGNORECASE)
"""Types of bytes, as a field writes them."""
CONVERSIONS = ("get_prep_value", "get_db_prep_value", "get_db_prep_save")


def base_of(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    """The field that gives the column its type: the key at the end of a chain of foreign keys."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def converts(field: models.Field[Any, Any]) -> bool:
    """Whether the field's class is none of Django's own, or one for PostgreSQL, and makes other values of those it is given."""
    of = type(base_of(field))
    return not all(getattr(of, name).__module__.startswith("django.db.models.fields") for name in CONVERSIONS)


def kind_of_field(field: models.Field[Any, Any], connection: BaseDatabaseWrapper) -> Kind:
    """The kind of column that a field makes."""
    kind = next((kind for base, kind in KINDS.items() if isinstance(field, base)), None)
    written = field.db_type(connection) or ""
    if kind is None:
        return Kind.TEXT if TEXTS.match(written) and not written.endswith("]") else Kind.OTHER  # but for arrays
    if kind in RARE and converts(field):
        return Kind.OTHER
    return Kind.OTHER if kind is Kind.TEXT and NO_TEXTS.match(written) else kind


def length_of(field: models.Field[Any, Any], kind: Kind, connection: BaseDatabaseWrapper) -> int | None:
    """The characters that the field's column of text holds; None if it is no text, or has no limit."""
    written = field.db_type(connection) or ""
    if kind not in (Kind.TEXT, Kind.UUID, Kind.ADDRESS) or (kind is not Kind.TEXT and not TEXTS.match(written)):
        return None
    limit = LIMIT.search(written)
    return int(limit[1]) if field.max_length is None and limit else field.max_length


def is_binary(field: models.Field[Any, Any], connection: BaseDatabaseWrapper) -> bool:
    """Whether the field's column holds bytes."""
    return bool(BINARIES.match(base_of(field).db_type(connection) or ""))


def largest_decimal(digits: int, scale: int) -> Decimal:
    """The largest number of so many digits, of which `scale` stand after the point; exact for any number of digits."""
    return Decimal((0, (9,) * digits, -scale))
