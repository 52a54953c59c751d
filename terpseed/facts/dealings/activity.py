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
    last = np.full((len(cells), CLIENTS), np.datetime64("1970-01-01T00:00:00"))
    place = parties.FIRST_SELLER + serving.lot_seller(lots) % SELLERS
    np.maximum.at(last, (np.repeat(np.arange(len(cells)), LOTS), place), stock.lot_at(lots))
    moments: calendar.Moments = last[position, clients.index % CLIENTS]
    return moments
