"""What the data looks like: a wholesale business of this kind, with something to show in every panel."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import polars as pl
import pytest
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from seeding import Dataset, Rows
from terpseed.facts.cells import BATCHES, CLIENTS, ORDERS, PRODUCTS
from terpseed.facts.sales import pricing, trade
from terpseed.models import (
    BankAccount,
    Batch,
    Bill,
    BillLineItem,
    CalendarEvent,
    CashLocation,
    CashLocationTransaction,
    Client,
    ClientActivity,
    ClientCommunication,
    ClientCreditLimit,
    ClientNeed,
    Comment,
    Credit,
    Invoice,
    LedgerEntry,
    Order,
    OrderLineItem,
    Payment,
    Product,
    ProductImage,
    PurchaseOrder,
    Return,
    SampleRequest,
    VendorPayable,
    VendorSupply,
)
from tests.support.databases import AS_OF, Database

CENT = Decimal("0.01")
USUAL_LENGTH = 60
CHARGED = ~Q(status="VOID")
OPEN = Q(status__in=("SENT", "VIEWED", "PARTIAL", "OVERDUE"))
BUCKETS = {"0-30": (1, 30), "31-60": (31, 60), "61-90": (61, 90), "90+": (91, 10_000)}
"""Days past due."""


def share(rows: QuerySet[Any], column: str, part: Q) -> float:
    """Σ column of the part, by Σ column of all."""
    sums = rows.aggregate(part=Sum(column, filter=part), whole=Sum(column))
    return float(sums["part"] / sums["whole"])


def bucket(name: str) -> Q:
    first, last = BUCKETS[name]
    return Q(dueDate__range=(AS_OF - timedelta(days=last), AS_OF - timedelta(days=first)))


def test_the_books_agree_with_what_is_owed_and_held(medium: Database) -> None:
    lines = LedgerEntry.objects.using(medium.alias).order_by("entryDate")
    payable = lines.filter(account__accountNumber="2000").aggregate(owed=Sum(F("credit") - F("debit")))["owed"]
    batches = Batch.objects.filter(lot=OuterRef("lot"), product=OuterRef("product"), ownership_type="OFFICE_OWNED")
    bought = BillLineItem.objects.using(medium.alias).filter(Exists(batches)).aggregate(due=Sum("bill__amountDue"))["due"]
    consigned = VendorPayable.objects.using(medium.alias)
    owed = consigned.aggregate(due=Sum("amount_due"))["due"] + bought
    days = lines.filter(account__accountNumber="1000").values("entryDate").annotate(change=Sum(F("debit") - F("credit")))
    cash = list(accumulate(day["change"] for day in days))
    assert abs(payable - owed) < CENT * consigned.count()  # each is rounded by itself
    assert min(cash) >= 0
    places = CashLocation.objects.using(medium.alias)
    in_bank = BankAccount.objects.using(medium.alias).aggregate(sum=Sum("currentBalance"))["sum"]
    assert abs(in_bank + places.aggregate(sum=Sum("current_balance"))["sum"] - cash[-1]) < CENT
    for place in places:
        entries = CashLocationTransaction.objects.using(medium.alias).filter(location=place).order_by("created_at", "pk")
        balances = accumulate(-one.amount if one.transaction_type == "OUT" else one.amount for one in entries)
        assert min(balances) >= 0, place.name


def test_it_looks_like_a_business_of_this_kind(sqlite: Database) -> None:
    """The targets and what was measured at size large stand in docs/terp-data.md."""
    sqlite.seed(size="medium", scale=3)

    invoices = Invoice.objects.using(sqlite.alias).filter(CHARGED)
    clients = Client.objects.using(sqlite.alias)
    assert 0.65 < share(invoices, "totalAmount", Q(customer__teri_code__startswith="WHL")) < 0.75
    assert 0.13 < clients.filter(teri_code__startswith="WHL").count() / clients.count() < 0.16
    assert 0.88 < Batch.objects.using(sqlite.alias).filter(ownership_type="CONSIGNED").count() / (30 * BATCHES) < 0.92
    assert 9_000 < invoices.aggregate(mean=Avg("totalAmount"))["mean"] < 11_000
    assert 0.10 < share(invoices.filter(OPEN), "amountDue", Q(status="OVERDUE")) < 0.20
    assert 0.01 < Order.objects.using(sqlite.alias).filter(fulfillmentStatus="RETURNED").count() / (30 * ORDERS) < 0.03


def test_trade_follows_the_seasons() -> None:
    dataset = Dataset(seed=42, as_of=AS_OF)
    orders = Rows(seed=dataset.seed, table="orders", as_of=dataset.as_of, index=np.arange(20_000))

    months = trade.ordered_at(orders).astype("datetime64[M]").astype(int) % 12
    totals = pricing.order_total(orders)
    mean = np.array([totals[months == month].mean() for month in range(12)])
    assert mean / totals.mean() == pytest.approx(pricing.SEASON, rel=0.1)
    assert mean.argmax() == 3


def test_small_shows_every_state(small: Database) -> None:
    def values(model: Any, column: str, **where: object) -> set[Any]:
        return set(model.objects.using(small.alias).filter(**where).values_list(column, flat=True))

    overdue = Invoice.objects.using(small.alias).filter(status="OVERDUE")
    assert values(Order, "fulfillmentStatus") == {
        *("DRAFT", "READY_FOR_PACKING", "PACKED", "SHIPPED", "DELIVERED", "RETURNED", "CANCELLED")
    }
    assert values(Order, "quoteStatus", orderType="QUOTE") == {"UNSENT", "SENT", "VIEWED", "REJECTED", "EXPIRED", "CONVERTED"}
    assert values(Order, "saleStatus") == {None, "PENDING", "PARTIAL", "PAID", "OVERDUE", "CANCELLED"}
    assert values(Batch, "batchStatus") == {"LIVE", "ON_HOLD", "QUARANTINED", "AWAITING_INTAKE", "SOLD_OUT"}
    assert values(Invoice, "status") == {"SENT", "VIEWED", "PARTIAL", "PAID", "OVERDUE", "VOID"}
    assert values(Bill, "status") == {"PENDING", "APPROVED", "PARTIAL", "PAID", "OVERDUE"}
    assert values(VendorPayable, "status") == {"PENDING", "DUE", "PARTIAL", "PAID"}
    assert values(PurchaseOrder, "purchaseOrderStatus") == {
        *("DRAFT", "SENT", "CONFIRMED", "RECEIVING", "RECEIVED", "CANCELLED")
    }
    assert values(Payment, "paymentMethod") == {"CASH", "CHECK", "WIRE", "ACH", "CREDIT_CARD", "DEBIT_CARD", "OTHER"}
    assert values(Return, "status") == {"PENDING", "APPROVED", "REJECTED", "PROCESSED"}
    assert values(Credit, "creditStatus") == {"ACTIVE", "PARTIALLY_USED", "FULLY_USED"}
    assert values(ClientNeed, "status") == {"ACTIVE", "FULFILLED", "EXPIRED", "CANCELLED"}
    assert values(VendorSupply, "status") == {"AVAILABLE", "RESERVED", "PURCHASED", "EXPIRED"}
    assert values(SampleRequest, "sampleRequestStatus") == {
        *("PENDING", "FULFILLED", "CANCELLED", "RETURN_REQUESTED", "RETURNED", "VENDOR_CONFIRMED")
    }
    assert values(ClientActivity, "activity_type") == {"CREATED", "TRANSACTION_ADDED", "PAYMENT_RECORDED"}
    assert values(ClientCommunication, "communicationType") == {"CALL", "EMAIL", "MEETING", "NOTE"}
    assert values(Comment, "is_resolved") == {True, False}
    assert values(CalendarEvent, "event_type") == {"MEETING", "FOLLOW_UP", "INTAKE", "PAYMENT_DUE"}
    assert values(CalendarEvent, "status") == {"SCHEDULED", "IN_PROGRESS", "COMPLETED", "CANCELLED"}
    assert {name: overdue.filter(bucket(name)).count() for name in BUCKETS} == dict.fromkeys(BUCKETS, 1)


@pytest.mark.parametrize("weekday", range(7))
def test_every_aging_bucket_is_filled_on_any_day(sqlite: Database, weekday: int) -> None:
    day = AS_OF + timedelta(days=weekday)
    sqlite.seed(as_of=day.isoformat(), table="payments")

    ages = sorted(
        (day - due).days
        for due in Invoice.objects.using(sqlite.alias).filter(status="OVERDUE").values_list("dueDate", flat=True)
    )
    assert [next(name for name, (first, last) in BUCKETS.items() if first <= age <= last) for age in ages] == list(BUCKETS)


def test_the_proportions_are_the_same_at_every_size(sqlite: Database) -> None:
    results = {one["table"]: one["records_planned"] for one in sqlite.seed(size="medium", dry_run=True)["results"]}

    assert results["clients"] == 10 * CLIENTS
    assert results["products"] == 10 * PRODUCTS
    assert results["batches"] == 10 * BATCHES
    assert results["orders"] == 10 * ORDERS


@pytest.mark.parametrize(("as_of", "seed"), [(AS_OF, 42), (date(2026, 3, 7), 1), (date(2024, 2, 29), 2**40)])
def test_the_edge_cases_stand_under_their_codes(database: Database, as_of: date, seed: int) -> None:
    database.seed(as_of=as_of.isoformat(), seed=seed)

    def client(code: str) -> Client:
        return Client.objects.using(database.alias).get(teri_code=code)

    midnight = Order.objects.using(database.alias).get(order_number="S-9034441853737")
    samples = OrderLineItem.objects.using(database.alias).filter(is_sample=True)
    sample = samples.get(order__order_number="S-9180339887490")
    due_today = Invoice.objects.using(database.alias).get(dueDate=as_of)
    at_limit = ClientCreditLimit.objects.using(database.alias).get(client__teri_code="REG90004")
    assert len(client("REG90002").name) == 255
    assert client("REG90003").name.endswith("🌿")
    assert client("REG90003").name.startswith("Señor")
    assert at_limit.current_exposure == at_limit.credit_limit == client("REG90004").total_owed
    assert at_limit.credit_limit > 0
    assert at_limit.utilization_percent == 100
    assert not Order.objects.using(database.alias).filter(client__teri_code="REG90006").exists()
    assert client("REG90006").is_buyer
    assert isinstance(midnight.created_at, datetime)
    assert midnight.created_at.time() == datetime.min.time()
    assert (midnight.created_at + timedelta(days=1)).day == 1
    assert (sample.unit_price, sample.line_total) == (Decimal(0), Decimal(0))
    assert due_today.invoiceNumber.endswith("-9000028")
    assert (due_today.status, due_today.amountDue) in {("SENT", due_today.totalAmount), ("VIEWED", due_today.totalAmount)}


def test_a_dataset_without_edge_cases_has_none_of_them_at_any_size(sqlite: Database) -> None:
    sqlite.seed(size="small", edge_cases=False)
    grown = sqlite.seed(size="medium")

    clients = Client.objects.using(sqlite.alias)
    samples = OrderLineItem.objects.using(sqlite.alias).filter(is_sample=True)
    at_limit = ClientCreditLimit.objects.using(sqlite.alias).get(client__teri_code="REG90004")
    midnight = Order.objects.using(sqlite.alias).get(order_number="S-9034441853737")
    assert (grown["exit_code"], grown["edge_cases"]) == (0, False)
    assert max(len(name) for name in clients.values_list("name", flat=True)) < USUAL_LENGTH
    assert not clients.filter(name__contains="🌿").exists()
    assert at_limit.current_exposure < at_limit.credit_limit
    assert isinstance(midnight.created_at, datetime)
    assert midnight.created_at.time() != datetime.min.time()
    assert not samples.filter(order__order_number="S-9180339887490").exists()
    assert sqlite.broken_rules() == {}


def test_an_order_number_is_as_long_as_terps_and_differs_early() -> None:
    rows = Rows(seed=42, table="orders", as_of=AS_OF, index=np.arange(100_000))

    numbers = trade.sale_number(rows)

    times = numbers.str.strip_prefix("S-").cast(pl.Int64)
    assert numbers.n_unique() == len(rows)
    assert set(numbers.str.len_chars()) == {len(f"S-{time.time_ns() // 10**6}")}
    assert times.to_numpy().min() > datetime(2200, 1, 1, tzinfo=UTC).timestamp() * 1_000
    assert numbers[:50].str.slice(0, 6).n_unique() > 45
    assert set(trade.quote_number(rows)[:5_000].str.len_chars()) == {len("Q-2026-00001")}


def test_credit_limits_are_set_by_hand_and_suit_the_clients(medium: Database) -> None:
    limits = ClientCreditLimit.objects.using(medium.alias)
    buyers = limits.filter(client__is_buyer=True)
    ordered = Order.objects.filter(client=OuterRef("client_id")).order_by("-total").values("total")[:1]
    too_low = buyers.filter(credit_limit__lt=Subquery(ordered)).exclude(client__teri_code="REG90004")
    assert set(limits.values_list("client__creditLimitSource", flat=True)) == {"MANUAL"}
    assert not limits.filter(client__credit_limit_override_reason=None).exists()
    assert set(limits.filter(client__is_buyer=False).values_list("credit_limit", flat=True)) == {0}
    assert not too_low.exists()
    assert limits.order_by("-utilization_percent")[0].utilization_percent < 300
    assert buyers.filter(utilization_percent__gt=100).count() < buyers.count() / 20


def test_documents_have_references_and_some_have_notes(medium: Database) -> None:
    documents = [model.objects.using(medium.alias) for model in (Order, Invoice, Bill, Payment, PurchaseOrder)]
    noted = [rows.exclude(notes=None).count() for rows in documents]
    assert 0.12 < sum(noted) / sum(rows.count() for rows in documents) < 0.18
    assert all(noted)
    payments = Payment.objects.using(medium.alias)
    assert not payments.filter(referenceNumber=None).exists()
    assert payments.values("referenceNumber").distinct().count() > 0.98 * payments.count()


def test_pictures_load_without_a_server(small: Database) -> None:
    images = ProductImage.objects.using(small.alias)
    drawings = {image.image_url: image for image in images}
    assert images.filter(batch__batchStatus="LIVE").exists()
    assert len(drawings) > 5
    for url, image in drawings.items():
        kind, _, content = url.partition(",")
        assert (kind, image.thumbnail_url) == ("data:image/svg+xml;base64", url)
        ground, drawing = ET.fromstring(b64decode(content))  # noqa: S314 - our own drawing
        assert ground.get("fill") != drawing.get("fill")
        assert len(drawing)


def test_a_batch_tells_of_harvest_and_laboratory(small: Database) -> None:
    for batch in Batch.objects.using(small.alias).select_related("lot"):
        told = json.loads(str(batch.metadata))
        days = [date.fromisoformat(day) for day in (told["harvestDate"], told["testResults"]["testDate"])]
        assert days[0] < days[1] < batch.lot.date.date() < date.fromisoformat(told["expiryDate"])
        assert 0 < told["testResults"]["cbd"] < told["testResults"]["thc"] < 100
        assert len(set(told["testResults"]["terpenes"])) == 2


def test_the_pick_list_names_its_products(small: Database) -> None:
    lines = [item for order in Order.objects.using(small.alias) for item in order.items]
    names = dict(Product.objects.using(small.alias).values_list("pk", "nameCanonical"))
    assert all(item["productName"] == names[item["productId"]] for item in lines)


def test_the_meetings_that_were_held_are_talked_of(medium: Database) -> None:
    held = CalendarEvent.objects.using(medium.alias).filter(event_type="MEETING", status="COMPLETED")
    talks = ClientCommunication.objects.using(medium.alias).filter(communicationType="MEETING")
    in_calendar = held.values_list("client", "start_date", "title")
    assert in_calendar
    assert sorted(in_calendar) == sorted(talks.values_list("client", "communicated_at__date", "subject"))


def test_goods_are_sold_for_more_than_they_cost(small: Database) -> None:
    lines = OrderLineItem.objects.using(small.alias)
    assert not lines.filter(is_sample=False, unit_price__lte=F("cogs_per_unit")).exists()


def test_no_product_is_listed_twice(medium: Database) -> None:
    names = Product.objects.using(medium.alias).values("nameCanonical").annotate(count=Count("pk"))
    assert not names.filter(count__gt=1).exists()
