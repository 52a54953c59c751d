"""Appointments: meetings with clients, quotes to follow up, goods to take in, invoices to remind of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, decimals, numerals, only, remembered, take
from terpseed.facts import calendar, parties, staff
from terpseed.facts.cells import CLIENTS, LOTS, ORDERS, Layout
from terpseed.facts.goods import procurement
from terpseed.facts.goods.procurement import PURCHASE_ORDERS, Stage
from terpseed.facts.money import invoicing, receivables
from terpseed.facts.sales import trade
from terpseed.facts.sales.trade import Fate

CALENDARS = {
    "Sales": ("Meetings with clients, and quotes to follow up", "#10B981"),
    "Warehouse": ("What is about to arrive", "#F59E0B"),
    "Accounting": ("What is about to fall due", "#EF4444"),
}
"""Name → description and color."""
TIMEZONE = "America/Los_Angeles"


class Kind(IntEnum):
    """What an event is."""

    HELD = 0
    """A meeting with a client that took place."""
    CANCELLED = 1
    """A meeting that did not."""
    PLANNED = 2
    """A meeting that is yet to come."""
    FOLLOW_UP = 3
    """A call about a quote that the client has not answered."""
    INTAKE = 4
    """The goods of a purchase order."""
    REMINDER = 5
    """Of an invoice that is not paid."""


MEETINGS = (Kind.HELD, Kind.CANCELLED, Kind.PLANNED)
HELD = 3
"""Meetings of a cell that took place: its first events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How TERP files a kind of event."""

    calendar: str
    module: str
    type: str
    status: str = "SCHEDULED"
    priority: str = "MEDIUM"
    visibility: str = "COMPANY"


WORDS = {
    Kind.HELD: Words(calendar="Sales", module="CLIENTS", type="MEETING", status="COMPLETED"),
    Kind.CANCELLED: Words(calendar="Sales", module="CLIENTS", type="MEETING", status="CANCELLED"),
    Kind.PLANNED: Words(calendar="Sales", module="CLIENTS", type="MEETING"),
    Kind.FOLLOW_UP: Words(calendar="Sales", module="CLIENTS", type="FOLLOW_UP"),
    Kind.INTAKE: Words(calendar="Warehouse", module="INVENTORY", type="INTAKE"),
    Kind.REMINDER: Words(calendar="Accounting", module="ACCOUNTING", type="PAYMENT_DUE", priority="HIGH", visibility="TEAM"),
}
TITLES = ("Account review", "Menu planning", "New strains", "Price talks", "Delivery schedule")
"""Of meetings; names of people stand in none."""
ROOMS = ("Conference Room A", "Conference Room B", "Huddle Room C", "At the shop", "Video call")
DOCK = "Receiving Bay"

BEFORE = (2, 6)
"""Weekdays from when a meeting was arranged to the meeting."""
COMING, CALLED = (1, 10), (1, 4)
"""Weekdays from the dataset's last day to a meeting that is yet to come, and to a call about a quote, which still holds."""
SLOT, SLOTS = 1_800, 12
"""Seconds of a slot, and slots from the opening in which a meeting can begin."""
REMINDED = np.timedelta64(3, "D")
"""From a reminder to the due date, as in TERP; more if that would be a weekend."""


def _plan(kind: int) -> list[tuple[int, int]]:
    arriving = (Stage.RECEIVED, Stage.RECEIVING, Stage.CONFIRMED)
    expected = [place for place, stage, _ in PURCHASE_ORDERS.entries[kind].tolist() if stage in arriving and place >= LOTS - 2]
    waiting = np.flatnonzero(np.isin(trade.FATES[kind], (Fate.QUOTE_SENT, Fate.QUOTE_VIEWED))).tolist()
    return [
        *((Kind.HELD, number) for number in range(HELD)),
        (Kind.CANCELLED, 0),
        (Kind.PLANNED, 0),
        *((Kind.FOLLOW_UP, place) for place in waiting),
        *((Kind.INTAKE, place) for place in expected),
        *((Kind.REMINDER, place) for place in trade.UNSETTLED[kind]),
    ]


EVENTS = Layout.of(closed=_plan(0), opened=_plan(1))
"""(Kind; the place of the order or purchase order, or the number of the meeting)."""
ROLES = ("ORGANIZER", "REQUIRED", "OPTIONAL")
"""Who takes part in a meeting: each another member of the staff."""


def _parts(kind: int) -> list[tuple[int, int]]:
    meetings = [row for row, (what, _) in enumerate(EVENTS.entries[kind].tolist()) if what in MEETINGS]
    return [(row, role) for row in meetings for role in range(len(ROLES))]


