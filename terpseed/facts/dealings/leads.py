"""Leads: what clients want to buy, and what vendors offer, before there is an order."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Integers, Rows, remembered, take
from terpseed.facts import calendar, catalogue, cells
from terpseed.facts.cells import ORDERS, PRODUCTS, SELLERS, STRAINS
from terpseed.facts.goods import procurement
from terpseed.facts.sales import trade
from terpseed.facts.sales.trade import Fate

NEEDS = ("FULFILLED", "FULFILLED", "ACTIVE", "ACTIVE", "EXPIRED", "CANCELLED")
SUPPLIES = ("PURCHASED", "PURCHASED", "AVAILABLE", "AVAILABLE", "RESERVED", "EXPIRED")
"""Of each cell, by place."""
_PURCHASES = np.array([2, 6])
"""The places of the purchase orders, received ones, that were offered first."""
_DELIVERED = np.flatnonzero((trade.FATES == Fate.DELIVERED).all(axis=0))
_ORDERED = _DELIVERED[[len(_DELIVERED) // 5, len(_DELIVERED) // 2]]
"""The places of the orders, delivered ones, that were wanted first."""
RECENT, OLD = (2, 15), (60, 200)
"""Weekdays before the dataset's last day at which a lead was noted: one that stands, and one that came to nothing."""
BEFORE = (3, 10)
"""Weekdays from a lead to the order that came of it."""


def state(rows: Rows, states: tuple[str, ...]) -> pl.Series:
    """The status of each lead."""
    return take(states, rows.index % len(states))


@remembered
def ordered_line(needs: Rows) -> Rows:
    """The first line of the order that each need was fulfilled by (an arbitrary one if it was not)."""
    cell, place = np.divmod(needs.index, len(NEEDS))
    order = _ORDERED[np.minimum(place, len(_ORDERED) - 1)]
    return needs.of("order_line_items", cell * cells.LINES + cells.FIRST_LINE[order % ORDERS])


@remembered
def purchased_item(supplies: Rows) -> Rows:
    """The first item of the purchase order that each supply became (an arbitrary one if it did not)."""
    cell, place = np.divmod(supplies.index, len(SUPPLIES))
    return supplies.of("purchaseOrderItems", procurement.ITEMS.index(cell, _PURCHASES[np.minimum(place, len(_PURCHASES) - 1)]))


@remembered
def any_product(rows: Rows, states: tuple[str, ...]) -> Rows:
    """A product of the lead's cell."""
    seller, strain = rows.integers("seller", 0, SELLERS), rows.integers("strain", 0, STRAINS)
    return rows.of("products", rows.index // len(states) * PRODUCTS + strain * SELLERS + seller)


def age(rows: Rows, states: tuple[str, ...], since: Integers) -> Integers:
    """When the lead was noted, in weekdays before the dataset's last day; `since` is the age of the order that came of it."""
    place = rows.index % len(states)
    standing = np.isin(place, [i for i, one in enumerate(states) if one in ("ACTIVE", "AVAILABLE", "RESERVED")])
    led_to_order = np.array(states)[place] == states[0]
    usual = np.where(standing, rows.integers("recent", *RECENT), rows.integers("old", *OLD))
    return np.where(led_to_order, since + rows.integers("before", *BEFORE), usual)


def until(rows: Rows, states: tuple[str, ...], noted: calendar.Moments) -> calendar.Moments:
    """The day on which the lead lapses: a month after it was noted, or later if it stands."""
    lapsed = calendar.after(noted, rows.integers("lapses", 20, 40))
    later = np.datetime64(rows.as_of, "D") + rows.integers("lapses later", 5, 45).astype("timedelta64[D]")
    expired = np.array(states)[rows.index % len(states)] == "EXPIRED"
    return np.where(expired, lapsed, np.maximum(lapsed, later))


def described(products: Rows) -> dict[str, pl.Series]:
    """The columns by which TERP matches what is wanted with what is offered."""
    strains = catalogue.strain(products)
    return {
        "strain": catalogue.strain_name(strains),
        "product_name": catalogue.product_name(products),
        "strain_type": catalogue.kind(strains).str.to_uppercase(),
        "category": catalogue.category(products),
        "subcategory": take([form.subcategory for form in catalogue.FORMS], catalogue.form(products)),
    }
