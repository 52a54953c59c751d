"""Whether every reference of the seeded rows, declared or not, leads to a row: asked of the database itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.db import connections, models

from seeding.introspection import lacking
from seeding.ledger import within
from seeding.references import Reference, references
from seeding.results import Verdict

EXAMPLES = 5
PAGE = 2_000
"""Rows whose JSON is read at a time."""


def verify(using: str, model: type[models.Model], key_ranges: list[tuple[int, int]]) -> Iterator[Verdict]:
    """One verdict per reference of `model`, over its rows with the given keys ([first, last])."""
    declared = references(model)
    lacks = lacking(connections[using], (model, *(reference.target for reference in declared)))
    for reference in declared:
        table = model._meta.db_table
        verdict = Verdict(
            rule=f"{table}.{reference} leads to {reference.target_table}",
            sentence=f"Every {reference} names a row of {reference.target_table}.",
            table=table,
        )
        own, target = lacks[table], lacks[reference.target_table]
        missing = tuple(
            part for part in (*own, *target) if part in {table, reference.target_table, f"{table}.{reference.column}"}
        )
        if missing:
            yield replace(verdict, missing=missing)
            continue
        looked_at = broken = 0
        examples: list[str] = []
        for condition in within(key_ranges):
            rows = model._base_manager.using(using).filter(condition)
            count, orphans = _orphans(rows, reference)
            looked_at += count
            found = [str(key) for key in orphans]
            broken += len(found)
            examples = (examples + found)[:EXAMPLES]
        yield replace(verdict, looked_at=looked_at, broken=broken, examples=tuple(examples))


def _orphans(rows: models.QuerySet[Any], reference: Reference) -> tuple[int, Iterable[Any]]:
    """How many rows refer to something, and the keys of those that refer to nothing that is there."""
    targets = reference.target._base_manager.using(rows.db)
    if reference.json_key:
        return rows.count(), _json_orphans(rows, reference)
    attribute = next(field.attname for field in rows.model._meta.concrete_fields if field.column == reference.column)
    if reference.when:
        rows = rows.filter(**dict([reference.when]))
    referring = rows.filter(**{f"{attribute}__isnull": False})
    there = models.Exists(targets.filter(pk=models.OuterRef(attribute)))
    return referring.count(), referring.filter(~there).values_list("pk", flat=True)


def _json_orphans(rows: models.QuerySet[Any], reference: Reference) -> Iterator[Any]:
    targets = reference.target._base_manager.using(rows.db)
    last = None
    while True:
        page = rows.order_by("pk") if last is None else rows.order_by("pk").filter(pk__gt=last)
        held = list(page.values_list("pk", reference.column)[:PAGE])
        if not held:
            return
        last = held[-1][0]
        named = {key: [item.get(reference.json_key) for item in items or ()] for key, items in held}
        wanted = {one for keys in named.values() for one in keys if one is not None}
        there = set(targets.filter(pk__in=wanted).values_list("pk", flat=True))
        yield from (key for key, keys in named.items() if not wanted.intersection(keys) <= there)
