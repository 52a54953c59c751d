"""References of a table to itself, and the columns in which tree libraries keep the same tree once more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models

from seeding.guessing.columns import quoted
from seeding.schema.references import column_name

LAST_TREE = 1_000_000_000
"""The id of the first tree. Each further one has the id before: trees that the application adds come after it, so they keep
clear of those that are still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """How to fill a column by the row's place in its own table."""

    expression: str
    """With `{size}` where the number of rows in a cell belongs."""
    distinct: bool = False
    trees: int | None = None
    """For how many cells there are values; None without a limit."""


ITSELF = Own(expression="rows.index", distinct=True)
"""A row that refers to itself."""
PARENT = Own(expression="tree(rows, {size}).parent")
"""The parent; null for a root."""


def tree_columns(model: type[models.Model] | None) -> dict[str, Own]:
    """Column → how to fill it, for those that django-mptt or django-treebeard keep; empty if neither does."""
    if model is None:
        return {}
    bases = {base.__name__ for base in model.__mro__}
    by_attribute = {field.attname: column_name(field) for field in model._meta.concrete_fields}
    by_attribute |= {field.name: column_name(field) for field in model._meta.concrete_fields}
    found = next((columns(model) for base, columns in LIBRARIES.items() if base in bases), ())
    return {by_attribute[name]: own for name, own in found if name in by_attribute}


def _own(text: str) -> Own:
    return Own(expression=text)


def _mptt(model: Any) -> Iterable[tuple[str, Own]]:
    names = model._mptt_meta  # noqa: SLF001 - it has no public name
    yield names.parent_attr, PARENT
    yield names.level_attr, _own("tree(rows, {size}).depth")
    yield names.left_attr, _own("tree(rows, {size}).left")
    yield names.right_attr, _own("tree(rows, {size}).right")
    yield names.tree_id_attr, _own(f"{LAST_TREE:_} - tree(rows, {{size}}).number")


def _materialized_path(model: Any) -> Iterator[tuple[str, Own]]:
    alphabet, width = str(model.alphabet), int(model.steplen)
    trees = len(alphabet) ** width // 2
    digits = quoted(alphabet).replace("{", "{{").replace("}", "}}")
    yield "path", Own(expression=f"tree(rows, {{size}}).path({trees:_}, {width}, {digits})", distinct=True, trees=trees)
    yield "depth", _own("tree(rows, {size}).depth + 1")
    yield "numchild", _own("tree(rows, {size}).children")


def _nested_sets(_: Any) -> Iterator[tuple[str, Own]]:
    yield "lft", _own("tree(rows, {size}).left")
    yield "rgt", _own("tree(rows, {size}).right")
    yield "tree_id", _own(f"{LAST_TREE:_} - tree(rows, {{size}}).number")
    yield "depth", _own("tree(rows, {size}).depth + 1")


def _adjacency(_: Any) -> Iterator[tuple[str, Own]]:
    yield "parent", PARENT
    yield "sib_order", _own("tree(rows, {size}).order")


LIBRARIES = {"MPTTModel": _mptt, "MP_Node": _materialized_path, "NS_Node": _nested_sets, "AL_Node": _adjacency}
"""Base class → the attributes it keeps, and how to fill them."""
