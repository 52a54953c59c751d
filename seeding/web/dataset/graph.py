"""Tables and their references as a drawing: layers from those that refer to nothing down, in pixels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 150, 44
"""Of a table."""
GAP, LAYER_GAP = 14, 46
ACROSS = 5
"""The most tables side by side."""
MARGIN = 8
LONGEST = 19
"""The most characters of a name that fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A table at its place."""

    table: str
    x: int
    y: int

    @property
    def label(self) -> str:
        """The name, cut if it is long."""
        return self.table if len(self.table) <= LONGEST else f"{self.table[: LONGEST - 1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A reference from one table to another, as an SVG path from the target down to the table."""

    table: str
    target: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The whole drawing."""

    nodes: Sequence[Node]
    lines: Sequence[Line]
    width: int
    height: int


def graph(references: Mapping[str, Collection[str]]) -> Graph:
    """The tables (the keys) and the tables that they refer to; references to others, or to themselves, are not drawn."""
    parents = {table: [one for one in targets if one in references and one != table] for table, targets in references.items()}
    rows = [list(part) for layer in _layers(parents) for part in _parts(_ordered(layer, parents))]
    across = max((len(row) for row in rows), default=0)
    width = across * (WIDTH + GAP) - GAP + 2 * MARGIN if across else 0
    nodes = {}
    for number, row in enumerate(rows):
        free = width - len(row) * (WIDTH + GAP) + GAP
        for place, table in enumerate(row):
            nodes[table] = Node(table=table, x=free // 2 + place * (WIDTH + GAP), y=MARGIN + number * (HEIGHT + LAYER_GAP))
    lines = [_line(nodes[table], nodes[one]) for table in nodes for one in parents[table]]
    height = len(rows) * (HEIGHT + LAYER_GAP) - LAYER_GAP + 2 * MARGIN if rows else 0
    return Graph(nodes=list(nodes.values()), lines=lines, width=width, height=height)


def _layers(parents: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Each table below those that it refers to; of a circle, one reference leads up."""
    depth: dict[str, int] = {}
    for start in sorted(parents):
        waiting = [(start, iter(parents[start]))]
        open_ones = {start}
        while waiting:
            table, rest = waiting[-1]
            parent = next((one for one in rest if one not in depth and one not in open_ones), None)
            if parent is not None:
                open_ones.add(parent)
                waiting.append((parent, iter(parents[parent])))
                continue
            waiting.pop()
            depth[table] = max((depth[one] + 1 for one in parents[table] if one in depth), default=0)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for table in sorted(depth):
        layers[depth[table]].append(table)
    return layers


def _ordered(layer: Iterable[str], parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Tables that refer to the same stand together."""
    return sorted(layer, key=lambda table: (sorted(parents[table])[:1], table))


def _parts(row: Sequence[str]) -> Iterable[Sequence[str]]:
    return (row[start : start + ACROSS] for start in range(0, len(row), ACROSS))


def _line(table: Node, target: Node) -> Line:
    ahead = (table.x + WIDTH // 2, table.y)
    behind = (target.x + WIDTH // 2, target.y + HEIGHT)
    bend = max(20, abs(ahead[1] - behind[1]) // 2)
    path = f"M{behind[0]} {behind[1]}C{behind[0]} {behind[1] + bend} {ahead[0]} {ahead[1] - bend} {ahead[0]} {ahead[1]}"
    return Line(table=table.table, target=target.table, path=path)
