"""What is traded: strains, and the products made from them, each sold by one seller of the cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from seeding import Integers, Rows, remembered, take
from terpseed import vocabulary
from terpseed.facts import calendar
from terpseed.facts.cells import PRODUCTS, SELLERS, STRAINS

BRAND_AGE, STRAIN_AGE, PRODUCT_AGE, PRODUCT_AGE_SPREAD = 475, 474, 455, 18
"""Weekdays before the dataset's last day: after the youngest client joined, before the oldest lot arrived."""

_PAIRS = len(vocabulary.STRAIN_FIRST) * len(vocabulary.STRAIN_SECOND)
STRAIN_CAPACITY = _PAIRS * (1 + len(vocabulary.STRAIN_THIRD))
"""Number of distinct strain names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form of a product, with its cost."""

    name: str
    category: str
    subcategory: str
    unit: str
    low: float
    high: float
    """Dollars per unit that the business pays."""
    step: int
    """The smallest quantity sold, in hundredths of a unit."""

    @property
    def price_step(self) -> int:
        """What costs and prices per unit are multiples of, in cents: by the pound they are whole dollars."""
        return 100 if self.unit == "LB" else 1


FLOWER = (
    Form(name="Indoor Flower", category="Flower", subcategory="Indoor", unit="LB", low=900, high=1600, step=50),
    Form(name="Greenhouse Flower", category="Flower", subcategory="Deps", unit="LB", low=500, high=900, step=50),
    Form(name="Outdoor Flower", category="Flower", subcategory="Outdoor", unit="LB", low=300, high=500, step=50),
    Form(name="Smalls", category="Flower", subcategory="Smalls/Popcorn", unit="LB", low=350, high=700, step=50),
)
MADE = (
    Form(name="Pre-Roll 1g", category="Manufactured Products", subcategory="Preroll", unit="EA", low=1.2, high=2.5, step=100),
    Form(name="Pre-Roll 5-Pack", category="Manufactured Products", subcategory="Preroll", unit="EA", low=6, high=12, step=100),
    Form(name="Live Resin", category="Concentrates", subcategory="Live Resin", unit="G", low=6, high=12, step=100),
    Form(name="Shatter", category="Concentrates", subcategory="Shatter", unit="G", low=4, high=8, step=100),
    Form(name="Rosin", category="Concentrates", subcategory="Rosin", unit="G", low=14, high=24, step=100),
    Form(name="Gummies 100mg", category="Edibles", subcategory="Gummies", unit="EA", low=3, high=6, step=100),
    Form(name="Chocolate Bar 100mg", category="Edibles", subcategory="Chocolates", unit="EA", low=4, high=8, step=100),
    Form(name="Vape Cartridge 1g", category="Vapes", subcategory="Cartridge", unit="EA", low=5, high=10, step=100),
    Form(name="Disposable Vape", category="Vapes", subcategory="All in One", unit="EA", low=6, high=12, step=100),
)
FORMS = FLOWER + MADE

SUBCATEGORIES = {
    "Flower": (
        *("Tops/Colas", "Smalls/Popcorn", "Trim", "Shake", "Larf", "Machine Trim", "Hand Trim"),
        *("Outdoor", "Deps", "Indoor"),
    ),
    "Concentrates": ("Shatter", "Wax", "Live Resin", "Rosin", "Diamonds", "Distillate", "Crumble", "Budder"),
    "Edibles": ("Gummies", "Chocolates", "Beverages", "Baked Goods"),
    "Vapes": ("Cartridge", "All in One"),
    "Bulk Oil": (),
    "Manufactured Products": ("Preroll", "Edible", "Tincture", "Topical", "Accessory"),
}
"""Category → its subcategories: those that TERP itself creates when it starts."""
CATEGORIES = tuple(SUBCATEGORIES)

MARGINS = {
    "Flower": 35,
    "Edibles": 40,
    "Concentrates": 45,
    "Vapes": 38,
    "Pre-Rolls": 35,
    "Accessories": 50,
    "Topicals": 42,
    "Tinctures": 40,
    "Seeds": 45,
    "Beverages": 35,
    "Bulk Oil": 30,
    "Manufactured Products": 35,
    "OTHER": 30,
    "DEFAULT": 30,
}
"""Category → default margin in percent: TERP's, and two for its categories without one. OTHER and DEFAULT are its fallbacks."""


@remembered
def strain_name(strains: Rows) -> pl.Series:
    """A distinct name for each strain: two words, and a third once the pairs run out."""
    more, words = np.divmod(strains.tiers("name", _PAIRS, STRAIN_CAPACITY - _PAIRS), _PAIRS)
    first, second = np.divmod(words, len(vocabulary.STRAIN_SECOND))
    third = take(("", *vocabulary.STRAIN_THIRD), more).str.replace_all("-", " ")
    name = take(vocabulary.STRAIN_FIRST, first) + " " + take(vocabulary.STRAIN_SECOND, second)
    return name.zip_with(pl.Series(more == 0), name + " " + third)


def kind(strains: Rows) -> pl.Series:
    """Indica, sativa or hybrid."""
    return strains.choose("category", ("indica", "sativa", "hybrid"), (3, 2, 5))


def seller(products: Rows) -> Integers:
    """The seller (index of vendor, brand and supplier profile) of a product."""
    cell, place = np.divmod(products.index, PRODUCTS)
    return cell * SELLERS + place % SELLERS


@remembered
def strain(products: Rows) -> Rows:
    """The strain of a product."""
    cell, place = np.divmod(products.index, PRODUCTS)
    return products.of("strains", cell * STRAINS + place // SELLERS)


@remembered
def form(products: Rows) -> Integers:
    """The product's form, as an index into FORMS: the first two sellers of a cell grow flower, the others process it."""
    of_strain = strain(products).index
    group = products.of("products", of_strain)
    place = products.index % SELLERS
    flower = group.permutations("flower", len(FLOWER))[np.arange(len(products)), place % 2]
    made = group.permutations("made", len(MADE))[np.arange(len(products)), place % 2]
    return np.where(place < SELLERS // 2, flower, len(FLOWER) + made)


def product_name(products: Rows) -> pl.Series:
    """Strain and form; distinct because no strain of a cell has the same form twice."""
    return strain_name(strain(products)) + " " + take([one.name for one in FORMS], form(products))


def category(products: Rows) -> pl.Series:
    """The product's category, spelled as in pricing_defaults."""
    return take([one.category for one in FORMS], form(products))


def unit_cost(products: Rows, batches: Rows) -> Integers:
    """Unit cost of a batch of the product, in cents; `batches` has the same length."""
    forms = form(products)
    low = np.array([round(one.low * 100) for one in FORMS])[forms]
    high = np.array([round(one.high * 100) for one in FORMS])[forms]
    cents = low + np.floor(batches.uniform("unit cost") * (high - low)).astype(np.int64)
    return cents - cents % price_step(products)


def price_step(products: Rows) -> Integers:
    """Form.price_step of each product."""
    return np.array([one.price_step for one in FORMS])[form(products)]


def product_at(products: Rows) -> calendar.Moments:
    """When the product was entered."""
    age = PRODUCT_AGE + products.integers("age", 0, PRODUCT_AGE_SPREAD)
    return calendar.moment(products, "created", age)
