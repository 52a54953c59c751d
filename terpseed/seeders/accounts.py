"""`accounts`: the chart of accounts."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, take
from terpseed.facts import staff
from terpseed.facts.money.books import CHART
from terpseed.models import Account


class AccountSeeder(BaseSeeder):
    """The accounts that TERP looks up by name when it posts. An existing account with the same number is adopted."""

    config = SeederConfig(
        model=Account,
        group="reference_data",
        record_count=RecordCount.fixed(len(CHART)),
        natural_key=("accountNumber",),
        production=True,
        not_pii=("accountNumber", "accountName", "description"),
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `accounts`."""
        parent = np.array([-1 if account.parent is None else account.parent for account in CHART])[rows.index]
        created = staff.founded(rows)
        return pl.DataFrame(
            {
                "accountNumber": take([account.code for account in CHART], rows.index),
                "accountName": take([account.name for account in CHART], rows.index),
                "accountType": take([account.kind for account in CHART], rows.index),
                "parentAccountId": pl.Series(parent).replace(-1, None),
                "normalBalance": take([account.normal_balance for account in CHART], rows.index),
                "createdAt": created,
                "updatedAt": created,
            }
        )
