"""`client_credit_limits`: how much a client may owe, and how much of that it does."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
from django.db.models import OuterRef, Subquery

from seeding.rows import Rows, decimals
from seeding.seeders import BaseSeeder, Dataset, Derivation, SeederConfig
from terpseed.expressions import percentage
from terpseed.facts import calendar, cells, parties
from terpseed.models import Client, ClientCreditLimit
from terpseed.seeders.clients import credit_limit

TOUCHES = ("last_calculated", "updated_at")


class ClientCreditLimitSeeder(BaseSeeder):
    """One per client; the exposure is what the client owes."""

    config = SeederConfig(
        model=ClientCreditLimit,
        group="parties",
        dependencies=("clients",),
        record_count=cells.per_cell(cells.CLIENTS),
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The exposure, and its share of the limit (999.99 % at most: the column holds no more)."""
        owed = Client.objects.filter(pk=OuterRef("client_id")).values("total_owed")
        used = percentage("current_exposure", "credit_limit", at_most=Decimal("999.99"))
        return (
            Derivation(values={"current_exposure": Subquery(owed)}, reads=("clients",), touches=TOUCHES),
            Derivation(values={"utilization_percent": used}, reads=("clients",), touches=TOUCHES),
        )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_credit_limits`."""
        clients = rows.of("clients", rows.index)
        limit = decimals(credit_limit(clients), 2)
        since = calendar.timestamps(parties.joined_at(clients))
        calculated = calendar.timestamps(calendar.moment(rows, "calculated", np.ones(len(rows), dtype=np.int64)))
        return pl.DataFrame(
            {
                "client_id": clients.index,
                "credit_limit": limit,
                "base_capacity": limit,
                "credit_health_score": decimals(rows.integers("health", 5_500, 9_800), 2),
                "risk_modifier": decimals(rows.integers("risk", 8_500, 11_500), 4),
                "confidence_score": decimals(rows.integers("confidence", 6_000, 10_000), 2),
                "data_readiness": decimals(rows.integers("readiness", 6_000, 10_000), 2),
                "mode": pl.repeat("ACTIVE", len(rows), eager=True),
                "trend": rows.choose("trend", ("STABLE", "IMPROVING", "WORSENING"), (6, 3, 1)),
                "last_calculated": calculated,
                "created_at": since,
                "updated_at": calculated,
            }
        )
