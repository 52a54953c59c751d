"""What is seeded now, against all that the tables hold."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connections
from django.test.utils import CaptureQueriesContext

from seeding.models import SeedingMetadata
from seeding.web.table_counts import TableCount, count_rows, table_counts
from tests.support.databases import Database


def test_seeded_rows_are_held_against_those_that_are_there(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (name, price) VALUES ('theirs', 1), ('theirs too', 1)")
    shop.seed(table="shop_review")
    shop.seed(table="shop_customer")
    shop.query("DELETE FROM shop_review WHERE id IN (SELECT id FROM shop_review LIMIT 4)")
    shop.query("DELETE FROM shop_customer")
    shop.query("DROP TABLE shop_customer")

    found = table_counts(shop.alias)

    assert [(one.table, one.seeded, one.total, one.run) for one in found] == [
        ("shop_review", 30, 26, 1),
        ("shop_customer", 20, None, 2),
        ("shop_product", 10, 12, 1),
    ]
    assert [(one.rows, one.real, one.missing) for one in found] == [(30, 0, 4), (20, 0, 20), (12, 2, 0)]


def test_tables_of_one_size_stand_in_the_order_of_their_names_and_each_since_its_first_batch(shop: Database) -> None:
    shop.seed(table="shop_product")
    (entry,) = SeedingMetadata.objects.using(shop.alias).all()
    for pk, table, day, live in ((7, "a", 3, True), (8, "a", 1, True), (9, "b", 2, None)):
        entry.pk, entry.table_name, entry.first_index, entry.live = pk, table, pk, live
        entry.record_count, entry.created_at = 5, entry.created_at.replace(year=2026, month=1, day=day)
        entry.save(using=shop.alias)

    found = table_counts(shop.alias)

    assert [(one.table, one.seeded) for one in found] == [("a", 10), ("shop_product", 10)]
    assert found[0].since.day == 1


def test_an_empty_ledger_has_no_tables(shop: Database) -> None:
    assert table_counts(shop.alias) == []
    assert count_rows(shop.alias, ["no_such_table"]) == {}


def test_rows_are_counted_in_one_statement(shop: Database) -> None:
    with CaptureQueriesContext(connections[shop.alias]) as queries:
        counts = count_rows(shop.alias, ["shop_review", "shop_product", "gone"])

    assert counts == {"shop_review": 0, "shop_product": 0}
    assert len([one for one in queries if "COUNT(*)" in one["sql"]]) == 1


def test_a_table_of_which_every_row_is_seeded_holds_no_others() -> None:
    count = TableCount(table="t", seeded=5, total=5, since=datetime(2026, 3, 2, tzinfo=UTC), run=1)

    assert (count.rows, count.real, count.missing) == (5, 0, 0)
