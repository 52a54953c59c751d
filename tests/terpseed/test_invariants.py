"""What must be true of the data: every rule holds at every size, and every rule sees the data that breaks it."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.db.models import F, Min
from django.test.utils import CaptureQueriesContext

from seeding import Seeded
from seeding.verification.invariants import discover
from terpseed import models as terp
from tests.support.databases import AS_OF, RULES, SERVERS, Database
from tests.support.share import IS_SHARED
from tests.terpseed.breakages import BREAKAGES, another, change


@pytest.mark.parametrize("server", SERVERS)
def test_every_rule_sees_the_data_that_breaks_it(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server, seeded="small")
    by_name = {rule.name: rule for rule in RULES}
    missed = []

    for name, breakages in BREAKAGES.items():
        for number, broken in enumerate(breakages):
            with transaction.atomic(using=database.alias):
                broken(database.alias)
                if not database.verdicts(by_name[name])[0].broken:
                    missed.append((name, number))
                transaction.set_rollback(True, using=database.alias)

    assert missed == [], missed
    assert database.broken_rules() == {}


def test_every_rule_has_been_broken_on_purpose() -> None:
    rules, unreadable = discover()

    assert unreadable == []
    assert set(BREAKAGES) == {rule.name for rule in rules}
    assert len({rule.name for rule in rules}) == len(rules)
    assert all(rule.sentence.endswith(".") for rule in rules)


def test_a_rule_looks_at_the_tables_it_declares(small: Database) -> None:
    undeclared: dict[str, set[str]] = {}
    for rule in RULES:
        asked = Seeded(rows=rule.model._base_manager.using(small.alias), as_of=AS_OF)
        with CaptureQueriesContext(connections[small.alias]) as queries:
            list(rule.breaking(asked))
        used = {table for query in queries for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
        assert used, rule.name
        undeclared[rule.name] = used - set(rule.tables)

    assert {name: tables for name, tables in undeclared.items() if tables} == {}


SIZES, SEEDS = ("small", "medium", "large"), (1, 42, 2**40)
EACH_ONCE = [
    (server, size, SEEDS[(place + number) % len(SEEDS)])
    for place, server in enumerate(SERVERS)
    for number, size in enumerate(SIZES)
]
"""Every size on every server, every seed on every server and at every size; RULES=all: all of them; in a share: a size once."""
CHOSEN = [*itertools.product(SERVERS, SIZES, SEEDS)] if os.environ.get("RULES") == "all" else EACH_ONCE
CHOSEN = CHOSEN[1::4] if IS_SHARED else CHOSEN


@pytest.mark.parametrize(("server", "size", "seed"), CHOSEN)
def test_every_rule_holds(make_database: Callable[..., Database], server: str, size: str, seed: int) -> None:
    database = make_database(server)

    summary = database.seed(size=size, seed=seed)

    counted: Counter[str] = Counter()
    for result in summary["results"]:
        counted[result["table"]] += result["records_inserted"]
    quote = connections[database.alias].ops.quote_name
    assert database.broken_rules() == {}
    assert all(result["records_inserted"] == result["records_planned"] for result in summary["results"])
    for table, count in counted.items():
        assert database.query(f"SELECT COUNT(*) FROM {quote(table)}") == [(count,)]  # noqa: S608 - the name is quoted


def test_every_rule_holds_after_growth(seeded: Database) -> None:
    seeded.seed(size="medium", table="orders,bills")
    seeded.seed(size="medium")

    assert seeded.broken_rules() == {}


DAYS = [date(2024, month, 25 + month % 5) for month in range(1, 13)]


@pytest.mark.sampled
@pytest.mark.parametrize("day", DAYS, ids=date.isoformat)
def test_the_day_of_the_year_and_of_the_week_does_not_matter(sqlite: Database, day: date) -> None:
    sqlite.seed(as_of=day.isoformat())

    assert sqlite.broken_rules() == {}
    assert {one.weekday() for one in DAYS} == set(range(7))


def test_the_command_says_what_is_broken(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite.seed()
    call_command("seed_check", "--invariants", database=sqlite.alias)
    assert f"All {len(RULES)} rules hold." in capsys.readouterr().out
    change(terp.Client, total_owed=F("total_owed") + 1)(sqlite.alias)

    with pytest.raises(CommandError, match="breaks a rule") as failure:
        call_command("seed_check", "--invariants", "--json", database=sqlite.alias)

    verdicts = {one["rule"]: one for one in json.loads(capsys.readouterr().out)["verdicts"]}
    owed = verdicts["a-client-owes-its-open-invoices"]
    first = terp.Client.objects.using(sqlite.alias).aggregate(first=Min("pk"))["first"]
    assert failure.value.returncode == 5
    assert (owed["looked_at"], owed["broken"], owed["examples"]) == (10, 1, [str(first)])


def test_an_empty_database_breaks_no_rule(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_check", database=sqlite.alias)

    assert "Nothing is seeded here" in capsys.readouterr().out


def test_real_rows_are_not_looked_at(sqlite: Database) -> None:
    sqlite.seed()
    another(terp.Client, teri_code="REG0001", name="Somebody Real", email="jane@gmail.com", total_owed=5)(sqlite.alias)

    assert sqlite.broken_rules() == {}


def test_a_rule_whose_table_is_missing_is_no_success(sqlite: Database, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite.seed()
    sqlite.query("DROP TABLE product_images")
    sqlite.query("DROP TABLE client_credit_limits")

    with pytest.raises(CommandError) as caught:
        call_command("seed_check", "--invariants", database=sqlite.alias)

    assert caught.value.returncode == 4
    assert "no client_credit_limits" in capsys.readouterr().out
