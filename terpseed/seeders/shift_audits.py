"""`shift_audits`: the weekly counts of the cash."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from django.db.models import F, OuterRef, Q

from seeding import BaseSeeder, Dataset, Derivation, RecordCount, Rows, SeederConfig, decimals, only, take
from terpseed.expressions import into_place, total
from terpseed.facts import calendar, staff
from terpseed.facts.money import cash
from terpseed.facts.money.cash import PLACES, WEEKS
from terpseed.models import CashLocationTransaction, ShiftAudit

CLOSED = Q(status="CLOSED")


class ShiftAuditSeeder(BaseSeeder):
    """Half a year of weeks per place, each counted without a difference, and one shift that has just begun."""

    config = SeederConfig(
        model=ShiftAudit,
        group="cash",
        dependencies=("cash_locations", "users"),
        any_parent=("reset_by",),
        record_count=RecordCount.fixed(len(PLACES) * (WEEKS + 1)),
        pii_fields={"notes": "free_text"},
        not_pii=("status",),
    )

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """What a shift began with, and what was there when it ended."""
        entries = CashLocationTransaction.objects.filter(location=OuterRef("location_id"))
        before = total(entries.filter(created_at__lt=OuterRef("shift_start")), "location", into_place())
        until = total(entries.filter(created_at__lt=OuterRef("shift_end")), "location", into_place())
        reads = ("cash_location_transactions",)
        return (
            # As in TERP, a shift expects what it began with until it is closed.
            Derivation(values={"starting_balance": before, "expected_balance": before}, where=~CLOSED, reads=reads),
            Derivation(values={"starting_balance": before, "expected_balance": until}, where=CLOSED, reads=reads),
            Derivation(values={"actual_count": F("expected_balance") + F("variance")}, where=CLOSED, reads=reads),
        )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `shift_audits`."""
        turn = rows.index // len(PLACES)
        closed = turn < WEEKS
        begun = calendar.timestamps(cash.counted_at(rows, turn))
        ended = calendar.timestamps(cash.counted_at(rows, np.minimum(turn + 1, WEEKS)), closed)
        nothing = decimals(np.zeros(len(rows), dtype=np.int64), 2)
        return pl.DataFrame(
            {
                "location_id": rows.index % len(PLACES),
                "shift_start": begun,
                "shift_end": ended,
                "starting_balance": nothing,
                "expected_balance": nothing,
                "actual_count": only(nothing, closed),
                "variance": only(nothing, closed),
                "status": take(("ACTIVE", "CLOSED"), closed.astype(np.int64)),
                "reset_by": only(pl.Series(staff.member(rows, "counted by")), closed),
                "reset_at": ended,
                "created_at": begun,
            }
        )
