"""TERP's schema moves: each single drift, on a real MariaDB, costs the seeder it touches, those that need it, and no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from seeding.generation.registry import Registry
from tests.support.databases import RULES, Database

REGISTRY = Registry.discover()
STATES = (
    "'DRAFT','CONFIRMED','READY_TO_PACK','PACKED','SHIPPED','DELIVERED','RETURNED','RESTOCKED','RETURNED_TO_VENDOR','CANCELLED'"
)

DRIFTS = {
    "a nullable column dropped": (
        "product_images",
        "ALTER TABLE product_images DROP COLUMN caption",
        ["product_images.caption", "missing column", "text(255)", "none", "migrations"],
    ),
    "a column renamed": (
        "product_images",
        "ALTER TABLE product_images RENAME COLUMN caption TO captions",
        ["product_images.caption", "missing column", "Is it now captions?"],
    ),
    "a used column dropped": (
        "vendor_payables",
        "ALTER TABLE vendor_payables DROP COLUMN payable_number",
        ["vendor_payables.payable_number", "missing column", "text(50)"],
    ),
    "a column dropped that others derive from": (
        "payments",
        "ALTER TABLE payments DROP COLUMN amount",
        ["payments.amount", "missing column", "decimal"],
    ),
    "a required column added": (
        "bills",
        "ALTER TABLE bills ADD COLUMN audit_code VARCHAR(10) NOT NULL",
        ["bills.audit_code", "new required column", "text(10) without a default", "a value to the seeder"],
    ),
    "an enum value renamed": (
        "orders",
        f"ALTER TABLE orders MODIFY fulfillmentStatus ENUM({STATES}) NULL DEFAULT 'DRAFT'",
        ["orders.fulfillmentStatus", "enum value gone", "READY_FOR_PACKING", "probably renamed to READY_TO_PACK"],
    ),
    "a column shortened": (
        "client_transactions",
        "ALTER TABLE client_transactions MODIFY transaction_number VARCHAR(20) NULL",
        ["client_transactions.transaction_number", "shorter", "100 characters", "20 characters"],
    ),
    "a text made a varchar": (
        "invoiceLineItems",
        "ALTER TABLE invoiceLineItems MODIFY description VARCHAR(255) NOT NULL",
        ["invoiceLineItems.description", "shorter", "no limit", "255 characters"],
    ),
    "a type changed": (
        "lots",
        "ALTER TABLE lots MODIFY date DATE NOT NULL",
        ["lots.date", "changed type", "datetime", "actual date"],
    ),
    "a precision lowered": (
        "payments",
        "ALTER TABLE payments MODIFY amount DECIMAL(8,2) NOT NULL",
        ["payments.amount", "lower precision", "9999999999.99", "999999.99"],
    ),
    "decimals lost": (
        "purchaseOrderItems",
        "ALTER TABLE purchaseOrderItems MODIFY unitCost DECIMAL(15,2) NOT NULL",
        ["purchaseOrderItems.unitCost", "fewer decimals", "expected 4", "actual 2"],
    ),
    "an integer made smaller": (
        "sequences",
        "ALTER TABLE sequences MODIFY currentValue SMALLINT NOT NULL DEFAULT 0",
        ["sequences.currentValue", "smaller range", "32767"],
    ),
    "a column made required": (
        "order_status_history",
        "ALTER TABLE order_status_history MODIFY notes TEXT NOT NULL",
        ["order_status_history.notes", "no longer nullable"],
    ),
    "a unique key dropped": (
        "sequences",
        "ALTER TABLE sequences DROP INDEX sequences_name_unique",
        ["sequences.name", "missing unique key"],
    ),
    "a foreign key dropped": (
        "product_images",
        "ALTER TABLE product_images DROP FOREIGN KEY product_images_batch_id_batches_id_fk",
        ["product_images.batch_id", "missing foreign key", "to batches"],
    ),
    "a check added": (
        "payments",
        "ALTER TABLE payments ADD CONSTRAINT chk_small CHECK (amount < 100000)",
        ["payments", "unknown check", "chk_small", "100000", "CheckConstraint"],
    ),
    "a table dropped": (
        "product_images",
        "DROP TABLE product_images",
        ["The table product_images is missing", "missing", "terp_schema"],
    ),
}

COMPANIONS = {name for seeder in REGISTRY.ordered for name in seeder.config.companions}


def dependants(table: str) -> set[str]:
    """Names of the seeders that need a table's, one way or another."""
    lost = {seeder.name for seeder in REGISTRY.by_table[table]}
    for seeder in REGISTRY.ordered:
        if any(parent.name in lost for parent in REGISTRY.parents(seeder)):
            lost.add(seeder.name)
    return lost - {seeder.name for seeder in REGISTRY.by_table[table]}


