"""What a client did last."""

from __future__ import annotations

import numpy as np

from seeding import Rows
from terpseed.facts import calendar, parties
from terpseed.facts.cells import CLIENTS, LOTS, SELLERS
from terpseed.facts.goods import stock
from terpseed.facts.sales import serving, trade


def last_active_at(clients: Rows) -> calendar.Moments:
    """When a client last ordered or delivered; when it joined if it has done neither."""
    return np.maximum(parties.joined_at(clients), np.maximum(trade.last_ordered_at(clients), _last_delivered_at(clients)))


def _last_delivered_at(clients: Rows) -> calendar.Moments:
    cells, position = np.unique(clients.index // CLIENTS, return_inverse=True)
    lots = clients.of("lots", (cells[:, None] * LOTS + np.arange(LOTS)).ravel())
    place = parties.FIRST_SELLER + serving.lot_seller(lots) % SELLERS
    delivering = np.repeat(np.arange(len(cells)), LOTS) * CLIENTS + place
    return calendar.latest(stock.lot_at(lots), delivering, len(cells) * CLIENTS)[position * CLIENTS + clients.index % CLIENTS]
