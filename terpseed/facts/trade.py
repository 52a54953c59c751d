"""Orders, their lines, and the batch that serves each line.

A cell's 144 lines are in the time order of their orders. Each *block* of 36 lines is served by six batches, six lines per
batch, through the cell's own permutation: line j of a block draws from batch `permutation[j mod 6]`, so the lines of one order
(at most five) draw from different batches. A block's batches arrive before its first order and hold at least what its lines
ask for: nothing is ever oversold, and nothing has to be looked up.
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum

import numpy as np
import polars as pl

from seeding import Floats, Integers, Mask, Rows, divide, numerals, remembered
from terpseed.facts import calendar, catalogue, parties, pinned
from terpseed.facts.cells import BATCHES, CLIENTS, LOTS, ORDERS, PRODUCTS, SELLERS, STRAINS, Layout, is_open

LINES_OF_ORDER = np.array([3, 2, 4, 1, 3, 5, 2, 3, 2, 4] * 4 + [3, 2, 4, 1, 3, 5, 2, 3, 2, 3])
LINES = int(LINES_OF_ORDER.sum())
FIRST_LINE = np.concatenate(([0], np.cumsum(LINES_OF_ORDER)[:-1]))
ORDER_OF_LINE = np.repeat(np.arange(ORDERS), LINES_OF_ORDER)
_LAST_OF_THREE = np.array([n > 2 and line == n - 1 for n in LINES_OF_ORDER for line in range(n)])
"""By place of the line: whether it is the last of three or more."""

SLOTS = 6
"""Lines per batch, and batches per block."""
BLOCK_LINES = SLOTS * SLOTS
TRADED = LINES // SLOTS
"""Batches of a cell that serve orders: its first 24."""
PER_LOT = BATCHES // LOTS

WINDOW = 390
"""Weekdays that the orders span: eighteen months."""
LARGE_ORDERS = 20
"""Orders of a cell placed by its large buyers: 40 % of the orders, at 3.5 times the size, make 70 % of the revenue."""
LARGE_CENTS, SMALL_CENTS = 1_750_000, 500_000
SEASON = np.array([0.82, 0.86, 0.96, 1.22, 1.02, 1.00, 1.08, 0.98, 0.94, 0.98, 1.10, 1.04])
"""January to December: an order's value relative to the year's average. April has its holiday; winter is quiet."""
SPREAD = 618_033_988_749
"""It has no divisor in common with 10^12, so that its multiples mod 10^12 are all different, and keeps neighbours far apart."""
LEAD = 15
"""A batch arrives at most this many weekdays before the first order that can draw from it."""
SAMPLES = 0.12
"""Share of orders of three lines and more whose last line is a sample at no charge."""


class Fate(IntEnum):
    """The outcome of an order. None rests at CONFIRMED: TERP moves it on to READY_FOR_PACKING at once."""

    QUOTE_UNSENT = 0
    QUOTE_SENT = 1
    QUOTE_VIEWED = 2
    QUOTE_REJECTED = 3
    QUOTE_EXPIRED = 4
    QUOTE_CONVERTED = 5
    DRAFT = 6
    READY_FOR_PACKING = 7
    PACKED = 8
    SHIPPED = 9
    DELIVERED = 10
    RETURNED = 11
    CANCELLED = 12


RESERVING = (Fate.READY_FOR_PACKING, Fate.PACKED)
SHIPPING = (Fate.SHIPPED, Fate.DELIVERED, Fate.RETURNED)
STANDING = RESERVING + SHIPPING

CONVERTED = {6: 8, 16: 18, 26: 28, 46: 48}
"""Quotes that became sales: place of the quote → place of the sale, with as many lines of the same block."""
QUOTED_BEFORE = 8
"""A converted quote was written at most this many weekdays before its sale."""

_PAST = {4: Fate.QUOTE_EXPIRED, 9: Fate.CANCELLED, 14: Fate.QUOTE_REJECTED, 19: Fate.RETURNED, 24: Fate.QUOTE_EXPIRED,
         29: Fate.CANCELLED, 39: Fate.QUOTE_EXPIRED, 44: Fate.QUOTE_REJECTED,
         **dict.fromkeys(CONVERTED, Fate.QUOTE_CONVERTED)}  # fmt: skip
_RECENT = (
    (Fate.QUOTE_VIEWED, 14), (Fate.QUOTE_SENT, 12), (Fate.DRAFT, 11), (Fate.DELIVERED, 9), (Fate.DELIVERED, 8),
    (Fate.SHIPPED, 5), (Fate.SHIPPED, 4), (Fate.PACKED, 3), (Fate.READY_FOR_PACKING, 3), (Fate.READY_FOR_PACKING, 2),
    (Fate.READY_FOR_PACKING, 2), (Fate.READY_FOR_PACKING, 1), (Fate.QUOTE_UNSENT, 1),
)  # fmt: skip
"""The last orders of an open cell: fate, and age in weekdays."""
PAST_ORDERS = np.array([ORDERS, ORDERS - len(_RECENT)])
"""Of a closed and of an open cell."""
YOUNGEST_PAST = np.array([9, 16])

FATES = np.array(
    [
        [_PAST.get(place, Fate.DELIVERED) for place in range(ORDERS)],
        [
            *(_PAST.get(place, Fate.DELIVERED) for place in range(ORDERS - len(_RECENT))),
            *(fate for fate, _ in _RECENT),
        ],
    ]
)
"""[cell is open, place of the order in its cell]."""
DEAL = np.where(FATES == Fate.QUOTE_CONVERTED, [CONVERTED.get(place, place) for place in range(ORDERS)], np.arange(ORDERS))
"""[cell is open, place]: the place of the order that says what was agreed: of a converted quote its sale, else the same."""
RECENT_AGE = np.array([0] * (ORDERS - len(_RECENT)) + [age for _, age in _RECENT])

UNSETTLED = (
    {49: 0},
    {27: 70, 31: 50, 33: 0, 35: 60, pinned.DUE_TODAY: 0, 40: 50, pinned.ORDER_AT_LIMIT: 0, 42: 0, 43: 0},
)
"""Shipped orders not paid in full, of a closed and of an open cell: place → percent paid. Sold on NET_30, those up to 36 are
past due, one per bucket of the aging report, and the later ones are not due yet."""


def orders_with(*fates: Fate) -> Layout:
    """The places of the orders with one of the fates."""
    closed, opened = (np.flatnonzero(np.isin(FATES[kind], fates)) for kind in (0, 1))
    return Layout.of(closed=closed.tolist(), opened=opened.tolist())


STATED = orders_with(*STANDING)
"""The places of the orders on the clients' statements: confirmed and not cancelled."""


