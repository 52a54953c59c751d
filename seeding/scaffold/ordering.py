"""The order in which tables are filled: parents first, as far as that goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def in_order(
    needed: Mapping[str, Collection[str]], wanted: Mapping[str, Collection[str]]
) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """The tables of `needed`, each after those that it needs and, where possible, after those that it wants.

    Returns the order, and the tables that need rows of each other in a circle, with the circle. Those that need one of
    these are in the order: only the circle itself has no place.
    """
    waiting = {table: {one for one in needed[table] if one in needed and one != table} for table in sorted(needed)}
    ordered: list[str] = []
    circles: dict[str, tuple[str, ...]] = {}
    while waiting:
        free = [table for table, others in waiting.items() if not others & waiting.keys()]
        if not free:
            circle = _circle(waiting)
            circles |= dict.fromkeys(circle, circle)
            for table in circle:
                del waiting[table]
            continue
        alone = [table for table in free if not ({*wanted.get(table, ())} - {table}) & waiting.keys()]
        for table in alone or free[:1]:
            ordered.append(table)
            del waiting[table]
    return ordered, circles


def _circle(waiting: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Tables each of which needs the next, and the last the first."""
    path = [next(iter(waiting))]
    while (following := min(one for one in waiting[path[-1]] if one in waiting)) not in path:
        path.append(following)
    return tuple(path[path.index(following) :])
