"""`client_credit_limits`: a client's credit limit, and how much of it is used."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import polars as pl
from django.db.models import OuterRef, Subquery

from seeding import BaseSeeder, Dataset, Derivation, Rows, SeederConfig, decimals, divide, take
from terpseed.expressions import percentage
from terpseed.facts import calendar, cells, parties
from terpseed.facts.money import receivables
from terpseed.models import Client, ClientCreditLimit
from terpseed.seeders.clients import credit_limit

HIGHEST_SHARE = 999_99
"""The column's maximum, in hundredths of a percent."""
TOUCHES = ("last_calculated", "updated_at")


class ClientCreditLimitSeeder(BaseSeeder):
    """One per client; the exposure is what the client owes."""

    config = SeederConfig(
        model=ClientCreditLimit,
        group="parties",
        dependencies=("clients",),
        record_count=cells.per_cell(cells.CLIENTS),
        version=2,
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The exposure, and its share of the limit (at most 999.99 %, the column's maximum)."""
        owed = Client.objects.filter(pk=OuterRef("client_id")).values("total_owed")
        used = percentage("current_exposure", "credit_limit", at_most=Decimal(HIGHEST_SHARE) / 100)
        return (
            Derivation(values={"current_exposure": Subquery(owed)}, reads=("clients",), touches=TOUCHES),
            Derivation(values={"utilization_percent": used}, reads=("clients",), touches=TOUCHES),
        )

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `derivations`."""
        clients = rows.of("clients", rows.index)
        limit, owed = credit_limit(clients), receivables.account(clients)[2]
        used = np.where(limit > 0, np.minimum(divide(owed * 10_000, np.maximum(limit, 1)), HIGHEST_SHARE), 0)
        return pl.DataFrame({"current_exposure": decimals(owed, 2), "utilization_percent": decimals(used, 2)})

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `client_credit_limits`."""
        clients = rows.of("clients", rows.index)
        limit, health = credit_limit(clients), rows.integers("health", 5_500, 9_800)
        readiness = decimals(rows.integers("readiness", 6_000, 10_000), 2)
        since = calendar.timestamps(parties.joined_at(clients))
        calculated = calendar.timestamps(calendar.moment(rows, "calculated", np.ones(len(rows), dtype=np.int64)))
        return pl.DataFrame(
            {
                "client_id": clients.index,
                "credit_limit": decimals(limit, 2),
                # The limit is capacity × risk, and the risk is the health score as a fraction.
                "base_capacity": decimals(divide(limit * 10_000, health), 2),
                "credit_health_score": decimals(health, 2),
                "risk_modifier": decimals(health, 4),
                "confidence_score": readiness,
                "data_readiness": readiness,
                "mode": take(("LEARNING", "ACTIVE"), parties.is_buyer(clients).astype(np.int64)),
                "trend": rows.choose("trend", ("STABLE", "IMPROVING", "WORSENING"), (6, 3, 1)),
                "last_calculated": calculated,
                "created_at": since,
                "updated_at": calculated,
            }
        )
