"""`clients`: buyers and sellers alike."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding.rows import Rows, decimals
from seeding.seeders import BaseSeeder, SeederConfig
from terpseed.facts import calendar, cells, parties
from terpseed.models import Client

CREDIT_LIMIT = {"large": 250_000_00, "small": 40_000_00}
"""Cents."""
REFERRED_SHARE = 0.15


class ClientSeeder(BaseSeeder):
    """Ten per cell: one or two buy in bulk, the rest of the first seven buy, the last four sell."""

    config = SeederConfig(
        model=Client,
        group="parties",
        record_count=cells.per_cell(cells.CLIENTS),
        capacity=parties.CAPACITY,
        pii_fields={"name": "company_name", "email": "email", "phone": "phone", "address": "street_address"},
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `clients`."""
        large, buyer, seller = parties.is_large(rows), parties.is_buyer(rows), parties.is_seller(rows)
        place = rows.index % cells.CLIENTS
        referred = (place > 0) & buyer & rows.chance("referred", REFERRED_SHARE)
        joined = calendar.timestamps(parties.joined_at(rows))
        limit = np.where(large, CREDIT_LIMIT["large"], np.where(buyer, CREDIT_LIMIT["small"], 0))
        return pl.DataFrame(
            {
                "large": large,
                "buyer": buyer,
                "teri_code": pl.Series(rows.index).cast(pl.String).str.zfill(4),
                "name": parties.company_name(rows),
                "email": parties.email(rows),
                "phone": parties.phone(rows),
                "address": parties.address(rows),
                "bulk": rows.choose("bulk business", ("WHOLESALE", "DISTRIBUTOR")),
                "retail": rows.choose("retail business", ("DISPENSARY", "RETAIL", "DELIVERY"), (6, 2, 1)),
                "preferredContact": rows.choose("contact", ("EMAIL", "PHONE", "TEXT", "ANY"), (5, 3, 3, 1)),
                "payment_terms": parties.TERM_DAYS[parties.term(rows)],
                "is_buyer": buyer,
                "is_seller": seller,
                "is_brand": place == cells.CLIENTS - 1,
                "credit_limit": decimals(limit, 2),
                "referred_by_client_id": pl.Series(np.where(referred, rows.index - place, -1)).replace(-1, None),
                "created_at": joined,
                "updated_at": joined,
            }
        ).select(
            (
                pl.when("large").then(pl.lit("WHL9")).when("buyer").then(pl.lit("REG9")).otherwise(pl.lit("VND9"))
                + pl.col("teri_code")
            ).alias("teri_code"),
            pl.when("large").then("bulk").when("buyer").then("retail").otherwise(pl.lit("MANUFACTURER")).alias("businessType"),
            pl.exclude("large", "buyer", "bulk", "retail", "teri_code"),
        )
