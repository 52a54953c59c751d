"""`seed_verify` finds each edit, each deletion and each row beside, and invents none."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from threading import Event, current_thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from seeding import api
from seeding.comparison import rendered_rows
from seeding.conf import VerifyConfig
from seeding.exceptions import ConfigurationError
from seeding.restoration import beside
from seeding.restoration.generated_rows import GeneratedRows
from seeding.restoration.results import TableVerdict, VerifyReport
from seeding.verification.changed_since import statements_of
from tests.shop.conftest import INSTALLED
from tests.support.databases import SERVERS, Database

with INSTALLED:
    from seeding.example.models import Customer, Order, OrderLine, Product, Review


def verified(database: Database, **options: Any) -> VerifyReport:
    """The report."""
    return api.verify(VerifyConfig(database=database.alias, **options))


def keys(model: type[Model], database: Database) -> list[int]:
    """The primary keys, in order: servers may begin anywhere."""
    return list(model._base_manager.using(database.alias).order_by("pk").values_list("pk", flat=True))


def of(report: VerifyReport, table: str) -> TableVerdict:
    """One table's verdict."""
    return next(one for one in report.tables if one.table == table)


@pytest.mark.parametrize("seed", range(6))
def test_what_was_done_at_random_is_found_and_nothing_else(shop: Database, seed: int) -> None:
    chance, using = random.Random(seed), shop.alias
    shop.seed()
    before = verified(shop)
    edits: dict[tuple[str, int, str], str] = {}
    for _ in range(chance.randrange(1, 8)):
        model, column, value = chance.choice(
            [
                (Customer, "name", f"Edited {chance.random()}"),
                (Review, "stars", None),
                (OrderLine, "quantity", chance.randrange(20, 99)),
                (Order, "customer_id", chance.choice(keys(Customer, shop)[15:])),
                (Product, "price", Decimal(chance.randrange(90_000, 99_999)).scaleb(-2)),
            ]
        )
        key = keys(model, shop)[chance.randrange(10)]
        if value is None:
            value = 1 + Review.objects.using(using).get(pk=key).stars % 5
        model._base_manager.using(using).filter(pk=key).update(**{column: value})
        edits[model._meta.db_table, key, column] = str(value)
    gone = chance.sample(keys(OrderLine, shop)[100:], chance.randrange(5))
    OrderLine.objects.using(using).filter(pk__in=gone).delete()
    added = chance.randrange(4)
    for number in range(added):
        Product.objects.using(using).create(name=f"Real {number}", price=1)

    after = verified(shop)

    found = {(one.table, int(cell.key), cell.column): cell.found for one in after.tables for cell in one.cells}
    personal = {edit for edit in edits if edit[0] == "shop_customer"}
    assert found == {**edits, **dict.fromkeys(personal, "[redacted]")}
    assert of(after, "shop_orderline").missing_keys == tuple(map(str, sorted(gone)))
    assert (of(after, "shop_product").others, of(before, "shop_product").others) == (added, 0)
    assert (before.is_as_seeded, after.is_as_seeded) == (True, False)
    unlike = {one.table for one in after.tables if one.fingerprint != of(before, one.table).fingerprint}
    assert unlike == {table for table, _, _ in edits} | ({"shop_orderline"} if gone else set())


def test_a_fingerprint_says_what_the_rows_hold_and_not_under_which_keys(
    make_database: Callable[..., Database], shop: Database
) -> None:
    other = make_database("sqlite", ready=False)
    call_command("migrate", database=other.alias, verbosity=0)
    Product.objects.using(other.alias).create(name="Real", price=1)
    Customer.objects.using(other.alias).create(name="Real", email="r@example.org", joined_at="2026-01-01T00:00Z")
    shop.seed()
    other.seed()

    told = verified(shop).fingerprint
    real, first, second, *_ = keys(Customer, other)
    fifth = Order.objects.using(other.alias).filter(pk=keys(Order, other)[4])
    fifth.update(customer_id=real)
    edited = of(verified(other), "shop_order").fingerprint
    fifth.update(customer_id=second)  # the row at index 1, to which it leads elsewhere under another key
    assert first != second

    assert verified(shop, expect=told[:12]).is_expected
    assert not verified(shop, expect=told[:11]).is_expected
    assert verified(other, expect=told).is_expected
    assert edited != of(verified(shop), "shop_order").fingerprint


