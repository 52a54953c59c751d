"""Tables masked where they are: what is written, what is left, and what a second run does."""

from __future__ import annotations

import polars as pl
import pytest
from django.db import DatabaseError, OperationalError, connections
from django.test import override_settings

from seeding.conf import Environment
from seeding.exceptions import ConfigurationError, RefusedError
from seeding.masking import Mode
from seeding.masking import in_place as module
from seeding.masking.rows import differing, read_rows, unmasked_values
from seeding.masking.tables import Target
from seeding.models import MaskedBatch, SeedRun
from seeding.schema.introspection import all_tables
from seeding.schema.row_keys import number
from seeding.telemetry.events import Event
from tests.support.databases import Database
from tests.unit.ledger.entries import a_batch, a_run
from tests.unit.masking.conftest import Declare, customers, expected, mask


def test_every_value_that_is_there_becomes_its_mask_and_the_run_says_so(people: Database) -> None:
    before = customers(people)

    summary = mask(people)

    assert customers(people) == expected(before)
    (result,) = summary.results
    assert (result.table, result.rows, result.masked, result.exit_code) == ("shop_customer", 3, 5, 0)
    assert result.masking["fields"] == [
        {"column": "name", "strategy": "person_name", "count": 2},
        {"column": "email", "strategy": "email", "count": 3},
    ]
    (batch,) = MaskedBatch.objects.using(people.alias).all()
    assert (batch.first_key, batch.last_key, batch.mode, batch.fields) == (1, 5, "full", {"name": 2, "email": 3})
    assert (batch.key_fingerprint, len(bytes(batch.seals))) == (summary.key, 5 * 8)
    run = SeedRun.objects.using(people.alias).get()
    assert (run.command, run.state, run.plan["fields"]) == (
        "seed_mask", "succeeded", {"shop_customer": {"name": "person_name", "email": "email"}},
    )  # fmt: skip


def test_a_second_run_changes_nothing_but_what_was_written_since(people: Database) -> None:
    mask(people)
    masked = customers(people)

    assert mask(people).results[0].masked == 0
    assert customers(people) == masked
    people.query("UPDATE shop_customer SET name = 'Dan Example' WHERE id = 2")
    people.query("UPDATE shop_customer SET name = %s WHERE id = 5", masked[0][1])  # a mask of ours, in another row
    assert mask(people).results[0].masked == 2
    assert customers(people)[0] == masked[0]
    assert customers(people)[1] == (2, expected([(2, "Dan Example", "x")])[0][1], masked[1][2])


def test_seeded_rows_are_about_nobody_and_stay(shop: Database) -> None:
    shop.seed(table="shop_customer")
    before = customers(shop)
    shop.query("INSERT INTO shop_customer VALUES (99, 'Ann Example', 'ann@corp.test', '2026-03-02')")

    summary = mask(shop)

    assert (summary.results[0].rows, summary.results[0].masked) == (21, 2)
    assert customers(shop)[:20] == before


