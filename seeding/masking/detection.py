"""Detection of personal data: by the words of a column's name, and by its values."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from seeding.masking.strategies.identity_numbers import DOUBLED

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
"""The words of `contactEmail`, `contact_email`, `ContactEMail` and `EMAIL_2`."""

NAMES: tuple[tuple[str, str], ...] = (
    ("email", "email|e mail|mail address"),
    ("ip", "ip|ip address|ip addr|ip v 4|ip v 6|ipv 4|ipv 6|remote addr"),
    ("phone", "phone|phone number|telephone|tel|mobile|mobile number|cell|cell phone|fax|whatsapp|sms number"),
    ("ssn", "ssn|social security|social security number|national id|national insurance"),
    ("tax_id", "tax id|tax number|tax identifier|tin|ein|vat id|vat number|vat no|fein"),
    ("card_number", "card number|card no|credit card|credit card number|debit card|cc number|pan"),
    ("bank_account", "account number|account no|bank account|iban|routing number|sort code|bank account number"),
    ("licence_number", "license number|licence number|license no|licence no|driver license|drivers license|passport"),
    ("date_of_birth", "date of birth|birth date|birthday|birthdate|dob|born"),
    ("postcode", "postcode|postal code|zip|zip code|zipcode|postal"),
    ("city", "city|town"),
    ("street_address", "address|addr|street|street address|address line|home address|shipping address|billing address"),
    ("person_name", ("first name|last name|full name|given name|family name|surname|maiden name|middle name|contact name"
                     "|person name|customer name|user name|username|employee name|recipient name|sender name|author name"
                     "|contact person|signature name|client name|owner name|manager name|driver name|nickname")),
    ("company_name", "company name|business name|legal name|vendor name|supplier name|trade name|dba name|organization name"),
)  # fmt: skip
"""Strategy → runs of words that name such a column."""
SAFE_AFTER = frozenset("status type kind count at on verified sent enabled id ids template opt preference preferred format "
                       "domain subject body length rate policy notification notifications".split())  # fmt: skip
"""Last words of columns that describe the thing instead of holding it: `email_verified`, `phone_type`."""

PATTERNS = {
    "email": r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
    "ssn": r"^\s*\d{3}-\d{2}-\d{4}\s*$",
    "phone": (r"^\s*(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?: ?x\d+)?\s*$"
              r"|^\s*\+\d{1,3}[ .-]?\d[\d .-]{6,14}\s*$"),
    "ip": (r"^\s*(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:/\d{1,3})?\s*$"
           r"|^\s*(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}(?:/\d{1,3})?\s*$|^\s*[0-9a-fA-F:]*::[0-9a-fA-F:]*(?:/\d{1,3})?\s*$"),
}  # fmt: skip
"""Kind → pattern of its values. An e-mail address counts anywhere in a text; the others must be the whole text."""
CARD = r"^\s*[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}\s*$"
"""A payment card, before Luhn's check."""


@lru_cache(maxsize=4_096)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a column's name, in lower case."""
    return tuple(word.lower() for word in WORD.findall(name))


@lru_cache(maxsize=512)
def spellings(words: str) -> tuple[str, ...]:
    """Runs of words (separated by bars) between spaces, each as several words and as one: `full name` and `fullname`."""
    runs = (spelling for run in words.split("|") for spelling in (run, run.replace(" ", "")))
    return tuple(f" {one} " for one in dict.fromkeys(runs))


def detect_name(name: str) -> str | None:
    """The strategy for a column of that name; None if the name does not sound personal.

    Only whole words count: `repayment_velocity` does not match `city`, and `cancellationReason` does not match `cell`;
    but `fullname` is `full_name`.
    """
    words = name_words(name)
    text = f" {' '.join(words)} "
    safe = bool(words) and words[-1] in SAFE_AFTER
    for kind, pattern in NAMES:
        # `email_id` is not an e-mail address, but `tax_id` is a tax id.
        if any(one in text and (not safe or text.endswith(one)) for one in spellings(pattern)):
            return kind
    return None


def detect_values(values: pl.Series) -> dict[str, pl.Series]:
    """Kind → which of the texts look like one, for every kind that occurs."""
    found = {kind: values.str.contains(pattern).fill_null(value=False) for kind, pattern in PATTERNS.items()}
    found["card_number"] = _cards(values)
    return {kind: rows for kind, rows in found.items() if rows.any()}


def detect_within(values: pl.Series) -> dict[str, pl.Series]:
    """The same, of the texts or of what they hold: many are JSON, or lists as PostgreSQL writes them."""
    found = detect_values(values)
    leaves = [(row, leaf) for row, text in enumerate(values.to_list()) if text is not None for leaf in _leaves(text)]
    if leaves:
        rows, texts = np.array([row for row, _ in leaves]), pl.Series([leaf for _, leaf in leaves], dtype=pl.String)
        for kind, told in detect_values(texts).items():
            whole = np.zeros(len(values), dtype=bool)
            whole[rows[told.to_numpy()]] = True
            found[kind] = pl.Series(whole) | found.get(kind, pl.Series(np.zeros(len(values), dtype=bool)))
    return found


def texts_in(value: Any, *, numbers: bool = False) -> Iterator[str]:
    """The texts in a value as JSON is read, and whole `numbers` as texts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one, numbers=numbers)
    elif numbers and isinstance(value, int) and not isinstance(value, bool):
        yield str(value)


def _leaves(text: str) -> Iterator[str]:
    """What a document or a list holds; nothing of any other text."""
    text = text.strip()
    if text[:1] + text[-1:] not in {"{}", "[]"}:
        return
    try:
        yield from texts_in(json.loads(text), numbers=True)
    except (ValueError, RecursionError):
        with suppress(csv.Error):  # it is neither
            for row in csv.reader(text[1:-1].replace("{", "").replace("}", "").splitlines(), escapechar="\\"):
                yield from row


def _cards(values: pl.Series) -> pl.Series:
    rows = values.str.contains(CARD).fill_null(value=False)
    passed = [_passes(text) for text in values.filter(rows).to_list()]
    return rows.scatter(rows.arg_true(), passed) if passed else rows


def _passes(text: str) -> bool:
    """Luhn's check."""
    places: Iterable[int] = (int(sign) for sign in reversed(text) if sign.isdigit())
    return sum(DOUBLED[one] if place % 2 else one for place, one in enumerate(places)) % 10 == 0
