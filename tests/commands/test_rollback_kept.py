"""What `seed_rollback` keeps, and why: seeded rows that real ones refer to, and what those need."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seeding.generation.registry import Registry
from seeding.models import SeedRun
from terpseed.models import (
    Batch,
    BatchLocation,
    Client,
    ClientActivity,
    ClientTransaction,
    InventoryMovement,
    Order,
    OrderLineItem,
    Product,
    Vendor,
)
from tests.servers import KINDS
from tests.support.databases import SERVERS, Database
from tests.support.rollbacks import by_table, kept, own_user, real_order, rows
from tests.support.rows import hashable, ledgered_keys

TABLES = sorted(Registry.discover().by_table)


@pytest.mark.parametrize("size", ["small"])
def test_no_real_row_is_lost_or_changed_whatever_refers_to_what(database: Database, size: str) -> None:
    user = own_user(database)
    using = database.alias
    database.seed(size=size)
    clients, batches = (list(rows(model, database).values_list("pk", flat=True)) for model in (Client, Batch))
    order = rows(Order, database)[0]
    real = {
        "cascade": real_order(database, clients[1], user),
        "set null": Product.objects.using(using).create(
            brand_id=1, category="x", nameCanonical="x", supplier_client_id=clients[2]
        ),
        "restrict": InventoryMovement.objects.using(using).create(
            batch_id=batches[3], inventoryMovementType="ADJUSTMENT", quantityChange="1", quantityBefore="0", quantityAfter="1",
            performedBy_id=user,
        ),
        "undeclared": BatchLocation.objects.using(using).create(batch_id=batches[4], site="x", qty="1"),
        "typed": InventoryMovement.objects.using(using).create(
            batch_id=batches[3], inventoryMovementType="SALE", quantityChange="1", quantityBefore="0", quantityAfter="1",
            performedBy_id=user, referenceType="ORDER", referenceId=order.pk,
        ),
    }  # fmt: skip
    own_client = Client.objects.using(using).create(teri_code="REAL1", name="Real")
    real["json"] = real_order(database, own_client.pk, user, items=[{"batchId": batches[5], "productId": 0}, {"batchId": None}])
    line = rows(ClientTransaction, database)[0]
    real["json object"] = ClientActivity.objects.using(using).create(
        client=own_client, user_id=user, activity_type="TRANSACTION_ADDED", metadata={"transactionId": line.pk}
    )
    before = {name: type(one)._base_manager.using(using).filter(pk=one.pk).values().get() for name, one in real.items()}

    summary = database.rollback()

    assert {name: type(one)._base_manager.using(using).filter(pk=one.pk).values().get() for name, one in real.items()} == before
    assert summary["exit_code"] == 6
    named = kept(summary)
    assert {
        ("clients", "orders.client_id", (clients[1],), (str(real["cascade"].pk),)),
        ("clients", "products.supplier_client_id", (clients[2],), (str(real["set null"].pk),)),
        ("batches", "batchLocations.batchId", (batches[4],), (str(real["undeclared"].pk),)),
        ("orders", "inventoryMovements.referenceId", (order.pk,), (str(real["typed"].pk),)),
        ("batches", "orders.items[].batchId", (batches[5],), (str(real["json"].pk),)),
        ("client_transactions", "client_activity.metadata[].transactionId", (line.pk,), (str(real["json object"].pk),)),
        ("batches", "inventoryMovements.batchId", (batches[3],), (str(real["restrict"].pk), str(real["typed"].pk))),
    } <= named
    assert (
        {clients[1], clients[2]}
        <= ledgered_keys(database, "clients")
        == set(rows(Client, database).exclude(pk=own_client.pk).values_list("pk", flat=True))
    )
    for table in TABLES:
        assert ledgered_keys(database, table) <= {row[0] for row in database.content(table)}
    assert [verdict.rule for verdict in database.references() if verdict.broken] == []


def test_what_is_kept_keeps_what_it_needs_and_what_belongs_to_it(database: Database) -> None:
    user = own_user(database)
    database.seed()
    order = rows(Order, database).filter(fulfillmentStatus="DELIVERED", invoice__isnull=False)[0]
    real_order(database, Client.objects.using(database.alias).create(teri_code="REAL1", name="Real").pk, user,
               converted_from_order_id=order.pk)  # fmt: skip
    lines = list(rows(OrderLineItem, database).filter(order=order).values_list("pk", flat=True))

    database.rollback()

    kept_order = rows(Order, database).get(pk=order.pk)
    assert kept_order.invoice_id == order.invoice_id
    assert list(rows(OrderLineItem, database).values_list("pk", flat=True)) == lines
    assert {order.client_id} <= ledgered_keys(database, "clients")
    assert set(rows(OrderLineItem, database).values_list("batch_id", flat=True)) <= ledgered_keys(database, "batches")
    assert [verdict.rule for verdict in database.references() if verdict.broken] == []
    # The margins OTHER and DEFAULT are nothing that a row refers to; TERP was without them before. The real order says that it
    # became of one that is no quote.
    assert database.broken_rules().keys() <= {"every-category-has-its-margin", "a-converted-quote-became-its-sale"}


def test_a_table_that_no_model_mirrors_counts_too(database: Database) -> None:
    database.seed(table="clients")
    clients = sorted(ledgered_keys(database, "clients"))
    key = "INTEGER REFERENCES clients (id) ON DELETE CASCADE"
    database.query(f"CREATE TABLE visits (code VARCHAR(9) PRIMARY KEY, client {key})" if database.server == "sqlite" else
                   "CREATE TABLE visits (code VARCHAR(9) PRIMARY KEY, client INT, "
                   "FOREIGN KEY (client) REFERENCES clients (id) ON DELETE CASCADE)")  # fmt: skip
    database.query("INSERT INTO visits VALUES ('V1', %s)", clients[3])

    summary = database.rollback()

    assert kept(summary) == {("clients", "visits.client", (clients[3],), ("V1",))}
    assert database.query("SELECT * FROM visits") == [("V1", clients[3])]
    assert ledgered_keys(database, "clients") == {clients[3]}


VISITS = "CREATE TABLE {name} (id INT PRIMARY KEY, client INT{more}, FOREIGN KEY ({key}) ON DELETE CASCADE)"


@pytest.mark.parametrize("server", SERVERS)
def test_of_a_key_of_several_columns_the_primary_key_counts(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    database.seed(table="clients")
    first, *_ = clients = sorted(ledgered_keys(database, "clients"))
    buyers = "bool" if server == "sqlite" else "boolean"
    database.query("CREATE UNIQUE INDEX buyers ON clients (is_buyer, id)")
    key = "buyer, client) REFERENCES clients (is_buyer, id"
    database.query(VISITS.format(name="visits", more=f", buyer {buyers}", key=key))
    database.query("INSERT INTO visits SELECT 1, id, is_buyer FROM clients WHERE id = %s", first)

    summary = database.rollback()

    assert kept(summary) == {("clients", "visits.client", (first,), ("1",))}
    assert database.query("SELECT client FROM visits") == [(first,)]
    assert len(clients) - 1 == summary["records_deleted"]


def test_a_key_of_several_columns_counts_without_the_primary_key_too(make_database: Callable[..., Database]) -> None:
    database = make_database("postgresql")
    database.seed(table="clients")
    first = min(ledgered_keys(database, "clients"))
    database.query("CREATE UNIQUE INDEX buyers ON clients (is_buyer, teri_code)")
    key = "buyer, code) REFERENCES clients (is_buyer, teri_code"
    database.query(VISITS.format(name="visits", more=", buyer boolean, code text", key=key))
    database.query("INSERT INTO visits SELECT 1, id, is_buyer, teri_code FROM clients WHERE id = %s", first)

    summary = database.rollback()

    assert kept(summary) == {("clients", "visits.code", (first,), ("1",))}
    assert database.query("SELECT client FROM visits") == [(first,)]


@pytest.mark.parametrize("server", KINDS)
def test_a_key_from_another_schema_counts(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    database.seed(table="clients")
    first = min(ledgered_keys(database, "clients"))
    crm = f"crm_{database.alias}"
    clients = "clients" if server == "postgresql" else f"{database.alias}.clients"
    database.query(f"CREATE SCHEMA {crm}")
    try:
        database.query(VISITS.format(name=f"{crm}.visits", more="", key=f"client) REFERENCES {clients} (id"))
        database.query(f"INSERT INTO {crm}.visits VALUES (1, %s)", first)  # noqa: S608 - a name of ours

        summary = database.rollback()

        assert database.query(f"SELECT * FROM {crm}.visits") == [(1, first)]  # noqa: S608 - the same
        assert ledgered_keys(database, "clients") == {first}
        assert [one["table"] for one in summary["kept"]] == ["clients"]
    finally:
        database.query(f"DROP SCHEMA {crm}" + (" CASCADE" if server == "postgresql" else ""))


def test_a_key_that_spells_the_table_otherwise_counts(sqlite: Database) -> None:
    sqlite.seed(table="clients")
    first = min(ledgered_keys(sqlite, "clients"))
    sqlite.query(VISITS.format(name="visits", more="", key="client) REFERENCES Clients (ID"))
    sqlite.query("INSERT INTO visits VALUES (1, %s)", first)

    summary = sqlite.rollback()

    assert kept(summary) == {("clients", "visits.client", (first,), ("1",))}
    assert sqlite.query("SELECT * FROM visits") == [(1, first)]


def test_what_was_kept_goes_once_the_reason_is_gone(database: Database) -> None:
    user = own_user(database)
    database.seed(table="clients")
    order = real_order(database, min(ledgered_keys(database, "clients")), user)
    assert database.rollback()["left"] == 1
    order.delete()

    summary = database.rollback()

    assert (summary["exit_code"], summary["records_deleted"], summary["left"]) == (0, 1, 0)


def test_a_row_that_the_database_refuses_to_delete_costs_itself_and_what_it_needs(
    seeded: Database, audit_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_file = audit_file.with_name("seeding.log")
    monkeypatch.setenv("SEEDING_LOG_FILE", str(log_file))
    order = rows(Order, seeded)[11]
    trigger = "CREATE TRIGGER keep BEFORE DELETE ON orders"
    raising = (
        f"{trigger} FOR EACH ROW IF OLD.id = {order.pk} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'A Person'; END IF"
    )
    refusals = {
        "sqlite": f"{trigger} WHEN OLD.id = {order.pk} BEGIN SELECT RAISE(ABORT, 'A Person'); END",
        "mariadb": raising,
        "mysql": raising,
        "postgresql": "CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'A Person'; END $$; "
        f"{trigger} FOR EACH ROW WHEN (OLD.id = {order.pk}) EXECUTE FUNCTION never()",
    }
    seeded.query(refusals[seeded.server])

    summary = seeded.rollback()

    result = by_table(summary)["orders"]
    assert summary["exit_code"] == 6
    assert (result["records_deleted"], result["records_failed"], result["records_kept"]) == (49, 1, 0)
    assert result["error"].startswith("the database refused: ")
    assert ledgered_keys(seeded, "orders") == {order.pk}
    assert order.client_id in ledgered_keys(seeded, "clients")
    assert {item["batchId"] for item in order.items} == ledgered_keys(seeded, "batches")
    told = json.dumps([summary, SeedRun.objects.using(seeded.alias).latest("pk").results])
    assert "A Person" not in told + log_file.read_text(encoding="utf-8") + audit_file.read_text(encoding="utf-8")


def test_real_rows_that_refer_to_each_other_stay_as_they_are(sqlite: Database) -> None:
    parent = Vendor.objects.using(sqlite.alias).create(name="Real vendor")
    sqlite.seed(table="vendors")

    sqlite.rollback()

    assert [hashable(row) for row in sqlite.content("vendors")] == [
        hashable((parent.pk, "Real vendor", *sqlite.content("vendors")[0][2:]))
    ]
