"""One seeder, batch by batch: what is inserted, under which keys, and what a failure costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from django.db import OperationalError, models, transaction

from seeding import BaseSeeder, Rows
from seeding.db import interruption, retries
from seeding.example.models import Product
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.exceptions import DatabaseUnavailableError, LockLostError, Terminated
from seeding.ledger.queries import generator_version
from seeding.ledger.recorder import Recorder
from seeding.locks.sqlite import SQLiteLock
from seeding.models import SeedingMetadata, SeedRun
from seeding.orchestration.results import SeederResult
from seeding.telemetry.events import Event
from seeding.writing import BulkCreateWriter
from seeding.writing.key_allocation import SQLiteKeyAllocator
from tests.support.databases import AS_OF, Database
from tests.support.runs import run
from tests.unit.orchestration.categories import CategorySeeder, create_categories, parents

Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0)


def changed(change: Change, **options: Any) -> BaseSeeder:
    """Products that are changed after they were made."""

    class ChangedSeeder(ProductSeeder):
        config = replace(ProductSeeder.config, **options)

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return change(super().generate_data(rows))

    return ChangedSeeder()


def seeded(shop: Database, seeder: BaseSeeder | None = None, **options: Any) -> tuple[SeederResult, list[Event]]:
    """The result of the one seeder, and what was told."""
    summary, told = run(shop, seeder or ProductSeeder(), **options)
    return summary.results[0], told


def counts(result: SeederResult) -> tuple[str, int, int, int]:
    return result.state.value, result.records_inserted, result.records_existing, result.records_skipped


def keys(shop: Database) -> list[int]:
    return [key for (key,) in shop.query("SELECT id FROM shop_product ORDER BY id")]


def names(shop: Database) -> list[str]:
    return [name for (name,) in shop.query("SELECT name FROM shop_product ORDER BY id")]


def when(operation: str, act: Callable[[], Any]) -> Callable[[Event], None]:
    """A listener that does something once, the first time that this is told."""
    waiting = [act]

    def listen(event: Event) -> None:
        if event.operation == operation and waiting:
            waiting.pop()()

    return listen


def writing(monkeypatch: pytest.MonkeyPatch, write: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Let the writer be given other rows than it was told to write."""
    real = BulkCreateWriter.write

    def faulty(self: BulkCreateWriter, using: str, model: type[models.Model], data: pl.DataFrame) -> None:
        real(self, using, model, write(data))

    monkeypatch.setattr(BulkCreateWriter, "write", faulty)


def test_what_is_there_already_is_not_inserted_again(shop: Database) -> None:
    first, _ = seeded(shop)
    second, told = seeded(shop)
    grown, _ = seeded(shop, scale=2)

    assert counts(first) == ("seeded", 10, 0, 0)
    assert counts(second) == ("existing", 0, 10, 0)
    assert counts(grown) == ("seeded", 10, 10, 0)
    assert keys(shop) == list(range(1, 21))
    assert [event.message for event in told if event.operation == "start" and event.seeder] == ["10 of 10 rows exist already"]


def test_rows_come_in_batches_that_the_ledger_has_one_by_one(shop: Database) -> None:
    _, told = seeded(shop, batch_size=4)

    batches = SeedingMetadata.objects.using(shop.alias).values_list("first_index", "record_count", "key_ranges")
    assert list(batches) == [(0, 4, [[0, 4, 1]]), (4, 4, [[4, 4, 5]]), (8, 2, [[8, 2, 9]])]
    assert [(event.record_count, event.context["done"]) for event in told if event.operation == "insert"] == [
        (4, 4), (4, 8), (2, 10),
    ]  # fmt: skip