def test_batches_and_pieces_join_without_a_seam(people: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE", 2)
    for key in range(10, 18):
        people.query("INSERT INTO shop_customer VALUES (%s, %s, %s, '2026-03-02')", key, f"E {key}", f"e{key}@corp.test")
    before = customers(people)

    summary = mask(people, batch_size=5)

    assert customers(people) == expected(before)
    bounds = MaskedBatch.objects.using(people.alias).values_list("first_key", "last_key")
    assert list(bounds) == [(1, 11), (12, 16), (17, 17)]
    assert (summary.results[0].rows, summary.results[0].masked) == (11, 21)


@override_settings(SEEDING_DATABASE_IS_FALLBACK=False)
def test_staging_masks_in_part_and_that_is_not_enough_for_others(people: Database) -> None:
    before = customers(people)

    summary = mask(people, environment=Environment.STAGING)
    partly = customers(people)
    assert (summary.mode, partly) == ("partial", expected(before, Mode.PARTIAL))
    assert mask(people, environment=Environment.DEV).results[0].masked == 5
    fully = customers(people)
    assert mask(people, environment=Environment.STAGING).results[0].masked == 0
    assert customers(people) == fully == expected(partly)


def test_another_key_is_refused(people: Database) -> None:
    mask(people)
    masked = customers(people)

    with pytest.raises(ConfigurationError, match="This database was masked with the key"):
        mask(people, key="another key, as long as the first")
    assert customers(people) == masked


@override_settings(SEEDING_DATABASE_IS_FALLBACK=False)
def test_production_is_never_masked(people: Database) -> None:
    before = customers(people)

    for dry_run in (False, True):
        with pytest.raises(RefusedError, match="Data in production is never masked"):
            mask(people, environment=Environment.PRODUCTION, allow_production=True, dry_run=dry_run)
    assert customers(people) == before


def test_a_table_with_a_problem_is_told_and_the_others_are_masked(people: Database, declared: Declare) -> None:
    people.query("CREATE TABLE guest (id INTEGER PRIMARY KEY, age INTEGER)")
    declared({"guest": {"age": "city"}})

    summary = mask(people)

    customer, guest = summary.results
    assert (customer.masked, customer.error) == (5, "")
    assert (guest.error, guest.exit_code, guest.masking) == ("age is integer, and city masks text", 3, {})
    assert summary.exit_code == 3
    assert {one.table: one.error for one in mask(people, dry_run=True).results} == {"shop_customer": "", "guest": guest.error}


def test_seeded_rows_are_not_guessed_by_a_key_that_is_no_number(shop: Database, declared: Declare) -> None:
    shop.query("CREATE TABLE guest (tenant INTEGER, id INTEGER, name TEXT, PRIMARY KEY (tenant, id))")
    shop.query("INSERT INTO guest VALUES (1, 2, 'Ann Example')")
    declared({"guest": {"name": "city"}})
    a_batch(a_run(shop.alias), [0, 1, 1], table_name="guest")

    for dry_run in (False, True):
        (result,) = mask(shop, tables=("guest",), dry_run=dry_run).results
        assert result.error.startswith("rows were seeded under the primary key of one number, and it is (id, tenant) now")
    assert shop.query("SELECT name FROM guest") == [("Ann Example",)]


def test_what_the_database_refuses_costs_its_table_alone(people: Database) -> None:
    people.query("CREATE TRIGGER no BEFORE UPDATE ON shop_customer BEGIN SELECT RAISE(ABORT, 'Ann Example'); END")
    told: list[Event] = []

    summary = mask(people, told=told)

    (result,) = summary.results
    assert (result.error, result.exit_code, result.masked) == ("the database refused its masks: IntegrityError", 5, 0)
    assert not any("Ann Example" in event.message for event in told)
    assert not MaskedBatch.objects.using(people.alias).exists()


def test_columns_that_nobody_has_classified_are_exit_code_three(people: Database) -> None:
    people.query("CREATE TABLE guest (id INTEGER PRIMARY KEY, contact_email TEXT)")

    summary = mask(people)
    assert [(one.table, one.column, one.kind) for one in summary.left] == [("guest", "contact_email", "email")]
    assert summary.exit_code == 3
    named = mask(people, tables=("shop_customer",))
    assert (named.left, named.exit_code) == ((), 0)


def test_masks_that_are_not_what_is_stored_are_found(people: Database) -> None:
    table = all_tables(connections[people.alias])["shop_customer"]
    target = Target(table=table, key=number("id"), fields={"name": "person_name"}, decided=frozenset(), misspelled={})
    stored = read_rows(people.alias, target, None, None)
    before = unmasked_values(people.alias, target, None, stored.select("id").row(-1))

    def found(after: tuple[int] | None, written: pl.DataFrame) -> str:
        return differing(people.alias, target, after, written, before)

    assert found(None, stored[:2]) == ""
    people.query("UPDATE shop_customer SET name = 'changed' WHERE id = 2")
    assert found(None, stored[:2]) == "shop_customer.name does not hold the masks that were written"
    assert found((2,), stored[2:]) == ""
    people.query("UPDATE shop_customer SET email = 'changed' WHERE id = 5")
    assert found((2,), stored[2:]) == "shop_customer.email is not masked, and changed with the masks"


def test_a_lost_connection_ends_the_run(people: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(module, "update_rows", locked)
    monkeypatch.setattr("seeding.runs.lifecycle.Retrier.__call__", lambda _, work, **__: work())

    with pytest.raises(DatabaseError, match="database is locked"):
        mask(people)
    assert SeedRun.objects.using(people.alias).get().state == "failed"
