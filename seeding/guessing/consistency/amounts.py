"""Amounts that other amounts of the row make up: a line's total, a document's total, the larger of two bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seeding.guessing.consistency.row import Row
from seeding.masking import name_words
from seeding.schema.tables import Kind

EXACT = (Kind.INTEGER, Kind.DECIMAL)
QUANTITY = "quantity|qty|count|units|ordered quantity|hours|number of units"
UNIT_PRICE = "unit price|price|price each|unit cost|item price|unit amount|rate|hourly rate|cost"
LINE_TOTAL = (
    "line total|subtotal|total|total price|amount|extended price|line amount|total amount|total cost|net amount|line price"
)
SUBTOTAL = "subtotal|sub total|net total|net amount|net|total net|amount net|total excl tax|total without tax"
TOTAL = "total|grand total|total amount|gross total|amount total|gross amount|gross|total gross|total incl tax|total with tax"
PARTS: tuple[tuple[str, int, str], ...] = (
    ("tax|tax amount|vat|vat amount|tax total|total tax", 1, "divide({net} * 19, 100)"),
    ("discount|discount amount|discount total|total discount", -1, "divide({net} * {some}, 100)"),
    ("shipping|shipping cost|shipping amount|freight|shipping total|delivery fee", 1, ""),
    ("fee|fees|tip|surcharge", 1, ""),
)
"""Names of what a total has besides its subtotal, whether it is added or taken off, and what it is a part of."""
LOW, HIGH = ("min", "minimum", "lowest", "low"), ("max", "maximum", "highest", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A guess of an exact number: an expression for units of 10**-scale."""

    units: str
    scale: int

    def at(self, scale: int) -> str:
        """The same in units of 10**-scale, halves rounded up."""
        if scale == self.scale:
            return self.units
        power = f"{10 ** abs(scale - self.scale):_}"
        return f"({self.units}) * {power}" if scale > self.scale else f"divide({self.units}, {power})"


def amounts(row: Row) -> Iterator[tuple[str, str]]:
    """Better expressions for amounts."""
    yield from _line_total(row)
    yield from _document_total(row)
    yield from _bounds(row)


def _line_total(row: Row) -> Iterator[tuple[str, str]]:
    quantity, price = _amount(row, row.named(QUANTITY, *EXACT)), _amount(row, row.named(UNIT_PRICE, *EXACT))
    total = row.named(LINE_TOTAL, *EXACT)
    if quantity and price and total and total not in row.keep:
        product = Amount(units=f"{quantity.units} * {price.units}", scale=quantity.scale + price.scale)
        yield total, _written(row, total, product)


def _document_total(row: Row) -> Iterator[tuple[str, str]]:
    subtotal, total = row.named(SUBTOTAL, *EXACT), row.named(TOTAL, *EXACT)
    net = _amount(row, subtotal)
    if subtotal is None or net is None or total is None or total in row.keep or total == subtotal:
        return
    scale, units = net.scale, net.units
    for names, sign, share in PARTS:
        name = row.named(names, *EXACT)
        if name is None:
            continue
        if share and name not in row.keep:
            part = Amount(units=share.format(net=net.units, some=f'rows.integers("{name}", 0, 21)'), scale=scale)
            yield name, _written(row, name, part)
        part_of = _amount(row, name)
        if part_of is None:
            return
        units += f" {'+' if sign > 0 else '-'} {part_of.at(scale)}"
    yield total, _written(row, total, Amount(units=f"({units})", scale=scale))


def _bounds(row: Row) -> Iterator[tuple[str, str]]:
    by_words = {tuple(name_words(name)): name for name in row.filled(*EXACT)}
    for words, low in by_words.items():
        for least, most in zip(LOW, HIGH, strict=True):
            high = by_words.get(tuple(most if word == least else word for word in words)) if least in words else None
            under, over = _amount(row, low), _amount(row, high)
            if high and under and over and high not in row.keep:
                yield high, _written(row, high, Amount(units=f"({under.at(over.scale)} + {over.units})", scale=over.scale))


def _amount(row: Row, name: str | None) -> Amount | None:
    """The guess of a column, if it is one of exact numbers."""
    if name is None:
        return None
    text = row.expressions[name]
    if row.columns[name].kind is Kind.INTEGER:
        return (
            Amount(units=text, scale=0)
            if text.startswith(("rows.integers(", "divide(", "(rows.integers(", "ruled_units("))
            else None
        )
    found = re.fullmatch(r"decimals\((.*), (\d+)\)", text)
    return Amount(units=found[1], scale=int(found[2])) if found and "rows.index" not in found[1] else None


def _written(row: Row, name: str, amount: Amount) -> str:
    column = row.columns[name]
    if column.kind is Kind.INTEGER:
        return amount.at(0)
    scale = 2 if column.scale is None else column.scale
    return f"decimals({amount.at(scale)}, {scale})"
