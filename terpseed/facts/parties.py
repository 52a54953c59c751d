"""Trading parties: large and small buyers, and sellers, each of which is also a vendor and a brand."""

from __future__ import annotations

import numpy as np
import polars as pl

from seeding import Integers, Mask, Rows, numerals, remembered, take
from terpseed import vocabulary
from terpseed.facts import calendar, pinned
from terpseed.facts.cells import CLIENTS, SELLERS

FIRST_SELLER = CLIENTS - SELLERS
"""Places 0 to 5 of a cell only buy, 6 sells and can also buy, 7 to 9 only sell."""

CLIENT_AGE, CLIENT_AGE_SPREAD = 480, 260
"""Weekdays from when the youngest client joined to the dataset's last day, and how much earlier the oldest joined."""

REFERRED_SHARE = 0.3
"""Share of a cell's buyers that its first client referred, of those who joined later."""

LATECOMER = FIRST_SELLER - 1
"""The place of the client that joined last in its cell: in ten consecutive cells at ten different times of the last year."""
NEW_AGE, NEW_STEP, NEW_TIMES = 15, 26, 10
"""Weekdays from when the youngest latecomer joined to the dataset's last day; weekdays of a time, and number of times."""

TERMS = ("COD", "NET_7", "NET_15", "NET_30")
TERM_DAYS = np.array([0, 7, 15, 30])

LONGEST = 255
"""Maximum length of a client's name, in characters."""
_LONG_WORDS = " of the Greater Northern California Cannabis Cultivation, Manufacturing and Distribution Association" * 3

_PLAIN = len(vocabulary.COMPANY_FIRST) * len(vocabulary.COMPANY_SECOND) * len(vocabulary.BUYER_SUFFIX)
CAPACITY = _PLAIN * (1 + len(vocabulary.CITIES))
"""Number of distinct company names."""


