"""Every strategy, in both modes, for any text: valid, another one, the same each time, distinct, and short enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import ip_address, ip_network
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeding.masking import (
    STRATEGIES,
    Cipher,
    FieldMasking,
    MaskingStrategy,
    Mode,
    PIIMasker,
    TableMasking,
    detect_name,
    detect_values,
)

KEY = Cipher.of("a key for tests, of some length")
RESERVED = r"(?:example\.(?:com|org|net)|mail\.example\.com|edu\.example\.org|gov\.example\.org)"
NAME = r"[A-Za-z]{8} [A-Za-z]{12}"
FORMATS = {
    "email": rf"[a-z'. -]+\.[0-9a-z]{{13}}@{RESERVED} *",
    "phone": r".*555.?01\d\d x\d+ *",
    "person_name": rf"[A-Za-z'. -]+ {NAME} *",
    "company_name": rf"{NAME} [A-Za-z]+ *",
    "street_address": rf"\d+ {NAME} [A-Za-z]+(, [A-Z]{{2}})? *",
    "city": f"{NAME} *",
    "free_text": f"{NAME}.*",
}
"""What a mask looks like, casing aside."""
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
each_mode = pytest.mark.parametrize("mode", Mode)


def mask(values: list[str], strategy: str, mode: Mode = Mode.FULL, width: int | None = None, key: Cipher = KEY) -> list[str]:
    data = pl.DataFrame({"value": pl.Series(values, dtype=pl.String)})
    return PIIMasker(key, mode).mask_data(data, {"value": strategy}, {"value": width})["value"].to_list()


@each_strategy
@each_mode
def test_another_key_gives_other_masks(strategy: MaskingStrategy, mode: Mode) -> None:
    values = ["Ada Lovelace 1815 London", "123-45-6789", "4111 1111 1111 1111", "1980-02-03", "(415) 231-2671", "10.1.2.3"]
    other = Cipher.of("another key, as long as the first")

    assert mask(values, strategy.name, mode) != mask(values, strategy.name, mode, key=other)


@each_mode
@pytest.mark.parametrize("strategy", ["ssn", "tax_id", "licence_number", "bank_account", "identifier"])
@pytest.mark.parametrize(
    "template", ["P{:02}-{:07}-YTX", "{:02}{:07}", "AB {:03} 12 {:04}", "{:03}-12-{:04}", "{:02}-{:07} 12-3456789"]
)
def test_nine_digits_of_a_mask_were_never_given_to_anybody(strategy: str, template: str, mode: Mode) -> None:
    values = [template.format(number % 89 + 10, number * 4) for number in range(2_000)]
    given = r"(?<!\d)(?:\d{2}-\d{7}|\d{3}([- ])\d{2}\1\d{4}|\d{9})(?!\d)"

    masked = mask(values, strategy, mode)

    numbers = [found[0] for one in masked for found in re.finditer(given, one)]
    assert len(numbers) == len(re.findall(given, values[0])) * len(values)
    assert {number[:2] for number in numbers} == {"00"}
    assert len(set(masked)) == len(values)


@each_mode
def test_a_permutation_covers_its_whole_range(mode: Mode) -> None:
    values = [f"{number:04}" for number in range(10_000)]

    masked = mask(values, "identifier", mode)

    assert sorted(masked) == values
    assert all(one != value for one, value in zip(masked, values, strict=True))


KEPT: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "the area code": ("phone", "(415) 231-2671", lambda text: text[:6]),
    "the legal form": ("company_name", "Green Leaf Farms, LLC", lambda text: text[-3:]),
    "the state": ("street_address", "12 Elm St, Oakland, CA 94612", lambda text: re.findall(r"\b[A-Z]{2}\b", text)[-1]),
    "the last two of an account": ("bank_account", "0012345678", lambda text: text[-2:]),
    "the last two of a card": ("card_number", "4111 1111 1111 1111", lambda text: text[-2:]),
    "the last two of a licence": ("licence_number", "C11-0000123-LIC", lambda text: text[13:15]),
    "the last two of a tax id": ("tax_id", "12-3456789", lambda text: text[8:10]),
    "the region": ("postcode", "94612", lambda text: text[:2]),
    "the year": ("date_of_birth", "1980-02-03", lambda text: text[:4]),
    "the length of a text": ("free_text", "Call him at home in the evening, never before six.", lambda text: str(len(text))),
}


@pytest.mark.parametrize("kept", KEPT)
def test_partial_masking_keeps_what_it_promises(kept: str) -> None:
    strategy, value, part = KEPT[kept]

    (partial,) = mask([value], strategy, Mode.PARTIAL)

    assert part(partial) == part(value)


@pytest.mark.parametrize(("address", "domain"), [
    ("a@gmail.com", "mail.example.com"), ("a@cs.mit.edu", "edu.example.org"), ("a@ox.ac.uk", "edu.example.org"),
    ("a@irs.gov", "gov.example.org"), ("a@wikipedia.org", "example.org"), ("a@isp.net", "example.net"),
    ("a@greenleaf.com", "example.com"), ("A@GMAIL.COM", "MAIL.EXAMPLE.COM"),
])  # fmt: skip
def test_partial_masking_keeps_the_kind_of_domain(address: str, domain: str) -> None:
    assert mask([address], "email", Mode.PARTIAL)[0].split("@")[1] == domain


@each_mode
@pytest.mark.parametrize(
    "strategy", ["email", "person_name", "company_name", "city", "street_address", "free_text", "identifier"]
)
def test_spellings_that_differ_in_case_alone_go_on_doing_so(strategy: str, mode: Mode) -> None:
    spellings = ["ada byron-x@gmail.com", "Ada Byron-X@Gmail.Com", "ADA BYRON-X@GMAIL.COM", "aDa Byron-x@gmail.com"]

    masked = mask(spellings, strategy, mode)

    assert len({one.casefold() for one in masked}) == 1
    assert len(set(masked)) == len(spellings)


def test_masks_reach_nobody() -> None:
    numbers = [f"({area}) 231-{line:04}" for area in (212, 415) for line in range(200)]

    assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d x\d{8}", one) for one in mask(numbers, "phone"))
    assert all(one.startswith("000-") for one in mask(["123-45-6789", "987-65-4321"], "ssn"))
    assert all(one.startswith("00-") for one in mask(["12-3456789"], "tax_id"))
    assert all(ip_address(one) in ip_network("2001:db8::/32") for one in mask(["10.1.2.3", "fe80::1"], "ip"))
    assert all(ip_address(one) in ip_network("240.0.0.0/4") for one in mask(["10.1.2.3"], "ip", width=15))


@each_mode
@settings(deadline=None)
@given(digits=st.text("0123456789", min_size=4, max_size=19))
def test_a_card_passes_luhns_check_if_it_did_before(digits: str, mode: Mode) -> None:
    def residue(text: str) -> int:
        doubled = (sum(divmod(int(sign) * (1 + place % 2), 10)) for place, sign in enumerate(reversed(text)))
        return sum(doubled) % 10

    (masked,) = mask([digits], "card_number", mode)

    assert len(masked) == len(digits)
    assert residue(masked) == residue(digits)


@each_mode
@given(day=st.dates(date(1880, 1, 1), date(2030, 12, 31)))
def test_a_day_becomes_another_day(day: date, mode: Mode) -> None:
    data = pl.DataFrame({"born": [day], "moment": [datetime(day.year, day.month, day.day, 12)]})  # noqa: DTZ001

    masked = PIIMasker(KEY, mode).mask_data(data, {"born": "date_of_birth", "moment": "date_of_birth"}).row(0, named=True)

    assert masked["born"] != day
    assert masked["moment"] == datetime(masked["born"].year, masked["born"].month, masked["born"].day, 12)  # noqa: DTZ001
    assert mode is Mode.FULL or masked["born"].year == day.year


def test_null_and_blank_stay_and_equal_stays_equal() -> None:
    values = pl.Series("value", [None, "", "  ", "Ada Lovelace", "Bob", "Ada Lovelace"])

    masked = PIIMasker(KEY, Mode.FULL).mask_data(values.to_frame(), {"value": "person_name"})["value"].to_list()

    assert masked[:3] == [None, "", "  "]
    assert masked[3] == masked[5] != masked[4]


def test_the_key_tells_nothing() -> None:
    assert "test" not in repr(KEY)
    assert len(KEY.fingerprint) == 8
    assert KEY.fingerprint != Cipher.of("another").fingerprint


@pytest.mark.parametrize(("name", "kind"), [
    ("email", "email"), ("contactEmail", "email"), ("E_MAIL", "email"), ("customerPhoneNumber", "phone"), ("fax", "phone"),
    ("first_name", "person_name"), ("fullname", "person_name"), ("contactName", "person_name"),
    ("legal_name", "company_name"),
    ("billingAddress", "street_address"),
    ("ipAddress", "ip"), ("ipaddress", "ip"), ("tax_id", "tax_id"), ("licenseNumber", "licence_number"),
    ("dob", "date_of_birth"), ("zipCode", "postcode"),
    ("bankAccountNumber", "bank_account"), ("ssn", "ssn"), ("city", "city"), ("credit_card_number", "card_number"),
    ("repayment_velocity", None), ("cancellationReason", None), ("email_verified", None), ("shipping_method", None),
    ("name", None),
    ("address_id", None), ("description", None), ("telemetry", None), ("capacity", None), ("phone_type", None),
])  # fmt: skip
def test_names_are_read_word_by_word(name: str, kind: str | None) -> None:
    assert detect_name(name) == kind


@pytest.mark.parametrize(("value", "kind"), [
    ("ada@lovelace.org", "email"), ("write to ada@lovelace.org please", "email"), ("(415) 231-2671", "phone"),
    ("+44 20 7946 0958", "phone"), ("123-45-6789", "ssn"), ("4111 1111 1111 1111", "card_number"), ("10.20.30.40", "ip"),
    ("fe80::1", "ip"), ("4111111111111112", None), ("INV-2026-000123", None), ("1.2.3", None),
    ("BRND-PROD-20260101-0001", None),
    ("2026-01-01", None), ("12:30:45", None),
])  # fmt: skip
def test_values_are_read_by_what_they_look_like(value: str, kind: str | None) -> None:
    found = detect_values(pl.Series([value, None]))

    assert {one: rows.to_list() for one, rows in found.items()} == ({kind: [True, False]} if kind else {})


def test_columns_are_found_by_name_or_by_most_of_their_values() -> None:
    data = pl.DataFrame({"email": ["?"], "reference": ["ada@lovelace.org"], "code": ["C-1"], "count": [1]})

    assert PIIMasker.detect_pii(data) == {"email": "email", "reference": "email"}


def test_the_audit_is_told_without_a_value() -> None:
    told: list[Any] = []
    done = TableMasking(
        table="clients", mode="full", key=KEY.fingerprint, fields=(FieldMasking(column="email", strategy="email", count=3),)
    )

    PIIMasker.log_masking(done, told.append)

    (event,) = told
    assert (event.operation, event.record_count) == ("mask", 3)
    assert event.context == {
        "masking": {
            "table": "clients",
            "mode": "full",
            "key": KEY.fingerprint,
            "fields": [{"column": "email", "strategy": "email", "count": 3}],
        }
    }
