"""Seeders of these tables, made for a test."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from seeding.generation.datasets import Dataset
from seeding.generation.rows import Rows, numerals
from seeding.generation.seeders import BaseSeeder, Derivation, RecordCount, SeederConfig
from tests.integration.copied.models import Category, Customer, Letter, Ticket, Visit


class Categories(BaseSeeder):
    """With a code each."""

    config = SeederConfig(model=Category, record_count=RecordCount.fixed(5), not_pii=("code", "title"))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """Their columns."""
        return pl.DataFrame({"code": "C" + numerals(rows.index), "title": "Category " + numerals(rows.index)})


class Customers(BaseSeeder):
    """With a name each."""

    config = SeederConfig(model=Customer, record_count=RecordCount.fixed(10), pii_fields={"name": "person_name"})

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """Their columns."""
        return pl.DataFrame({"name": rows.fake("name", "name")})


class Tickets(BaseSeeder):
    """Two of each customer, with the name of whom is meant and a copy of the customer's."""

    config = SeederConfig(
        model=Ticket,
        dependencies=("copied_customer", "copied_category"),
        record_count=RecordCount.fixed(20),
        pii_fields={"contact": "person_name", "customer_name": "person_name"},
        not_pii=("status", "subject", "category_id"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """Their columns, but for the copy."""
        return pl.DataFrame({
            "customer_id": rows.index // 2,
            "category_id": rows.index % 5,
            "subject": "Ticket about " + numerals(rows.index),
            "contact": rows.fake("contact", "name"),
            "status": rows.choose("status", ("open", "closed", "waiting for parts"), (6, 3, 1)),
        })  # fmt: skip

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The copy."""
        name = Subquery(Customer._base_manager.filter(pk=OuterRef("customer_id")).values("name")[:1])
        return (Derivation(values={"customer_name": Coalesce(name, Value(""))}, reads=("copied_customer",)),)


class Letters(BaseSeeder):
    """None of which is thrown away."""

    config = SeederConfig(model=Letter, record_count=RecordCount.fixed(10), pii_fields={"writer": "person_name"})

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """Their columns."""
        return pl.DataFrame({"writer": rows.fake("writer", "name"), "text": ['{"pages": 1}'] * len(rows), "thrown_away": False})


class Visits(BaseSeeder):
    """With a status and a reason out of a few."""

    config = SeederConfig(model=Visit, record_count=RecordCount.fixed(2_000), not_pii=("status", "reason"))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """Their columns."""
        return pl.DataFrame({
            "status": rows.choose("status", ("open", "closed", "cancelled", "no-show"), (5, 3, 1, 1)),
            "reason": rows.choose("reason", ("routine check", "repair", "complaint"), (5, 3, 2)),
            "amount": rows.integers("amount", 1, 100_000),
        })  # fmt: skip