def test_keys_follow_those_of_the_application(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (id, name, price) VALUES (500, 'theirs', 1)")

    seeded(shop)

    assert keys(shop) == [500, *range(501, 511)]


def test_a_key_that_somebody_takes_in_between_is_left_to_them(shop: Database) -> None:
    theirs = when("insert", lambda: shop.query("INSERT INTO shop_product (name, price) VALUES ('theirs', 1)"))

    result, _ = seeded(shop, batch_size=4, listen=theirs)

    assert counts(result) == ("seeded", 10, 0, 0)
    assert names(shop) == [*(f"Product {one}" for one in range(1, 5)), "theirs", *(f"Product {one}" for one in range(5, 11))]


def test_a_batch_whose_keys_are_always_taken_fails(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SQLiteKeyAllocator, "still_free", lambda *_: False)

    result, _ = seeded(shop)

    assert (counts(result), result.exit_code) == (("failed", 0, 0, 10), 5)
    assert result.error == "ProductSeeder: rows 0 to 9 failed 5 times."


def test_a_row_that_the_database_refuses_costs_itself(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (id, name, price) VALUES (1, 'Product 3', 1)")

    result, _ = seeded(shop)

    assert counts(result) == ("partial", 9, 0, 1)
    (entry,) = SeedingMetadata.objects.using(shop.alias).all()
    assert entry.key_ranges == [[0, 2, 2], [3, 7, 5]]
    assert (entry.skipped_ranges, entry.record_count, entry.skipped_count) == ([[2, 1]], 9, 1)


def test_and_the_rows_of_its_batch_that_refer_to_it(shop: Database) -> None:
    create_categories(shop)
    shop.query("INSERT INTO shop_category (id, name) VALUES (1, 'C2')")

    summary, told = run(shop, CategorySeeder())

    assert counts(summary.results[0]) == ("partial", 2, 0, 4)
    assert parents(shop) == {"C0": None, "C1": "C0", "C2": None}
    assert [event.context["reasons"] for event in told if event.operation == "skip"] == [
        {"row: IntegrityError for shop_category.name": 1, "row: its parent in this batch is left out": 3}
    ]


def test_a_batch_of_which_nothing_is_left_is_not_written(shop: Database) -> None:
    result, _ = seeded(shop, changed(lambda data: data.with_columns(name=pl.lit("\0"))))

    assert counts(result) == ("partial", 0, 0, 10)
    assert not SeedingMetadata.objects.using(shop.alias).exists()


def commit(shop: Database, run: SeedRun, first: int, count: int, key: int) -> None:
    """Let a run commit products from an index on, under keys from `key` on."""
    Product.objects.using(shop.alias).bulk_create(
        Product(id=key + place, name=f"Product {first + place + 1}", price=1) for place in range(count)
    )
    SeedingMetadata.objects.using(shop.alias).create(
        run=run,
        table_name="shop_product",
        seeder_name="ProductSeeder",
        generator_version=generator_version(ProductSeeder()),
        first_index=first,
        key_ranges=[[first, count, key]],
        record_count=count,
        environment="dev",
        created_at=datetime.now(UTC),
    )


@pytest.fixture
def dead(shop: Database) -> SeedRun:
    """A run that has died, and of which a last commit may still arrive."""
    return Recorder(shop.alias).open_run(command="seed", environment="dev", seed=42, as_of=AS_OF, faker_version="")


@pytest.mark.parametrize("batch", [10, 4])
def test_rows_that_a_dead_run_commits_meanwhile_are_not_doubled(shop: Database, dead: SeedRun, batch: int) -> None:
    result, _ = seeded(shop, batch_size=batch, listen=when("choose", lambda: commit(shop, dead, 1, 7, 1)))

    assert counts(result) == ("seeded", 3, 7, 0)
    assert sorted(names(shop)) == sorted(f"Product {one}" for one in range(1, 11))


def test_nor_are_keys_taken_that_they_may_have(shop: Database, dead: SeedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SQLiteKeyAllocator, "still_free", lambda *_: True)  # a server with a counter is not asked

    result, _ = seeded(shop, batch_size=4, listen=when("insert", lambda: commit(shop, dead, 4, 4, 5)))

    assert counts(result) == ("seeded", 6, 4, 0)
    assert names(shop) == [f"Product {one}" for one in range(1, 11)]


def test_rows_that_are_committed_and_not_answered_count_as_inserted(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    verify, lost = SQLiteLock.fence, [OperationalError(2013, "Lost connection")]

    def lose() -> None:
        if lost:
            raise lost.pop()

    def verify_and_lose_the_answer(self: SQLiteLock) -> None:
        verify(self)
        if SeedingMetadata.objects.using(shop.alias).exists():
            transaction.on_commit(lose, using=shop.alias)

    monkeypatch.setattr(SQLiteLock, "fence", verify_and_lose_the_answer)

    result, _ = seeded(shop)

    assert lost == []
    assert counts(result) == ("seeded", 10, 0, 0)
    assert keys(shop) == list(range(1, 11))


def test_a_real_row_that_has_the_natural_key_is_adopted(shop: Database) -> None:
    shop.query("INSERT INTO shop_product (id, name, price) VALUES (70, 'Product 4', 1)")

    class AdoptingSeeder(ProductSeeder):
        config = replace(ProductSeeder.config, natural_key=("name",))

    summary, _ = run(shop, AdoptingSeeder(), ReviewSeeder())

    assert counts(summary.results[0]) == ("seeded", 9, 1, 0)
    assert names(shop).count("Product 4") == 1
    assert shop.query("SELECT COUNT(*) FROM shop_review WHERE product_id = 70") == [(3,)]


@pytest.mark.parametrize("limit", [1, 4, 5])
def test_a_statement_that_is_too_large_is_sent_in_halves_and_so_are_all_later_ones(
    shop: Database, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    refused = []

    def refuse(data: pl.DataFrame) -> pl.DataFrame:
        if data.height > limit:
            refused.append(data.height)
            raise OperationalError(1153, "Got a packet bigger than 'max_allowed_packet' bytes")
        return data

    writing(monkeypatch, refuse)

    result, told = seeded(shop)

    entries = SeedingMetadata.objects.using(shop.alias).values_list("record_count", flat=True)
    assert max(entries) <= limit
    assert counts(result) == ("seeded", 10, 0, 0)
    assert refused == sorted(set(refused), reverse=True)  # none is tried twice
    assert told[[event.operation for event in told].index("retry")].message.startswith(
        "A transaction of 10 rows is too large, trying 5: "
    )


def test_a_row_that_is_too_large_by_itself_fails_the_seeder(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: pl.DataFrame) -> pl.DataFrame:
        raise OperationalError(1153, "Got a packet bigger than 'max_allowed_packet' bytes")

    writing(monkeypatch, refuse)

    result, _ = seeded(shop)

    assert (counts(result), result.exit_code) == (("failed", 0, 0, 10), 5)


def test_rows_that_are_not_where_they_were_written_undo_the_batch(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    writing(monkeypatch, lambda data: data[1:])

    result, _ = seeded(shop)

    assert (counts(result), result.exit_code) == (("failed", 0, 0, 10), 5)
    assert result.error == (
        "shop_product: of 10 rows that were written 9 are under their keys; the batch was undone. "
        "Does a trigger change what is written?"
    )
    assert names(shop) == []


@pytest.mark.parametrize("watched", [True, False])
def test_where_there_are_triggers_what_is_stored_is_compared(
    shop: Database, monkeypatch: pytest.MonkeyPatch, *, watched: bool
) -> None:
    if watched:
        shop.query("CREATE TRIGGER seen AFTER INSERT ON shop_product WHEN NEW.price < 0 BEGIN SELECT RAISE(ABORT, 'no'); END")
    writing(monkeypatch, lambda data: data.with_columns(price=pl.col("price") + 1))

    result, _ = seeded(shop)

    if watched:
        words = (
            "shop_product: price does not hold what was written; the batch was undone. Does a trigger change what is written?"
        )
        assert (counts(result), result.error) == (("failed", 0, 0, 10), words)
    else:
        assert counts(result) == ("seeded", 10, 0, 0)


def test_a_trigger_that_only_looks_costs_nothing(shop: Database) -> None:
    shop.query("CREATE TRIGGER seen AFTER INSERT ON shop_product WHEN NEW.price < 0 BEGIN SELECT RAISE(ABORT, 'no'); END")

    assert counts(seeded(shop)[0]) == ("seeded", 10, 0, 0)


def test_a_table_with_a_trigger_that_changes_others_is_refused(shop: Database) -> None:
    shop.query("CREATE TRIGGER busy AFTER INSERT ON shop_product BEGIN DELETE FROM shop_review; END")

    result, _ = seeded(shop)

    assert (counts(result), result.exit_code) == (("refused", 0, 0, 10), 3)
    assert result.error.startswith("shop_product has the trigger busy")


def test_a_table_that_differs_from_its_model_is_refused(shop: Database) -> None:
    shop.query("ALTER TABLE shop_product DROP COLUMN price")

    result, _ = seeded(shop)

    assert (counts(result), result.exit_code) == (("refused", 0, 0, 10), 3)
    assert result.error.startswith("shop_product.price: missing column ")


def test_a_difference_that_does_no_harm_is_told_and_no_more(shop: Database) -> None:
    shop.query("ALTER TABLE shop_product ADD COLUMN hue TEXT")

    result, told = seeded(shop)

    assert counts(result) == ("seeded", 10, 0, 0)
    (event,) = (event for event in told if event.operation == "drift")
    assert (event.level, event.message.partition(":")[0]) == ("debug", "shop_product.hue")


def test_a_check_that_only_the_database_can_read_is_told(shop: Database) -> None:
    ((declared,),) = shop.query("SELECT sql FROM sqlite_master WHERE name = 'shop_review'")
    clause = '("stars" >= 1 AND "stars" <= 5)'
    assert clause in declared
    shop.query("DROP TABLE shop_review")
    shop.query(declared.replace(clause, "(\"stars\" GLOB '[1-5]')"))

    summary, told = run(shop, ProductSeeder(), ReviewSeeder())

    assert summary.exit_code == 0
    assert [(event.level, event.message) for event in told if "Only" in event.message] == [
        ("debug", "Only the database checks one_to_five_stars")
    ]


def test_a_column_that_nobody_has_classified_is_refused(shop: Database) -> None:
    class OpenSeeder(ReviewSeeder):
        config = replace(ReviewSeeder.config, pii_fields={"author": "nobody_s"})

    summary, _ = run(shop, ProductSeeder(), OpenSeeder())

    result = summary.results[1]
    assert (result.state, result.exit_code) == ("refused", 3)
    assert result.error.startswith("shop_review.author names the strategy 'nobody_s', which does not exist.")


def failing_above(rows: int) -> Change:
    def change(data: pl.DataFrame) -> pl.DataFrame:
        if data.height > rows:
            raise MemoryError("too much")
        return data

    return change


def test_what_fails_at_once_is_generated_in_smaller_pieces(shop: Database) -> None:
    result, told = seeded(shop, changed(failing_above(2)), scale=2)

    assert counts(result) == ("seeded", 20, 0, 0)
    assert [(event.level, event.message) for event in told if event.operation == "retry"] == [
        ("warn", "Generation failed, trying smaller batches: ChangedSeeder, rows 0 to 19: MemoryError: too much")
    ]


def test_a_row_that_cannot_be_generated_fails_the_seeder_by_name(shop: Database) -> None:
    result, told = seeded(shop, changed(lambda data: 1 / 0 if "Product 7" in data["name"] else data), batch_size=5)  # type: ignore[arg-type, return-value]  # it fails first

    assert (counts(result), result.exit_code) == (("failed", 5, 0, 5), 4)
    assert result.error == "ChangedSeeder, row 6: ZeroDivisionError: division by zero"
    assert len(names(shop)) == 5
    alone, told = seeded(shop, changed(failing_above(0), version=1), batch_size=1)
    assert alone.error == "ChangedSeeder, row 5: MemoryError: too much"
    assert [event for event in told if event.operation == "retry"] == []


def test_a_lost_connection_ends_the_run(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(data: pl.DataFrame) -> pl.DataFrame:
        raise OperationalError(2006, "Server has gone away")

    writing(monkeypatch, lose)

    with pytest.raises(DatabaseUnavailableError, match=r"^The database is gone .*: \(2006, 'Server has gone away'\)$"):
        seeded(shop)

    assert SeedRun.objects.using(shop.alias).get().state == "failed"


def test_a_lost_lock_ends_the_run_before_the_commit(shop: Database) -> None:
    def lose(data: pl.DataFrame) -> pl.DataFrame:
        SQLiteLock(shop.alias)._path.unlink()
        return data

    with pytest.raises(LockLostError):
        seeded(shop, changed(lose))

    assert names(shop) == []
    assert not SeedingMetadata.objects.using(shop.alias).exists()


def test_a_signal_that_a_library_has_wrapped_ends_the_run(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(data: pl.DataFrame) -> pl.DataFrame:
        monkeypatch.setattr(interruption, "_told", [Terminated])
        raise RuntimeError("panicked")

    with pytest.raises(Terminated):
        seeded(shop, changed(panic))

    assert SeedRun.objects.using(shop.alias).get().state == "interrupted"


def test_a_failure_on_real_rows_is_told_without_its_words(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def quote(data: pl.DataFrame) -> pl.DataFrame:
        raise ValueError("Ann Smith")

    writing(monkeypatch, quote)

    assert seeded(shop, changed(lambda data: data, masking="full"))[0].error == "ValueError"
    assert seeded(shop)[0].error == "Ann Smith"


def test_a_dry_run_shows_rows_and_writes_none(shop: Database) -> None:
    summary, told = run(shop, ProductSeeder(), ReviewSeeder(), dry_run=True, batch_size=4)

    assert [counts(one) for one in summary.results] == [("seeded", 10, 0, 0), ("seeded", 30, 0, 0)]
    assert summary.results[1].masking == {}
    assert [row["name"] for row in summary.examples["shop_product"]] == ["Product 1", "Product 2", "Product 3"]
    assert [(row["id"], row["product_id"]) for row in summary.examples["shop_review"]] == [(1, 1), (2, 1), (3, 1)]
    assert names(shop) == []
    assert not SeedRun.objects.using(shop.alias).exists()
    assert [event.context["done"] for event in told if event.operation == "insert" and event.seeder == "ProductSeeder"] == [
        4, 8, 10,
    ]  # fmt: skip


@pytest.mark.parametrize(("masking", "shown"), [("none", {"[redacted]"}), ("full", {"Ann"})])
def test_a_dry_run_shows_no_personal_value_that_is_not_masked(shop: Database, masking: str, shown: set[str]) -> None:
    class RealSeeder(ReviewSeeder):
        config = replace(ReviewSeeder.config, masking=masking)

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(author=pl.lit("Ann"))

    summary, _ = run(shop, ProductSeeder(), RealSeeder(), dry_run=True)

    assert {row["author"] for row in summary.examples["shop_review"]} == shown


def test_a_deadlock_is_tried_again(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [OperationalError(1205, "Lock wait"), OperationalError(1213, "Deadlock found")]

    def flaky(data: pl.DataFrame) -> pl.DataFrame:
        if failures:
            raise failures.pop(0)
        return data

    writing(monkeypatch, flaky)

    result, told = seeded(shop)

    assert counts(result) == ("seeded", 10, 0, 0)
    assert [(event.message, event.seeder) for event in told if event.operation == "retry"] == [
        ("Trying the batch again (retry 1): (1205, 'Lock wait')", "ProductSeeder"),
        ("Trying the batch again (retry 2): (1213, 'Deadlock found')", "ProductSeeder"),
    ]


def test_a_ledger_that_does_not_take_the_batch_fails_the_seeder(shop: Database) -> None:
    shop.query("CREATE TRIGGER full BEFORE INSERT ON seeding_metadata BEGIN SELECT RAISE(ABORT, 'not for Ann'); END")

    result, _ = seeded(shop)

    assert (counts(result), result.exit_code) == (("failed", 0, 0, 10), 5)
    assert result.error == "The ledger does not accept rows 0 to 9 of shop_product: IntegrityError"
