"""`users`: the staff who created, packed and shipped what is seeded."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from terpseed.facts import calendar
from terpseed.facts.staff import FOUNDED_AGE, STAFF
from terpseed.models import User


def _mailbox(first: pl.Series, last: pl.Series) -> pl.Series:
    """`ann.smith`; of names in other letters than these, `user`."""
    names = [one.str.to_lowercase().str.replace_all(r"[^a-z0-9'-]", "") for one in (first, last)]
    whole = (names[0].str.len_bytes() > 0) & (names[1].str.len_bytes() > 0)
    return (names[0] + "." + names[1]).zip_with(whole, pl.repeat("user", len(first), eager=True))


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
                "email": _mailbox(first, last) + number + "@example.com",
                "role": pl.repeat("user", len(rows), eager=True),
                "createdAt": hired,
                "updatedAt": hired,
                "lastSignedIn": hired,
            }
        )
