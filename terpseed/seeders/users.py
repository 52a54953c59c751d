"""`users`: the staff who created, packed and shipped what is seeded."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from terpseed.facts import calendar
from terpseed.facts.staff import FOUNDED_AGE, STAFF
from terpseed.models import User


class UserSeeder(BaseSeeder):
    """Users that cannot log in: no login method, an `openId` that no identity provider issues, never an admin."""

    config = SeederConfig(
        model=User,
        group="staff",
        record_count=RecordCount.fixed(STAFF),
        pii_fields={"openId": "identifier", "name": "person_name", "email": "email"},
        not_pii=("loginMethod",),
        accounts=True,
        version=2,
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `users`."""
        first, last = rows.fake("first name", "first_name"), rows.fake("last name", "last_name")
        number = pl.Series(rows.index + 1).cast(pl.String)
        hired = calendar.timestamps(calendar.moment(rows, "hired", rows.index + FOUNDED_AGE))
        return pl.DataFrame(
            {
                "openId": "seeded-staff-" + number,
                "name": first + " " + last,
                "email": first.str.to_lowercase() + "." + last.str.to_lowercase() + number + "@example.com",
                "role": pl.repeat("user", len(rows), eager=True),
                "createdAt": hired,
                "updatedAt": hired,
                "lastSignedIn": hired,
            }
        )
