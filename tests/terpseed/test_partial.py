"""A part of TERP alone: any table or group, on an empty database, on one that has reference rows, and on an older TERP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connections, models

from seeding import Registry
from terpseed import models as terp
from terpseed.models.fields import Key
from tests.support.databases import Database

REGISTRY = Registry.discover()
REGISTRY_MODELS = {seeder.config.model for seeder in REGISTRY.by_name.values()}
TABLES = sorted(REGISTRY.by_table)
GROUPS = sorted(REGISTRY.groups)
REAL = datetime(2024, 5, 17, 10, tzinfo=UTC)


def counts(database: Database) -> dict[str, int]:
    """Rows of every mirrored table."""
    quote = connections[database.alias].ops.quote_name
    return {table: database.query(f"SELECT COUNT(*) FROM {quote(table)}")[0][0] for table in TABLES}  # noqa: S608


def summed(summary: dict[str, Any], *columns: str) -> dict[str, int]:
    """What the summary says of every table."""
    rows = dict.fromkeys(TABLES, 0)
    for result in summary["results"]:
        rows[result["table"]] += sum(result[column] for column in columns)
    return rows


def real_reference_rows(database: Database) -> list[models.Model]:
    """Rows as a TERP in use has them, under names that the seeders use too."""
    using = database.alias
    names = ["Flower", "Vapes"]
    categories = [terp.Category(name=name, createdAt=REAL, updatedAt=REAL) for name in names]
    rows: list[models.Model] = [
        *categories,
        terp.Grade(name="A", createdAt=REAL, updatedAt=REAL),
        terp.Location(
            site="Main Warehouse",
            zone="Zone B",
            rack="Rack 1",
            shelf="Shelf 2",
            bin="Bin 1",
            createdAt=REAL,
            updatedAt=REAL,
        ),
        terp.PricingDefault(product_category="Flower", default_margin_percent=18, created_at=REAL, updated_at=REAL),
        terp.ExpenseCategory(categoryName="Utilities", createdAt=REAL, updatedAt=REAL),
        terp.Sequence(name="lot_code", prefix="LOT-", currentValue=1_734, createdAt=REAL, updatedAt=REAL),
        *(
            terp.Account(
                accountNumber=number,
                accountName=name,
                accountType="ASSET",
                normalBalance="DEBIT",
                createdAt=REAL,
                updatedAt=REAL,
            )
            for number, name in (("1000", "Cash"), ("1100", "Accounts Receivable"))
        ),
        terp.FiscalPeriod(
            periodName="FY26 P2",
            startDate=date(2026, 2, 1),
            endDate=date(2026, 2, 28),
            fiscalYear=2026,
            status="OPEN",
            createdAt=REAL,
            updatedAt=REAL,
        ),
    ]
    for row in rows:
        row.save(using=using, force_insert=True)
    indoor = terp.Subcategory(category_id=categories[0].pk, name="Indoor", createdAt=REAL, updatedAt=REAL)
    elsewhere = terp.Subcategory(category_id=categories[1].pk, name="Shatter", createdAt=REAL, updatedAt=REAL)
    for row in (indoor, elsewhere):
        row.save(using=using, force_insert=True)
    return [*rows, indoor, elsewhere]


def content(using: str, rows: list[models.Model]) -> list[Any]:
    return [type(row)._base_manager.using(using).filter(pk=row.pk).values().get() for row in rows]


@pytest.mark.sampled
@pytest.mark.parametrize("name", [*TABLES, *GROUPS])
def test_alone_it_leaves_a_coherent_database(sqlite: Database, name: str) -> None:
    summary = sqlite.seed(table=name)

    wanted = {seeder.config.table_name for seeder in REGISTRY.select([name]).seeders}
    assert sqlite.broken_rules() == {}
    assert {table for table, count in counts(sqlite).items() if count} == wanted
    assert counts(sqlite) == summed(summary, "records_inserted")


@pytest.mark.sampled
@pytest.mark.parametrize("server", ["sqlite", "mariadb"])
@pytest.mark.parametrize("group", GROUPS)
def test_so_does_a_group_beside_real_reference_rows(make_database: Callable[..., Database], server: str, group: str) -> None:
    database = make_database(server)
    real = real_reference_rows(database)
    before = content(database.alias, real)

    summary = database.seed(table=group)

    assert database.broken_rules() == {}
    assert content(database.alias, real) == before
    assert summary["exit_code"] == 0


def test_what_is_there_is_derived_again_when_more_comes(sqlite: Database) -> None:
    for group in ("parties", "staff", "inventory", "sales", "receivables", "payables", "ledger"):
        sqlite.seed(table=group)

        assert sqlite.broken_rules() == {}, group


def test_no_real_row_is_derived(database: Database) -> None:
    using = database.alias
    user = terp.User.objects.using(using).create(openId="real")
    client = terp.Client.objects.using(using).create(teri_code="REG0001", name="Somebody Real", total_owed=5)
    invoice = terp.Invoice.objects.using(using).create(
        invoiceNumber="INV-2026-000001",
        customer=client,
        invoiceDate=REAL.date(),
        dueDate=REAL.date(),
        subtotal=100,
        totalAmount=100,
        amountDue=70,
        createdBy=user,
    )
    before = content(using, [user, client, invoice])

    database.seed()

    assert content(using, [user, client, invoice]) == before


def test_a_real_payment_on_a_seeded_invoice_counts(sqlite: Database) -> None:
    using = sqlite.alias
    sqlite.seed()
    invoice = terp.Invoice.objects.using(using).filter(status="OVERDUE", amountPaid=0).earliest("pk")
    owed = terp.Client.objects.using(using).get(pk=invoice.customer_id).total_owed
    terp.Payment.objects.using(using).create(
        paymentNumber="PMT-RCV-2026-000001",
        paymentType="RECEIVED",
        paymentDate=REAL.date(),
        amount=invoice.amountDue,
        paymentMethod="CASH",
        customer_id=invoice.customer_id,
        invoice=invoice,
        createdBy_id=invoice.createdBy_id,
    )

    sqlite.seed()

    paid = terp.Invoice.objects.using(using).get(pk=invoice.pk)
    assert (paid.status, paid.amountDue, paid.amountPaid) == ("PAID", Decimal(0), invoice.amountDue)
    assert paid.updatedAt == invoice.updatedAt
    assert terp.Order.objects.using(using).get(invoice=invoice.pk).saleStatus == "PAID"
    assert owed is not None
    assert terp.Client.objects.using(using).get(pk=invoice.customer_id).total_owed == owed - invoice.amountDue
    assert sqlite.broken_rules() == {}


def test_adopted_rows_are_counted_as_existing_and_referred_to(database: Database) -> None:
    real = real_reference_rows(database)

    summary = database.seed()

    existing = {result["table"]: result["records_existing"] for result in summary["results"] if result["records_existing"]}
    cash = next(row for row in real if isinstance(row, terp.Account))
    february = next(row for row in real if isinstance(row, terp.FiscalPeriod))
    assert existing == {
        "categories": 2,
        "grades": 1,
        "locations": 1,
        "pricing_defaults": 1,
        "sequences": 1,
        "accounts": 2,
        "fiscalPeriods": 1,
        "expenseCategories": 1,
        "subcategories": 1,  # the other one of that name is in another category
    }
    subcategories = terp.Subcategory.objects.using(database.alias)
    assert {name: subcategories.filter(name=name).count() for name in ("Indoor", "Shatter")} == {"Indoor": 1, "Shatter": 2}
    assert set(terp.BankAccount.objects.using(database.alias).values_list("ledgerAccount", flat=True)) == {cash.pk}
    assert terp.LedgerEntry.objects.using(database.alias).filter(fiscalPeriod=february.pk).exists()
    assert terp.LedgerEntry.objects.using(database.alias).filter(account=cash.pk).exists()
    utilities = next(row for row in real if isinstance(row, terp.ExpenseCategory))
    assert terp.ExpenseCategory.objects.using(database.alias).filter(parentCategory=utilities.pk).count() == 4


TERPS_OWN = {
    "Flower": "Tops/Colas Smalls/Popcorn Trim Shake Larf Machine-Trim Hand-Trim Outdoor Deps Indoor",
    "Concentrates": "Shatter Wax Live-Resin Rosin Diamonds Distillate Crumble Budder",
    "Edibles": "Gummies Chocolates Beverages Baked-Goods",
    "Vapes": "Cartridge All-in-One",
    "Bulk Oil": "",
    "Manufactured Products": "Preroll Edible Tincture Topical Accessory",
}
"""What TERP creates when it starts on an empty database: category → subcategories."""
TERPS_ACCOUNTS = "1000 1100 1200 2000 3000 3100 4000 5000 5100 5200".split()


def start_terp(using: str) -> None:
    """Create the reference rows that TERP creates when it starts."""
    at: dict[str, Any] = {"createdAt": REAL, "updatedAt": REAL}
    for name, subcategories in TERPS_OWN.items():
        category = terp.Category.objects.using(using).create(name=name, **at)
        for one in subcategories.split():
            terp.Subcategory.objects.using(using).create(category=category, name=one.replace("-", " "), **at)
    for grade in "ABCD":
        terp.Grade.objects.using(using).create(name=grade, **at)
    for zone in "ABC":
        for shelf, number in ((1, 1), (1, 2), (2, 1)):
            place = {"zone": f"Zone {zone}", "rack": "Rack 1", "shelf": f"Shelf {shelf}", "bin": f"Bin {number}"}
            terp.Location.objects.using(using).create(site="Main Warehouse", **place, **at)
    for account in TERPS_ACCOUNTS:
        terp.Account.objects.using(using).create(
            accountNumber=account, accountName=account, accountType="ASSET", normalBalance="DEBIT", **at
        )


def test_what_terp_creates_by_itself_is_adopted_and_not_doubled(sqlite: Database) -> None:
    start_terp(sqlite.alias)
    tables = ("categories", "subcategories", "grades", "locations", "accounts")
    before = {table: sqlite.content(table) for table in tables}

    summary = sqlite.seed()

    assert {table: sqlite.content(table) for table in tables} == before
    assert {one["table"]: one["records_existing"] for one in summary["results"] if one["table"] in tables} == {
        table: len(rows) for table, rows in before.items()
    }
    words = set(terp.Subcategory.objects.using(sqlite.alias).values_list("category__name", "name"))
    assert set(terp.Product.objects.using(sqlite.alias).values_list("category", "subcategory")) <= words
    places = set(terp.Location.objects.using(sqlite.alias).values_list("site", "zone", "rack", "shelf", "bin"))
    assert set(terp.BatchLocation.objects.using(sqlite.alias).values_list("site", "zone", "rack", "shelf", "bin")) <= places


OF_LEDGER = {
    *("InvoiceJournalSeeder", "BillJournalSeeder", "ReceivedPaymentJournalSeeder", "SentPaymentJournalSeeder"),
    *("OpeningJournalSeeder", "OpeningCashSeeder", "ExpenseJournalSeeder"),
}
OF_BILLS = {"BillLineItemSeeder", "SentPaymentSeeder", "BillJournalSeeder", "SentPaymentJournalSeeder", "VendorPayableSeeder",
            "SentCashSeeder", "WithdrawalSeeder"}  # fmt: skip
OF_INVOICES = {
    *("InvoiceLineItemSeeder", "ReceivedPaymentSeeder", "InvoicePaymentSeeder", "InvoiceTransactionSeeder"),
    *("PaymentTransactionSeeder", "InvoiceJournalSeeder", "ReceivedPaymentJournalSeeder"),
    *("TransactionSeeder", "CreditSeeder", "CreditApplicationSeeder", "ReceivedCashSeeder", "DepositSeeder"),
    *("ClientPaidSeeder", "ClientNeedSeeder", "CalendarEventSeeder", "CalendarEventParticipantSeeder"),
}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("server", "missing", "skipped"),
    [
        ("sqlite", "vendor_payables", set()),
        ("sqlite", "returns", {"CreditSeeder", "CreditApplicationSeeder"}),
        ("sqlite", "fiscalPeriods", OF_LEDGER),
        ("mariadb", "client_credit_limits", set()),
        ("mariadb", "fiscalPeriods", OF_LEDGER),
        ("mariadb", "bills", OF_BILLS),
        ("mariadb", "invoices", OF_INVOICES),
    ],
)
def test_an_older_terp_without_some_tables(
    make_database: Callable[..., Database], server: str, missing: str, skipped: set[str]
) -> None:
    database = make_database(server)
    quote = connections[database.alias].ops.quote_name
    for model in REGISTRY_MODELS:
        for key in (field for field in model._meta.local_concrete_fields if isinstance(field, Key)):
            if server == "mariadb" and key.constraint and key.remote_field.model._meta.db_table == missing:
                database.query(f"ALTER TABLE {quote(model._meta.db_table)} DROP FOREIGN KEY {quote(key.constraint)}")
    database.query(f"DROP TABLE {quote(missing)}")

    with pytest.raises(CommandError) as failure:
        database.seed(size="small")

    result = database.last_results()
    refused = {name for name, one in result.items() if one["state"] == "refused"}
    assert failure.value.returncode == 3
    assert {result[name]["table"] for name in refused} == {missing}
    assert all(missing in result[name]["error"] for name in refused)
    assert {name for name, one in result.items() if one["state"] == "skipped"} == skipped
    assert all("could not be seeded" in result[name]["error"] for name in skipped)
    assert all(one["state"] == "seeded" for name, one in result.items() if name not in refused | skipped)
    assert database.broken_rules() == {}
