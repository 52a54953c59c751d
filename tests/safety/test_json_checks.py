"""CHECKs that ask whether a text is JSON: what LOAD DATA warns of is no reason to reject a valid row."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from django.db import IntegrityError, connections, transaction

from seeding.writing.load_data import LoadDataWriter
from seeding.writing.rejected_rows import insert
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database

with INSTALLED:
    from seeding.example.models import Product

CHECKED = {
    "is JSON or a word": "json_valid(name) OR name LIKE 'word%'",
    "is JSON where there is no price": "json_valid(name) OR price > 0",
    "compact": "json_compact(name) IS NOT NULL OR name LIKE 'word%'",
}
SHOWN = 64
"""Warnings that the server keeps."""


@pytest.mark.parametrize("check", CHECKED)
def test_a_row_that_the_check_lets_in_is_written_and_another_rejected(products: Callable[..., Database], check: str) -> None:
    database = products("mariadb")
    with connections[database.alias].cursor() as cursor:
        cursor.execute(f"ALTER TABLE shop_product ADD CONSTRAINT texts CHECK ({CHECKED[check]})")
    count = 5 * SHOWN
    names = ["other" if row == SHOWN else f'["{row}"]' if row % 3 == 0 else f"word {row}" for row in range(count)]
    prices = [int(name != "other") for name in names]

    with INSTALLED, transaction.atomic(using=database.alias):
        rows = pl.DataFrame({"id": range(1, count + 1), "name": names, "price": prices})
        refused = insert(LoadDataWriter(), database.alias, Product, rows)

    assert [(one.row, type(one.error), one.error.args[0]) for one in refused] == [(SHOWN, IntegrityError, 4025)]
    assert database.query("SELECT COUNT(*), MAX(name = 'other') FROM shop_product") == [(count - 1, 0)]
