"""References of a table to itself, as trees, and the columns in which tree libraries keep the same tree once more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import models

from seeding.guessing.columns import Guess, quoted
from seeding.schema.references import attributes, column_name

LAST_TREE = 1_000_000_000
"""The id of the first tree. Each further one has the id before: trees that the application adds come after the first, and keep
clear of those that are still to come."""
SMALLEST = 2
"""Rows in the smallest tree."""


def parent_columns(
    own: Collection[str], required: Collection[str], unique: Collection[tuple[str, ...]], tree: Collection[str]
) -> set[str]:
    """Of the references `own` of a table to itself, those that say which row is whose parent: the rest may stay empty.

    They are the `required` ones, and of the optional ones that of the `tree` columns, if there are any; else those named
    after a parent, or the only one. One by which no two rows may refer to the same row is none.
    """
    optional = [name for name in own if name not in required and (name,) not in unique]
    named = [name for name in optional if (name in tree if tree else "parent" in name.lower())]
    return {name for name in own if name in required} | {*(named or (optional if len(optional) == 1 and not tree else ()))}


def tree_columns(model: type[models.Model] | None) -> dict[str, Guess]:
    """Column → how to fill it, for those that django-mptt or django-treebeard keep; empty if neither does."""
    if model is None:
        return {}
    bases = {base.__name__ for base in model.__mro__}
    columns = {attribute: column for column, attribute in attributes(model).items()}
    columns |= {field.name: column_name(field) for field in model._meta.concrete_fields}
    found = next((kept(model) for base, kept in LIBRARIES.items() if base in bases), ())
    return {columns[name]: made for name, made in found if name in columns}


def _plain(columns: Mapping[str, str]) -> Iterator[tuple[str, Guess]]:
    yield from ((name, Guess(expression=text)) for name, text in columns.items())


def _mptt(model: Any) -> Iterator[tuple[str, Guess]]:
    names = model._mptt_meta  # noqa: SLF001 - it has no public name
    yield from _plain({
        names.parent_attr: "nodes.parent",
        names.level_attr: "nodes.depth",
        names.left_attr: "nodes.left",
        names.right_attr: "nodes.right",
        names.tree_id_attr: f"{LAST_TREE:_} - nodes.number",
    })  # fmt: skip


def _materialized_path(model: Any) -> Iterator[tuple[str, Guess]]:
    alphabet, width = str(model.alphabet), int(model.steplen)
    trees = len(alphabet) ** width // 2
    path = f"nodes.path({trees:_}, {width}, {quoted(alphabet)})"
    yield "path", Guess(expression=path, distinct=True, capacity=(trees - 1) * SMALLEST)
    yield from _plain({"depth": "nodes.depth + 1", "numchild": "nodes.children"})


def _nested_sets(_: Any) -> Iterator[tuple[str, Guess]]:
    yield from _plain({
        "lft": "nodes.left", "rgt": "nodes.right", "tree_id": f"{LAST_TREE:_} - nodes.number", "depth": "nodes.depth + 1",
    })  # fmt: skip


def _adjacency(_: Any) -> Iterator[tuple[str, Guess]]:
    yield from _plain({"parent": "nodes.parent", "sib_order": "nodes.order"})


LIBRARIES = {"MPTTModel": _mptt, "MP_Node": _materialized_path, "NS_Node": _nested_sets, "AL_Node": _adjacency}
"""Base class → the attributes that it keeps, and how to fill them."""
