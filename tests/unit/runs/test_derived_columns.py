"""Columns that depend on other rows: which are derived again, in which order, and of which rows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connections, models
from django.db.models import F, Q, Value

from seeding import BaseSeeder, Dataset, Derivation, RecordCount, Rows, SeederConfig
from seeding.db import retries
from seeding.example.models import Customer, Order, OrderLine, Product, Review
from seeding.example.seeders.sales import OrderSeeder
from seeding.exceptions import LockLostError, MisdeclaredSeederError
from seeding.keys import KeyMap
from seeding.locks import SeedingLock, seeding_lock
from seeding.runs import derivation as module
from seeding.runs.derivation import _updates, derive
from seeding.runs.derived_columns import Rederivation, Rederived, in_order
from seeding.runs.retrier import Retrier
from seeding.runs.transaction_size import TransactionSize
from seeding.telemetry.events import Event, ignore
from tests.support.databases import AS_OF, Database

DATASET = Dataset(seed=42, as_of=AS_OF)


class Deriving(BaseSeeder):
    """Derives what it is told to, and generates nothing."""

    def __init__(self, model: type[models.Model], *derivations: Derivation, name: str = "") -> None:
        self.config = SeederConfig(model=model, record_count=RecordCount.fixed(3))  # type: ignore[misc]  # a class attribute elsewhere
        self._derivations, self._name = derivations, name or model.__name__

    @property
    def name(self) -> str:
        return self._name

    def generate_data(self, rows: Rows) -> Any:
        raise NotImplementedError

    def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
        assert dataset == DATASET
        return self._derivations


def reading(*tables: str) -> Derivation:
    return Derivation(values={}, reads=tables)


PRODUCT = Deriving(Product, reading("shop_review"))
REVIEW = Deriving(Review, reading("shop_customer"))
ORDER = Deriving(Order, reading("shop_orderline"), reading("shop_order"))
PLAIN = Deriving(Customer)


@pytest.mark.parametrize(("changed", "expected"), [
    ((), ()),
    (("shop_orderline",), (ORDER,)),
    (("shop_order",), (ORDER,)),  # new rows of its own have nothing derived yet
    (("shop_review",), (REVIEW, PRODUCT)),
    (("shop_customer",), (REVIEW, PRODUCT)),  # the product reads what the review derives from the customer
    (("shop_product",), (PRODUCT,)),
    (("shop_orderline", "shop_customer"), (REVIEW, ORDER, PRODUCT)),
])  # fmt: skip
def test_derived_again_is_what_looks_at_a_changed_table(changed: tuple[str, ...], expected: tuple[BaseSeeder, ...]) -> None:
    found = in_order([PRODUCT, ORDER, REVIEW, PLAIN], DATASET, changed)

    assert set(found) == set(expected)
    assert len(found) == len(expected)
    if PRODUCT in found and REVIEW in found:
        assert found.index(REVIEW) < found.index(PRODUCT)


def test_a_circle_of_derivations_is_named() -> None:
    other = Deriving(Review, reading("shop_product"))

    with pytest.raises(MisdeclaredSeederError) as raised:
        in_order([PRODUCT, other], DATASET, ["shop_customer"])

    assert str(raised.value) in {
        f"These seeders derive columns from each other in a circle: {circle}."
        for circle in ("Product → Review → Product", "Review → Product → Review")
    }


@pytest.fixture
def lock(shop: Database) -> Iterator[SeedingLock]:
    lock = seeding_lock(shop.alias)
    with lock.held(0):
        yield lock


@pytest.fixture
def products(shop: Database) -> KeyMap:
    """Three products of a seeder's, with the keys 1 to 3; a fourth is somebody else's."""
    Product.objects.using(shop.alias).bulk_create(Product(name=f"P{key}", price=key) for key in (1, 2, 3, 4))
    return KeyMap.of([(0, 3, 1)])


READABLE = ("shop_review", "shop_order", "shop_orderline")
"""The tables that derivations read here."""


def calm(shop: Database, most: float = 8_000_000) -> dict[str, Any]:
    """Retries and transactions of a run in which nothing happens."""
    return {"retry": Retrier(using=shop.alias, tell=ignore), "size": TransactionSize(most, ignore)}


def stars(shop: Database) -> dict[int, float | None]:
    return dict(shop.query("SELECT id, stars FROM shop_product"))


def test_only_the_seeders_own_rows_are_derived(shop: Database, lock: SeedingLock, products: KeyMap) -> None:
    seeder = Deriving(Product, Derivation(values={"stars": F("price") + 1}, reads=("shop_review",)))

    assert derive(shop.alias, seeder, DATASET, products, lock, readable=READABLE, **calm(shop)) == 3
    assert stars(shop) == {1: 2, 2: 3, 3: 4, 4: None}


def test_a_condition_leaves_the_other_rows_as_they_were(shop: Database, lock: SeedingLock, products: KeyMap) -> None:
    values = {"stars": Value(5)}
    seeder = Deriving(Product, Derivation(values=values, reads=("shop_review",), where=Q(price__gte=2)))

    assert derive(shop.alias, seeder, DATASET, products, lock, readable=READABLE, **calm(shop)) == 2
    assert stars(shop) == {1: None, 2: 5, 3: 5, 4: None}


def test_a_total_is_what_its_lines_add_up_to(shop: Database, lock: SeedingLock) -> None:
    customer = Customer.objects.using(shop.alias).create(name="Ann", email="ann@example.com", joined_at="2026-01-01T00:00Z")
    product = Product.objects.using(shop.alias).create(name="P1", price=1)
    order = Order.objects.using(shop.alias).create(customer=customer, status="paid", ordered_at="2026-01-02T00:00Z")
    for quantity, price in ((2, "1.50"), (3, "0.25")):
        OrderLine.objects.using(shop.alias).create(order=order, product=product, quantity=quantity, unit_price=price)

    derive(shop.alias, OrderSeeder(), DATASET, KeyMap.of([(0, 1, order.pk)]), lock, readable=READABLE, **calm(shop))

    assert Order.objects.using(shop.alias).get().total == Decimal("3.75")


@pytest.mark.parametrize("reads", [("shop_review", "nowhere"), ("nowhere",)])
def test_what_needs_a_table_that_cannot_be_read_is_left_out(
    shop: Database, lock: SeedingLock, products: KeyMap, reads: tuple[str, ...]
) -> None:
    left_out = Derivation(values={"stars": Value(5)}, reads=reads)
    done = Derivation(values={"price": Value(9)}, reads=("shop_order",))

    assert derive(shop.alias, Deriving(Product, left_out, done), DATASET, products, lock, readable=READABLE, **calm(shop)) == 3
    assert stars(shop) == dict.fromkeys((1, 2, 3, 4))
    assert shop.query("SELECT DISTINCT price FROM shop_product WHERE id < 4") == [(9,)]


@pytest.mark.parametrize(("new", "foreseen", "reviewed", "derived"), [
    (True, True, False, False),
    (False, True, False, True),
    (True, False, False, True),
    (True, True, True, True),
])  # fmt: skip
def test_only_what_new_rows_hold_already_is_not_derived(
    shop: Database, lock: SeedingLock, products: KeyMap, *, new: bool, foreseen: bool, reviewed: bool, derived: bool
) -> None:
    if reviewed:
        Review.objects.using(shop.alias).create(product_id=1, author="Ann", stars=1, written_at="2026-01-01T00:00Z")
    seeder = Deriving(Product, Derivation(values={"stars": Value(5)}, reads=("shop_review",), foreseen=foreseen))

    assert derive(shop.alias, seeder, DATASET, products, lock, new=new, readable=READABLE, **calm(shop)) == (
        3 if derived else 0
    )


@pytest.mark.parametrize(("width", "transactions"), [(0, 1), (1, 1), (50, 2), (100, 3)])
def test_rows_are_derived_in_transactions_of_the_size_that_is_set(
    shop: Database, lock: SeedingLock, products: KeyMap, width: float, transactions: int
) -> None:
    seeder = Deriving(Product, Derivation(values={"stars": F("price") + 1}, reads=("shop_review",)))
    begun: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        begun.extend([sql] if sql.startswith("BEGIN") else [])
        return execute(sql, *rest)

    with connections[shop.alias].execute_wrapper(watch):
        assert derive(shop.alias, seeder, DATASET, products, lock, readable=READABLE, **calm(shop, 100), width=width) == 3

    assert len(begun) == transactions
    assert stars(shop) == {1: 2, 2: 3, 3: 4, 4: None}


def test_a_server_that_stays_away_ends_the_run(
    shop: Database, lock: SeedingLock, products: KeyMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0)
    monkeypatch.setattr(module, "derive", failing)
    seeder = Deriving(Product, Derivation(values={"stars": Value(5)}, reads=("shop_review",)))

    with pytest.raises(OperationalError, match="gone away"):
        rederivation(shop, lock, [], products).run([seeder], ["shop_review"])


def failing(*_: Any, **__: Any) -> int:
    raise OperationalError(2006, "Server has gone away")


def test_nothing_is_committed_that_the_lock_does_not_cover(shop: Database, products: KeyMap) -> None:
    seeder = Deriving(Product, Derivation(values={"stars": Value(5)}, reads=("shop_review",)))

    with pytest.raises(LockLostError):
        derive(shop.alias, seeder, DATASET, products, seeding_lock(shop.alias), readable=READABLE, **calm(shop))

    assert stars(shop) == dict.fromkeys((1, 2, 3, 4))


ONE = Derivation(values={"a": 1}, reads=())
TWO = Derivation(values={"b": F("a")}, reads=(), touches=("seen_at",))
AGAIN = Derivation(values={"a": 2}, reads=())
SOME = Derivation(values={"c": 3}, reads=(), where=Q(pk=1))


def test_each_derivation_is_an_update_where_expressions_see_the_row_of_before() -> None:
    assert list(_updates([ONE, TWO, SOME], from_left_to_right=False)) == [
        (None, {"a": 1}),
        (None, {"b": F("a"), "seen_at": F("seen_at")}),
        (Q(pk=1), {"c": 3}),
    ]


def test_derivations_of_all_rows_are_one_update_where_expressions_see_what_was_assigned() -> None:
    assert list(_updates([ONE, TWO, AGAIN, SOME, ONE], from_left_to_right=True)) == [
        (None, {"a": 1, "b": F("a"), "seen_at": F("seen_at")}),
        (None, {"a": 2}),
        (Q(pk=1), {"c": 3}),
        (None, {"a": 1}),
    ]


def rederivation(shop: Database, lock: SeedingLock, told: list[Event], keys: KeyMap) -> Rederivation:
    return Rederivation(using=shop.alias, dataset=DATASET, keys=lambda _: keys, lock=lock, tell=told.append, **calm(shop))


def test_seeders_are_told_with_the_rows_they_looked_at(shop: Database, lock: SeedingLock, products: KeyMap) -> None:
    told: list[Event] = []
    seeder = Deriving(Product, Derivation(values={"stars": Value(5)}, reads=("shop_review",)))

    assert rederivation(shop, lock, told, products).run([seeder], ["shop_review"]) == Rederived(refused={}, left=frozenset())
    assert [(event.operation, event.message, event.seeder, event.record_count) for event in told] == [
        ("derive", "Derived columns of shop_product", "Product", 3)
    ]


def test_what_reads_a_table_that_has_drifted_is_left_out(shop: Database, lock: SeedingLock, products: KeyMap) -> None:
    seeder = Deriving(Product, Derivation(values={"stars": Value(5)}, reads=("shop_review",)))

    rederivation(shop, lock, [], products).run([seeder], ["shop_review"], drifted={"shop_review"})

    assert stars(shop) == dict.fromkeys((1, 2, 3, 4))


def test_skipped_seeders_and_those_without_rows_are_not_derived(shop: Database, lock: SeedingLock, products: KeyMap) -> None:
    told: list[Event] = []
    seeder = Deriving(Product, Derivation(values={"stars": Value(5)}, reads=("shop_review",)))

    rederivation(shop, lock, told, products).run([seeder], ["shop_review"], skip={"Product"})
    rederivation(shop, lock, told, KeyMap.of(())).run([seeder], ["shop_review"])

    assert told == []
    assert stars(shop) == dict.fromkeys((1, 2, 3, 4))


@pytest.mark.parametrize(("inserted", "rows"), [(3, 0), (2, 3)])
def test_rows_are_new_where_the_run_has_inserted_all_of_them(
    shop: Database, lock: SeedingLock, products: KeyMap, inserted: int, rows: int
) -> None:
    told: list[Event] = []
    seeder = Deriving(Product, Derivation(values={"stars": Value(5)}, reads=("shop_review",), foreseen=True))

    rederivation(shop, lock, told, products).run([seeder], ["shop_product"], inserted={"Product": inserted})

    assert [event.record_count for event in told] == [rows]


def test_what_the_database_refuses_costs_no_other_seeder(shop: Database, lock: SeedingLock, products: KeyMap) -> None:
    told: list[Event] = []
    refused = Deriving(Product, Derivation(values={"name": Value("the same")}, reads=("shop_review",)), name="Refused")
    other = Deriving(Product, Derivation(values={"stars": Value(5)}, reads=("shop_review",)), name="Other")

    found = rederivation(shop, lock, told, products).run([refused, other], ["shop_review"])

    words = "its rows are there, their derived columns are not: IntegrityError for shop_product.name. Run again to derive them."
    assert found == Rederived(refused={"Refused": words}, left=frozenset({"shop_product"}))
    assert {event.seeder: (event.level, event.message) for event in told} == {
        "Refused": ("error", f"shop_product: {words}"),
        "Other": ("info", "Derived columns of shop_product"),
    }


def test_a_refusal_is_told_without_the_row_that_it_quotes(shop: Database, lock: SeedingLock, products: KeyMap) -> None:
    shop.query("CREATE TRIGGER choosy BEFORE UPDATE ON shop_product BEGIN SELECT RAISE(ABORT, 'not for Ann Smith'); END")
    told: list[Event] = []
    seeder = Deriving(Product, Derivation(values={"stars": Value(5)}, reads=("shop_review",)))

    found = rederivation(shop, lock, told, products).run([seeder], ["shop_review"])

    assert "IntegrityError" in found.refused["Product"]
    assert "Ann" not in f"{found} {told[0].message} {told[0].error}"
