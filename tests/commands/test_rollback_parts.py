"""`seed_rollback` of a part: tables, rows by a condition, one run, what is older."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError

from seeding.generation.registry import Registry
from seeding.models import SeedingMetadata
from terpseed.models import (
    Client,
)
from tests.support.databases import Database
from tests.support.rollbacks import by_table, rows
from tests.support.rows import business_data, everything, ledgered_keys

TABLES = sorted(Registry.discover().by_table)


UNTRACED = {"returns": {"movements-chain", "a-payable-is-what-was-sold"}}
"""Rolled back alone → the rules about rows of which no column says that they belong to it: see docs/rollback.md. Every other
rule holds."""


@pytest.mark.sampled
@pytest.mark.parametrize("table", TABLES)
def test_each_table_alone_leaves_a_coherent_rest(small: Database, table: str) -> None:
    summary = small.rollback(table=table, cascade=True)

    assert summary["exit_code"] == 0
    assert ledgered_keys(small, table) == set()
    for other in TABLES:
        assert ledgered_keys(small, other) == {row[0] for row in small.content(other)}
    assert [verdict.rule for verdict in small.references() if verdict.broken] == []
    assert small.broken_rules().keys() <= UNTRACED.get(table, set())


def test_companions_go_along(sqlite: Database) -> None:
    sqlite.seed(table="batches")

    summary = sqlite.rollback(table="batches")

    assert {table: result["records_deleted"] for table, result in by_table(summary).items()} == {
        "batches": 30, "batchLocations": 29, "inventoryMovements": 29,
    }  # fmt: skip
    assert len(ledgered_keys(sqlite, "lots")) == 10


def test_other_seeded_rows_that_refer_are_a_refusal_that_names_them(seeded: Database) -> None:
    before = everything(seeded)

    with pytest.raises(CommandError) as caught:
        seeded.rollback(table="clients")

    assert caught.value.returncode == 1
    words = str(caught.value)
    assert words.startswith("Other seeded rows depend on those of clients: ")
    assert "50 of orders (client_id)" in words
    assert "10 of client_credit_limits (client_id)" in words
    assert words.endswith("Pass --cascade to roll them back too.")
    assert everything(seeded) == before


def test_some_rows_of_a_table(database: Database) -> None:
    database.seed(table="clients")
    sellers = set(rows(Client, database).filter(is_seller=True, is_buyer=False).values_list("pk", flat=True))

    summary = database.rollback(table="clients", where=["is_seller=True", "teri_code__startswith=VND"], cascade=True)

    assert by_table(summary)["clients"]["records_deleted"] == len(sellers) == 3
    assert ledgered_keys(database, "clients") == {row[0] for row in database.content("clients")}
    assert ledgered_keys(database, "clients").isdisjoint(sellers)
    entries = SeedingMetadata.objects.using(database.alias).order_by("pk")
    assert [(one.live, one.record_count) for one in entries] == [(True, 7), (None, 3)]
    assert entries[1].rolled_back_in_id == summary["run"]


def test_what_was_rolled_back_in_part_is_seeded_again(database: Database) -> None:
    database.seed(table="clients")
    before = business_data(database)["clients"]
    database.rollback(table="clients", where=["is_seller=True"], cascade=True)

    summary = database.seed(table="clients")

    assert (summary["results"][0]["records_inserted"], summary["results"][0]["records_existing"]) == (4, 6)
    assert business_data(database)["clients"] == before


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("nme=x", "--where nme=x is not a valid lookup on clients: Cannot resolve keyword 'nme'"),
        ("id=x", "--where id=x is not a valid lookup on clients"),
        ("created_at__lt=yesterday", "--where created_at__lt=yesterday is not a valid lookup on clients"),
        ("email__isnull=maybe", "--where email__isnull=maybe is not a valid lookup on clients"),
        ("id__range=1", "--where id__range=1 is not a valid lookup on clients"),
        ("created_at__year=999999999999", "--where created_at__year=999999999999 is not a valid lookup on clients"),
        ("name__regex=[", "--where name__regex=[ is not a valid lookup on clients: OperationalError"),
    ],
)
def test_a_condition_that_is_none_is_refused(sqlite: Database, condition: str, words: str) -> None:
    sqlite.seed(table="clients")

    with pytest.raises(CommandError) as caught:
        sqlite.rollback(table="clients", where=[condition])

    assert caught.value.returncode == 1
    assert str(caught.value).startswith(words)
    assert len(ledgered_keys(sqlite, "clients")) == 10


@pytest.mark.parametrize(
    ("condition", "left"),
    [("created_at__lt=2100-01-01", 0), ("teri_code__in=REG90002,REG90003", 8), ("email__isnull=true", 10)],
)
def test_conditions_take_dates_lists_and_truths(sqlite: Database, condition: str, left: int) -> None:
    sqlite.seed(table="clients")

    sqlite.rollback(table="clients", where=[condition], cascade=True)

    assert len(ledgered_keys(sqlite, "clients")) == left


def test_one_run_alone(database: Database) -> None:
    first = database.seed(table="clients")["run"]
    before = everything(database)
    second = database.seed(table="clients", size="medium")["run"]

    summary = database.rollback(run=second)

    assert everything(database) == before
    assert summary["records_deleted"] == 90
    assert SeedingMetadata.objects.using(database.alias).get(live=True).run_id == first


def test_what_is_older_than_a_day(sqlite: Database) -> None:
    sqlite.seed(table="clients")
    SeedingMetadata.objects.using(sqlite.alias).update(created_at="2026-01-30T23:59:59Z")
    sqlite.seed(table="strains")

    summary = sqlite.rollback(before="2026-01-31")

    assert list(by_table(summary)) == ["clients"]
    assert len(ledgered_keys(sqlite, "strains")) == 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"run": 99}, "--run=99: the ledger of"),
        ({"before": "soon"}, "--before=soon: give a date"),
        ({"where": ["name=x"]}, "--where looks at the rows of one table"),
        ({"where": ["name"], "table": "clients"}, "--where=name: write FIELD__LOOKUP=VALUE"),
        ({"table": "clinets"}, "there is no table 'clinets'"),
        ({"table": ","}, "--table names no table"),
        ({"lock_timeout": -1}, "--lock-timeout=-1"),
    ],
)
def test_wrong_options_touch_nothing(sqlite: Database, options: dict[str, Any], words: str) -> None:
    sqlite.seed(table="clients")

    with pytest.raises(CommandError) as caught:
        sqlite.rollback(**options)

    assert caught.value.returncode == 1
    assert str(caught.value).startswith(words)
    assert len(ledgered_keys(sqlite, "clients")) == 10
