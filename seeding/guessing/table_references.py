"""What the columns of a table refer to: rows of other tables, or of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from seeding.generation.seeders import RecordCount
from seeding.guessing.tree_columns import ITSELF, PARENT, Own, tree_columns
from seeding.schema.references import column_name, generic_references


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A table that drafted rows can refer to."""

    dependency: str
    """Its name in a seeder's `dependencies`."""
    count: RecordCount

    @property
    def per_cell(self) -> int | None:
        """Rows per cell; None if the table does not grow with the others."""
        count = self.count
        grows = count.scales and (count.medium, count.large) == (10 * count.small, 100 * count.small)
        return count.small if grows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """What the columns of a table refer to."""

    parents: Mapping[str, Parent] = field(default_factory=dict)
    """Column → the other table that it refers to."""
    own: Mapping[str, Own] = field(default_factory=dict)
    """Column → how to fill it by the row's place in its own table: references to itself, and what is kept about them."""
    required: frozenset[str] = frozenset()
    """Those of the `parents` that every row must have."""
    optional: frozenset[str] = frozenset()
    """Those of the `parents` that some rows lack."""
    mutual: bool = False
    """Whether every pair of rows is there both ways round: a symmetrical ManyToManyField."""

    @classmethod
    def of(
        cls,
        model: type[models.Model] | None,
        parents: Mapping[str, Parent],
        *,
        itself: Iterable[str],
        required: AbstractSet[str],
        unique: Iterable[tuple[str, ...]],
    ) -> References:
        """The references of a table with these `required` columns and `unique` keys; the columns `itself` refer to itself.

        Such a column that may stay empty but repeat no value is left out.
        """
        alone = {key[0] for key in unique if len(key) == 1}
        own = {name: ITSELF if name in required else PARENT for name in itself if name in required or name not in alone}
        return cls(
            parents=parents,
            own=own | tree_columns(model),
            required=frozenset(required & parents.keys()),
            optional=frozenset(parents.keys() - required - _always_set(model)),
            mutual=_mutual(model),
        )


def _always_set(model: type[models.Model] | None) -> set[str]:
    """The columns that forms require, and those of generic references, which are set together or not at all."""
    if model is None:
        return set()
    found = {column_name(one) for one in model._meta.concrete_fields if not (one.null and one.blank)}
    return found | {column for kind, key, _ in generic_references(model) for column in (kind, key)}


def _mutual(model: Any) -> bool:
    """Whether the table is that of a symmetrical ManyToManyField, which Django fills both ways round."""
    owner = model is not None and model._meta.auto_created
    many = owner._meta.local_many_to_many if owner else ()
    return any(one.remote_field.through is model and one.remote_field.symmetrical for one in many)
