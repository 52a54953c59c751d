"""Seeders for as many tables as possible: what cannot be drafted costs itself and what needs it, and no other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from seeding.conf import DEFAULT_SEED
from seeding.exceptions import SeedingError
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.scaffold.draft import Draft
from seeding.scaffold.drafts import Drafter
from seeding.scaffold.ordering import in_order
from seeding.scaffold.project import Project


def draft_each(
    project: Project,
    tables: Sequence[str],
    app: str | None = None,
    profile: ProfileRules | None = None,
    seed: int = DEFAULT_SEED,
) -> tuple[list[Draft], dict[str, str]]:
    """Seeders for the `tables`, parents first, and why some have none: table → reason.

    References to tables that come later are postponed.
    """
    refused = project.problems(tables, project.registry.by_table)
    needed: dict[str, list[str]] = {}
    links: dict[str, Mapping[str, str]] = {}
    for table in tables:
        if table not in refused:
            with _refusing(table, refused):
                needed[table] = [target for _, target in project.needs(table)]
                links[table] = project.links(table)
    needed = {table: found for table, found in needed.items() if table in links}
    order, circles = in_order(needed, {table: found.values() for table, found in links.items()})
    for table, circle in circles.items():
        refused[table] = f"{table} is in a circle of tables that need rows of each other: {' → '.join((*circle, circle[0]))}."
    places = {table: place for place, table in enumerate(order)}
    drafter, drafts = Drafter(project, app, places, profile, seed), dict[str, Draft]()
    later = [table for table in order if any(places.get(one, -1) > places[table] for one in links[table].values())]
    for table in (*order, *later):  # those once more, now that it is known how many rows they can refer to
        drafts.pop(table, None)
        lacking = _lacking(needed[table], drafts, project)
        if lacking:
            refused.setdefault(table, f"{table} needs rows of {', '.join(lacking)}, which have none.")
        elif table not in refused:
            with _refusing(table, refused):
                drafts[table] = drafter.draft_one(table)
    if any(one.target in refused for table in refused.keys() & links.keys() for one in project.generic(table)):
        project.refer_to_none_of(refused)  # any other table will do
        return draft_each(project, tables, app, profile, seed)
    return [drafts[table] for table in order if table in drafts], refused


def _lacking(needed: Collection[str], drafts: Collection[str], project: Project) -> list[str]:
    return [table for table in dict.fromkeys(needed) if table not in drafts and not project.registry.sources(table)]


@contextmanager
def _refusing(table: str, refused: dict[str, str]) -> Iterator[None]:
    """An error in the block becomes the reason why the table has no seeder."""
    try:
        yield
    except SeedingError as error:
        refused[table] = str(error)
    except Exception as error:  # noqa: BLE001 - external code: a model's own fields
        refused[table] = f"{table} cannot be drafted: {type(error).__name__}: {error}"
