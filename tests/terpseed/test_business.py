"""What must be true of the data, asked of the database itself: every rule is a query for the rows that break it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F, Q, Sum

from seeding.models import SeedRun
from terpseed.facts.cells import BATCHES, CLIENTS, ORDERS, PRODUCTS
from terpseed.models import Batch, BatchLocation, Client, InventoryMovement, Lot, Order, OrderLineItem, PricingDefault, Product
from tests.conftest import SERVERS, Database

RESERVING = ("CONFIRMED", "READY_FOR_PACKING", "PACKED")
SHIPPING = ("SHIPPED", "DELIVERED", "RETURNED")


def negative_or_overcommitted_stock(using: str) -> list[Any]:
    quantities = ("onHandQty", "sampleQty", "reservedQty", "quarantineQty", "holdQty", "defectiveQty")
    negative = Q(*((f"{name}__lt", 0) for name in quantities), _connector=Q.OR)
    committed = Q(onHandQty__lt=F("reservedQty") + F("quarantineQty") + F("holdQty"))
    return list(Batch.objects.using(using).filter(negative | committed))


def stock_that_the_journal_does_not_tell(using: str) -> list[Any]:
    broken: list[Any] = []
    journal: dict[int, list[InventoryMovement]] = defaultdict(list)
    for movement in InventoryMovement.objects.using(using).order_by("createdAt", "id"):
        journal[movement.batch_id].append(movement)
    for batch in Batch.objects.using(using):
        expected = Decimal(0)
        kinds = [movement.inventoryMovementType for movement in journal[batch.pk]]
        if kinds and (kinds[0] != "INTAKE" or "INTAKE" in kinds[1:]):
            broken.append((batch, "does not begin with one intake"))
        if not kinds and batch.batchStatus != "AWAITING_INTAKE":
            broken.append((batch, "received without a movement"))
        for movement in journal[batch.pk]:
            if movement.quantityBefore != expected or movement.quantityAfter != expected + movement.quantityChange:
                broken.append((movement, "does not chain"))
            expected = movement.quantityAfter
        if batch.onHandQty != expected:
            broken.append((batch, "on hand is not the sum of its movements"))
    return broken


def locations_that_do_not_sum_to_intake(using: str) -> list[Any]:
    located = dict(BatchLocation.objects.using(using).values_list("batch").annotate(Sum("qty")))
    intake = InventoryMovement.objects.using(using).filter(inventoryMovementType="INTAKE")
    taken = dict(intake.values_list("batch_id", "quantityChange"))
    return [batch for batch in {*located, *taken} if located.get(batch) != taken.get(batch)]


def batches_in_the_wrong_state(using: str) -> list[Any]:
    empty = Q(batchStatus__in=("SOLD_OUT", "CLOSED")) & ~Q(onHandQty=0)
    sold = Q(batchStatus="LIVE", onHandQty=0)
    terms = Q(paymentTerms="CONSIGNMENT") & ~Q(ownership_type="CONSIGNED")
    owner = Q(ownership_type="CONSIGNED") & ~Q(paymentTerms="CONSIGNMENT")
    return list(Batch.objects.using(using).filter(empty | sold | terms | owner))


def open_orders_on_batches_not_for_sale(using: str) -> list[Any]:
    lines = OrderLineItem.objects.using(using).filter(order__fulfillmentStatus__in=RESERVING)
    return list(lines.exclude(batch__batchStatus="LIVE"))


def reservations_that_open_orders_do_not_tell(using: str) -> list[Any]:
    lines = OrderLineItem.objects.using(using).filter(order__fulfillmentStatus__in=RESERVING)
    reserved = dict(lines.values_list("batch").annotate(Sum("quantity")))
    return [batch for batch in Batch.objects.using(using) if batch.reservedQty != reserved.get(batch.pk, 0)]


def lines_with_wrong_money(using: str) -> list[Any]:
    cent = Decimal("0.01")
    return [
        line
        for line in OrderLineItem.objects.using(using).select_related("batch")
        if abs(line.line_total - line.quantity * line.unit_price) > cent / 2
        or abs(line.unit_price - line.cogs_per_unit / (1 - line.margin_percent / 100)) > cent / 2
        or line.margin_dollar != line.unit_price - line.cogs_per_unit
        or line.cogs_per_unit != line.batch.unitCogs
        or line.quantity <= 0
    ]


def orders_with_wrong_totals(using: str) -> list[Any]:
    sums = dict(OrderLineItem.objects.using(using).values_list("order").annotate(Sum("line_total")))
    costs: dict[int, Decimal] = defaultdict(Decimal)
    for line in OrderLineItem.objects.using(using):
        costs[line.order_id] += line.quantity * line.cogs_per_unit
    return [
        order
        for order in Order.objects.using(using)
        if order.subtotal != sums.get(order.pk)
        or order.total != order.subtotal
        or order.tax or order.discount or order.shipping or order.total_cogs is None or order.total_margin is None
        or order.total_cogs != costs[order.pk]
        or abs(order.total_margin - (order.total - order.total_cogs)) > Decimal("0.01")
    ]  # fmt: skip


def items_that_tell_another_story(using: str) -> list[Any]:
    lines = defaultdict(list)
    for line in OrderLineItem.objects.using(using).select_related("batch").order_by("id"):
        lines[line.order_id].append(
            (line.batch_id, line.batch.product_id, line.product_display_name, line.quantity, line.unit_price, line.line_total)
        )
    broken = []
    for order in Order.objects.using(using):
        told = [
            (item["batchId"], item["productId"], item["displayName"], _money(item["quantity"]), _money(item["unitPrice"]),
             _money(item["lineTotal"]))
            for item in order.items
        ]  # fmt: skip
        if told != lines[order.pk]:
            broken.append(order)
    return broken


def orders_that_moved_the_wrong_stock(using: str) -> list[Any]:
    moved: dict[int | None, list[tuple[int, Decimal]]] = defaultdict(list)
    for sale in InventoryMovement.objects.using(using).filter(inventoryMovementType="SALE", referenceType="ORDER"):
        moved[sale.referenceId].append((sale.batch_id, -sale.quantityChange))
    asked: dict[int | None, list[tuple[int, Decimal]]] = defaultdict(list)
    for line in OrderLineItem.objects.using(using).filter(order__fulfillmentStatus__in=SHIPPING):
        asked[line.order_id].append((line.batch_id, line.quantity))
    return [order for order in {*moved, *asked} if sorted(moved[order]) != sorted(asked[order])]


def dates_out_of_order(using: str) -> list[Any]:
    orders = Order.objects.using(using)
    lines = OrderLineItem.objects.using(using)
    end = datetime.combine(SeedRun.objects.using(using).latest("id").as_of, datetime.min.time(), UTC)
    return [
        *orders.filter(created_at__lt=F("client__created_at")),
        *orders.filter(packed_at__lt=F("created_at")),
        *orders.filter(shipped_at__lt=F("packed_at")),
        *orders.filter(Q(created_at__gte=end) | Q(updated_at__gte=end) | Q(shipped_at__gte=end)),
        *lines.filter(created_at__lt=F("batch__createdAt")),
        *Batch.objects.using(using).filter(Q(createdAt__lt=F("lot__date")) | Q(createdAt__lt=F("product__createdAt"))),
        *InventoryMovement.objects.using(using).filter(createdAt__lt=F("batch__createdAt")),
        *InventoryMovement.objects.using(using).filter(createdAt__gte=end),
    ]


def business_outside_business_hours(using: str) -> list[Any]:
    moments: list[datetime] = []
    for order in Order.objects.using(using):
        moments += [at for at in (order.created_at, order.packed_at, order.shipped_at) if at]
    moments += InventoryMovement.objects.using(using).values_list("createdAt", flat=True)
    return [at for at in moments if at.weekday() > 4 or not 9 <= at.hour + at.minute / 60 <= 17]


def parties_that_are_not_the_same(using: str) -> list[Any]:
    return [
        batch
        for batch in Batch.objects.using(using).select_related("product__brand", "lot")
        if batch.product.supplier_client_id != batch.lot.supplier_client_id
        or batch.product.brand.vendor_id != batch.lot.vendor_id
    ]


def goods_that_their_own_supplier_buys(using: str) -> list[Any]:
    lines = OrderLineItem.objects.using(using)
    return list(lines.filter(order__client=F("batch__lot__supplier_client")))


def categories_without_a_price_rule(using: str) -> list[Any]:
    known = set(PricingDefault.objects.using(using).values_list("product_category", flat=True))
    used = set(Product.objects.using(using).values_list("category", flat=True))
    needed = used | {"OTHER", "DEFAULT"} if used else set()
    return sorted(needed - known)


def names_that_repeat(using: str) -> list[Any]:
    names = list(Product.objects.using(using).values_list("nameCanonical", flat=True))
    clients = list(Client.objects.using(using).values_list("name", flat=True))
    return [name for listed in (names, clients) for name in set(listed) if listed.count(name) > 1]


def addresses_that_could_reach_somebody(using: str) -> list[Any]:
    domains = ("@example.com", "@example.net", "@example.org")
    return [
        client
        for client in Client.objects.using(using)
        if not str(client.email).endswith(domains) or ") 555-01" not in str(client.phone)
    ]  # fmt: skip


RULES: tuple[Callable[[str], list[Any]], ...] = (
    negative_or_overcommitted_stock,
    stock_that_the_journal_does_not_tell,
    locations_that_do_not_sum_to_intake,
    batches_in_the_wrong_state,
    open_orders_on_batches_not_for_sale,
    reservations_that_open_orders_do_not_tell,
    lines_with_wrong_money,
    orders_with_wrong_totals,
    items_that_tell_another_story,
    orders_that_moved_the_wrong_stock,
    dates_out_of_order,
    business_outside_business_hours,
    parties_that_are_not_the_same,
    goods_that_their_own_supplier_buys,
    categories_without_a_price_rule,
    names_that_repeat,
    addresses_that_could_reach_somebody,
)


def broken_rules(database: Database) -> dict[str, list[Any]]:
    found = {rule.__name__: rule(database.alias) for rule in RULES}
    return {name: rows for name, rows in found.items() if rows}


@pytest.mark.parametrize("seed", [1, 42, 2**40])
@pytest.mark.parametrize("size", ["small", "medium"])
def test_every_rule_holds(sqlite: Database, size: str, seed: int) -> None:
    sqlite.seed(size=size, seed=seed)

    assert broken_rules(sqlite) == {}


def test_every_rule_holds_on_mariadb_after_growth(make_database: Callable[..., Database]) -> None:
    database = make_database("mariadb")

    database.seed(size="small")
    database.seed(size="medium")

    assert broken_rules(database) == {}


@pytest.mark.parametrize("weekday", range(7))
def test_the_day_of_the_week_does_not_matter(sqlite: Database, weekday: int) -> None:
    sqlite.seed(as_of=date(2026, 3, 1 + weekday).isoformat())

    assert broken_rules(sqlite) == {}


@pytest.mark.parametrize("table", ["batches", "orders", "products", "lots", "supplier_profiles", "inventoryMovements"])
@pytest.mark.parametrize("server", SERVERS)
def test_a_table_alone_leaves_a_coherent_database(make_database: Callable[..., Database], server: str, table: str) -> None:
    database = make_database(server)

    database.seed(table=table)

    assert database.content(table)
    assert broken_rules(database) == {}


BREAKAGES: dict[Callable[[str], list[Any]], Callable[[str], object]] = {
    negative_or_overcommitted_stock: lambda db: Batch.objects.using(db).update(holdQty=F("onHandQty") + 1),
    stock_that_the_journal_does_not_tell: lambda db: Batch.objects.using(db).update(onHandQty=F("onHandQty") + 1),
    locations_that_do_not_sum_to_intake: lambda db: BatchLocation.objects.using(db).update(qty=F("qty") + 1),
    batches_in_the_wrong_state: lambda db: Batch.objects.using(db).update(batchStatus="SOLD_OUT"),
    open_orders_on_batches_not_for_sale: lambda db: Batch.objects.using(db).update(batchStatus="ON_HOLD"),
    reservations_that_open_orders_do_not_tell: lambda db: Batch.objects.using(db).update(reservedQty=1),
    lines_with_wrong_money: lambda db: OrderLineItem.objects.using(db).update(line_total=F("line_total") + 1),
    orders_with_wrong_totals: lambda db: Order.objects.using(db).update(total=F("total") + 1),
    items_that_tell_another_story: lambda db: Order.objects.using(db).update(items=[]),
    orders_that_moved_the_wrong_stock: lambda db: OrderLineItem.objects.using(db).update(quantity=F("quantity") + 1),
    dates_out_of_order: lambda db: Order.objects.using(db).update(created_at=datetime(2020, 1, 1, tzinfo=UTC)),
    business_outside_business_hours: lambda db: Order.objects.using(db).update(created_at=datetime(2026, 1, 3, tzinfo=UTC)),
    parties_that_are_not_the_same: lambda db: Product.objects.using(db).update(supplier_client=None),
    goods_that_their_own_supplier_buys: lambda db: Lot.objects.using(db).update(
        supplier_client=Order.objects.using(db).earliest("id").client_id
    ),
    categories_without_a_price_rule: lambda db: PricingDefault.objects.using(db).all().delete(),
    names_that_repeat: lambda db: Product.objects.using(db).update(nameCanonical="Blue Dream"),
    addresses_that_could_reach_somebody: lambda db: Client.objects.using(db).update(email="jane@gmail.com"),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_sees_the_data_that_breaks_it(sqlite: Database, rule: Callable[[str], list[Any]]) -> None:
    sqlite.seed()

    BREAKAGES[rule](sqlite.alias)

    assert rule(sqlite.alias)


def test_it_looks_like_a_business_of_this_kind(sqlite: Database) -> None:
    sqlite.seed(size="medium", scale=3)

    sales = Order.objects.using(sqlite.alias).filter(fulfillmentStatus__in=(*RESERVING, *SHIPPING))
    revenue = sales.aggregate(total=Sum("total"))["total"]
    large = sales.filter(client__teri_code__startswith="WHL").aggregate(total=Sum("total"))["total"]
    clients = Client.objects.using(sqlite.alias)
    batches = Batch.objects.using(sqlite.alias)
    assert 0.65 < large / revenue < 0.75
    assert 0.13 < clients.filter(teri_code__startswith="WHL").count() / clients.count() < 0.16
    assert 0.85 < batches.filter(ownership_type="CONSIGNED").count() / batches.count() < 0.95
    assert 9_000 < revenue / sales.count() < 11_000


def test_small_shows_every_state(sqlite: Database) -> None:
    sqlite.seed(size="small")

    states = set(Order.objects.using(sqlite.alias).values_list("fulfillmentStatus", flat=True))
    quotes = set(Order.objects.using(sqlite.alias).filter(orderType="QUOTE").values_list("quoteStatus", flat=True))
    batches = set(Batch.objects.using(sqlite.alias).values_list("batchStatus", flat=True))
    assert states == {"DRAFT", "CANCELLED", *RESERVING, *SHIPPING}
    assert quotes == {"UNSENT", "SENT", "VIEWED", "REJECTED", "EXPIRED"}
    assert {"LIVE", "ON_HOLD", "QUARANTINED", "AWAITING_INTAKE"} <= batches


def test_the_proportions_are_the_same_at_every_size(sqlite: Database) -> None:
    results = {one["table"]: one["records_planned"] for one in sqlite.seed(size="medium", dry_run=True)["results"]}

    assert results["clients"] == 10 * CLIENTS
    assert results["products"] == 10 * PRODUCTS
    assert results["batches"] == 10 * BATCHES
    assert results["orders"] == 10 * ORDERS


def _money(value: float) -> Decimal:
    return Decimal(json.dumps(value)).quantize(Decimal("0.01"))
