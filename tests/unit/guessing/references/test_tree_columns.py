"""Which references make a tree, and the columns of tree libraries: by the names of their base classes alone."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.db import models
from django.test.utils import isolate_apps

from seeding.generation.rows import Rows
from seeding.guessing.expression_names import HELPERS, local_names
from seeding.guessing.references.tree_columns import parent_columns, tree_columns


def values(model: type[models.Model], number: int = 30) -> dict[str, list[Any]]:
    """What the columns hold in the first rows, ten of them a tree."""
    expressions = {name: made.expression for name, made in tree_columns(model).items()}
    rows = Rows(seed=1, table="t", as_of=date(2026, 1, 1), index=np.arange(number))
    names = {"rows": rows, "pl": pl, **HELPERS}
    names |= {name: eval(text, names) for name, text in local_names(expressions.values(), 10).items()}  # noqa: S307
    return {name: list(eval(text, names)) for name, text in expressions.items()}  # noqa: S307


@isolate_apps()
def test_paths_tell_the_depth_and_the_number_of_children_and_keep_clear_of_the_first_roots() -> None:
    class MP_Node(models.Model):  # noqa: N801 - its name in the library
        path = models.CharField(max_length=255, unique=True)
        depth = models.PositiveIntegerField()
        numchild = models.PositiveIntegerField(default=0)
        steplen, alphabet = 3, "01234"

        class Meta:
            abstract = True
            app_label = "trees"

    class Page(MP_Node):
        class Meta:
            app_label = "trees"

    found = values(Page)

    paths = [str(path) for path in found["path"]]
    assert len(set(paths)) == 30
    assert set("".join(paths)) <= set("01234")
    for path, depth, children in zip(paths, found["depth"], found["numchild"], strict=True):
        assert len(path) == 3 * depth
        assert depth == 1 or path[:-3] in paths
        assert children == sum(other[:-3] == path for other in paths)
    roots = [int(path, 5) for path in paths if len(path) == 3]
    assert roots == [62, 61, 60]  # of 1 to 124
    assert tree_columns(Page)["path"].capacity == 2 * 61


@isolate_apps()
def test_nested_sets_have_the_names_that_the_model_gives_them() -> None:
    class MPTTModel(models.Model):
        class Meta:
            abstract = True
            app_label = "trees"

    class Genre(MPTTModel):
        within = models.ForeignKey("self", models.CASCADE, null=True)
        level = models.PositiveIntegerField()
        a = models.PositiveIntegerField()
        rght = models.PositiveIntegerField(db_column="b")
        tree_id = models.PositiveIntegerField()
        _mptt_meta = SimpleNamespace(
            parent_attr="within", level_attr="level", left_attr="a", right_attr="rght", tree_id_attr="tree_id"
        )

        class Meta:
            app_label = "trees"

    found = values(Genre)

    assert found.keys() == {"within_id", "level", "a", "b", "tree_id"}
    places = list(zip(found["tree_id"], found["a"], found["b"], strict=True))
    for row, (parent, level) in enumerate(zip(found["within_id"], found["level"], strict=True)):
        tree, left, right = places[row]
        above = [other for other, (its, low, high) in enumerate(places) if its == tree and low < left < right < high]
        assert len(above) == level
        assert parent == (max(above, key=lambda other: places[other][1]) if above else None)


@pytest.mark.parametrize(
    ("own", "required", "unique", "tree", "parents"),
    [
        (["boss_id"], [], [], [], {"boss_id"}),
        (["boss_id"], ["boss_id"], [("boss_id",)], [], {"boss_id"}),
        (["partner_id"], [], [("partner_id",)], [], set()),
        (["parent_id", "alias_id"], [], [("parent_id", "name")], [], {"parent_id"}),
        (["boss_id", "alias_id"], [], [], [], set()),
        (["within_id", "alias_id"], [], [], ["within_id", "lft"], {"within_id"}),
        (["alias_id"], [], [], ["path"], set()),
    ],
)
def test_the_references_that_make_a_tree_are_told_from_others(
    own: list[str], required: list[str], unique: list[tuple[str, ...]], tree: list[str], parents: set[str]
) -> None:
    assert parent_columns(own, required, unique, tree) == parents
