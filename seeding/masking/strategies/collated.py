"""Texts that a column's collation takes for equal, written alike before they are masked: equal texts get one mask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from threading import get_ident
from unicodedata import category, lookup, name, normalize

import polars as pl
from django.db import connections

from seeding.db.features import features
from seeding.ledger.parent_values import NotKnownYetError
from seeding.schema.equality import PORTION, Equality
from seeding.schema.tables import TableSchema

ODD = r"[^ -~]"
"""Characters that a collation may take for others. Those of ASCII are themselves nearly everywhere, letter case aside."""
ANY = r"(?s:.)"
SPECIAL: Mapping[str, tuple[str, ...]] = {
    "ß": ("ss", "s"), "ẞ": ("SS", "S"), "ς": ("\u03c3",), "\u0131": ("i", "I"), "İ": ("i",), "œ": ("oe",), "Œ": ("OE",),
    "å": ("aa",), "Å": ("AA",), "ä": ("ae",), "Ä": ("AE",), "ö": ("oe",), "Ö": ("OE",), "ü": ("ue",), "Ü": ("UE",),
    "þ": ("th",), "Þ": ("TH",), "ð": ("d",), "Ð": ("D",),
}  # fmt: skip
BEYOND = "\U00010000"
"""What stands for all characters beyond the first 65,536 where they are equal."""
APART = "\ue000"
"""Stands before a letter that is another one than the same letter in the other case."""


def spellings(character: str) -> Iterator[str]:
    """What a collation may take for the character, the plainest first, in the same letter case."""
    if category(character)[0] not in "LN":  # a collation may leave out marks, controls and signs
        yield ""
    yield from SPECIAL.get(character, ())
    words = name(character, "").split(" WITH ")[0].split(" LETTER ")
    if words[0] in ("LATIN SMALL", "LATIN CAPITAL") and len(words[-1]) <= len("AE"):
        yield words[-1].lower() if words[0] == "LATIN SMALL" else words[-1]
    for form in (normalize("NFKD", character), normalize("NFD", character)):
        for end in range(1, len(form) + 1):
            yield _hiragana(form[0]) + form[1:end]
            yield form[:end]
    if character > BEYOND:
        yield BEYOND


def _hiragana(character: str) -> str:
    """Katakana and small kana as the hiragana that sounds alike."""
    known = name(character, "")
    if not known.startswith(("KATAKANA LETTER", "HIRAGANA LETTER")):
        return character
    try:
        return lookup(known.replace("KATAKANA", "HIRAGANA").replace("LETTER SMALL", "LETTER"))
    except KeyError:
        return character


class Collated:
    """Asks the database `using` once for every character of a column. `live` are its tables, as far as they are known.

    Only the thread that makes it asks; `bare` raises NotKnownYetError in another one that would have to.
    """

    def __init__(self, using: str, live: Mapping[str, TableSchema] | None = None) -> None:
        self._using = using
        self._equality = Equality(using, live)
        self._thread = get_ident()
        self._known: dict[tuple[str, str], dict[str, str]] = {}
        self._pattern = ""

    def bare(self, table: str, data: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
        """`data` with the texts of the table's columns such that those equal to the database differ at most in letter case.

        A text keeps its letter case.
        """
        texts = [column for column in columns if data.schema.get(column) == pl.String]
        return data.with_columns(self._bare(table, data[column]) for column in texts)

    def _bare(self, table: str, values: pl.Series) -> pl.Series:
        odd = values.str.contains(self._odd()).fill_null(value=False)
        if not odd.any():
            return values
        texts: list[str] = values.filter(odd).to_list()
        plain = self._plain(table, values.name, set("".join(texts)))
        changed = str.maketrans({one: other for one, other in plain.items() if one != other})
        if not changed:
            return values
        return values.clone().scatter(odd.arg_true(), [text.translate(changed) for text in texts])

    def _odd(self) -> str:
        """Which characters are asked for."""
        if not self._pattern:
            self._own_thread()
            unusual = features(connections[self._using]).unusual_collation
            found = None
            if unusual:
                with connections[self._using].cursor() as cursor:
                    cursor.execute(unusual)
                    found = cursor.fetchone()
            self._pattern = ANY if found else ODD
        return self._pattern

    def _own_thread(self) -> None:
        if get_ident() != self._thread:
            raise NotKnownYetError

    def _plain(self, table: str, column: str, characters: set[str]) -> Mapping[str, str]:
        """What stands for each of the characters in the column."""
        known = self._known.setdefault((table, column), {})
        asked = {one for one in characters - known.keys() if self._pattern == ANY or not " " <= one <= "~"}
        while asked:
            self._own_thread()
            found = self._asked(table, column, sorted(asked))
            known |= found
            asked = {one for text in found.values() for one in text} - known.keys() - {APART}
            asked = {one for one in asked if self._pattern == ANY or not " " <= one <= "~"}

        def resolved(character: str) -> str:
            stands = known.get(character, character)
            return stands if stands == character or APART in stands else "".join(map(resolved, stands))

        return {one: resolved(one) for one in characters}

    def _asked(self, table: str, column: str, characters: list[str]) -> dict[str, str]:
        choices = {one: [*dict.fromkeys(other for other in spellings(one) if other != one)] for one in characters}
        found = {one: one for one in characters}
        asked = [one for one in characters if choices[one] or one.lower() != one]
        wanted = {one: (one, *choices[one], one.lower()) for one in asked}
        held = self._held(table, column, {text for texts in wanted.values() for text in texts})
        asked = [one for one in asked if one in held]
        size = PORTION // 10
        for some in (asked[start : start + size] for start in range(0, len(asked), size)):
            texts = [*"aAiI", *(text for one in some for text in wanted[one] if text in held)]
            ranks = self._equality.numbers(table, column, [f"x{text}x" for text in texts])
            rank = {text: ranks[f"x{text}x"] for text in texts}
            without_case = rank["a"] == rank["A"]
            is_turkish = without_case and rank["i"] != rank["I"]  # even the letters of masks
            for one in some:
                equal = (other for other in choices[one] if rank.get(other) == rank[one])
                is_apart = without_case and rank.get(one.lower()) != rank[one]
                found[one] = next(equal, f"{APART}{one.lower()}" if is_apart else one.lower() if is_turkish else one)
        return found

    def _held(self, table: str, column: str, texts: set[str]) -> set[str]:
        """Those of the texts that the column can hold."""
        ordered = sorted(texts)
        fits = self._equality.fits(table, pl.DataFrame({column: pl.Series(ordered, dtype=pl.String)}))
        return {text for text, one in zip(ordered, fits.to_list(), strict=True) if one}
