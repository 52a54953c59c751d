"""Names, addresses, e-mail and free text: invented values, for people and places that do not exist."""

from __future__ import annotations

import polars as pl

from seeding.masking.strategies.base import Drawn, InventedStrategy, Mode
from seeding.masking.strategies.invented_words import (
    NAME_LENGTH,
    TAG_LENGTH,
    below,
    first_names,
    invented_name,
    pick,
    street_kinds,
    tag,
)

FREE_MAIL = ("gmail googlemail yahoo hotmail outlook live msn aol icloud me gmx web proton protonmail mail ymail comcast "
             "verizon att sbcglobal qq 163 yandex").split()  # fmt: skip
"""Providers of personal mailboxes, by the first part of their domain."""
DOMAIN_KINDS = {
    "mail.example.com": rf"@(?:{'|'.join(FREE_MAIL)})\.[a-z.]+$",
    "edu.example.org": r"\.edu(?:\.[a-z]{2})?$|\.ac\.[a-z]{2}$",
    "gov.example.org": r"\.(?:gov|mil)(?:\.[a-z]{2})?$",
    "example.org": r"\.org$",
    "example.net": r"\.net$",
}
"""Reserved domain (RFC 2606) → pattern of the addresses that get it in partial masking; all others get example.com."""
LONGEST_DOMAIN = max(map(len, DOMAIN_KINDS))
LONGEST_FIRST_NAME = 12

COMPANY_KINDS = ("Group", "Partners", "Holdings", "Supply", "Trading", "Works", "Collective", "Industries")
LEGAL_FORMS = ("LLC", "Inc", "Corp", "Ltd", "Co", "LLP", "LP", "PLLC", "PC", "GmbH", "AG", "SARL", "SAS", "SA", "BV", "NV",
               "AB", "Oy", "SpA", "SL", "Pty")  # fmt: skip
STATES = ("AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
          "PA RI SC SD TN TX UT VT VA WA WV WI WY").split()  # fmt: skip
LOREM = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna "


class PersonName(InventedStrategy):
    """A common first name and two invented family names."""

    name = "person_name"
    gives = "a common first name and two invented family names: Maria Sumekano Belorativaze"
    keeps = "casing"
    room = LONGEST_FIRST_NAME + 1 + NAME_LENGTH

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """The first name only where the column has room for it."""
        name = invented_name(drawn.identity)
        return name if _narrow(width, self.room) else _first_name(drawn) + " " + name


class CompanyName(InventedStrategy):
    """An invented company."""

    name = "company_name"
    gives = "an invented company: Sumekano Belorativaze Partners"
    keeps = "casing, and the legal form (LLC, Inc, GmbH, …)"
    room = NAME_LENGTH + 1 + max(map(len, COMPANY_KINDS))

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """The name, then a kind of company or, if preserved, the legal form."""
        name = invented_name(drawn.identity)
        if _narrow(width, self.room):
            return name
        kind = pl.lit(pick(COMPANY_KINDS, drawn.decoration, 0))
        if mode is Mode.PARTIAL:
            kind = pl.coalesce(_kept_of(LEGAL_FORMS, r"[\s,]({})\.?$"), kind)
        return texts.to_frame("text").select_seq(pl.concat_str(pl.lit(name), pl.lit(" "), kind)).to_series()


class City(InventedStrategy):
    """An invented town."""

    name = "city"
    gives = "an invented town: Sumekano Belorativaze"
    keeps = "casing"
    room = NAME_LENGTH

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """The name alone."""
        return invented_name(drawn.identity)


class StreetAddress(InventedStrategy):
    """A house in an invented street."""

    name = "street_address"
    gives = "a number in an invented street: 4821 Sumekano Belorativaze Lane"
    keeps = "casing, and the state where a US address ends with one"
    room = 5 + NAME_LENGTH + 1 + 10

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """Number, street and kind of street, then the state if preserved."""
        name = invented_name(drawn.identity)
        if _narrow(width, self.room):
            return name
        house, kind = below(drawn.decoration, 0, 9_999) + 1, pick(street_kinds(), drawn.decoration, 1)
        frame = pl.DataFrame({"text": texts, "house": house, "name": name, "kind": kind})
        street = pl.concat_str("house", "name", "kind", separator=" ")
        if mode is Mode.PARTIAL and not _narrow(width, self.room + 4):
            state = _kept_of(STATES, r",\s*({})(?:\s+\d{{5}}(?:-\d{{4}})?)?(?:,?\s+USA?)?$")
            street += (", " + state).fill_null("")
        return frame.select_seq(street).to_series()


class FreeText(InventedStrategy):
    """Meaningless words, after two that distinguish the texts."""

    name = "free_text"
    gives = "words that say nothing: Sumekano Belorativaze lorem ipsum dolor"
    keeps = f"casing, and the length from {NAME_LENGTH} characters up"
    room = NAME_LENGTH

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """In partial masking, as long as the text."""
        name = invented_name(drawn.identity)
        if mode is Mode.FULL:
            return name + " lorem ipsum"
        frame = pl.DataFrame({"name": name, "length": texts.str.len_chars()})
        length = pl.max_horizontal("length", pl.lit(NAME_LENGTH))
        repeats = pl.col("length") // len(LOREM) + 1
        filler = pl.lit(LOREM).repeat_by(repeats).list.join("")
        return frame.select_seq((pl.col("name") + " " + filler).str.slice(0, length)).to_series()


class Email(InventedStrategy):
    """An address at a domain that RFC 2606 reserves."""

    name = "email"
    gives = "an address at a reserved domain: maria.k3j9x2m4q7ab0@example.com"
    keeps = "casing, and the kind of domain (free mail, education, government, .org, .net, other)"
    room = LONGEST_FIRST_NAME + 1 + TAG_LENGTH + 1 + LONGEST_DOMAIN
    titled = False

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """The first name and the long domains only where the column has room for them."""
        spelled = tag(drawn.identity)
        if _narrow(width, self.room):
            kept = TAG_LENGTH if width is None else max(1, min(TAG_LENGTH, width - len("@example.com")))
            return spelled.str.slice(0, kept) + "@example.com"
        domain = pl.lit("example.com")
        for reserved, pattern in reversed(DOMAIN_KINDS.items()) if mode is Mode.PARTIAL else ():
            domain = pl.when(pl.col("folded").str.contains(pattern)).then(pl.lit(reserved)).otherwise(domain)
        folded = texts.str.to_lowercase() if mode is Mode.PARTIAL else texts
        frame = pl.DataFrame({"folded": folded, "first": _first_name(drawn), "tag": spelled})
        local = pl.concat_str(pl.col("first").str.to_lowercase(), pl.lit("."), "tag")
        return frame.select_seq(pl.concat_str(local, pl.lit("@"), domain)).to_series()


def _narrow(width: int | None, room: int) -> bool:
    return width is not None and width < room


def _first_name(drawn: Drawn) -> pl.Series:
    return pick(first_names(), drawn.decoration, 3).str.slice(0, LONGEST_FIRST_NAME)


def _kept_of(known: tuple[str, ...] | list[str], pattern: str) -> pl.Expr:
    """The `known` word that `pattern` finds in the column `text`, spelled as in the list; null if there is none."""
    found = pl.col("text").str.to_lowercase().str.extract("(?i)" + pattern.format("|".join(known)), 1)
    return found.replace_strict({word.lower(): word for word in known}, default=None, return_dtype=pl.String)
