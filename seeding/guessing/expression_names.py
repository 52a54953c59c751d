"""The names that expressions may use besides `rows` and `pl`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any

from seeding.generation.combinations import combinations, pairs
from seeding.generation.rows import decimals, divide, numerals, only, take
from seeding.generation.trees import tree
from seeding.generation.value_rules.evaluation import named, ruled, ruled_units, thinned
from seeding.generation.value_rules.families import member_of, parents_of, siblings, weighted

HELPERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {one.__name__: one for one in (combinations, decimals, divide, numerals, only, pairs, take, tree)}
)
"""Public functions of the engine, which a file imports."""
SHAPING: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {one.__name__: one for one in (member_of, named, parents_of, ruled, ruled_units, siblings, thinned, weighted)}
)
"""What makes the values that a profile wants, of seeders in memory only."""
LOCAL: Mapping[str, str] = MappingProxyType({"cell": "rows.index // {rows}", "nodes": "tree(rows, {rows})"})
"""Names of one table → what they stand for, where `{rows}` is the number of rows per cell."""


def helpers(expressions: Iterable[str]) -> list[str]:
    """The helpers that the expressions use, as they are sorted in an import."""
    return sorted(HELPERS.keys() & _used(expressions))


def local_names(expressions: Iterable[str], rows: int) -> dict[str, str]:
    """The local names that the expressions use → their own expressions."""
    used = _used(expressions)
    return {name: text.format(rows=rows) for name, text in LOCAL.items() if name in used}


def _used(expressions: Iterable[str]) -> set[str]:
    nodes = chain.from_iterable(ast.walk(ast.parse(text, mode="eval")) for text in expressions)
    return {node.id for node in nodes if isinstance(node, ast.Name)}
