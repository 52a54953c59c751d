"""What was said with clients, noted about them, and discussed under them and under batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from seeding import Mask, Rows, remembered, take
from terpseed.facts import calendar, parties
from terpseed.facts.cells import BATCHES, CLIENTS
from terpseed.facts.dealings import appointments
from terpseed.facts.goods import stock
from terpseed.facts.sales import serving, trade


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Something that is talked about."""

    subject: str
    notes: str


TALKS = {
    "MEETING": tuple(
        Talk(subject=title, notes=notes)
        for title, notes in zip(
            appointments.TITLES,
            (
                "Went through the open invoices and the orders of the last months",
                "Put together the menu for the next months",
                "Looked at samples together; two of them may go on the menu",
                "Prices stay as they are until the next harvest",
                "Agreed on a fixed day of the week",
            ),
            strict=True,
        )
    ),
    "CALL": (
        Talk(subject="Order check", notes="Quantities confirmed, nothing to change"),
        Talk(subject="Asked about the next delivery", notes="Told them the day; they want to be called from the road"),
        Talk(subject="Open invoice", notes="Payment is promised for the end of the week"),
        Talk(subject="Stock check", notes="Runs low on pre-rolls, wants a new menu"),
    ),
    "EMAIL": (
        Talk(subject="Menu sent", notes="Sent the current menu with the lab results"),
        Talk(subject="Statement sent", notes="Sent the statement of the month"),
        Talk(subject="Licence renewed", notes="Received the new licence and filed it"),
    ),
    "NOTE": (
        Talk(subject="Opening hours", notes="Closed on Mondays until spring"),
        Talk(subject="New buyer", notes="Another person does the buying from now on"),
    ),
}
"""By type of communication."""
COMMUNICATIONS = (*("MEETING",) * appointments.HELD, "CALL", "CALL", "CALL", "CALL", "EMAIL", "EMAIL", "EMAIL", "NOTE", "NOTE")
"""Of each cell, by place: first the meetings that were held."""

NOTED = (0, 2, 3, 6, 8)
"""The places of the clients of a cell that have a note."""
NOTE_TITLE = "Quick Notes"
"""TERP's own."""
NOTE_TEXTS = (
    "Call before noon; the shop is busy in the afternoon.",
    "Prefers indoor lots and asks for the lab results first.",
    "Pays on time. Wants a call when something new arrives.",
    "Deliveries go to the back entrance; ring twice.",
    "Compares every price with two other suppliers.",
    "Plans a second shop, which would double the orders.",
)

UNDER = ("client", "client", "client", "inventory_batch", "inventory_batch", "inventory_batch")
"""What the comments of each cell are under, by place, in TERP's words."""
COMMENTS = {
    "client": (
        "Who is calling them this week?",
        "Terms stay as they are for now.",
        "Asked for a visit, please put it in the calendar.",
        "Statement was wrong in one line, corrected.",
    ),
    "inventory_batch": (
        "Photos are done, ready for the menu.",
        "Two bags had a broken seal, repacked.",
        "Lab results are filed.",
        "Keep five units back for samples.",
    ),
}
RESOLVED_SHARE = 0.4


def meeting(talks: Rows) -> Rows:
    """The meeting of each communication that was one (any other for the rest)."""
    cell, place = np.divmod(talks.index, len(COMMUNICATIONS))
    return appointments.held(cell, np.minimum(place, appointments.HELD - 1), talks)


@remembered
def was_meeting(talks: Rows) -> Mask:
    """Whether a communication was a meeting."""
    return talks.index % len(COMMUNICATIONS) < appointments.HELD


@remembered
def talked_with(talks: Rows) -> Rows:
    """The client of a communication."""
    other = talks.index // len(COMMUNICATIONS) * CLIENTS + talks.integers("client", 0, CLIENTS)
    return talks.of("clients", np.where(was_meeting(talks), appointments.client(meeting(talks)).index, other))


@remembered
def talked_at(talks: Rows) -> calendar.Moments:
    """When it was: meetings as they are in the calendar."""
    return np.where(was_meeting(talks), appointments.starts_at(meeting(talks)), _after_joining(talks, talked_with(talks)))


def told(talks: Rows, word: str) -> pl.Series:
    """The subject or the notes of each communication: of a meeting, what it was about in the calendar."""
    known = [TALKS[kind] for kind in COMMUNICATIONS]
    place = talks.index % len(known)
    drawn = np.floor(talks.uniform("talk") * np.array([len(one) for one in known])[place]).astype(np.int64)
    drawn = np.where(was_meeting(talks), appointments.topic(meeting(talks)), drawn)
    texts = [getattr(talk, word) for one in known for talk in one]
    first = np.cumsum([0, *(len(one) for one in known[:-1])])
    return take(texts, first[place] + drawn)


@remembered
def noted(notes: Rows) -> Rows:
    """The client that a note is about."""
    cell, place = np.divmod(notes.index, len(NOTED))
    return notes.of("clients", cell * CLIENTS + np.array(NOTED)[place])


@remembered
def noted_at(notes: Rows) -> calendar.Moments:
    """When a note was begun."""
    return _after_joining(notes, noted(notes))


@remembered
def is_on_client(comments: Rows) -> Mask:
    """Whether a comment is under a client."""
    return np.array([one == "client" for one in UNDER])[comments.index % len(UNDER)]


@remembered
def commented(comments: Rows) -> tuple[Rows, Rows]:
    """The client and the batch of each comment, one of which it is under."""
    cell = comments.index // len(UNDER)
    clients = cell * CLIENTS + comments.integers("client", 0, CLIENTS)
    batches = cell * BATCHES + comments.integers("batch", 0, serving.TRADED)
    return comments.of("clients", clients), comments.of("batches", batches)


@remembered
def commented_at(comments: Rows) -> calendar.Moments:
    """When a comment was written: after the client had joined, or the batch had come."""
    clients, batches = commented(comments)
    came = stock.created_at(batches)
    age = 1 + np.floor(comments.uniform("since") * (stock.lot_age(stock.lot(batches)) - 1)).astype(np.int64)
    later = np.maximum(calendar.moment(comments, "under batch", age), calendar.later(came, 600))
    return np.where(is_on_client(comments), _after_joining(comments, clients), later)


@remembered
def is_resolved(comments: Rows) -> Mask:
    """Whether a comment is settled."""
    return comments.chance("resolved", RESOLVED_SHARE)


@remembered
def resolved_at(comments: Rows) -> calendar.Moments:
    """When a comment was settled (if it was): the same day."""
    return calendar.later(commented_at(comments), comments.integers("resolved after", 600, 7_200))


def _after_joining(rows: Rows, clients: Rows) -> calendar.Moments:
    """A moment since each client joined, as far back as trade goes."""
    oldest = np.minimum(parties.joined_age(clients), trade.WINDOW) - 1
    return calendar.moment(rows, "said", 1 + np.floor(rows.uniform("since joining") * oldest).astype(np.int64))
