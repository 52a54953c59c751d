"""TERP's column types as Django fields, with the exact type, default and rule of TERP's MySQL schema.

Django's own fields do not match: it writes `longtext` for TERP's `text` and `datetime(6)` for its `timestamp`, and does not
support ENUM, ON UPDATE or ON DELETE. `on_delete` stays DO_NOTHING in Python because the database's rule is data here, not
behaviour: nothing in this project may rely on a cascade.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Func

from seeding import NamingField, ReferencingJSONField, TypedReferenceField

__all__ = [
    "CurrentTimestamp",
    "EnumField",
    "Key",
    "NamingField",
    "ReferencingJSONField",
    "TerpIndex",
    "TextField",
    "TimestampField",
    "TypedReferenceField",
    "Unique",
]


class CurrentTimestamp(Func):
    """CURRENT_TIMESTAMP without fractional seconds, as in TERP's columns."""

    template = "CURRENT_TIMESTAMP"
    output_field = models.DateTimeField()


class EnumField(models.CharField):
    """A MySQL ENUM; elsewhere a VARCHAR as long as the longest value."""

    def __init__(self, *values: str, **kwargs: Any) -> None:
        self.values = values
        kwargs["max_length"] = max(map(len, values))
        kwargs["choices"] = [(value, value) for value in values]
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        """Django's hook, so that the field can be cloned."""
        name, path, _, kwargs = super().deconstruct()
        del kwargs["max_length"], kwargs["choices"]
        return name, path, list(self.values), kwargs

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """`enum('A','B')` on MySQL and MariaDB."""
        if connection.vendor != "mysql":
            return super().db_type(connection)
        return "enum({})".format(",".join(f"'{value}'" for value in self.values))


class TextField(models.TextField):
    """TEXT: at most 65,535 bytes (Django's own is LONGTEXT)."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """`text` everywhere."""
        return "text"


class TimestampField(models.DateTimeField):
    """TIMESTAMP, whole seconds, UTC, 1970 to 2038. `now` gives it a default, `on_update` MySQL's ON UPDATE."""

    def __init__(self, *args: Any, now: bool = False, on_update: bool = False, **kwargs: Any) -> None:
        self.now = now
        self.on_update = on_update
        if now:
            kwargs["db_default"] = CurrentTimestamp()
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Django's hook, so that the field can be cloned."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_default", None)
        return name, path, args, {**kwargs, "now": self.now, "on_update": self.on_update}

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """`timestamp` on MySQL and MariaDB; PostgreSQL would keep microseconds."""
        own = {"mysql": "timestamp", "postgresql": "timestamp(0) with time zone"}
        return own.get(connection.vendor, super().db_type(connection))


class Key(models.ForeignKey):
    """A reference to another table by its `id`.

    `constraint` is the name of the foreign key that TERP's schema declares, and `rule` its ON DELETE. Without a name the
    reference is logical: no foreign key enforces it, and a wrong value is a dangling reference that nothing reports.
    """

    def __init__(
        self,
        to: Any,
        column: str = "",
        constraint: str | None = None,
        rule: str = "NO ACTION",
        **kwargs: Any,
    ) -> None:
        self.constraint = constraint
        self.rule = rule
        kwargs.setdefault("db_column", column)
        kwargs.setdefault("on_delete", models.DO_NOTHING)
        kwargs.update(db_index=False, db_constraint=constraint is not None, related_name="+")
        super().__init__(to, **kwargs)

    def deconstruct(self) -> Any:
        """Django's hook, so that the field can be cloned."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "constraint": self.constraint, "rule": self.rule}


class TerpIndex(models.Index):
    """An index under TERP's own name, which MySQL requires to be unique only in its table and allows 64 characters.

    Django requires a name unique in the app, so its name for the index begins with the model's.
    """

    max_name_length = 128

    def __init__(self, terp_name: str, *fields: str) -> None:
        self.terp_name = terp_name
        super().__init__(fields=fields, name=f"%(class)s_{terp_name}")

    def deconstruct(self) -> Any:
        """Django's hook, so that the index can be cloned."""
        return f"{type(self).__module__}.{type(self).__qualname__}", (self.terp_name, *self.fields), {}


class Unique(models.UniqueConstraint):
    """A unique index under TERP's own name."""

    def __init__(self, name: str, *fields: str) -> None:
        super().__init__(fields=fields, name=name)

    def deconstruct(self) -> Any:
        """Django's hook, so that the constraint can be cloned."""
        return f"{type(self).__module__}.{type(self).__qualname__}", (self.name, *self.fields), {}
