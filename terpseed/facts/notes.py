"""What people jot down on documents: most have no note."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Rows, only, take

SHARE = 0.15
"""Share of documents with a note."""

ORDER = (
    "Call ahead, the dock is closed over lunch",
    "Deliver to the back entrance",
    "First order of this strain, check back next week",
    "Ask for the store manager on arrival",
    "Wants the same lot as last time if there is any left",
    "Split over two pallets",
    "Needs the lab results with the manifest",
    "Hold for pick-up on Friday",
)
INVOICE = (
    "Sent to the accounts department",
    "Client asked for a copy on paper",
    "Lab results attached",
    "Terms confirmed by phone",
    "Please quote the invoice number when paying",
)
RECEIVED = (
    "Counted twice at the counter",
    "Collected by the driver",
    "Client will send the remittance slip",
    "Cleared the same day",
    "Handed over at the trade show",
)
BILL = (
    "Weights agree with the intake sheet",
    "Grower asked for payment by the end of the month",
    "Approved by phone",
    "Matches the consignment agreement",
)
SENT = (
    "Picked up at the office",
    "Grower confirmed receipt",
    "Sent with the settlement sheet",
    "Together with the previous lot",
)
PURCHASE = (
    "Smell test before unloading",
    "Bring the trimmed lot only",
    "Second half follows next week",
    "Same price as the last harvest",
    "Call when the truck leaves the farm",
)
SUPPLIER = (
    "Answers texts faster than e-mail",
    "Two harvests a year, spring and fall",
    "Prefers to be paid in one sum per lot",
    "Ask for the new greenhouse lots",
    "Packs in turkey bags, ten to a case",
)


def some(rows: Rows, texts: tuple[str, ...]) -> pl.Series:
    """One of `texts` for SHARE of the rows, and null for the rest."""
    drawn = rows.uniform("note") / SHARE
    index = np.floor(np.minimum(drawn, np.nextafter(1, 0)) * len(texts)).astype(np.int64)
    return only(take(texts, index), drawn < 1)