def test_derived_columns_are_judged_by_what_they_follow_from(shop: Database) -> None:
    shop.seed()
    one, two, other, *_ = keys(Order, shop)
    Order.objects.using(shop.alias).filter(pk__in=[one, two]).update(total=0)
    OrderLine.objects.using(shop.alias).filter(order_id=other, pk=keys(OrderLine, shop)[6]).delete()

    orders = of(verified(shop), "shop_order")

    assert (orders.edited, orders.missing, orders.stale) == (0, 0, {"total": 3})


def test_what_cannot_be_compared_is_said(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.query("UPDATE seeding_metadata SET generator_version = '1.9' WHERE table_name = 'shop_review'")

    report = verified(shop)

    assert of(report, "shop_review").unverifiable == {"another version of its seeder or of Faker has made them": 30}
    assert (of(report, "shop_review").fingerprint, report.fingerprint, report.is_as_seeded) == ("", "", False)
    with pytest.raises(ConfigurationError, match="No rows of 'shop_order' are seeded"):
        verified(shop, tables=("shop_order",))


def test_an_empty_database_is_as_it_was_seeded(shop: Database) -> None:
    assert (verified(shop).tables, verified(shop).is_as_seeded) == ((), True)


def test_fingerprints_are_the_same_on_every_server(make_database: Callable[..., Database]) -> None:
    found = {}
    for server in SERVERS:
        database = make_database(server, ready=False)
        call_command("migrate", database=database.alias, verbosity=0)
        database.seed(size="medium")
        found[server] = verified(database)

    assert all(one.is_as_seeded for one in found.values())
    assert len({one.fingerprint for one in found.values()}) == 1


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_digests_lead_to_the_very_rows(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server, ready=False)
    call_command("migrate", database=database.alias, verbosity=0)
    database.seed(size="large", table="shop_review")
    places = keys(Review, database)
    rows = Review.objects.using(database.alias)

    def asked() -> tuple[dict[str, int], int]:
        with statements_of(database.alias) as said:
            found = of(verified(database, tables=("shop_review",)), "shop_review")
        digests = sum("GROUP_CONCAT" in one for one in said)
        assert found.edited == len({cell.key for cell in found.cells})
        return {f"{cell.column} {cell.key}": places.index(int(cell.key)) for cell in found.cells}, digests

    whole, once = asked()
    swapped = [rows.get(pk=places[place]).author for place in (500, 2_500)]
    rows.filter(pk=places[500]).update(author=swapped[1])
    rows.filter(pk=places[2_500]).update(author=swapped[0])
    for place in (0, 1_499, 1_500, 2_999):
        rows.filter(pk=places[place]).update(text="Edited")
    edited, digests = asked()

    assert (whole, once, len(places)) == ({}, 1, 3_000)
    assert sorted(edited.values()) == [0, 500, 1_499, 1_500, 2_500, 2_999]
    assert 1 < digests < 12


def test_the_command_says_what_is_not_as_it_was(shop: Database) -> None:
    def said(**options: Any) -> tuple[int, str]:
        out, code = StringIO(), 0
        try:
            call_command("seed_verify", database=shop.alias, stdout=out, stderr=StringIO(), **options)
        except CommandError as error:
            code, _ = error.returncode, out.write(str(error))
        return code, out.getvalue()

    nothing = said()
    shop.seed()
    whole = said()
    told = json.loads(said(json=True)[1])["fingerprint"]
    quantity = OrderLine.objects.using(shop.alias).filter(pk=keys(OrderLine, shop)[3])
    before = quantity.get().quantity
    quantity.update(quantity=before + 10)
    Review.objects.using(shop.alias).filter(pk__in=keys(Review, shop)[:25]).delete()
    shop.query("UPDATE seeding_metadata SET seeder_name = 'GoneSeeder' WHERE table_name = 'shop_customer'")
    code, text = said()

    assert nothing == (0, f"Nothing is seeded in {shop.url.removeprefix('sqlite:///')}.\n") or shop.server != "sqlite"
    assert (whole[0], "everything is as it was seeded." in whole[1], f"Fingerprint: {told}" in whole[1]) == (0, True, True)
    assert code == 5
    for words in (
        f"shop_orderline {keys(OrderLine, shop)[3]}: quantity is {before + 10}, and was seeded as {before}",
        "shop_review: missing: ",
        " and 5 more",
        "shop_order.total: in 1 rows not what is derived now",
        "shop_customer: 20 rows were not compared: GoneSeeder is not there any more",
        "not as seeded: shop_customer, shop_order, shop_orderline, shop_review",
        "Fingerprint: none, since not everything could be compared",
        "Not everything is as it was seeded: see the list.",
    ):
        assert words in " ".join(text.split()), words
    assert said(expect="0" * 64, verbosity=0) == (5, f"The fingerprint is unknown, and {'0' * 64} was expected.")


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_digests_of_blocks_find_the_rows_that_differ(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    database = migrated(make_database, server)
    database.seed(size="medium")
    monkeypatch.setattr(rendered_rows, "BLOCK", 20)
    edited = edit_lines(database)

    with CaptureQueriesContext(connections[database.alias]) as asked:
        report = verified(database, tables=("shop_orderline",))

    said = [one["sql"] for one in asked.captured_queries]
    assert {(int(cell.key), cell.column) for cell in of(report, "shop_orderline").cells} == {
        (key, "quantity") for key in edited
    }
    assert of(report, "shop_orderline").edited == 4
    assert any("SHA2" in one and "UNION ALL" in one for one in said)


@pytest.mark.parametrize("server", ["mariadb", "mysql", "postgresql"])
@pytest.mark.parametrize("fault", [None, OperationalError("too many connections")])
def test_two_connections_find_what_one_finds(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str, fault: Exception | None
) -> None:
    database = migrated(make_database, server)
    database.seed()
    edited = edit_lines(database)
    stale = Order.objects.using(database.alias).exclude(orderline__in=edited).latest("pk")
    Order.objects.using(database.alias).filter(pk=stale.pk).update(total=0)
    alone = verified(database)
    threads = set()

    def twin(rows: GeneratedRows, ended: Event) -> GeneratedRows:
        threads.add(current_thread().name)
        if fault is not None:
            raise fault
        return original(rows, ended)

    original = GeneratedRows.twin
    monkeypatch.setattr(GeneratedRows, "twin", twin)
    monkeypatch.setattr(beside, "FEW", 1)
    report = verified(database)

    assert threads
    assert "MainThread" not in threads
    assert replace(report, duration=0.0) == replace(alone, duration=0.0)
    assert of(report, "shop_orderline").edited == 4
    totals = Order.objects.using(database.alias).filter(orderline__in=edited).distinct().count()
    assert of(report, "shop_order").stale == {"total": totals + 1}


def migrated(make_database: Callable[..., Database], server: str) -> Database:
    """The shop's tables, empty."""
    database = make_database(server, ready=False)
    call_command("migrate", database=database.alias, verbosity=0)
    return database


def edit_lines(database: Database) -> list[int]:
    """Change four lines of orders, first and last among them; returns their keys."""
    lines = keys(OrderLine, database)
    edited = [lines[place] for place in (0, len(lines) // 2, len(lines) // 2 + 1, len(lines) - 1)]
    OrderLine.objects.using(database.alias).filter(pk__in=edited).update(quantity=77)
    return edited
