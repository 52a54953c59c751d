"""References that no foreign key declares: of generic relations, and by name alone (`post_id = IntegerField()`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import models

from seeding.guessing.names import singular
from seeding.masking import name_words
from seeding.schema.references import column_name, counts_keys, generic_references

PLAIN = (
    models.IntegerField, models.BigIntegerField, models.PositiveIntegerField, models.PositiveBigIntegerField,
    models.SmallIntegerField, models.PositiveSmallIntegerField,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Generic:
    """A GenericForeignKey, and the table that its rows shall refer to."""

    kind: str
    """The column of the content type."""
    key: str
    target: str


def soft_references(model: type[models.Model], mirrors: Mapping[str, type[models.Model]]) -> dict[str, str]:
    """Column → the table that it seems to refer to, of the models `mirrors` by table.

    A model of the same app is preferred; one of several others of a name is not guessed. What a seeder makes up in such a
    column might be the key of a real row.
    """
    generic = {key for _, key, _ in generic_references(model)}
    found: dict[str, str] = {}
    for field in model._meta.local_concrete_fields:
        column = column_name(field)
        if type(field) in PLAIN and not (field.primary_key or field.choices or column in generic):
            target = _target(name_words(column), model._meta.app_label, mirrors)
            if target:
                found[column] = target
    return found


def _target(words: tuple[str, ...], app: str, mirrors: Mapping[str, type[models.Model]]) -> str:
    *named, last = words or ("",)
    if last == "by":
        label = settings.AUTH_USER_MODEL.lower()
        return next((table for table, one in mirrors.items() if one._meta.label_lower == label and counts_keys(one)), "")
    for start in range(len(named) if last == "id" else 0):
        ending = tuple(named[start:])
        alike = {
            table: one._meta.app_label
            for table, one in mirrors.items()
            if counts_keys(one) and singular(name_words(one.__name__) or ("row",)) == ending
        }
        own = [table for table, label in alike.items() if label == app] or [*alike]
        if len(own) == 1:
            return own[0]
    return ""