def lines_with(*fates: Fate) -> Layout:
    """The places of the lines whose orders have one of the fates."""
    closed, opened = (np.flatnonzero(np.isin(FATES[kind][ORDER_OF_LINE], fates)) for kind in (0, 1))
    return Layout.of(closed=closed.tolist(), opened=opened.tolist())


@remembered
def fate(orders: Rows) -> Integers:
    """A Fate per order."""
    cell, place = np.divmod(orders.index, ORDERS)
    return FATES[is_open(cell), place]


@remembered
def deal(orders: Rows) -> Rows:
    """The orders that say what was agreed: of a converted quote the sale that it became, of any other order itself."""
    cell, place = np.divmod(orders.index, ORDERS)
    return _same_or(orders, cell * ORDERS + DEAL[is_open(cell), place])


def is_sale_of_quote(orders: Rows) -> tuple[Mask, Integers]:
    """Whether an order is what a quote became, and that quote (or any order)."""
    cell, place = np.divmod(orders.index, ORDERS)
    quote = np.zeros(ORDERS, dtype=np.int64)
    quote[list(CONVERTED.values())] = list(CONVERTED)
    quotes = orders.of("orders", cell * ORDERS + quote[place])
    return np.isin(place, list(CONVERTED.values())) & (fate(quotes) == Fate.QUOTE_CONVERTED), quotes.index


@remembered
def age(orders: Rows) -> Integers:
    """Weekdays before the dataset's last day.

    Except for pinned orders and converted quotes, never more than those of the cell's previous order.
    """
    ages = _unpinned_age(deal(orders)).copy()
    quoted = np.flatnonzero(fate(orders) == Fate.QUOTE_CONVERTED)
    ages[quoted] += orders.of(orders.table, orders.index[quoted]).integers("quoted", 1, QUOTED_BEFORE + 1)
    midnight, due_today = orders.pinned(pinned.MIDNIGHT_ORDER), _is_due_today(orders)
    ages[midnight] = np.busday_count(_month_end(orders, midnight), np.datetime64(orders.as_of, "D"))
    ages[due_today] = _due_today(orders.as_of)[0]
    return ages


