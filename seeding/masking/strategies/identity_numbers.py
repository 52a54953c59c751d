"""Numbers that identify a person: each becomes another of the same shape, by a permutation without fixed points."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from seeding.arrays import Integers
from seeding.masking.cipher import Cipher, Symbols, spelled
from seeding.masking.strategies.base import Drawn, InventedStrategy, MaskingStrategy, Mode
from seeding.masking.strategies.invented_words import TAG_LENGTH, below, tag
from seeding.masking.strategies.number_shapes import Shape, foreign, shapes


class ShapedStrategy(MaskingStrategy):
    """A strategy that keeps length and punctuation, and permutes digits among digits and letters among letters."""

    keeps_first: int = 0
    keeps_last: int = 0
    """Places that partial masking preserves."""

    def mask(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """Mask shape by shape; a text without an ASCII shape becomes a tag."""
        masked = values.clone()  # `scatter` writes in place
        odd = foreign(values)
        if odd.any():
            tags = _Tag().mask(values.filter(odd), cipher, mode, width)
            masked = masked.scatter(odd.arg_true(), tags)
        rows = (~odd).arg_true()
        for shape in shapes(values.gather(rows)):
            masked = masked.scatter(rows.gather(shape.rows), self.masked(shape, cipher, mode, width))
        return masked if width is None else masked.str.slice(0, width)

    def masked(self, shape: Shape, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """The masks of the texts of one shape."""
        first, last = self.kept(shape, mode)
        return shape.spell(_deranged(cipher, self.name, shape, first, len(shape.letters) - last))

    def kept(self, shape: Shape, mode: Mode) -> tuple[int, int]:
        """How many places are preserved at the start and at the end: fewer than are masked, else none."""
        kept = self.keeps_first + self.keeps_last
        enough = len(shape.letters) > 2 * kept
        return (self.keeps_first, self.keeps_last) if mode is Mode.PARTIAL and enough else (0, 0)


EXTENDED = "; nine digits written like a tax id are masked as one"
NINE_DIGITS = {"000-00-0000": 3, "000 00 0000": 3, "00-0000000": 2, "000000000": 3}
"""Shape of a social security or employer identification number → leading zeros that make it one never issued."""
SOMEBODYS = re.compile(rf"(?<!0)(?:{'|'.join(NINE_DIGITS)})(?!0)")


class GivenNumber(ShapedStrategy):
    """A number issued to a person, or a text that can hold one: nine digits in it move to a range that is never issued.

    Otherwise the mask of one row could by chance be another row's tax number. The digits that the zeros displace become an
    extension; in a column too narrow for it the digits are only permuted.
    """

    room = 0

    def masked(self, shape: Shape, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """The permuted number with its leading places zero, a hyphen, then the displaced digits."""
        first, last = self.kept(shape, mode)
        end = len(shape.letters) - last
        zeros = [place for place in _somebodys(shape.pattern) if first <= place < end]
        if not zeros or (width is not None and width < len(shape.pattern) + 1 + len(zeros)):
            return super().masked(shape, cipher, mode, width)
        symbols = shape.symbols.copy()
        symbols[:, first:end] = cipher.permute(self.name, symbols[:, first:end], shape.radices[first:end])
        extension = spelled(symbols[:, zeros])
        symbols[:, zeros] = 0
        return shape.spell(symbols) + "-" + extension


class BankAccount(GivenNumber):
    """An account number or IBAN."""

    name = "bank_account"
    gives = f"another number of the same shape{EXTENDED}"
    keeps = "length, punctuation, casing, and the last two places"
    keeps_last = 2


class LicenceNumber(GivenNumber):
    """A licence of any kind."""

    name = "licence_number"
    gives = f"another number of the same shape{EXTENDED}"
    keeps = "length, punctuation, casing, and the last two places"
    keeps_last = 2


class Identifier(GivenNumber):
    """What identifies a person in another system: an account at an identity provider, a customer number."""

    name = "identifier"
    gives = f"another text of the same shape{EXTENDED}"
    keeps = "length, punctuation and casing"


class Postcode(ShapedStrategy):
    """A postcode of any country."""

    name = "postcode"
    gives = "another code of the same shape"
    keeps = "length, punctuation, casing, and the first two places: the region"
    room = 0
    keeps_first = 2


class CardNumber(ShapedStrategy):
    """A payment card: a number that passes Luhn's check still passes it when masked."""

    name = "card_number"
    gives = "another number of the same length that passes Luhn's check"
    keeps = "length, spacing, and the last two digits"
    room = 0
    keeps_last = 2

    def masked(self, shape: Shape, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """Derange all masked places but one; that one keeps the result of the check."""
        _, last = self.kept(shape, mode)
        check = len(shape.letters) - last - 1
        if any(shape.letters) or check < 1:
            return super().masked(shape, cipher, mode, width)
        symbols = _deranged(cipher, self.name, shape, 0, check)
        doubled = (len(shape.letters) - 1 - np.arange(len(shape.letters))) % 2 == 1
        missing = (luhn_sum(shape.symbols, doubled) - luhn_sum(symbols, doubled) + _weight(symbols, doubled)[:, check]) % 10
        symbols[:, check] = np.argsort(DOUBLED)[missing] if doubled[check] else missing
        return shape.spell(symbols)


class SocialSecurityNumber(GivenNumber):
    """A US social security number: the area 000 is never issued."""

    name = "ssn"
    gives = "a number in the area 000, never given out, with an extension: 000-12-3456-789"
    keeps = "punctuation and the last two digits"
    room = 15
    keeps_last = 2


class TaxId(GivenNumber):
    """An employer identification number: none starts with 00. A social security number in the column is masked as such."""

    name = "tax_id"
    gives = "a number with the prefix 00, never given out, and an extension: 00-1234567-89; others keep their shape"
    keeps = "punctuation and the last two digits"
    room = 15
    keeps_last = 2


AREA_CODES = tuple("201 202 205 206 208 209 212 213 214 216 217 240 253 281 302 303 305 310 312 313 314 317 323 330 336 "
                   "360 402 404 407 408 410 412 413 415 419 425 503 504 505 510 512 513 515 530 541 559 602 605 610 612 "
                   "614 615 616 617 619 626 650 651 661 702 703 704 707 713 714 716 717 718 719 720 732 757 760 770 773 "
                   "775 801 803 804 805 808 810 813 814 816 817 818 828 831 832 843 847 850 858 901 903 904 906 907 908 "
                   "909 913 914 916 918 919 920 925 928 937 941 949 951 954 956 970 971 972 973 978 979".split())  # fmt: skip
AREA, FICTION = 3, (5, 5, 5, 0, 1)
"""Digits of an area code; digits between it and the last two: 555-0100 to 555-0199 are reserved for fiction."""


class Phone(ShapedStrategy):
    """A telephone number in the range reserved for fiction."""

    name = "phone"
    gives = "a number in 555-0100 to 555-0199 with an extension: (415) 555-0134 x12345678"
    keeps = "punctuation and the area code of a North American number"
    room = 34

    def mask(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """North American numbers by their shape, all others by a digest."""
        american = values.str.contains(r"^\+?1?[ .(-]*[0-9]{3}[ .)/-]*[0-9]{3}[ .-]*[0-9]{4}$")
        masked = values.clone()  # `scatter` writes in place
        if not american.all():
            masked = masked.scatter((~american).arg_true(), _OtherPhone().mask(values.filter(~american), cipher, mode, width))
        rows = american.arg_true()
        for shape in shapes(values.gather(rows)):
            masked = masked.scatter(rows.gather(shape.rows), self.masked(shape, cipher, mode, width))
        if (same := masked == values).any():  # already fictional, in a column too short for the extension
            masked = masked.scatter(same.arg_true(), _OtherPhone().mask(values.filter(same), cipher, mode, width))
        return masked

    def masked(self, shape: Shape, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        """Two of the permuted digits end the number; the others are its extension."""
        country = len(shape.letters) - 10
        kept = AREA if mode is Mode.PARTIAL else 0
        permuted = cipher.permute(f"phone/{kept}", shape.symbols[:, country + kept :], [10] * (10 - kept))
        areas = shape.symbols[:, country : country + AREA]
        if not kept:
            codes = np.array([list(map(int, code)) for code in AREA_CODES])
            areas = codes[permuted @ 7 ** np.arange(permuted.shape[1]) % len(codes)]
        fiction = np.tile(FICTION, (len(permuted), 1))
        number = np.hstack([shape.symbols[:, :country], areas, fiction, permuted[:, :2]])
        extension = spelled(permuted[:, 2:])
        if width is None or width >= len(shape.pattern) + 2 + permuted.shape[1] - 2:
            return shape.spell(number) + " x" + extension
        plain = spelled(number[:, country:])
        return (plain + "x" + extension).str.slice(0, width) if width > 11 else plain.str.slice(max(0, 10 - width))


class _OtherPhone(InventedStrategy):
    """Any other text in a telephone column."""

    name = "phone"
    gives = keeps = ""
    room = 34

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """A long extension keeps the masks distinct."""
        area = pl.Series([AREA_CODES[one] for one in below(drawn.decoration, 0, len(AREA_CODES))], dtype=pl.String)
        line = pl.Series(below(drawn.decoration, 1, 100)).cast(pl.String).str.zfill(2)
        extension = pl.Series(drawn.identity % np.uint64(10**16)).cast(pl.String).str.zfill(16)
        if width is not None and width < len("5550100"):
            return line + extension
        if width is not None and width < self.room:
            return "55501" + line + "x" + extension
        return "+1 " + area + "-555-01" + line + " x" + extension


class _Tag(InventedStrategy):
    """The mask of a number without a shape."""

    name = "tag"
    gives = keeps = ""
    room = TAG_LENGTH
    titled = False

    def invent(self, texts: pl.Series, drawn: Drawn, mode: Mode, width: int | None) -> pl.Series:
        """The digest itself."""
        return tag(drawn.identity)


DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""Digit → what a doubled digit counts in Luhn's check: the digit sum of its double."""


def luhn_sum(symbols: Symbols, doubled: Integers) -> Integers:
    """Luhn's sum of each number, modulo ten: 0 for a valid one. `doubled` says which places count twice."""
    found: Integers = _weight(symbols, doubled).sum(axis=1) % 10
    return found


def _weight(symbols: Symbols, doubled: Integers) -> Symbols:
    return np.where(doubled, np.take(DOUBLED, symbols), symbols)


def _somebodys(pattern: str) -> list[int]:
    """Which digits and letters of `pattern` must be zero, so that no nine digits in it are an issued number."""
    return [
        sum(sign in "0A" for sign in pattern[: found.start()]) + zero
        for found in SOMEBODYS.finditer(pattern)
        for zero in range(NINE_DIGITS[found[0]])
    ]


def _deranged(cipher: Cipher, purpose: str, shape: Shape, first: int, last: int) -> Symbols:
    """The symbols with the places from `first` up to, but not including, `last` deranged."""
    symbols = shape.symbols.copy()
    symbols[:, first:last] = cipher.derange(purpose, symbols[:, first:last], shape.radices[first:last])
    return symbols
