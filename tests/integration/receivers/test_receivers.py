"""Seeders with `signals=True`: what receivers create is recorded and rolled back, and nothing else is written by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connections, models, transaction
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.test import override_settings

from seeding.exceptions import LockLostError
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.ledger.queries import Ledger
from seeding.models import SeedingMetadata
from seeding.orchestration.results import RunSummary
from seeding.verification.checker import Checker
from seeding.verification.status import status
from tests.integration.receivers.dumps import added, dumped
from tests.servers import Server
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

RECEIVED = override_settings(INSTALLED_APPS=["django.contrib.contenttypes", "seeding", "tests.integration.receivers"])
with RECEIVED:
    from tests.integration.receivers.models import Customer, Line, Loose, Mention, Profile, Tag, Ticket, Total, Wallet

THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MODELS: tuple[type[models.Model], ...] = (Tag, Customer, Profile, Wallet, Mention, Line, Total, Ticket)
Receiver = Callable[..., None]


class Customers(BaseSeeder):
    """Twenty, whose receivers run."""

    config = SeederConfig(model=Customer, record_count=RecordCount.fixed(20), not_pii=("name", "slug"), signals=True)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": [f"C{one}" for one in rows.index], "changed_at": [THEN] * len(rows)})


class Few(Customers):
    """Few of them."""

    config = replace(Customers.config, record_count=RecordCount.fixed(4))


class Silent(Customers):
    """The same without signals."""

    config = replace(Customers.config, signals=False, record_count=RecordCount(small=1, medium=99, large=150))


class Real(Few):
    """Rows of which no message may quote one."""

    config = replace(Few.config, masking="full")


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with RECEIVED:
        yield


@pytest.fixture
def make(make_database: Callable[..., Database], running: Callable[[str], Server]) -> Callable[[str], Any]:
    """A database with a real row in every table, and its server."""

    def one(server: str) -> tuple[Database, Server | None]:
        database = make_database(server, ready=False)
        call_command("migrate", "seeding", database=database.alias, verbosity=0)
        with connections[database.alias].schema_editor() as editor:
            for model in MODELS:
                editor.create_model(model)
        loose = connections[database.alias].ops.quote_name(Loose._meta.db_table)
        database.query(f"CREATE TABLE {loose} (number bigint NOT NULL)")
        real = Customer.objects.using(database.alias).create(name="real")
        real.tags.add(Tag.objects.using(database.alias).create(name="everyone"))
        Profile.objects.using(database.alias).create(customer=real, text="real")
        Wallet.objects.using(database.alias).create(customer=real, code="real")
        Line.objects.using(database.alias).create(text="real")
        Total.objects.using(database.alias).create(count=7)
        return database, None if server == "sqlite" else running(server)

    return one


@contextmanager
def connected(*receivers: Receiver, signal: Any = post_save, sender: Any = Customer) -> Iterator[None]:
    with ExitStack() as stack:
        for one in receivers:
            signal.connect(one, sender=sender)
            stack.callback(signal.disconnect, one, sender=sender)
        yield


def seeded(database: Database, seeder: BaseSeeder | None = None, **options: Any) -> RunSummary:
    return run(database, seeder or Customers(), **options)[0]


def live(database: Database) -> dict[tuple[str, str], list[int]]:
    """(seeder, table) → the keys that the ledger has."""
    return {name: [key for first, last in keys.ranges for key in range(first, last + 1)]
            for name, keys in Ledger(database.alias).by_seeder().items()}  # fmt: skip


def make_profile(instance: Customer, *, created: bool, using: str, **_: Any) -> None:
    if created:
        Profile.objects.using(using).create(customer=instance, text=instance.name)


def make_wallets(instance: Customer, *, created: bool, using: str, **_: Any) -> None:
    if created:
        for _number in range(2):
            Wallet.objects.using(using).create(customer=instance)


def write_line(instance: models.Model, using: str, **_: Any) -> None:
    Line.objects.db_manager(using).get_or_create(text=f"{type(instance).__name__} {instance.pk}")


def name_slug(instance: Customer, *, created: bool, using: str, **_: Any) -> None:
    if created:
        instance.slug = f"slug-{instance.pk}"
        instance.save(using=using)
        Customer.objects.using(using).filter(pk=instance.pk).update(slug=f"s{instance.pk}")


def tag(instance: Customer, *, created: bool, using: str, **_: Any) -> None:
    if created:
        everyone = Tag.objects.using(using).get(name="everyone")
        instance.tags.add(everyone)
        everyone.customer_set.add(instance)
        new, _new = Tag.objects.db_manager(using).get_or_create(name=f"t{instance.pk % 3}")
        new.customer_set.add(instance)


def prepare(instance: Customer, using: str, **_: Any) -> None:
    Line.objects.using(using).create(text=f"before {instance.pk}")


def change_mind(instance: Customer, using: str, **_: Any) -> None:
    with suppress(ZeroDivisionError), transaction.atomic(using=using):
        Line.objects.using(using).create(text="never")
        Total.objects.using(using).update(count=0)
        raise ZeroDivisionError
    assert connections[using].in_atomic_block


@pytest.mark.parametrize("server", SERVERS)
def test_what_receivers_create_is_recorded_and_goes_with_the_rows(make: Any, server: str) -> None:
    database, host = make(server)
    before = dumped(database, host)
    receivers = (make_profile, make_wallets, write_line, name_slug, tag, change_mind)
    with connected(*receivers), connected(prepare, signal=pre_save), connected(write_line, sender=Wallet):
        summary = seeded(database, batch_size=8)
        after = dumped(database, host)
        again = seeded(database, batch_size=8)

    assert [(one.records_inserted, one.error) for one in summary.results] == [(20, "")]
    assert [one.records_inserted for one in again.results] == [0]
    assert dumped(database, host) == after
    number = {"received_customer": 20, "received_profile": 20, "received_wallet": 40, "received_line": 20 + 20 + 20 + 40,
              "received_customer_tags": 40, "received_tag": 3}  # fmt: skip
    assert added(before, after) == number
    held = live(database)
    assert {table: len(keys) for (_, table), keys in held.items()} == number
    assert {name for name, _ in held} == {"Customers", "Customers (signals)"}
    entries = SeedingMetadata.objects.using(database.alias).filter(seeder_name="Customers (signals)")
    assert {one.origin for one in entries} == {"receiver"}
    assert not any("1970" in row or "never" in row for rows in after.values() for row in rows)
    rows = Customer.objects.using(database.alias).exclude(name="real")
    assert all(one.slug == f"s{one.pk}" for one in rows)

    checker = Checker(database.alias, "", Registry([Customers()]))
    assert sum(one.broken for one in checker.references()) == 0
    assert {one.table for one in checker.references()} >= {"received_profile", "received_customer_tags", "received_wallet"}
    assert {one.table: one.rows for one in status(checker, "dev").tables} == number

    undone, _ = undo(database, Customers())
    assert undone.exit_code == 0
    assert dumped(database, host) == before
    assert live(database) == {}


@pytest.mark.parametrize("asked", [("received_customer",), ("received_wallet",)])
def test_what_receivers_created_goes_with_the_rows_that_it_belongs_to(make: Any, asked: tuple[str, ...]) -> None:
    database, host = make("sqlite")
    before = dumped(database, host)
    with connected(make_wallets, write_line):
        seeded(database)

    undo(database, Customers(), tables=asked)

    assert dumped(database, host) == before


def test_a_row_that_a_real_one_needs_keeps_what_belongs_to_it(make: Any) -> None:
    database, _ = make("sqlite")
    with connected(make_profile):
        seeded(database)
    needed = Customer.objects.using(database.alias).get(name="C3")
    Wallet.objects.using(database.alias).create(customer=needed, code="real too")

    summary, _ = undo(database, Customers())

    assert summary.exit_code == 6
    left = {name: keys for name, keys in live(database).items() if keys}
    assert left == {("Customers", "received_customer"): [needed.pk], ("Customers (signals)", "received_profile"): [needed.pk]}


# What is refused


def bulk(using: str, **_: Any) -> None:
    Line.objects.using(using).bulk_create([Line(text="a"), Line(text="b")])


def bulk_and_create(using: str, **_: Any) -> None:
    bulk(using)
    Line.objects.using(using).create(text="c")


def bulk_over(using: str, **_: Any) -> None:
    one = Line.objects.using(using).get(text="real")
    Line.objects.using(using).bulk_create(
        [Line(pk=one.pk, text="x")], update_conflicts=True, update_fields=["text"], unique_fields=["id"]
    ) if connections[using].vendor != "mysql" else Line.objects.using(using).bulk_create(
        [Line(pk=one.pk, text="x")], update_conflicts=True, update_fields=["text"]
    )


def raw(using: str, **_: Any) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("INSERT INTO received_line (text) VALUES ('raw')")


def update(using: str, **_: Any) -> None:
    Total.objects.using(using).update(count=models.F("count") + 1)


def update_one(using: str, **_: Any) -> None:
    Total.objects.using(using).filter(pk=Total.objects.using(using).get().pk).update(count=9)


def save_real(using: str, **_: Any) -> None:
    total = Total.objects.using(using).get()
    total.count += 1
    total.save(using=using)


def save_under_the_key_of_a_real_one(using: str, **_: Any) -> None:
    Line(pk=Line.objects.using(using).order_by("pk")[0].pk, text="mine").save(using=using)


def delete(using: str, **_: Any) -> None:
    Line.objects.using(using).filter(text="real").delete()


def truncate(using: str, **_: Any) -> None:
    assert connections[using].in_atomic_block
    with suppress(Exception), connections[using].cursor() as cursor:
        cursor.execute("DROP TABLE received_line" if connections[using].vendor == "sqlite" else "TRUNCATE TABLE received_line")


def after_commit(using: str, **_: Any) -> None:
    transaction.on_commit(partial(raw, using), using=using)


def elsewhere(**_: Any) -> None:
    Line.objects.using("other").create(text="elsewhere")


def elsewhere_in_secret(**_: Any) -> None:
    with suppress(Exception):
        elsewhere()


def fail(**_: Any) -> None:
    raise ValueError("no")


def text_key(instance: Customer, using: str, **_: Any) -> None:
    Ticket.objects.using(using).create(code=f"t{instance.pk}")


def no_key(instance: Customer, using: str, **_: Any) -> None:
    Loose.objects.using(using).create(number=instance.pk)


def tell_of_a_real_row(using: str, **_: Any) -> None:
    raw(using)
    post_save.send(Line, instance=Line.objects.using(using).get(text="real"), created=True, using=using)


def tell_of_a_real_row_only(using: str, **_: Any) -> None:
    real = Total.objects.using(using).get()
    post_save.send(Total, instance=real, created=True, using=using)
    raise ValueError("told")


def pretend(instance: Customer, using: str, **_: Any) -> None:
    real = Line.objects.using(using).get(text="real")
    vars(real)["_do_insert"] = lambda *_: []
    if instance.name == "C0":
        real.save(using=using, force_insert=True)


def one_more(instance: Customer, *, created: bool, using: str, **_: Any) -> None:
    if created and instance.name == "C3":
        Customer.objects.using(using).create(name="more")


def catch(using: str, **_: Any) -> None:
    with suppress(IntegrityError):
        Tag.objects.using(using).create(name="everyone")


def call(using: str, **_: Any) -> None:
    with suppress(Exception), connections[using].cursor() as cursor:
        cursor.callproc("anything")


def to_the_ledger(using: str, **_: Any) -> None:
    entry = SeedingMetadata.objects.using(using).order_by("pk")[0]
    entry.pk, entry.first_index = None, entry.first_index + 1000
    entry.save(using=using, force_insert=True)


HERE = f"{__name__}."
REFUSED: tuple[tuple[Receiver, str, str], ...] = (
    (bulk, "received_line", "inserts rows of which no signal tells, as bulk_create and raw SQL do"),
    (bulk_and_create, "received_line", "inserts rows of which no signal tells"),
    (bulk_over, "", "INSERT INTO"),
    (raw, "received_line", "inserts rows of which no signal tells"),
    (update, "received_total", "changes rows other than those just created"),
    (update_one, "received_total", "changes rows other than those just created"),
    (save_real, "received_total", "changes rows other than those just created"),
    (save_under_the_key_of_a_real_one, "received_line", "changes rows other than those just created"),
    (delete, "received_line", "deletes rows"),
    (truncate, "", ", which may change rows unseen"),
    (after_commit, "", "is to run after the commit (on_commit)"),
    (elsewhere, "received_line", "runs INSERT INTO in the database 'other', which this transaction does not undo"),
    (elsewhere_in_secret, "received_line", "runs INSERT INTO in the database 'other'"),
    (fail, "", "fails: ValueError: no"),
    (text_key, "received_ticket", "creates a row whose key is not one whole number"),
    (no_key, "received_loose", "creates rows in it, and it has no primary key"),
    (tell_of_a_real_row, "received_line", "inserts rows of which no signal tells"),
    (tell_of_a_real_row_only, "", "fails: ValueError: told"),
    (pretend, "received_line", "inserts rows of which no signal tells"),
    (one_more, "received_customer", "creates a row in the table that is being written"),
    (catch, "", "catches an error of the database outside atomic()"),
    (call, "", "calls callproc of a cursor"),
    (to_the_ledger, "seeding_metadata", "creates rows in it, and it belongs to the ledger"),
)


@pytest.mark.parametrize("server", SERVERS)
def test_what_the_ledger_could_not_undo_rolls_the_batch_back(
    make: Any, make_database: Callable[..., Database], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, host = make(server)
    other = make_database("sqlite", ready=False)
    monkeypatch.setitem(connections.settings, "other", connections.settings[other.alias])
    with connections["other"].schema_editor() as editor:
        editor.create_model(Line)
    before = dumped(database, host)
    try:
        for receiver, table, words in REFUSED:
            with connected(make_profile, write_line, receiver):
                (result,) = seeded(database, Few()).results

            name = f"{receiver.__module__}.{receiver.__qualname__}"
            assert (result.state, result.records_inserted) == ("failed", 0), (name, result)
            assert result.error.startswith(f"{table or 'received_customer'}: ") or not table, result.error
            assert words in result.error, (name, result.error)
            assert "; the batch was rolled back. Change or disconnect that receiver" in result.error, (name, result.error)
            assert name in result.error or (receiver, HERE + "raw" in result.error) == (after_commit, True), (
                name,
                result.error,
            )
            assert dumped(database, host) == before, name
            assert live(database) == {}, name
            assert connections["other"].execute_wrappers == [], name
            assert Line.objects.using("other").count() == 0
    finally:
        connections["other"].close()
        del connections["other"]


# What else a batch goes through


def deadlocked(execute: Any, sql: str, *rest: Any) -> Any:
    if sql.startswith("SELECT"):
        raise OperationalError(1213, "Deadlock found")
    return execute(sql, *rest)


@pytest.mark.parametrize("caught", [False, True])
def test_a_batch_that_is_tried_again_has_nothing_of_the_failed_attempt(make: Any, *, caught: bool) -> None:
    database, host = make("sqlite")
    before, waiting = dumped(database, host), [1]

    def stumble(instance: Customer, using: str, **_: Any) -> None:
        if instance.name == "C3" and waiting:
            waiting.pop()
            with connections[using].execute_wrapper(deadlocked), suppress(*[OperationalError] * caught):
                Line.objects.using(using).count()

    with connected(make_wallets, stumble):
        summary, told = run(database, Customers())

    assert [event.message for event in told if event.operation == "retry"] == [
        "Trying the batch again (retry 1): (1213, 'Deadlock found')"
    ]
    assert summary.results[0].records_inserted == 20
    assert added(before, dumped(database, host)) == {"received_customer": 20, "received_wallet": 40}
    assert {table: len(keys) for (_, table), keys in live(database).items()} == {"received_customer": 20, "received_wallet": 40}
    undo(database, Customers())
    assert dumped(database, host) == before


@pytest.mark.parametrize("server", SERVERS)
def test_a_row_that_is_rejected_takes_what_its_receivers_created_with_it(make: Any, server: str) -> None:
    database, host = make(server)
    before = dumped(database, host)

    def collide(instance: Customer, using: str, **_: Any) -> None:
        if instance.name in {"C3", "C4", "C19"}:
            Wallet.objects.using(using).create(customer=instance, code="real")

    with connected(make_profile, write_line, collide):
        (result,) = seeded(database).results

    assert (result.state, result.records_inserted, result.records_skipped) == ("partial", 17, 3)
    expected = {"received_customer": 17, "received_profile": 17, "received_line": 17}
    assert added(before, dumped(database, host)) == expected
    assert {table: len(keys) for (_, table), keys in live(database).items()} == expected
    undo(database, Customers())
    assert dumped(database, host) == before


def test_a_lost_lock_leaves_nothing_of_the_receivers_either(make: Any) -> None:
    database, host = make("sqlite")
    before = dumped(database, host)

    def lose(instance: Customer, **_: Any) -> None:
        if instance.name == "C3":
            Path(f"{connections[database.alias].settings_dict['NAME']}.seeding.lock").unlink()

    with connected(make_profile, lose), pytest.raises(LockLostError):
        seeded(database)

    assert dumped(database, host) == before
    assert live(database) == {}


@pytest.mark.parametrize("server", SERVERS)
def test_without_the_word_of_the_seeder_no_receiver_runs_at_any_size(make: Any, server: str) -> None:
    database, host = make(server)
    before = dumped(database, host)
    with ExitStack() as stack:
        for signal in (pre_save, post_save, pre_delete, post_delete):  # of all models: the ledger's, too
            stack.enter_context(connected(fail, signal=signal, sender=None))
        for size in ("small", "medium", "large"):
            assert seeded(database, Silent(), size=size).exit_code == 0

        assert added(before, dumped(database, host)) == {"received_customer": 150}
        rows = Customer.objects.using(database.alias).exclude(name="real")
        assert {one.changed_at for one in rows} == {THEN}
        part = undo(database, Silent(), tables=("received_customer",), where=(("name__lt", "C2"),))[0]
        assert part.exit_code == 0
        assert undo(database, Silent())[0].exit_code == 0

    assert dumped(database, host) == before


@pytest.mark.parametrize("server", SERVERS)
def test_with_it_the_rows_hold_what_was_generated(make: Any, server: str) -> None:
    database, _ = make(server)
    ran: list[str] = []

    def note(instance: Customer, **_: Any) -> None:
        ran.append(instance.name)

    with connected(note):
        assert seeded(database, writer="bulk_create").exit_code == 0

    assert ran == [f"C{one}" for one in range(20)]
    rows = Customer.objects.using(database.alias).exclude(name="real")
    assert {one.changed_at for one in rows} == {THEN}


def test_a_copy_of_the_instance_is_not_the_instance(make: Any) -> None:
    database, host = make("sqlite")
    before = dumped(database, host)

    def copied(instance: Customer, created: bool, using: str, **_: Any) -> None:  # noqa: FBT001 - Django's
        if created:
            other = copy(instance)
            other.slug = "copied"
            other.save(using=using)

    with connected(copied):
        assert seeded(database).exit_code == 0

    assert added(before, dumped(database, host)) == {"received_customer": 20}
    assert set(Customer.objects.using(database.alias).exclude(name="real").values_list("slug", flat=True)) == {"copied"}


def test_no_message_quotes_a_real_row(make: Any) -> None:
    database, _ = make("sqlite")

    with connected(fail):
        (result,) = seeded(database, Real()).results

    assert "fails: ValueError; the batch" in result.error


def test_what_receivers_created_may_hold_anything_and_is_masked(make: Any) -> None:
    database, _ = make("sqlite")
    with connected(write_line):
        seeded(database)

    ledger = Ledger(database.alias)
    assert not ledger.masked_keys("received_line", ["text"], partly=True)["text"]
    assert len(ledger.masked_keys("received_customer", ["name"], partly=True)["name"]) == 20


def test_references_of_what_receivers_created_are_verified(make: Any) -> None:
    database, _ = make("sqlite")

    def mention(instance: Customer, using: str, **_: Any) -> None:
        Mention.objects.using(using).create(customer_id=instance.pk + 1_000_000)

    with connected(mention):
        (result,) = seeded(database).results

    assert (result.state, result.records_inserted) == ("partial", 20)
    assert "20 rows break" in result.error


def test_an_interrupted_run_goes_on_without_a_second_receiver(make: Any) -> None:
    database, host = make("sqlite")
    before = dumped(database, host)

    def stop(instance: Customer, **_: Any) -> None:
        if instance.name == "C13":
            raise KeyboardInterrupt

    with connected(make_profile, write_line):
        with connected(stop), pytest.raises(KeyboardInterrupt):
            seeded(database, batch_size=5)
        assert added(before, dumped(database, host))["received_customer"] == 10
        assert seeded(database, batch_size=5).results[0].records_inserted == 10

    expected = {"received_customer": 20, "received_profile": 20, "received_line": 20}
    assert added(before, dumped(database, host)) == expected
    assert {table: len(keys) for (_, table), keys in live(database).items()} == expected
