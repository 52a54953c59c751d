"""Seeders of these tables: as many rows as a test asks for, each a function of its index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
from django.db import models

from seeding.generation.rows import Rows, numerals
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from tests.integration.keys.models import (
    Account,
    Bay,
    Chain,
    Country,
    Courier,
    Customer,
    Depot,
    Inspection,
    Line,
    Parcel,
    Profile,
    Wholesaler,
)  # fmt: skip

Made = Callable[[Rows], dict[str, Any]]
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def _countries(rows: Rows) -> dict[str, Any]:
    return {"code": "Ö" + numerals(rows.index), "name": "Country " + numerals(rows.index)}


def _depots(rows: Rows) -> dict[str, Any]:
    return {"slug": "depot-" + numerals(rows.index), "country_id": rows.index % 5}


def _inspections(rows: Rows) -> dict[str, Any]:
    return {"depot_id": rows.index, "grade": rows.index % 4}


def _customers(rows: Rows) -> dict[str, Any]:
    country = pl.Series(rows.index % 6)
    return {"email": numerals(rows.index) + "@seed.test", "country_id": country.set(country == 5, None)}


def _links(rows: Rows) -> dict[str, Any]:
    return {"customer_id": rows.index, "depot_id": rows.index % 7}


def _wholesalers(rows: Rows) -> dict[str, Any]:
    return {"customer_ptr_id": 2 * rows.index, "licence": "L" + numerals(rows.index)}


def _chains(rows: Rows) -> dict[str, Any]:
    return {"wholesaler_ptr_id": 3 * rows.index, "shops": rows.index % 9}


def _profiles(rows: Rows) -> dict[str, Any]:
    return {"customer_id": rows.index + 1, "bio": "Bio " + numerals(rows.index)}


def _bays(rows: Rows) -> dict[str, Any]:
    return {"number": 7_000 + 13 * rows.index, "depot_id": rows.index % 7}


def _parcels(rows: Rows) -> dict[str, Any]:
    first, bay = pl.Series(rows.index - rows.index % 4), pl.Series(rows.index % 11)
    moments = pl.Series([MOMENT] * len(rows.index), dtype=pl.Datetime("us", "UTC"))
    return {
        "first_id": first.set(first == pl.Series(rows.index), None), "depot_id": rows.index % 9,
        "bay_id": bay.set(bay == 10, None), "profile_id": rows.index % 8, "grams": rows.index * 100, "updated_at": moments,
    }  # fmt: skip


def _lines(rows: Rows) -> dict[str, Any]:
    return {"parcel_id": rows.index // 3, "place": rows.index % 3 + 1, "words": "Line " + numerals(rows.index)}


def _couriers(rows: Rows) -> dict[str, Any]:
    chief = pl.Series(rows.index // 4)
    return {
        "badge": 90_000 + 7 * rows.index, "email": numerals(rows.index) + "@courier.test", "depot_id": rows.index % 9,
        "chief_id": chief.set(chief == pl.Series(rows.index), None),
    }  # fmt: skip


def _accounts(rows: Rows) -> dict[str, Any]:
    return {"email": numerals(rows.index) + "@account.test", "courier_id": rows.index % 10, "grade": rows.index % 3}


def _seeder(name: str, model: type[models.Model], made: Made, count: int, *parents: str, **options: Any) -> BaseSeeder:
    def generate_data(_: BaseSeeder, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame(made(rows))

    texts = [
        one.column for one in model._meta.local_concrete_fields if isinstance(one, models.CharField) and not one.is_relation
    ]
    settings = {"pii_fields": {"email": "email"}} if "email" in texts else {"not_pii": tuple(texts)}
    config = SeederConfig(model=model, record_count=RecordCount.fixed(count), dependencies=parents, **settings, **options)
    made_class: type[BaseSeeder] = type(
        name, (BaseSeeder,), {"config": config, "generate_data": generate_data, "__module__": __name__}
    )
    return made_class()


def every(share: int = 1) -> Mapping[str, BaseSeeder]:
    """A seeder of each table; `share` multiplies the rows."""
    made = [
        _seeder("Countries", Country, _countries, 5 * share, natural_key=("code",)),
        _seeder("Depots", Depot, _depots, 9 * share, "traits_country"),
        _seeder("Inspections", Inspection, _inspections, 8 * share, "traits_depot"),
        _seeder("Customers", Customer, _customers, 30 * share, "traits_country"),
        _seeder("Links", Customer.depots.through, _links, 20 * share, "traits_customer", "traits_depot"),
        _seeder("Wholesalers", Wholesaler, _wholesalers, 12 * share, "traits_customer"),
        _seeder("Chains", Chain, _chains, 4 * share, "traits_wholesaler"),
        _seeder("Profiles", Profile, _profiles, 20 * share, "traits_customer"),
        _seeder("Bays", Bay, _bays, 11 * share, "traits_depot"),
        _seeder("Parcels", Parcel, _parcels, 40 * share, "traits_depot", "traits_bay", "traits_profile"),
        _seeder("Lines", Line, _lines, 100 * share, "traits_parcel"),
    ]
    return {one.name: one for one in made}


def people(share: int = 1) -> Mapping[str, BaseSeeder]:
    """The same of people under keys that no server counts, and of what they need."""
    made = [
        *(one for name, one in every(share).items() if name in ("Countries", "Depots")),
        _seeder("Couriers", Courier, _couriers, 10 * share, "traits_depot", postponed=("chief_id",)),
        _seeder("Accounts", Account, _accounts, 12 * share, "traits_courier"),
    ]
    return {one.name: one for one in made}