PARTICIPANTS = Layout.of(closed=_parts(0), opened=_parts(1))
"""(position of the event in its cell, index into ROLES)."""


def held(cell: Integers, number: Integers, rows: Rows) -> Rows:
    """The meeting of that number that took place in a cell."""
    return rows.of("calendar_events", EVENTS.first(cell) + number)


def kind(events: Rows) -> Integers:
    """A Kind per event."""
    return EVENTS.locate(events.index)[1][:, 0]


def said(events: Rows, word: str) -> pl.Series:
    """One of the Words of each event."""
    return take([getattr(WORDS[one], word) for one in Kind], kind(events))


def status(events: Rows) -> pl.Series:
    """Goods that have come are taken in, or about to be; nothing else is under way."""
    stage = procurement.stage(purchase_order(events))
    came = only(take(["COMPLETED", "IN_PROGRESS"], (stage == Stage.RECEIVING).astype(np.int64)), has_arrived(events))
    return came.fill_null(said(events, "status"))


def calendar_index(events: Rows) -> Integers:
    """The calendar (row index) of each event."""
    return np.array([list(CALENDARS).index(WORDS[one].calendar) for one in Kind])[kind(events)]


@remembered
def order(events: Rows) -> Rows:
    """The order of a quote to follow up, or of an invoice to remind of (any other for the rest)."""
    cell, entry = EVENTS.locate(events.index)
    about = np.isin(entry[:, 0], (Kind.FOLLOW_UP, Kind.REMINDER))
    return events.of("orders", cell * ORDERS + np.where(about, entry[:, 1], 0))


@remembered
def purchase_order(events: Rows) -> Rows:
    """The purchase order of an intake (any other for the rest)."""
    cell, entry = EVENTS.locate(events.index)
    place = np.where(entry[:, 0] == Kind.INTAKE, entry[:, 1], 0)
    return events.of("purchaseOrders", PURCHASE_ORDERS.index(cell, place))


@remembered
def supplier(events: Rows) -> Rows:
    """The vendor that delivers what is taken in."""
    return events.of("vendors", procurement.seller(purchase_order(events)))


@remembered
def client(events: Rows) -> Rows:
    """Who is met, called, reminded, or delivers."""
    cell, _ = EVENTS.locate(events.index)
    what = kind(events)
    met = cell * CLIENTS + events.integers("client", 0, CLIENTS)
    ordered = trade.client(order(events)).index
    delivers = parties.client_of_seller(supplier(events)).index
    return events.of(
        "clients",
        np.select([np.isin(what, (Kind.FOLLOW_UP, Kind.REMINDER)), what == Kind.INTAKE], [ordered, delivers], met),
    )


@remembered
def day(events: Rows) -> calendar.Moments:
    """The day of an event."""
    what, purchases = kind(events), purchase_order(events)
    met = calendar.day(events.as_of, _age(events))
    ahead = np.where(what == Kind.FOLLOW_UP, events.integers("called", *CALLED), events.integers("coming", *COMING))
    coming = np.busday_offset(np.datetime64(events.as_of, "D"), ahead, roll="backward")
    promised = procurement.expected_at(purchases)
    arrives = np.where(has_arrived(events), procurement.came_at(purchases), promised).astype("datetime64[D]")
    reminded = np.busday_offset(invoicing.due(order(events)) - REMINDED, 0, roll="backward")
    later = np.isin(what, (Kind.PLANNED, Kind.FOLLOW_UP))
    return np.select([later, what == Kind.INTAKE, what == Kind.REMINDER], [coming, arrives, reminded], met)


