"""What a run looks at again after its connection was lost, and references in transactions that are too large."""

from __future__ import annotations

import polars as pl
import pytest
from django.db import OperationalError

from seeding.example.seeders.catalogue import ProductSeeder
from seeding.orchestration import deferred_references
from seeding.runs.retrier import Outages
from seeding.telemetry.events import Event
from seeding.writing.updates import update_rows
from tests.support.databases import Database
from tests.support.runs import run
from tests.unit.orchestration.categories import PostponingSeeder, create_categories, parents


def lose_rows(shop: Database, event: Event) -> None:
    """A server takes over that has not received the batch."""
    if event.operation == "insert":
        shop.query("DELETE FROM shop_product")
        shop.query("DELETE FROM seeding_metadata")


@pytest.mark.parametrize("outages", [1, 0])
def test_rows_that_another_server_does_not_have_are_counted_after_an_outage(
    shop: Database, monkeypatch: pytest.MonkeyPatch, outages: int
) -> None:
    monkeypatch.setattr(Outages, "__init__", lambda self: setattr(self, "count", outages))

    summary, _ = run(shop, ProductSeeder(), listen=lambda event: lose_rows(shop, event))

    (result,) = summary.results
    words = "10 of its rows were lost when another server took over, which had not received them. Run again."
    assert (result.error, result.exit_code, summary.exit_code) == ((words, 5, 5) if outages else ("", 0, 0))


def test_rows_that_are_there_are_not_missed(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Outages, "__init__", lambda self: setattr(self, "count", 1))

    summary, _ = run(shop, ProductSeeder())

    assert summary.exit_code == 0


def test_references_that_are_too_many_for_one_transaction_are_filled_in_parts(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def refuse(using: str, table: str, key: object, rows: pl.DataFrame, *rest: object, **options: object) -> int:
        sizes.append(rows.height)
        if rows.height > 2:
            raise OperationalError(1105, "Maximum writeset size exceeded")
        return update_rows(using, table, key, rows, *rest, **options)  # type: ignore[arg-type]  # passed on as they come

    monkeypatch.setattr(deferred_references, "update_rows", refuse)
    create_categories(shop)

    summary, _ = run(shop, PostponingSeeder())

    assert summary.exit_code == 0
    assert parents(shop) == {"C0": None, "C1": "C0", "C2": "C1", "C3": "C2", "C4": "C3", "C5": "C4"}
    assert max(sizes) > 2
