"""Which columns a batch masks and updates: those in which it holds a value to be masked."""

from __future__ import annotations

import polars as pl
import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from seeding.masking import MaskingStrategy, PIIMasker
from tests.support.databases import Database
from tests.unit.masking.conftest import customers, mask


def test_a_column_without_a_value_to_mask_is_neither_masked_nor_updated(
    people: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask(people)
    masked, columns, whole = customers(people), list[str](), PIIMasker.mask_column

    def noted(masker: PIIMasker, values: pl.Series, strategy: MaskingStrategy, width: int | None) -> pl.Series:
        columns.append(values.name)
        return whole(masker, values, strategy, width)

    people.query("UPDATE shop_customer SET name = 'Dan Example' WHERE id = 2")
    monkeypatch.setattr(PIIMasker, "mask_column", noted)

    with CaptureQueriesContext(connections[people.alias]) as queries:
        mask(people)

    (update,) = [one["sql"] for one in queries if 'UPDATE "shop_customer"' in one["sql"]]
    assert '"name"' in update
    assert '"email"' not in update
    assert columns == ["name"]
    assert [row[2] for row in customers(people)] == [row[2] for row in masked]