@pytest.mark.sampled
@pytest.mark.parametrize("drift", DRIFTS)
def test_a_drift_costs_what_it_touches_and_no_more(make_database: Callable[..., Database], drift: str) -> None:
    table, statement, words = DRIFTS[drift]
    database = make_database("mariadb")
    database.query(statement)

    with pytest.raises(CommandError) as failure:
        database.seed()

    results = database.last_results()
    refused = {seeder.name for seeder in REGISTRY.by_table[table]} - dependants(table)
    assert failure.value.returncode == 3
    assert {name for name, one in results.items() if one["state"] == "refused"} == refused
    assert {name for name, one in results.items() if one["state"] == "skipped"} == dependants(table)
    assert {one["state"] for name, one in results.items() if name not in refused | dependants(table)} == {"seeded"}
    for name in refused:
        assert all(word in results[name]["error"] for word in words), results[name]["error"]
    if not refused & COMPANIONS:  # else rows stand alone that make no sense so, and the rules say it
        derived_from_it = {rule.name for rule in RULES if table in rule.tables}  # no value is derived from a table that differs
        assert database.broken_rules().keys() <= derived_from_it


@pytest.mark.parametrize("drift", DRIFTS)
def test_the_check_finds_it_before_a_run_does(
    make_database: Callable[..., Database], drift: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table, statement, words = DRIFTS[drift]
    database = make_database("mariadb")
    database.query(statement)

    with pytest.raises(CommandError, match="not what the models say") as failure:
        call_command("seed_check", "--schema", database=database.alias)

    shown = " ".join(capsys.readouterr().out.split())
    assert failure.value.returncode == 3
    assert table in shown
    assert words[1].split("expected")[0].strip() in shown
    assert f"1 of {len(REGISTRY.by_table)} tables are not as their models say" in shown


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("ALTER TABLE clients ADD COLUMN nickname VARCHAR(10) NULL", "clients.nickname: new column"),
        ("ALTER TABLE clients ADD COLUMN stars INT NOT NULL DEFAULT 3", "clients.stars: new column"),
        ("ALTER TABLE clients MODIFY name VARCHAR(300) NOT NULL", "clients.name: longer"),
        ("ALTER TABLE clients MODIFY name VARCHAR(255) NULL", "clients.name: now nullable"),
        ("ALTER TABLE clients ADD UNIQUE INDEX by_email (email)", "clients.email: new unique key"),
        ("ALTER TABLE clients MODIFY total_owed DECIMAL(18,2) NULL DEFAULT 0", "clients.total_owed: higher precision"),
        (
            "ALTER TABLE clients MODIFY preferredContact ENUM('EMAIL','PHONE','TEXT','ANY','FAX') NULL",
            "clients.preferredContact: new enum value",
        ),
        (
            "ALTER TABLE brands ADD CONSTRAINT to_vendors FOREIGN KEY (vendorId) REFERENCES vendors (id)",
            "brands.vendorId: new foreign key",
        ),
        ("ALTER TABLE clients ADD INDEX by_name (name)", ""),
    ],
)
def test_what_is_harmless_is_told_at_debug_only(
    make_database: Callable[..., Database],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    statement: str,
    difference: str,
) -> None:
    database = make_database("mariadb")
    database.query(statement)
    monkeypatch.setenv("SEEDING_LOG_FILE", str(tmp_path / "log"))
    monkeypatch.setenv("SEEDING_LOG_LEVEL", "debug")

    summary = database.seed(table="clients,brands")

    lines = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    told = [line for line in lines if line["operation"] == "drift"]
    assert summary["exit_code"] == 0
    assert {line["level"] for line in told} == ({"debug"} if difference else set())
    assert difference in " ".join(line["message"] for line in told)


def test_a_check_that_the_model_knows_is_kept_before_the_database_is_asked(make_database: Callable[..., Database]) -> None:
    database = make_database("mariadb")
    database.query(
        "ALTER TABLE ledgerEntries ADD CONSTRAINT chk_single_direction "
        "CHECK ((debit = 0 AND credit >= 0) OR (credit = 0 AND debit >= 0))"
    )
    for column in ("onHandQty", "reservedQty", "sampleQty"):
        database.query(
            f"ALTER TABLE batches ADD CONSTRAINT chk_batches_{column}_nonnegative CHECK (CAST({column} AS DECIMAL(15,4)) >= 0)"
        )

    assert database.seed()["exit_code"] == 0


@pytest.mark.parametrize("server", ["mariadb", "sqlite"])
def test_the_schema_is_compared_before_there_is_a_ledger(make_database: Callable[..., Database], server: str) -> None:
    database, out = make_database(server, ready=False), StringIO()
    call_command("terp_schema", database=database.alias, stdout=StringIO())

    call_command("seed_check", "--schema", database=database.alias, stdout=out)

    assert out.getvalue().split() == f"{len(REGISTRY.by_table)} tables are as their models say.".split()