@remembered
def starts_at(events: Rows) -> calendar.Moments:
    """When an event begins: meetings in one of the SLOTS, goods in the one in which they came, reminders at the opening."""
    opening = calendar.opening(day(events))
    came = (procurement.came_at(purchase_order(events)) - opening).astype("timedelta64[s]").astype(np.int64)
    slot = np.where(has_arrived(events), came // SLOT, events.integers("slot", 0, SLOTS))
    slot = np.where(kind(events) == Kind.REMINDER, 0, np.clip(slot, 0, SLOTS - 1))
    return opening + (slot * SLOT).astype("timedelta64[s]")


def ends_at(events: Rows) -> calendar.Moments:
    """When an event ends: half an hour or an hour later."""
    return starts_at(events) + (events.integers("long", 1, 3) * SLOT).astype("timedelta64[s]")


def clock(moments: calendar.Moments) -> pl.Series:
    """The time of day in California, as TERP writes it."""
    seconds = (moments - calendar.opening(moments)).astype("timedelta64[s]").astype(np.int64) + 9 * 3_600
    return numerals(seconds // 3_600, 2) + ":" + numerals(seconds % 3_600 // 60, 2) + ":00"


@remembered
def written_at(events: Rows) -> calendar.Moments:
    """When an event was entered: a meeting some days before, the others with the document that they are about."""
    what, orders, purchases = kind(events), order(events), purchase_order(events)
    ahead = events.integers("before", *BEFORE)
    arranged = calendar.moment(events, "written", np.where(what == Kind.PLANNED, 1, _age(events)) + ahead)
    minutes = events.integers("entered", 60, 600)
    quoted = calendar.later(trade.ordered_at(orders), minutes)
    invoiced = calendar.later(invoicing.invoiced_at(orders), minutes)
    confirmed = calendar.later(procurement.confirmed_at(purchases), minutes)
    which = [what == one for one in (Kind.FOLLOW_UP, Kind.INTAKE, Kind.REMINDER)]
    return np.select(which, [quoted, confirmed, invoiced], arranged)


def changed_at(events: Rows) -> calendar.Moments:
    """When an event got its status: at its end, the weekday before for one that was cancelled, or when it was entered."""
    cancelled = calendar.moment(events, "cancelled", _age(events) + 1)
    done = (kind(events) == Kind.HELD) | has_arrived(events)
    ended = np.where(has_arrived(events), procurement.came_at(purchase_order(events)), ends_at(events))
    changed = np.select([done, kind(events) == Kind.CANCELLED], [ended, cancelled], written_at(events))
    return np.maximum(changed, written_at(events))


def has_arrived(events: Rows) -> Mask:
    """Whether the goods of an intake have come."""
    return (kind(events) == Kind.INTAKE) & np.isin(procurement.stage(purchase_order(events)), (Stage.RECEIVED, Stage.RECEIVING))


def topic(events: Rows) -> Integers:
    """What a meeting is about, as an index into TITLES."""
    return events.integers("title", 0, len(TITLES))


def title(events: Rows) -> pl.Series:
    """What it is about; reminders as TERP calls them."""
    follow_up, intake, reminder = (kind(events) == one for one in (Kind.FOLLOW_UP, Kind.INTAKE, Kind.REMINDER))
    titles = take(TITLES, topic(events))
    titles = ("Follow up on quote " + trade.quote_number(order(events))).zip_with(pl.Series(follow_up), titles)
    titles = ("Intake of " + procurement.number(purchase_order(events))).zip_with(pl.Series(intake), titles)
    return ("Payment Due: Invoice " + receivables.invoice_number(order(events))).zip_with(pl.Series(reminder), titles)


def description(events: Rows) -> pl.Series:
    """Of a reminder, how much is due and when, in TERP's words."""
    orders = order(events)
    told = "Payment of $" + decimals(receivables.open_amount(orders), 2).cast(pl.String) + " due on "
    return only(told + calendar.dates(invoicing.due(orders)).cast(pl.String), kind(events) == Kind.REMINDER)


def location(events: Rows) -> pl.Series:
    """A room, or the dock."""
    what = kind(events)
    rooms = only(events.choose("room", ROOMS), np.isin(what, MEETINGS))
    return pl.repeat(DOCK, len(events), eager=True).zip_with(pl.Series(what == Kind.INTAKE), rooms)


@remembered
def organizer(events: Rows) -> Integers:
    """The member of the staff whose event it is."""
    return staff.member(events, "organizer")


def participant(parts: Rows) -> tuple[Rows, Integers, Integers]:
    """The event, the role (an index into ROLES), and the member of the staff: nobody twice."""
    cell, entry = PARTICIPANTS.locate(parts.index)
    events = parts.of("calendar_events", EVENTS.first(cell) + entry[:, 0])
    role = entry[:, 1]
    other = events.integers("colleague", 1, staff.STAFF - 1)
    return events, role, (organizer(events) + np.select([role == 0, role == 1], [0, other], other + 1)) % staff.STAFF


@remembered
def _age(events: Rows) -> Integers:
    """When a meeting was, in weekdays before the dataset's last day: arranged after the client had joined."""
    oldest = np.minimum(parties.joined_age(client(events)), trade.WINDOW) - BEFORE[1] - 1
    return 1 + np.floor(events.uniform("age") * oldest).astype(np.int64)
