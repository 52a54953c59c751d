"""What a product manager looks at: whether goods turn over, consignors are paid, quotes are won, and clients come and stay.

The targets, and what was measured at size large, stand in docs/terp-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Count, F, FloatField, Max, Min, Model, Q, QuerySet, Sum

from terpseed.facts.cells import CLIENTS
from terpseed.invariants.time import HAPPENED
from terpseed.models import Batch, Client, InventoryMovement, Invoice, Lot, Order, OrderLineItem, Payment, VendorPayable
from tests.support.databases import AS_OF, Database

EDGE_CASES = ("REG90002", "REG90003", "REG90006")
"""The clients whose names or emptiness catch the eye."""
PAGE = 15
TODAY = datetime.combine(AS_OF, time(), UTC)
QUARTER = TODAY - timedelta(days=90)


def share(rows: QuerySet[Any], part: Q) -> float:
    """The share of the rows that are `part`."""
    counts = rows.aggregate(part=Count("pk", filter=part), whole=Count("pk"))
    return float(counts["part"] / counts["whole"])


def moved(rows: QuerySet[InventoryMovement], kind: str) -> float:
    """The value at cost of the movements of a kind, of goods received more than 90 days ago."""
    old = rows.filter(batch__createdAt__lt=QUARTER, inventoryMovementType=kind)
    return abs(float(old.aggregate(sum=Sum(F("quantityChange") * F("batch__unitCogs"), output_field=FloatField()))["sum"]))


@pytest.mark.parametrize(("size", "seed"), [("small", 2**40), ("medium", 1), ("large", 42)])
def test_the_business_turns_over(sqlite: Database, size: str, seed: int) -> None:
    sqlite.seed(size=size, seed=seed)

    def rows(model: type[Model], **where: object) -> QuerySet[Any]:
        return model._base_manager.using(sqlite.alias).filter(**where)

    live = rows(Batch, batchStatus="LIVE")
    assert share(live, Q(createdAt__lt=QUARTER)) <= 0.25
    assert live.aggregate(oldest=Min("createdAt"))["oldest"] > TODAY - timedelta(days=180)
    assert moved(rows(InventoryMovement), "SALE") / moved(rows(InventoryMovement), "INTAKE") > 0.9
    assert share(rows(VendorPayable), Q(status="PAID")) >= 0.5
    asked = rows(Order, orderType="QUOTE", created_at__lt=TODAY - timedelta(days=30))
    assert 0.35 < share(asked, Q(quoteStatus="CONVERTED")) < 0.55
    assert 0.01 < share(rows(OrderLineItem), Q(is_sample=True)) < 0.04
    payments = rows(Payment, paymentType="RECEIVED").values_list("paymentDate", "invoice__invoiceDate")
    assert 4 < sum((paid - issued).days for paid, issued in payments) / len(payments) < 15
    assert 0.15 < share(rows(Client), Q(updated_at__lt=QUARTER)) < 0.45
    joined = rows(Client, created_at__gte=TODAY - timedelta(days=364)).values_list("created_at", flat=True)
    assert 0.08 < len(joined) / rows(Client).count() < 0.12
    assert size != "large" or len({(day.year, day.month) for day in joined}) == 12


def test_a_client_was_last_changed_when_it_ordered_or_delivered_last(small: Database) -> None:
    clients = Client.objects.using(small.alias)
    for client in clients:
        orders = Order.objects.using(small.alias).filter(client=client).aggregate(last=Max("created_at"))["last"]
        lots = Lot.objects.using(small.alias).filter(supplier_client=client).aggregate(last=Max("date"))["last"]
        assert client.updated_at == max(moment for moment in (client.created_at, orders, lots) if moment)
    assert len(clients) == CLIENTS


@pytest.mark.parametrize("size", ["small", "medium"])
def test_the_newest_rows_are_never_edge_cases(sqlite: Database, size: str) -> None:
    sqlite.seed(size=size)

    def newest() -> Iterator[tuple[str, str]]:
        for model, since, client in (
            (Client, "created_at", ""),
            (Order, "created_at", "client__"),
            (Invoice, "createdAt", "customer__"),
            (Payment, "createdAt", "customer__"),
        ):
            rows = model._base_manager.using(sqlite.alias)
            latest = rows.order_by(f"-{since}", "-pk")[: rows.count() // CLIENTS if model is Client else PAGE]
            yield from ((model.__name__, code) for code in latest.values_list(f"{client}teri_code", flat=True))

    seen = list(newest())
    assert [one for one in seen if one[1] in EDGE_CASES] == []
    assert len(seen) > PAGE


def test_a_quotes_sale_repeats_it_line_by_line(medium: Database) -> None:
    sales = Order.objects.using(medium.alias).exclude(converted_from_order=None).select_related("converted_from_order")
    assert len(sales) == 39
    for sale in sales:
        quote = sale.converted_from_order
        assert quote is not None
        assert sale.items == quote.items
        assert str(quote.created_at) < str(sale.created_at)
        assert sale.created_at == quote.converted_at == quote.updated_at


def test_business_is_done_by_day_in_california(medium: Database) -> None:
    pacific = ZoneInfo("America/Los_Angeles")
    for model, fields in HAPPENED.items():
        for field in fields:
            moments = model._base_manager.using(medium.alias).exclude(**{field: None}).values_list(field, flat=True)
            for moment in moments:
                local = moment.astimezone(pacific)
                if moment.hour:  # but for the order of midnight
                    assert 9 <= local.hour < 16, (model, field, local)
                    assert (local.date(), local.weekday() < 5) == (moment.date(), True)
    orders = Order.objects.using(medium.alias).values_list("created_at", flat=True)
    assert len({moment.astimezone(pacific).utcoffset() for moment in orders if moment}) == 2
