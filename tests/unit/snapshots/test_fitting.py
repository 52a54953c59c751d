"""A snapshot with values that a column cannot hold is refused before anything is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.rows import faker_version
from seeding.ledger.queries import generator_version
from seeding.snapshots.document import Snapshot, SnapshotPart, _digest
from seeding.snapshots.fitting import require_fitting
from tests.support.databases import AS_OF, Database


def snapshot(seeder: str, cells: dict[str, Any], index: int = 3, **values: Any) -> Snapshot:
    """One with these values in a row of the seeder's."""
    one = Registry.discover().by_name[seeder]
    part = SnapshotPart(
        seeder=seeder, table=one.config.table_name, version=generator_version(one), rows=[[0, 10]], edited={index: cells}
    )
    return Snapshot(**{
        "dataset": Dataset(seed=42, as_of=AS_OF), "faker": faker_version(), "fingerprint": "", "parts": (part,), **values,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("seeder", "cells"),
    [
        ("ProductSeeder", {"name": "Other", "price": {"decimal": "3.50"}, "stars": None}),
        ("OrderLineSeeder", {"order_id": {"row": 4}, "quantity": 3}),
        ("ReviewSeeder", {"written_at": {"moment": "2026-01-01T00:00:00+00:00"}, "text": ""}),
    ],
)
def test_what_fits(shop: Database, seeder: str, cells: dict[str, Any]) -> None:
    require_fitting(snapshot(seeder, cells), Registry.discover(), shop.alias)


@pytest.mark.parametrize(
    ("seeder", "cells", "words"),
    [
        ("ProductSeeder", {"id": 99}, r"shop_product\.id is a key, or follows from other columns"),
        ("OrderSeeder", {"total": {"decimal": "1"}}, r"shop_order\.total is a key, or follows"),
        ("ProductSeeder", {"colour": "red"}, "shop_product has no column colour"),
        ("ProductSeeder", {"name": 3}, "row 3: name cannot be 3: it is of another kind"),
        ("ProductSeeder", {"name": {"bytes": "00"}}, "it is of another kind"),
        ("ProductSeeder", {"name": "x" * 81}, "at most 80 characters"),
        ("ProductSeeder", {"name": None}, "it cannot be empty"),
        ("ProductSeeder", {"price": {"decimal": "NaN"}}, "price cannot be"),
        ("ProductSeeder", {"price": {"decimal": "1E+900"}}, "price cannot be"),
        ("ProductSeeder", {"name": {"row": 1}}, "a reference is the index of a row"),
        ("OrderLineSeeder", {"quantity": "abc"}, "quantity cannot be abc: it is of another kind"),
        ("OrderLineSeeder", {"quantity": 10**30}, "quantity cannot be"),
        ("OrderLineSeeder", {"order_id": 4}, "a reference is the index of a row"),
        ("ReviewSeeder", {"written_at": {"moment": "2026-01-01T00:00:00"}}, "its time zone is missing"),
    ],
)
def test_what_does_not(shop: Database, seeder: str, cells: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        require_fitting(snapshot(seeder, cells), Registry.discover(), shop.alias)


def test_rows_versions_and_columns_that_are_not_to_be_there(shop: Database) -> None:
    registry = Registry.discover()
    with pytest.raises(ConfigurationError, match="row 10 is edited, and is not among its rows"):
        require_fitting(snapshot("ProductSeeder", {"name": "x"}, index=10), registry, shop.alias)
    with pytest.raises(ConfigurationError, match=r"made with Faker 1\.0"):
        require_fitting(snapshot("ProductSeeder", {"name": "x"}, faker="1.0"), registry, shop.alias)
    with pytest.raises(ConfigurationError, match=r"it holds values of shop_customer\.name, which is classified"):
        require_fitting(snapshot("CustomerSeeder", {"name": "x"}), registry, shop.alias, refused={"CustomerSeeder": {"name"}})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rules": "[]"}, "is not a snapshot"),
        ({"rules": "1"}, "is not a snapshot"),
        ({"rules": "[" * 100_000}, "is not a snapshot"),
        ({"as_of": "2026-13-45"}, "is not a snapshot"),
        ({"parts": [{"seeder": "A", "table": "a", "version": "1", "rows": [[0, 10**17]], "fingerprint": ""}]}, "is to have"),
    ],
)
def test_documents_that_a_hand_has_made(values: dict[str, Any], words: str) -> None:
    told = {**json.loads(snapshot("ProductSeeder", {"name": "x"}).text), **values}
    told["digest"] = _digest({key: one for key, one in told.items() if key != "digest"})

    with pytest.raises(ConfigurationError, match=words):
        Snapshot.read(json.dumps(told), "The file")
