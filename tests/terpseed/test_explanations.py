"""Rows of TERP are explained, and are as they were seeded: those with derived columns, or with references of a rare kind."""

from __future__ import annotations

from seeding.explanation.explainer import explain
from seeding.explanation.provenance import Provenance
from seeding.explanation.results import RowExplanation
from seeding.generation.registry import Registry
from seeding.generation.seeder_columns import seeded_references
from seeding.ledger.queries import Ledger
from seeding.models import SeedingMetadata
from tests.support.databases import Database


def test_a_row_is_as_it_was_seeded(small: Database) -> None:
    registry, found = Registry.discover(), dict[str, RowExplanation]()
    dataset = Ledger(small.alias).dataset()
    assert dataset is not None
    entries = SeedingMetadata.objects.using(small.alias).filter(live=True).select_related("run").order_by("pk")
    for entry in entries:
        seeder = registry.by_name[entry.seeder_name]
        if not (seeder.derivations(dataset) or any(one.json_key or one.when for one in seeded_references(seeder))):
            continue
        index = entry.key_ranges[-1][0] + entry.key_ranges[-1][1] - 1
        found[entry.seeder_name] = explain(small.alias, registry, Provenance(entry=entry, index=index))

    columns = [(name, column) for name, one in found.items() for column in one.columns]
    differing = [(name, column.column, column.expected, column.found) for name, column in columns if column.is_same is False]
    gone = [(name, column.column) for name, column in columns for parent in column.parents if not parent.is_there]
    assert (differing, gone, [one.obstacle for one in found.values() if one.obstacle]) == ([], [], [])
    assert {column.role for _, column in columns} == {"key", "generated", "reference", "derived", "left out"}
    assert all(column.parents for _, column in columns if column.role == "reference" and column.found is not None)
    assert sum(one.seeded for row in found.values() for one in row.referring) > 100
