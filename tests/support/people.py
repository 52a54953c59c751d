"""A source of realistic people: files as exported from TERP's tables, and every personal value in them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connections
from faker import Faker

from seeding.masking.classification import other_tables
from terpseed.models import User
from tests.support.databases import Database

JOINS = (
    "SELECT COUNT(*) FROM clients a JOIN clients b ON a.referred_by_client_id = b.id",
    "SELECT COUNT(*) FROM supplier_profiles s JOIN clients c ON c.id = s.client_id",
    "SELECT COUNT(*) FROM orders o JOIN invoices i ON i.id = o.invoice_id AND i.{referenceId} = o.id",
    "SELECT COUNT(*) FROM users u JOIN orders o ON o.created_by = u.id",
    "SELECT COUNT(*) FROM clients c JOIN supplier_profiles s ON s.contact_email = c.email",
)
"""By keys, in a cycle, and by a masked column."""

DOMAINS = ("gmail.com", "greenleaf-farms.com", "uc-davis.edu", "growers.org", "web.de")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder for `--source`."""

    folder: Path
    originals: dict[str, list[str]]
    """table.column → the values that must not occur anywhere afterwards, one per row."""

    def __len__(self) -> int:
        return sum(len(values) for values in self.originals.values())


def write_people(folder: Path, clients: int) -> Source:
    """`users.csv`, `clients.csv`, `supplier_profiles.jsonl`, `orders.jsonl` and `invoices.csv`.

    Every second client is a supplier, every tenth has an invoiced order, and each but the last was referred by the next.
    """
    fake = Faker(use_weighting=False)
    fake.seed_instance(7)
    first = [fake.first_name() for _ in range(500)]
    last = [fake.last_name() for _ in range(500)]
    streets = [fake.street_name() for _ in range(500)]
    places = [f"{fake.city()}, {('CA', 'OR', 'WA')[row % 3]} {fake.postcode()}" for row in range(500)]

    def person(row: int) -> tuple[str, str]:
        return first[row % 500], f"{last[row // 500 % 500]}-{last[row * 7 % 499]}"

    def email(row: int, domain: str) -> str:
        name, family = person(row)
        return f"{name}.{family}{row}@{domain}".lower()

    def phone(row: int) -> str:
        return f"({201 + row // 10_000 % 700}) {236 + row // 100_000}-{row % 10_000:04}"

    users: list[dict[str, Any]] = [
        {
            "id": 900 + row,
            "openId": f"google-oauth2|{row:021}",
            "name": " ".join(person(row)),
            "role": "user",
            "email": email(row, "terp-corp.com"),
        }
        for row in range(5)
    ]
    buyers: list[dict[str, Any]] = [
        {
            "id": 5_000 + 3 * row,
            "teri_code": f"CL{row:07}",
            "name": f"{person(row)[1]} & {person(row + 1)[0]} Farms {row} LLC",
            "email": email(row, DOMAINS[row % 5]),
            "phone": phone(row),
            "address": f"{100 + row} {streets[row % 500]}, {places[row * 3 % 500]}",
            "businessType": "DISTRIBUTOR",
            "referred_by_client_id": 5_000 + 3 * (row + 1) if row + 1 < clients else "",
            "created_at": "2025-11-03 09:30:00",
            "updated_at": "2025-12-24 18:00:00",
        }
        for row in range(clients)
    ]
    suppliers: list[dict[str, Any]] = [
        {
            "id": row + 1,
            "client_id": 5_000 + 3 * row,
            "contact_name": " ".join(person(row + 11)),
            "contact_email": email(row + 10, DOMAINS[(row + 10) % 5]),
            "contact_phone": phone(row + 500_000),
            "tax_id": f"{10 + row // 100_000:02}-{1_000_000 + row % 100_000 * 89:07}",
            "license_number": f"C11-{row + 1_000_000:07}-LIC",
        }
        for row in range(0, clients, 2)
    ]
    orders: list[dict[str, Any]] = [
        {
            "id": row,
            "order_number": f"REAL-{row:06}",
            "orderType": "SALE",
            "client_id": 5_000 + 3 * row,
            "items": [],
            "subtotal": 10,
            "total": "10.00",
            "paymentTerms": "NET_30",
            "invoice_id": 70_000 + row,
            "notes": f"Ask {' '.join(person(row))} at {phone(row)} before delivery",
            "created_by": 900 + row % 5,
        }
        for row in range(0, clients, 10)
    ]
    invoices: list[dict[str, Any]] = [
        {
            "id": 70_000 + row,
            "invoiceNumber": f"REAL-INV-{row:06}",
            "customerId": 5_000 + 3 * row,
            "invoiceDate": "2026-01-05",
            "dueDate": "2026-02-04",
            "subtotal": "10.00",
            "totalAmount": "10.00",
            "amountDue": "10.00",
            "referenceType": "ORDER",
            "referenceId": row,
            "createdBy": 900,
        }
        for row in range(0, clients, 10)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    _csv(folder / "users.csv", users)
    _csv(folder / "clients.csv", buyers)
    _jsonl(folder / "supplier_profiles.jsonl", suppliers)
    _jsonl(folder / "orders.jsonl", orders)
    _csv(folder / "invoices.csv", invoices)
    personal: dict[str, tuple[list[dict[str, Any]], tuple[str, ...]]] = {
        "users": (users, ("openId", "name", "email")),
        "clients": (buyers, ("name", "email", "phone", "address")),
        "supplier_profiles": (suppliers, ("contact_name", "contact_email", "contact_phone", "tax_id", "license_number")),
        "orders": (orders, ("notes",)),
    }
    originals = {
        f"{table}.{column}": [str(row[column]) for row in rows]
        for table, (rows, columns) in personal.items()
        for column in columns
    }
    return Source(folder=folder, originals=originals)


def employ(database: Database, source: Source) -> None:
    """Insert the source's users as existing employees: a production run creates no accounts."""
    with (source.folder / "users.csv").open(encoding="utf-8", newline="") as file:
        User.objects.using(database.alias).bulk_create(User(**row) for row in csv.DictReader(file))


def everything(database: Database) -> str:
    """Every cell of every table, including the ledger's."""
    with connections[database.alias].cursor() as cursor:
        tables = connections[database.alias].introspection.table_names(cursor)
    quote = connections[database.alias].ops.quote_name
    return "\n".join(str(row) for table in tables for row in database.query(f"SELECT * FROM {quote(table)}"))  # noqa: S608


def joins(database: Database) -> list[int]:
    quote = connections[database.alias].ops.quote_name
    return [database.query(sql.format(referenceId=quote("referenceId")))[0][0] for sql in JOINS]


def found(source: Source, text: str) -> list[str]:
    """The original values that occur in `text`, including those inside others."""
    values = {value for values in source.originals.values() for value in values}
    occurring = pl.Series([text]).str.extract_many(list(values), overlapping=True).explode()
    return sorted(set(occurring.drop_nulls()))


def _csv(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def complete(database: Database) -> None:
    """Make the tables that the project classifies and does not seed, empty, as a restored copy of the application has them."""
    quote = connections[database.alias].ops.quote_name
    key = {"postgresql": "bigserial", "sqlite": "integer"}.get(database.server, "bigint AUTO_INCREMENT")
    for table, columns in other_tables().items():
        texts = "".join(f", {quote(column)} text" for column in columns)
        database.query(f"CREATE TABLE IF NOT EXISTS {quote(table)} (id {key} PRIMARY KEY{texts})")
