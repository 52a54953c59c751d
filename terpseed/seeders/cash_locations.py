"""`cash_locations`: where cash is kept."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl
from django.db.models import OuterRef, Value
from django.db.models.functions import Least

from seeding import BaseSeeder, Dataset, Derivation, RecordCount, Rows, SeederConfig, take
from terpseed.expressions import into_place, total
from terpseed.facts import staff
from terpseed.facts.money.cash import PLACES
from terpseed.models import CashLocation, CashLocationTransaction

HIGHEST = Decimal("9999999999.99")
"""The column's maximum."""


class CashLocationSeeder(BaseSeeder):
    """A safe and a cash box; the balance is what was put in less what was taken out, within the column's limits."""

    config = SeederConfig(
        model=CashLocation,
        group="cash",
        companions=("OpeningCashSeeder",),
        record_count=RecordCount.fixed(len(PLACES)),
        not_pii=("name",),
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The balance."""
        entries = CashLocationTransaction.objects.filter(location=OuterRef("pk"))
        balance = Least(total(entries, "location", into_place()), Value(HIGHEST))
        reads = ("cash_location_transactions",)
        return (Derivation(values={"current_balance": balance}, reads=reads, touches=("updated_at",)),)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `cash_locations`."""
        created = staff.founded(rows)
        return pl.DataFrame({"name": take(PLACES, rows.index), "created_at": created, "updated_at": created})
