"""What a column refers to, whether or not a foreign key declares it.

Three kinds of column reference rows of another table: a foreign key (`db_constraint=False` if the database declares none),
an integer whose target another column decides (`referenceType` = 'ORDER'), and JSON objects, or lists of them, that hold keys.
All three are declared by the model; the engine treats them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column, or one key of the objects in a JSON column, that holds primary keys of `target`."""

    column: str
    target: type[models.Model]
    json_key: str | None = None
    when: tuple[str, str] | None = None
    """(column, value): the reference counts only in rows whose `column` holds `value`."""
    by: str | None = None
    """The column of `target` whose values it holds, if that is not the primary key."""
    textual: bool = False
    """Whether the column holds keys as text."""
    columns: tuple[tuple[str, str], ...] = ()
    """Every (column, target's column), if several together say which row it is."""

    @property
    def target_table(self) -> str:
        """The database table that the keys belong to."""
        return self.target._meta.db_table

    @property
    def is_read_here(self) -> bool:
        """Whether the rows are read page by page, because the database cannot compare the column with a key."""
        return self.textual or self.json_key is not None

    @property
    def holds_text(self) -> bool | None:
        """Whether its values are texts of a parent's column; False for integers, None for values of any other type."""
        field = next((one for one in self.target._meta.concrete_fields if one.column == self.by), None)
        while isinstance(field, models.ForeignKey):
            field = field.target_field
        if isinstance(field, (TypedReferenceField, NamingField)) or hasattr(field, "from_db_value"):
            return None
        is_text = isinstance(field, (models.CharField, models.TextField))
        return is_text if is_text or isinstance(field, models.IntegerField) else None

    def __str__(self) -> str:
        return f"{self.column}[].{self.json_key}" if self.json_key else self.column