@remembered
def ordered_at(orders: Rows) -> calendar.Moments:
    """When the order was written."""
    moments = calendar.moment(orders, "ordered", age(orders))
    midnight = orders.pinned(pinned.MIDNIGHT_ORDER)
    moments[midnight] = _month_end(orders, midnight)
    return moments


@remembered
def term(orders: Rows) -> Integers:
    """The payment terms, as an index into parties.TERMS: the client's, but NET_30 if the invoice is still open."""
    cell, place = np.divmod(orders.index, ORDERS)
    unsettled = np.array([[where in places for where in range(ORDERS)] for places in UNSETTLED])[is_open(cell), place]
    terms = np.where(unsettled, parties.TERMS.index("NET_30"), parties.term(client(orders)))
    return np.where(_is_due_today(orders), _due_today(orders.as_of)[1], terms)


@remembered
def client(orders: Rows) -> Rows:
    """The client who ordered: a cell's large buyers place LARGE_ORDERS of its orders, its small ones take turns at the rest.

    Who has not joined yet, or has not ordered for long, is skipped. The seller that can also buy has not bought yet: it would
    buy back its own goods.
    """
    orders = deal(orders)
    cell, nth = np.divmod(orders.index, ORDERS)
    rank = orders.shuffled("client", ORDERS)
    large = np.where(parties.has_two_large(cell), 2, 1)
    small = parties.FIRST_SELLER - large
    place = np.where(rank < LARGE_ORDERS, rank % large, large + (nth + nth // small + cell) % small)
    asked = np.flatnonzero((place == parties.LATECOMER) | (cell == pinned.CELL))
    ages = _unpinned_age(orders) + QUOTED_BEFORE
    while len(asked):
        asked = asked[~parties.buys(orders.of("clients", (cell * CLIENTS + place)[asked]), ages[asked])]
        place[asked] = (large + (place - large + 1) % small)[asked]
    buyer = np.where(orders.pinned(pinned.ORDER_AT_LIMIT), pinned.AT_CREDIT_LIMIT, cell * CLIENTS + place)
    return orders.of("clients", buyer)


def last_ordered_at(clients: Rows) -> calendar.Moments:
    """When a client ordered last; long ago if never."""
    cells, position = np.unique(clients.index // CLIENTS, return_inverse=True)
    orders = clients.of("orders", (cells[:, None] * ORDERS + np.arange(ORDERS)).ravel())
    last = np.full((len(cells), CLIENTS), np.datetime64("1970-01-01T00:00:00"))
    np.maximum.at(last, (np.repeat(np.arange(len(cells)), ORDERS), client(orders).index % CLIENTS), ordered_at(orders))
    moments: calendar.Moments = last[position, clients.index % CLIENTS]
    return moments


@remembered
def lines_of(orders: Rows) -> tuple[Rows, Integers]:
    """All lines of the orders, order by order, and for each line the position of its order in `orders`."""
    cell, place = np.divmod(orders.index, ORDERS)
    counts = LINES_OF_ORDER[place]
    position = np.repeat(np.arange(len(orders)), counts)
    first = cell * LINES + FIRST_LINE[place]
    offset = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
    return orders.of("order_line_items", first[position] + offset), position


@remembered
def order(lines: Rows) -> Rows:
    """The order of a line."""
    cell, place = np.divmod(lines.index, LINES)
    return lines.of("orders", cell * ORDERS + ORDER_OF_LINE[place])


@remembered
def agreed(lines: Rows) -> Rows:
    """The lines that say what is on `lines`: of a converted quote those of its sale, of any other order its own."""
    cell, place = np.divmod(lines.index, LINES)
    order_place = ORDER_OF_LINE[place]
    shift = FIRST_LINE[DEAL[is_open(cell), order_place]] - FIRST_LINE[order_place]
    return _same_or(lines, lines.index + shift)


@remembered
def batch(lines: Rows) -> Rows:
    """The batch that serves a line."""
    cell, place = np.divmod(lines.index, LINES)
    return batch_at(lines, cell, slot_of_line(place))


def slot_of_line(place: Integers) -> Integers:
    """The slot that serves the line at a place of its cell."""
    block, within = np.divmod(place, BLOCK_LINES)
    return block * SLOTS + within % SLOTS


def batch_at(rows: Rows, cell: Integers, slot: Integers) -> Rows:
    """The batch at a slot of a cell.

    Traded slot 6b + j is the batch that serves every sixth line of block b, beginning with line j; the cell's permutation
    determines which batch of the block that is. The other slots are the places themselves.
    """
    block = np.minimum(slot // SLOTS, TRADED // SLOTS - 1)
    offset = _block_permutations(rows, cell, block)[np.arange(len(slot)), slot % SLOTS]
    return rows.of("batches", cell * BATCHES + np.where(slot < TRADED, block * SLOTS + offset, slot))


@remembered
def slot(batches: Rows) -> Integers:
    """The slot of a batch in its cell: the inverse of `batch_at`."""
    cell, place = np.divmod(batches.index, BATCHES)
    block = np.minimum(place // SLOTS, TRADED // SLOTS - 1)
    inverse = np.argsort(_block_permutations(batches, cell, block), axis=1)
    return np.where(place < TRADED, block * SLOTS + inverse[np.arange(len(batches)), place % SLOTS], place)


@remembered
def lines_served(batches: Rows) -> Rows:
    """The SLOTS lines of every traded batch, flattened: in time order, batch by batch."""
    block, residue = np.divmod(slot(batches), SLOTS)
    first = batches.index // BATCHES * LINES + block * BLOCK_LINES + residue
    return batches.of("order_line_items", (first[:, None] + SLOTS * np.arange(SLOTS)).ravel())


def first_order(batches: Rows) -> Rows:
    """The first order that can draw from a traded batch."""
    cell, place = np.divmod(batches.index, BATCHES)
    return batches.of("orders", cell * ORDERS + ORDER_OF_LINE[place // SLOTS * BLOCK_LINES])


def lot_seller(lots: Rows) -> Integers:
    """The seller that delivered a lot: the sellers of a cell take turns."""
    cell, place = np.divmod(lots.index, LOTS)
    return cell * SELLERS + (cell + place) % SELLERS


@remembered
def product(batches: Rows) -> Rows:
    """The product of a batch: each lot holds three different products of its seller."""
    lot, place = np.divmod(batches.index, PER_LOT)
    lots = batches.of("lots", lot)
    of_strain = lots.permutations("strain", STRAINS)[np.arange(len(batches)), place]
    cell = lot // LOTS
    return batches.of("products", cell * PRODUCTS + of_strain * SELLERS + lot_seller(lots) % SELLERS)


@remembered
def unit_cost(batches: Rows) -> Integers:
    """The unit cost, in cents."""
    return catalogue.unit_cost(product(batches), batches)


@remembered
def asked_margin(lines: Rows) -> Integers:
    """In hundredths of a percent of the price: the category's default, three points less for large buyers, some haggled."""
    margins = np.array([catalogue.MARGINS[one.category] * 100 for one in catalogue.FORMS])
    usual = margins[catalogue.form(product(batch(lines)))]
    return usual - 300 * is_large_order(lines) + 200 * is_haggled(lines)


@remembered
def margin(lines: Rows) -> Integers:
    """In hundredths of a percent of the price: what was asked, or where the price is whole dollars what that comes to."""
    price, cost, asked = unit_price(lines), unit_cost(batch(lines)), asked_margin(lines)
    whole = catalogue.price_step(product(batch(lines))) > 1
    exact = np.where(whole, divide((price - cost) * 10_000, np.maximum(price, 1)), asked)
    return np.where(is_sample(lines), 0, exact)


def is_large_order(lines: Rows) -> Mask:
    """Whether a line is on a large buyer's order."""
    return parties.is_large(client(order(lines)))


def is_haggled(lines: Rows) -> Mask:
    """Whether the margin was set by hand."""
    return lines.chance("haggled", 0.05)


def is_sample(lines: Rows) -> Mask:
    """Whether the line is a sample at no charge."""
    return (_LAST_OF_THREE[lines.index % LINES] & lines.chance("sample", SAMPLES)) | lines.pinned(pinned.SAMPLE_LINE)


@remembered
def unit_price(lines: Rows) -> Integers:
    """The unit price, in cents: cost / (1 - margin), by the pound in whole dollars, or 0 for a sample."""
    step = catalogue.price_step(product(batch(lines)))
    price = divide(unit_cost(batch(lines)) * 10_000, (10_000 - asked_margin(lines)) * step) * step
    return np.where(is_sample(lines), 0, price)


@remembered
def quantity(lines: Rows) -> Integers:
    """In hundredths of a unit: the selling steps that bring the line near its share of the order's value (a sample: one)."""
    orders, large = order(lines), is_large_order(lines)
    value = np.where(large, LARGE_CENTS, SMALL_CENTS) * np.where(
        large, orders.uniform("size", 0.6, 1.4), orders.uniform("size", 0.5, 1.5)
    )
    share = lines.uniform("share", 0.7, 1.3) / LINES_OF_ORDER[orders.index % ORDERS]
    step = np.array([one.step for one in catalogue.FORMS])[catalogue.form(product(batch(lines)))]
    asked = value * season(orders) * share * 100 / (np.maximum(unit_price(lines), 1) * step)
    return np.where(is_sample(lines), 1, np.maximum(np.rint(asked), 1)).astype(np.int64) * step


@remembered
def season(orders: Rows) -> Floats:
    """The SEASON factor of the order's month."""
    months = calendar.day(orders.as_of, age(orders)).astype("datetime64[M]").astype(np.int64)
    return SEASON[months % 12]


@remembered
def line_total(lines: Rows) -> Integers:
    """The line's total, in cents."""
    return divide(quantity(lines) * unit_price(lines), 100)


def sale_number(orders: Rows) -> pl.Series:
    """The number of a sale, as long as TERP's."""
    return "S-" + numerals(sale_digits(orders.index))


def sale_digits(index: Integers) -> Integers:
    """The digits of the sale at a row index, which the first few tell from those of other sales.

    TERP's are the time in milliseconds, which begins with 9 from the year 2255 on. After the 9 stands index × SPREAD mod 10^12,
    computed in two parts because the product has too many digits.
    """
    high, low = divmod(SPREAD, 10**6)
    digits: Integers = 9 * 10**12 + (index * high % 10**6 * 10**6 + index * low) % 10**12
    return digits


def quote_number(orders: Rows) -> pl.Series:
    """The number of a quote: TERP's count the quotes of a year, and never come to 90,000."""
    return "Q-" + calendar.years(ordered_at(orders)) + "-9" + numerals(orders.index, 4)


@remembered
def order_total(orders: Rows) -> Integers:
    """Σ line totals, in cents."""
    lines, position = lines_of(orders)
    return summed(line_total(lines), position, len(orders))


def summed(values: Integers, position: Integers, count: int) -> Integers:
    """Σ values per position 0 … count - 1."""
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, position, values)
    return sums


def _same_or(rows: Rows, index: Integers) -> Rows:
    """Rows `index` of the same table; `rows` themselves, with all that is remembered of them, if they are the same."""
    return rows if np.array_equal(rows.index, index) else rows.of(rows.table, index)


@remembered
def _unpinned_age(orders: Rows) -> Integers:
    cell, place = np.divmod(orders.index, ORDERS)
    kind = is_open(cell)
    span = WINDOW - YOUNGEST_PAST[kind]
    past = WINDOW - np.floor((place + orders.uniform("age")) * span / PAST_ORDERS[kind]).astype(np.int64)
    return np.where(place < PAST_ORDERS[kind], past, RECENT_AGE[place])


def _month_end(orders: Rows, chosen: Mask) -> calendar.Moments:
    """The end of the month in which the chosen orders would have been written if they were not pinned."""
    return calendar.month_end(calendar.day(orders.as_of, _unpinned_age(deal(orders))[chosen]))


def _is_due_today(orders: Rows) -> Mask:
    cell, place = np.divmod(orders.index, ORDERS)
    return (place == pinned.DUE_TODAY) & (is_open(cell) == 1) & orders.edge_cases


def _due_today(as_of: date) -> tuple[int, int]:
    """Age and terms of an order that ships two weekdays later and whose invoice is due on the dataset's last day."""
    weekend = {5: (10, "NET_15"), 6: (20, "NET_30")}
    shipped, terms = weekend.get(as_of.weekday(), (5, "NET_7"))
    return shipped + 2, parties.TERMS.index(terms)


def _block_permutations(rows: Rows, cell: Integers, block: Integers) -> Integers:
    blocks = LINES // BLOCK_LINES
    return rows.of("batches", cell * blocks + block).permutations("block", SLOTS)
