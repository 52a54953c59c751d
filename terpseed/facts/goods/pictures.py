"""Pictures of products: small drawings inside the URL itself, so that they load anywhere and nothing is fetched."""

from __future__ import annotations

from base64 import b64encode

import polars as pl

from seeding import Rows, take
from terpseed.facts import catalogue

_SHAPES = {
    "Flower": "<circle cx='8' cy='5' r='3'/><circle cx='5' cy='8' r='3'/><circle cx='11' cy='8' r='3'/>",
    "Manufactured Products": "<path d='M3 9 13 2l1 2L4 11z'/>",
    "Concentrates": "<rect x='4' y='5' width='8' height='6' rx='1'/><rect x='5' y='2' width='6' height='2'/>",
    "Edibles": "<rect x='3' y='3' width='4' height='3'/><rect x='9' y='3' width='4' height='3'/>"
    "<rect x='6' y='7' width='4' height='3'/>",
    "Vapes": "<rect x='7' y='1' width='2' height='3'/><rect x='6' y='4' width='4' height='7' rx='1'/>",
}
"""What each category is drawn as."""
_TINTS = 12
"""Colours; every strain has one."""


def _drawing(category: str, tint: int) -> str:
    hue = tint * 360 // _TINTS
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 12'>"
        f"<rect width='16' height='12' fill='hsl({hue} 30% 88%)'/><g fill='hsl({hue} 45% 40%)'>{_SHAPES[category]}</g></svg>"
    )
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


_DRAWINGS = tuple(_drawing(form.category, tint) for form in catalogue.FORMS for tint in range(_TINTS))


def picture(products: Rows) -> pl.Series:
    """The URL of each product's picture: its category in the colour of its strain; at most 500 characters."""
    tint = catalogue.strain(products).integers("tint", 0, _TINTS)
    return take(_DRAWINGS, catalogue.form(products) * _TINTS + tint)