class TypedReferenceField(models.IntegerField):
    """An integer that references a row of a table chosen by the column `kind`: `targets` maps its values to models."""

    def __init__(self, *args: Any, kind: str, targets: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.targets = targets

    def deconstruct(self) -> Any:
        """Django's hook, so that the field can be cloned."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "kind": self.kind, "targets": self.targets}


class NamingField(models.CharField):
    """A text that references a row of another table by the value of one of its columns: a number, a category.

    `targets` maps the values of the column `kind` to (model, column); without a `kind` there is one target, under "".
    """

    def __init__(self, *args: Any, targets: Mapping[str, tuple[str, str]], kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.targets = targets

    def deconstruct(self) -> Any:
        """Django's hook, so that the field can be cloned."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "kind": self.kind, "targets": self.targets}


class ReferencingJSONField(models.JSONField):
    """A JSON object or a list of them, some of whose keys hold primary keys: `targets` maps those keys to models."""

    def __init__(self, *args: Any, targets: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.targets = targets

    def deconstruct(self) -> Any:
        """Django's hook, so that the field can be cloned."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "targets": self.targets}


Objects = dict[str, Any] | list[Any] | None
"""A value of such a field."""


def objects(value: Any) -> list[Any]:
    """The objects of a JSON value: the value itself, or what is in the list; nothing of null, texts and numbers."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def each(value: Objects, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Objects:
    """The value with each of its objects changed."""
    return change(value) if isinstance(value, dict) else value and [change(item) for item in value]


def column_name(field: models.Field[Any, Any]) -> str:
    """The name of a field's column; raises TypeError if it has none."""
    if field.column is None:
        raise TypeError(f"{field} has no column")
    return field.column


def key_fields(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    """The fields of the model's primary key, in its order; several of a composite one."""
    parts = getattr(model._meta.pk, "fields", None) or [model._meta.pk]
    return tuple(one for one in parts if one is not None)


def key_columns(model: type[models.Model]) -> tuple[str, ...]:
    """Their columns."""
    return tuple(column_name(one) for one in key_fields(model))


def counts_keys(model: type[models.Model]) -> bool:
    """Whether rows of the model get their keys from a counter."""
    return isinstance(model._meta.pk, models.AutoField)


def makes_uuids(model: type[models.Model]) -> bool:
    """Whether the model's key is a UUID that refers to nothing, so that any other is as good."""
    return type(model._meta.pk) is models.UUIDField


def attributes(model: type[models.Model]) -> dict[str, str]:
    """Column → the name of its value in instances and queries of the model."""
    return {column_name(field): field.attname for field in model._meta.concrete_fields}


def namings(model: type[models.Model]) -> tuple[Reference, ...]:
    """Every reference of `model` that is never resolved: a name, generated verbatim, or the column a ForeignObject joins by."""
    return (*_joined(model), *_named(model))


def _joined(model: type[models.Model]) -> Iterator[Reference]:
    for field in model._meta.get_fields():
        if isinstance(field, models.ForeignObject) and not isinstance(field, models.ForeignKey) and field.many_to_one:
            own, target = field.related_fields[-1]  # any one column matches at least the rows that all of them match
            by = None if target.primary_key else column_name(target)
            pairs = tuple((column_name(one), column_name(other)) for one, other in field.related_fields)
            columns = pairs if len(pairs) > 1 else ()
            yield Reference(column=column_name(own), target=field.remote_field.model, by=by, columns=columns)


def _named(model: type[models.Model]) -> tuple[Reference, ...]:
    return tuple(
        Reference(
            column=column_name(field),
            target=apps.get_model(label),
            by=by,
            when=(field.kind, value) if field.kind else None,
        )
        for field in model._meta.concrete_fields
        if isinstance(field, NamingField)
        for value, (label, by) in field.targets.items()
    )


def generic_references(model: type[models.Model]) -> tuple[tuple[str, str, bool], ...]:
    """(content type column, key column, whether the key is text) of every GenericForeignKey of `model`."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    return tuple(
        (
            column_name(fields[one.ct_field]),
            column_name(fields[one.fk_field]),
            not isinstance(fields[one.fk_field], models.IntegerField),
        )
        for one in model._meta.private_fields
        if {getattr(one, "ct_field", None), getattr(one, "fk_field", None)} <= fields.keys()
    )


def references(model: type[models.Model]) -> tuple[Reference, ...]:
    """Every reference that `model` declares as a key, in column order."""
    found: list[Reference] = []
    for field in model._meta.concrete_fields:
        column = column_name(field)
        if isinstance(field, models.ForeignKey):
            target = field.target_field
            by = None if target.primary_key else column_name(target)
            found.append(Reference(column=column, target=field.remote_field.model, by=by))
        elif isinstance(field, TypedReferenceField):
            found += [
                Reference(column=column, target=apps.get_model(label), when=(field.kind, value))
                for value, label in field.targets.items()
            ]
        elif isinstance(field, ReferencingJSONField):
            found += [
                Reference(column=column, target=apps.get_model(label), json_key=key) for key, label in field.targets.items()
            ]
    return tuple(found)


def content_types(connection: BaseDatabaseWrapper, there: Container[str]) -> Mapping[int, type[models.Model]]:
    """The keys in this database's generic references → models; empty if it has no content types."""
    if not apps.is_installed("django.contrib.contenttypes") or "django_content_type" not in there:
        return {}
    names = {(one._meta.app_label, one._meta.model_name): one for one in apps.get_models(include_auto_created=True)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, app_label, model FROM django_content_type")
        return {key: names[label, name] for key, label, name in cursor.fetchall() if (label, name) in names}


def content_types_elsewhere(
    connection: BaseDatabaseWrapper, mirrors: Iterable[type[models.Model]]
) -> Mapping[int, type[models.Model]]:
    """The same of the database from which the project reads content types; empty if that is this one.

    It is not connected to unless one of the models `mirrors` has a generic reference.
    """
    if not apps.is_installed("django.contrib.contenttypes") or not any(map(generic_references, mirrors)):
        return {}
    alias = router.db_for_read(apps.get_model("contenttypes", "ContentType"))
    if alias == connection.alias or "django_content_type" not in connections[alias].introspection.table_names():
        return {}
    return content_types(connections[alias], {"django_content_type"})
