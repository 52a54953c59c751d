"""Seeders in parts: which begin when, what is divided, and what becomes of a part that is lost."""

from __future__ import annotations

import pytest

from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.exceptions import InsertionError
from seeding.keys import KeyMap
from seeding.models import SeedingMetadata
from seeding.orchestration.pipeline.chunks import Opened
from tests.support.databases import Database
from tests.support.runs import run
from tests.unit.orchestration.categories import CategorySeeder, create_categories
from tests.unit.orchestration.crews import run_by_several

SEEDERS = (ProductSeeder(), ReviewSeeder())


def rows(database: Database) -> list[object]:
    return [*database.content("shop_product"), *database.content("shop_review")]


def test_chunks_end_at_the_same_rows_whatever_is_missing() -> None:
    missing = KeyMap.of([(3, 4, 0), (9, 3, 0), (18, 14, 0)]).ranges[:, :2]

    chunks = list(Opened(missing=missing, existing=0, first_key=100, batch=5, chunk_rows=10).chunks())

    assert [one.rows.as_lists() for one in chunks] == [
        [[3, 4, 100], [9, 1, 104]],
        [[10, 2, 105], [18, 2, 107]],
        [[20, 10, 109]],
        [[30, 2, 119]],
    ]
    assert [str(one) for one in chunks] == ["rows 3 to 9", "rows 10 to 19", "rows 20 to 29", "rows 30 to 31"]


def test_rows_and_keys_are_the_same_in_parts_and_a_seeder_waits_for_those_it_needs(shop: Database) -> None:
    run(shop, *SEEDERS)
    alone = rows(shop)
    shop.rollback()
    shop.query("DELETE FROM sqlite_sequence")

    summary, did = run_by_several(shop, SEEDERS, chunk_rows=8)

    assert rows(shop) == alone
    assert did == [
        "ProductSeeder", "ProductSeeder, rows 0 to 7", "ProductSeeder, rows 8 to 9",
        "ReviewSeeder", "ReviewSeeder, rows 0 to 7", "ReviewSeeder, rows 8 to 15", "ReviewSeeder, rows 16 to 23",
        "ReviewSeeder, rows 24 to 29", "closed",
    ]  # fmt: skip
    assert [(one.seeder, one.records_inserted, one.state) for one in summary.results] == [
        ("ProductSeeder", 10, "seeded"), ("ReviewSeeder", 30, "seeded"),
    ]  # fmt: skip


def test_what_exists_is_left_out_of_the_parts(shop: Database) -> None:
    run(shop, *SEEDERS)

    summary, did = run_by_several(shop, SEEDERS, chunk_rows=50, size="medium")

    assert [(one.records_existing, one.records_inserted, one.state) for one in summary.results] == [
        (10, 90, "seeded"), (30, 270, "seeded"),
    ]  # fmt: skip
    assert did[:3] == ["ProductSeeder", "ProductSeeder, rows 10 to 49", "ProductSeeder, rows 50 to 99"]


def test_a_lost_part_fails_its_seeder_and_those_that_need_it_and_the_next_run_completes_it(shop: Database) -> None:
    summary, did = run_by_several(shop, SEEDERS, chunk_rows=4, lose=lambda name: "rows 4 to 7" in name)

    first, second = summary.results
    assert (first.state, first.exit_code, first.records_inserted, first.records_skipped) == ("failed", 5, 6, 4)
    assert first.error == "A worker has died at ProductSeeder, rows 4 to 7."
    assert (second.state, second.error) == ("skipped", "needs shop_product, which could not be seeded")
    assert did[-1] == "closed"

    again, _ = run(shop, *SEEDERS)
    assert [(one.records_inserted, one.state) for one in again.results] == [(4, "seeded"), (30, "seeded")]


def test_a_seeder_whose_workers_all_died_tells_what_they_have_made(shop: Database) -> None:
    summary, _ = run_by_several(shop, SEEDERS, chunk_rows=50, lose=lambda name: name == "ReviewSeeder")

    lost = summary.results[1]
    assert (lost.state, lost.records_inserted, lost.records_skipped, lost.exit_code) == ("failed", 0, 30, 5)


def test_rows_of_a_chunk_that_a_lost_worker_has_made_count_as_made_and_are_not_made_again(shop: Database) -> None:
    summary, did = run_by_several(shop, SEEDERS, chunk_rows=8, again=lambda name: name == "ReviewSeeder, rows 8 to 15")

    assert did.count("ReviewSeeder, rows 8 to 15") == 2
    assert [(one.records_inserted, one.records_existing, one.state) for one in summary.results] == [
        (10, 0, "seeded"), (30, 0, "seeded"),
    ]  # fmt: skip
    assert sum(SeedingMetadata.objects.using(shop.alias).values_list("record_count", flat=True)) == 40


def test_a_lost_verification_ends_the_run(shop: Database) -> None:
    with pytest.raises(InsertionError, match=r"died at the references of shop_review\. Run again\."):
        run_by_several(shop, SEEDERS, chunk_rows=2, lose=lambda name: name == "the references of shop_review")


def test_chunks_whose_rows_refer_to_earlier_ones_wait_for_them(shop: Database) -> None:
    create_categories(shop)

    summary, did = run_by_several(shop, [CategorySeeder()], chunk_rows=2)

    assert [(one.records_inserted, one.state) for one in summary.results] == [(6, "seeded")]
    found = shop.query("SELECT id, name, parent_id FROM shop_category ORDER BY id")
    assert found == [(n + 1, f"C{n}", n or None) for n in range(6)]
    assert did == [
        "CategorySeeder", "CategorySeeder, rows 0 to 1", "CategorySeeder, rows 2 to 3", "CategorySeeder, rows 4 to 5", "closed",
    ]  # fmt: skip


def test_a_chunk_that_comes_too_early_is_begun_again_and_the_others_in_their_order(shop: Database) -> None:
    create_categories(shop)

    summary, did = run_by_several(shop, [CategorySeeder()], chunk_rows=2, backwards=True)

    assert [(one.records_inserted, one.records_skipped, one.state) for one in summary.results] == [(6, 0, "seeded")]
    parents = shop.query("SELECT one.name, two.name FROM shop_category one JOIN shop_category two ON two.id = one.parent_id")
    assert sorted(parents) == [(f"C{n + 1}", f"C{n}") for n in range(5)]
    assert did == [
        "CategorySeeder", "CategorySeeder, rows 4 to 5", "CategorySeeder, rows 2 to 3", "CategorySeeder, rows 0 to 1",
        "CategorySeeder, rows 2 to 3", "CategorySeeder, rows 4 to 5", "closed",
    ]  # fmt: skip
