"""What grower and laboratory say of a batch, in the words of TERP's `batches.metadata`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from seeding import Rows, take
from terpseed.facts import calendar, catalogue
from terpseed.facts.goods import stock
from terpseed.facts.sales import serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the batches of a category have in common."""

    thc: tuple[int, int]
    """Range of the THC content, in hundredths of a percent."""
    keeps: int
    """Days from harvest to expiry."""


KINDS = {
    "Flower": Kind(thc=(1_600, 3_200), keeps=365),
    "Manufactured Products": Kind(thc=(1_600, 3_000), keeps=365),
    "Concentrates": Kind(thc=(6_000, 8_800), keeps=540),
    "Edibles": Kind(thc=(100, 250), keeps=450),
    "Vapes": Kind(thc=(7_000, 9_200), keeps=540),
}
CBD = (5, 120)
"""Range of the CBD content, in hundredths of a percent."""
HARVESTED = (20, 60)
"""Days from harvest to the arrival of the lot."""
CURED = 10
"""Days after harvest from which a batch is tested; before it arrives."""
TERPENES = ("Myrcene", "Limonene", "Caryophyllene", "Pinene", "Linalool", "Humulene", "Terpinolene", "Ocimene")
LABS = ("Redwood Analytics", "Bay Area Cannabis Testing", "Golden State Labs")
REGIONS = ("Humboldt", "Mendocino", "Trinity", "Sonoma", "Santa Cruz", "Salinas Valley")


def metadata(batches: Rows) -> pl.Series:
    """The JSON of `batches.metadata`: harvest, expiry, test results and origin; terpenes are those of the strain."""
    products = serving.product(batches)
    forms, strains = catalogue.form(products), catalogue.strain(products)
    came = stock.lot_at(stock.lot(batches)).astype("datetime64[D]")
    since = batches.integers("harvested", *HARVESTED)
    harvested = came - since.astype("timedelta64[D]")
    tested = CURED + np.floor(batches.uniform("tested") * (since - CURED)).astype(np.int64)
    kinds = [KINDS[form.category] for form in catalogue.FORMS]
    low, high = (np.array([kind.thc[end] for kind in kinds])[forms] for end in (0, 1))
    thc = low + np.floor(batches.uniform("thc") * (high - low)).astype(np.int64)
    first = strains.integers("terpene", 0, len(TERPENES))
    second = (first + strains.integers("second terpene", 1, len(TERPENES))) % len(TERPENES)
    results = pl.struct("thc", "cbd", pl.concat_list("first", "second").alias("terpenes"), "testDate", "labName").alias(
        "testResults"
    )
    sourcing = pl.struct("growMethod", "region").alias("sourcing")
    return (
        pl.DataFrame(
            {
                "harvestDate": _day(harvested),
                "expiryDate": _day(calendar.after(harvested, np.array([kind.keeps for kind in kinds])[forms])),
                "thc": thc / 100,
                "cbd": batches.integers("cbd", *CBD) / 100,
                "first": take(TERPENES, first),
                "second": take(TERPENES, second),
                "testDate": _day(calendar.after(harvested, tested)),
                "labName": batches.choose("lab", LABS),
                "growMethod": take([_grown(form) for form in catalogue.FORMS], forms),
                "region": take(REGIONS, stock.lot(batches).integers("region", 0, len(REGIONS))),
            }
        )
        .select(pl.struct("harvestDate", "expiryDate", results, sourcing).struct.json_encode())
        .to_series()
    )


def _grown(form: catalogue.Form) -> str:
    return form.subcategory.lower() if form.subcategory in ("Indoor", "Outdoor") else "greenhouse"


def _day(days: calendar.Moments) -> pl.Series:
    return calendar.dates(days).cast(pl.String)
