"""Seeders made for tests, on some of TERP's tables."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from terpseed.models import Client, Strain, SupplierProfile

COUNT = RecordCount.fixed(20)


class Strains(BaseSeeder):
    """Each strain descends from the one before, so a rejected row takes all later ones with it."""

    config = SeederConfig(model=Strain, record_count=COUNT)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "name": [f"Strain {index}" for index in rows.index],
                "standardizedName": ["x"] * len(rows),
                "parentStrainId": pl.Series(rows.index - 1).replace(-1, None),
            }
        )


class Clients(BaseSeeder):
    config = SeederConfig(model=Client, record_count=COUNT, pii_fields={"name": "company_name"})
    change: Callable[[pl.DataFrame], pl.DataFrame] = staticmethod(lambda data: data)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        data = pl.DataFrame({"teri_code": [f"T{index}" for index in rows.index], "name": [f"C{i}" for i in rows.index]})
        return type(self).change(data)


class Profiles(BaseSeeder):
    config = SeederConfig(model=SupplierProfile, record_count=COUNT, dependencies=("clients",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"client_id": rows.index})


def seeder(change: Callable[[pl.DataFrame], pl.DataFrame]) -> BaseSeeder:
    made: type[BaseSeeder] = type("Clients", (Clients,), {"change": staticmethod(change), "config": Clients.config})
    return made()
