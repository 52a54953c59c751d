"""What a model says about its references besides what they refer to."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django.db import models

from seeding.schema.references import column_name, generic_references


def never_empty(model: type[models.Model] | None, clauses: Collection[str] = ()) -> set[str]:
    """Optional reference columns that every row has: forms require them, or a constraint or the table's CHECKs name them.

    Those of a generic reference are among them, which has both or neither.
    """
    words = {word for clause in clauses for word in re.findall(r"\w+", clause)}
    if model is None:
        return words
    for constraint in model._meta.constraints:
        words |= {part for word in re.findall(r"\w+", repr(constraint)) for part in (word, word.split("__")[0])}
    fields = [one for one in model._meta.concrete_fields if isinstance(one, models.ForeignKey)]
    found = {column_name(one) for one in fields if not one.blank or {one.name, one.attname} & words}
    return found | words | {name for kind, key, _ in generic_references(model) for name in (kind, key)}


def is_mutual(model: type[models.Model] | None) -> bool:
    """Whether the table is that of a symmetrical ManyToManyField, which holds each pair both ways."""
    owner: Any = None if model is None else model._meta.auto_created
    fields = owner._meta.local_many_to_many if owner else ()
    return any(one.remote_field.through is model and one.remote_field.symmetrical for one in fields)
