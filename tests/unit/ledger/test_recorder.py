"""What is written into the ledger, and inside which transaction."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from django.db import transaction

from seeding.example.models import Product
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.generation.seeders import SeederConfig
from seeding.keys import KeyMap, KeySet
from seeding.ledger.queries import Ledger
from seeding.ledger.recorder import BatchTakenError, Recorder
from seeding.models import SeedingMetadata, SeedRun
from tests.support.databases import AS_OF, Database
from tests.unit.ledger.entries import NOW, a_batch, a_run, numbers


@pytest.fixture
def recorder(shop: Database) -> Recorder:
    return Recorder(shop.alias)


def recorded(recorder: Recorder, run: SeedRun, *ranges: list[int], skipped: tuple[list[int], ...] = ()) -> SeedingMetadata:
    """A batch of products, in a transaction of its own."""
    with transaction.atomic(using=recorder.using):
        entry = recorder.record(run, ProductSeeder(), KeyMap.of(ranges), skipped)
        recorder.require_new(entry, ProductSeeder(), KeyMap.of(ranges))
        return entry


def products(database: Database, *keys: int) -> None:
    Product.objects.using(database.alias).bulk_create(Product(id=key, name=f"Product {key}", price=1) for key in keys)


def test_a_new_run_says_who_runs_it_and_that_it_runs(recorder: Recorder) -> None:
    opened = recorder.open_run(command="seed", environment="test", seed=3, as_of=AS_OF, faker_version="1")

    run = recorder.runs.get(pk=opened.pk)

    assert (run.command, run.state, run.seed, run.process_id) == ("seed", SeedRun.State.RUNNING, 3, os.getpid())
    assert run.finished_at is None
    assert abs((datetime.now(UTC) - run.started_at).total_seconds()) < 60


def test_a_note_says_what_the_run_is_at_and_touches_no_other(recorder: Recorder) -> None:
    run, other = a_run(recorder.using), a_run(recorder.using, phase="before")

    recorder.note(run, "verify", [{"seeder": "ProductSeeder"}])

    assert recorder.runs.values_list("phase", "results").get(pk=run.pk) == ("verify", [{"seeder": "ProductSeeder"}])
    assert recorder.runs.values_list("phase", "results").get(pk=other.pk) == ("before", [])


def test_a_closed_run_has_no_phase_and_an_end(recorder: Recorder) -> None:
    run = a_run(recorder.using, state=SeedRun.State.RUNNING, phase="verify")

    recorder.close_run(run, SeedRun.State.FAILED, exit_code=5, error="no room")

    run.refresh_from_db()
    assert (run.state, run.phase, run.exit_code, run.error) == (SeedRun.State.FAILED, "", 5, "no room")
    assert run.finished_at is not None


def test_a_run_that_died_is_marked_as_interrupted(recorder: Recorder) -> None:
    dead = a_run(recorder.using, state=SeedRun.State.RUNNING, phase="ProductSeeder")
    done = a_run(recorder.using, state=SeedRun.State.SUCCEEDED)

    assert recorder.close_dead_runs() == 1

    dead.refresh_from_db()
    done.refresh_from_db()
    assert (dead.state, dead.phase, dead.error) == (SeedRun.State.INTERRUPTED, "", "found dead: its lock was free")
    assert dead.finished_at is not None
    assert (done.state, done.error) == (SeedRun.State.SUCCEEDED, "")
    assert recorder.close_dead_runs() == 0


def test_a_batch_is_not_recorded_outside_a_transaction(recorder: Recorder) -> None:
    with pytest.raises(RuntimeError, match="a ledger entry commits with its rows: open the transaction first"):
        recorder.record(a_run(recorder.using), ProductSeeder(), KeyMap.of([[0, 1, 1]]), [])

    assert not recorder.batches.exists()


def test_a_batch_says_which_rows_it_holds_and_which_were_refused(recorder: Recorder) -> None:
    run = a_run(recorder.using, environment="staging")

    recorded(recorder, run, [3, 2, 10], [6, 4, 12], skipped=([5, 1], [10, 3]))

    entry = recorder.live.get()
    assert (entry.run, entry.environment, entry.table_name, entry.seeder_name) == (
        run, "staging", "shop_product", "ProductSeeder",
    )  # fmt: skip
    assert (entry.first_index, entry.key_ranges, entry.record_count) == (3, [[3, 2, 10], [6, 4, 12]], 6)
    assert (entry.skipped_ranges, entry.skipped_count) == ([[5, 1], [10, 3]], 4)


def test_a_batch_goes_with_its_transaction(recorder: Recorder) -> None:
    with transaction.atomic(using=recorder.using):
        recorder.record(a_run(recorder.using), ProductSeeder(), KeyMap.of([[0, 1, 1]]), [])
        transaction.set_rollback(True, using=recorder.using)

    assert not recorder.batches.exists()


class Unmasked(ReviewSeeder):
    config: ClassVar[SeederConfig] = SeederConfig(
        model=ReviewSeeder.config.model,
        record_count=ReviewSeeder.config.record_count,
        pii_fields={"text": "free_text", "author": "person_name"},
        masking="none",
    )


def test_masked_fields_are_named_in_order_unless_nothing_was_masked(recorder: Recorder) -> None:
    run = a_run(recorder.using)

    with transaction.atomic(using=recorder.using):
        masked = recorder.record(run, ReviewSeeder(), KeyMap.of([[0, 1, 1]]), [])
        bare = recorder.record(run, Unmasked(), KeyMap.of([[0, 1, 2]]), [])

    assert masked.masked_fields == ["author", "text"]
    assert bare.masked_fields == []


@pytest.mark.parametrize("again", [[0, 2, 50], [0, 9, 50], [2, 5, 50]], ids=["the same", "more of it", "what overlaps it"])
def test_a_batch_is_recorded_once(recorder: Recorder, again: list[int]) -> None:
    run = a_run(recorder.using)
    recorded(recorder, run, [0, 2, 1])
    recorded(recorder, run, [4, 2, 3])

    with pytest.raises(BatchTakenError):
        recorded(recorder, run, again)

    assert recorder.live.key_map().as_lists() == [[0, 2, 1], [4, 2, 3]]


def test_a_batch_fits_between_two_others(recorder: Recorder) -> None:
    run = a_run(recorder.using)
    recorded(recorder, run, [0, 2, 1])
    recorded(recorder, run, [4, 2, 3])

    recorded(recorder, run, [2, 2, 5])

    assert recorder.live.key_map().as_lists() == [[0, 2, 1], [2, 2, 5], [4, 2, 3]]


def test_a_batch_may_hold_what_was_rolled_back_or_what_another_seeder_holds(recorder: Recorder) -> None:
    run = a_run(recorder.using)
    a_batch(run, [0, 2, 1], live=None)
    a_batch(run, [0, 2, 3], seeder_name="Another")

    recorded(recorder, run, [0, 2, 5])

    assert recorder.keys(ProductSeeder()).as_lists() == [[0, 2, 5]]


def test_a_batch_that_is_taken_leaves_the_transaction_usable(recorder: Recorder) -> None:
    run = a_run(recorder.using)
    recorded(recorder, run, [0, 2, 1])

    with transaction.atomic(using=recorder.using):
        with pytest.raises(BatchTakenError):
            recorder.record(run, ProductSeeder(), KeyMap.of([[0, 2, 5]]), [])
        recorder.record(run, ProductSeeder(), KeyMap.of([[2, 1, 5]]), [])

    assert recorder.live.count() == 2


def test_refused_rows_are_taken_out_of_the_entry(recorder: Recorder) -> None:
    entry = recorded(recorder, a_run(recorder.using), [0, 5, 1])

    recorder.amend(entry, KeyMap.of([[1, 4, 2]]), [[0, 1]])

    entry.refresh_from_db()
    assert (entry.first_index, entry.key_ranges, entry.record_count) == (1, [[1, 4, 2]], 4)
    assert (entry.skipped_ranges, entry.skipped_count) == ([[0, 1]], 1)


def test_an_entry_all_of_whose_rows_were_refused_goes(recorder: Recorder) -> None:
    run = a_run(recorder.using)
    entry, other = recorded(recorder, run, [0, 5, 1]), recorded(recorder, run, [5, 5, 6])

    recorder.amend(entry, KeyMap.of([]), [[0, 5]])

    assert list(recorder.batches) == [other]


def test_a_batch_that_is_gone_is_no_longer_live_and_says_who_rolled_it_back(recorder: Recorder) -> None:
    run, undoing = a_run(recorder.using), a_run(recorder.using, command="seed_rollback", user="the other")
    gone, kept = a_batch(run, [0, 2, 1]), a_batch(run, [2, 2, 3])

    recorder.retire([gone, kept], KeySet.of([[1, 2]]), undoing)

    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (gone.live, gone.rolled_back_by, gone.rolled_back_in, gone.key_ranges) == (None, "the other", undoing, [[0, 2, 1]])
    assert gone.rolled_back_at is not None
    assert (kept.live, kept.rolled_back_by, kept.rolled_back_in, kept.rolled_back_at) == (True, "", None, None)


def test_a_batch_of_which_rows_stay_is_split(recorder: Recorder) -> None:
    run, undoing = a_run(recorder.using), a_run(recorder.using, command="seed_rollback")
    a_batch(run, [0, 5, 11], skipped_ranges=[[5, 2]], skipped_count=2)

    recorder.retire(recorder.live, KeySet.of([[11, 12], [14, 14]]), undoing)

    staying, undone = recorder.live.get(), recorder.batches.get(live=None)
    assert (staying.first_index, staying.key_ranges, staying.record_count) == (2, [[2, 1, 13], [4, 1, 15]], 2)
    assert (staying.skipped_ranges, staying.skipped_count, staying.rolled_back_in) == ([[5, 2]], 2, None)
    assert (undone.first_index, undone.key_ranges, undone.record_count) == (0, [[0, 2, 11], [3, 1, 14]], 3)
    assert (undone.skipped_ranges, undone.skipped_count, undone.rolled_back_in) == ([], 0, undoing)
    assert (undone.run, undone.seeder_name, undone.created_at) == (run, "ProductSeeder", NOW)


def test_an_announced_truncation_leaves_the_rows_live(recorder: Recorder) -> None:
    run, undoing = a_run(recorder.using), a_run(recorder.using, user="the other")
    batch, review = a_batch(run, [0, 2, 1]), a_batch(run, [0, 2, 1], table_name="shop_review")
    a_batch(run, [2, 2, 3], live=None)

    assert recorder.announce_truncation("shop_product", undoing) == [batch]

    batch.refresh_from_db()
    review.refresh_from_db()
    assert (batch.live, batch.rolled_back_by, batch.rolled_back_in) == (True, "the other", undoing)
    assert batch.rolled_back_at is not None
    assert review.rolled_back_at is None


@pytest.fixture
def announced(recorder: Recorder) -> Recorder:
    """A ledger that says of the products 1 to 3 that they are about to be truncated, and nothing of a customer."""
    run = a_run(recorder.using)
    a_batch(run, [0, 2, 1])
    a_batch(run, [2, 1, 3])
    recorder.announce_truncation("shop_product", run)
    a_batch(run, [0, 1, 7], table_name="shop_customer")
    return recorder


def live_tables(recorder: Recorder) -> set[str]:
    assert not recorder.live.filter(rolled_back_at__isnull=False).exists()
    return set(Ledger(recorder.using).tables())


def test_a_truncation_that_came_to_pass_ends_the_batches(announced: Recorder) -> None:
    announced.settle_truncations(came_to_pass=True)

    assert live_tables(announced) == {"shop_customer"}
    assert announced.batches.filter(table_name="shop_product", rolled_back_at__isnull=False).count() == 2


def test_a_truncation_that_did_not_leaves_no_trace(announced: Recorder) -> None:
    announced.settle_truncations(came_to_pass=False)

    assert live_tables(announced) == {"shop_product", "shop_customer"}
    assert announced.batches.filter(rolled_back_at=None, rolled_back_by="", rolled_back_in=None).count() == 3


def test_a_truncation_of_which_nothing_is_known_is_told_by_the_table(shop: Database, announced: Recorder) -> None:
    products(shop, 1, 2, 3)
    announced.settle_truncations()
    assert live_tables(announced) == {"shop_product", "shop_customer"}

    announced.announce_truncation("shop_product", a_run(shop.alias))
    shop.query("DELETE FROM shop_product WHERE id = 3")
    products(shop, 4)  # the application's
    announced.settle_truncations()
    assert live_tables(announced) == {"shop_customer"}


def test_a_table_that_is_gone_is_a_truncated_one(shop: Database, announced: Recorder) -> None:
    shop.query("DROP TABLE shop_orderline")
    shop.query("DROP TABLE shop_review")
    shop.query("DROP TABLE shop_product")

    announced.settle_truncations()

    assert numbers(announced.key_set("shop_product")) == []