@remembered
def is_large(clients: Rows) -> Mask:
    """Whether a client buys in bulk, as one in seven does: place 0 of every cell, place 1 of three cells in seven."""
    return (clients.index % CLIENTS == 0) | ((clients.index % CLIENTS == 1) & has_two_large(clients.index // CLIENTS))


def has_two_large(cell: Integers) -> Mask:
    """Whether a cell has two large buyers."""
    return np.isin(cell % 7, (0, 2, 4))


def is_buyer(clients: Rows) -> Mask:
    """Whether a client buys."""
    return clients.index % CLIENTS <= FIRST_SELLER


def is_seller(clients: Rows) -> Mask:
    """Whether a client sells."""
    return clients.index % CLIENTS >= FIRST_SELLER


@remembered
def client_of_seller(sellers: Rows) -> Rows:
    """The client that a vendor, supplier profile or brand belongs to: the same party, and the same index for all three."""
    cell, place = np.divmod(sellers.index, SELLERS)
    return sellers.of("clients", cell * CLIENTS + FIRST_SELLER + place)


@remembered
def joined_age(clients: Rows) -> Integers:
    """When a client joined, in weekdays before the dataset's last day."""
    cell, place = np.divmod(clients.index, CLIENTS)
    within = clients.uniform("age")
    new = NEW_AGE + np.floor((cell * 7 % NEW_TIMES + within) * NEW_STEP).astype(np.int64)
    return np.where(place == LATECOMER, new, CLIENT_AGE + np.floor(within * CLIENT_AGE_SPREAD).astype(np.int64))


def joined_at(clients: Rows) -> calendar.Moments:
    """When a client joined."""
    return calendar.moment(clients, "joined", joined_age(clients))


def buys(clients: Rows, age: Integers) -> Mask:
    """Whether a buyer orders `age` weekdays before the dataset's last day: it had joined before.

    The edge cases among the names ordered last long ago, so that they head no list of recent documents.
    """
    quiet = (clients.pinned(pinned.LONGEST_NAME) | clients.pinned(pinned.ACCENTED_NAME)) & (age < pinned.QUIET)
    return (joined_age(clients) > age) & ~quiet


def is_referred(clients: Rows) -> Mask:
    """Whether the first client of its cell referred it, as it did some of the buyers who joined later."""
    first = clients.of("clients", clients.index // CLIENTS * CLIENTS)
    return is_buyer(clients) & clients.chance("referred", REFERRED_SHARE) & (joined_at(first) < joined_at(clients))


def refers(clients: Rows) -> Mask:
    """Whether a client has referred others."""
    first = clients.index % CLIENTS == 0
    others = clients.of("clients", (clients.index[first, None] + np.arange(CLIENTS)).ravel())
    found = np.zeros(len(clients), dtype=bool)
    found[first] = is_referred(others).reshape(-1, CLIENTS).any(axis=1)
    return found


@remembered
def term(clients: Rows) -> Integers:
    """The payment terms of a client, as an index into TERMS."""
    return clients.integers("term", 0, len(TERMS))


def company_name(clients: Rows) -> pl.Series:
    """A distinct name for each client: two words and a kind of company, with a city once those run out; two are pinned."""
    plain = _plain_name(clients)
    longest = (plain + _LONG_WORDS).str.slice(0, LONGEST)
    accented = "Señor " + plain + " & Łódź Café & Söhne 🌿"
    named = plain.zip_with(pl.Series(~clients.pinned(pinned.LONGEST_NAME)), longest)
    return named.zip_with(pl.Series(~clients.pinned(pinned.ACCENTED_NAME)), accented)


@remembered
def _plain_name(clients: Rows) -> pl.Series:
    """Without what is pinned; a share of Spanish ones, if a profile wants it (the fact `spanish_names`)."""
    names = _english_name(clients)
    if (share := clients.fact("spanish_names")) is None:
        return names
    spanish, place = clients.exactly("spanish names", share)
    some = np.flatnonzero(spanish)
    pool = np.array(clients.pool("company", "es_ES"))
    town, word = np.divmod(place[some], len(pool))
    named = pl.Series(pool[clients.of("clients", word).bijection("spanish name", len(pool))])
    return names.scatter(some, named + take(("", *(f" de {one}" for one in vocabulary.CITIES)), town).str.replace_all("-", " "))


@remembered
def _english_name(clients: Rows) -> pl.Series:
    city, words = np.divmod(clients.tiers("name", _PLAIN, CAPACITY - _PLAIN), _PLAIN)
    rest, suffix = np.divmod(words, len(vocabulary.BUYER_SUFFIX))
    first, second = np.divmod(rest, len(vocabulary.COMPANY_SECOND))
    seller = is_seller(clients)
    return (
        pl.DataFrame(
            {
                "first": take(vocabulary.COMPANY_FIRST, first),
                "second": take(vocabulary.COMPANY_SECOND, second),
                "buys": take(vocabulary.BUYER_SUFFIX, suffix),
                "sells": take(vocabulary.SELLER_SUFFIX, suffix),
                "seller": seller,
                "city": take(("", *vocabulary.CITIES), city).str.replace_all("-", " "),
                "plain": city == 0,
            }
        )
        .select(
            pl.format("{} {} {}", "first", "second", pl.when("seller").then("sells").otherwise("buys"))
            + pl.when("plain").then(pl.lit("")).otherwise(pl.format(" of {}", "city"))
        )
        .to_series()
    )


def contact_name(clients: Rows) -> pl.Series:
    """The contact person's name."""
    return clients.fake("contact first name", "first_name") + " " + clients.fake("contact last name", "last_name")


def email(clients: Rows) -> pl.Series:
    """An address at a reserved domain (RFC 2606), so that no mail is ever delivered."""
    mailbox = clients.choose("mailbox", ("orders", "buying", "office", "accounts", "hello"))
    domain = clients.choose("domain", ("example.com", "example.org", "example.net"))
    company = _plain_name(clients).str.to_lowercase().str.replace_all("[^a-z0-9]+", "-").str.strip_chars("-")
    return mailbox + "." + company + "@" + domain


def phone(clients: Rows) -> pl.Series:
    """A number in the range 555-0100 to 555-0199, which is reserved for fiction."""
    line = pl.Series(clients.integers("phone", 100, 200)).cast(pl.String)
    return "(" + take(vocabulary.AREA_CODES, _town(clients)) + ") 555-0" + line


def address(clients: Rows) -> pl.Series:
    """A street in a California town."""
    town = take(vocabulary.CITIES, _town(clients)).str.replace_all("-", " ")
    postcode = take(vocabulary.ZIP_PREFIXES, _town(clients)) + numerals(clients.integers("postcode", 1, 60), 2)
    street = clients.fake("street", "street_address").str.replace("^0", "1")  # no house number begins with 0
    return street + ", " + town + ", CA " + postcode


@remembered
def _town(clients: Rows) -> Integers:
    """The client's town, as an index into vocabulary.TOWNS; phone and address share it."""
    return clients.integers("town", 0, len(vocabulary.TOWNS))
