"""Every masking strategy, over any text, any locale, any width, and many values."""

from __future__ import annotations

import re

import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st

from seeding.masking import MaskingStrategy, Mode
from tests.unit.masking.test_strategies import FORMATS, each_mode, each_strategy, mask

LOCALES = ("en_US", "de_DE", "fr_FR", "es_MX", "pl_PL", "ru_RU", "el_GR", "ja_JP", "zh_CN", "ar_SA", "hi_IN", "ko_KR")
FAKER = {
    "email": "email", "phone": "phone_number", "person_name": "name", "company_name": "company", "street_address": "address",
    "city": "city", "postcode": "postcode", "date_of_birth": "date", "ssn": "ssn", "tax_id": "ssn", "licence_number": "bothify",
    "identifier": "uuid4", "bank_account": "bban", "card_number": "credit_card_number", "ip": "ipv4", "free_text": "sentence",
}  # fmt: skip

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(lambda text: text.strip() != "")


@pytest.mark.sampled
@each_strategy
@each_mode
@settings(deadline=None, max_examples=60)
@given(values=st.lists(TEXTS, min_size=1, max_size=12, unique=True))
def test_any_text_becomes_another_one(strategy: MaskingStrategy, mode: Mode, values: list[str]) -> None:
    masked = mask(values, strategy.name, mode, 100)

    assert all(one != value for one, value in zip(masked, values, strict=True))
    assert max(map(len, masked)) <= 100
    assert mask(values[::-1], strategy.name, mode, 100) == masked[::-1]
    if strategy.name in FORMATS:
        assert all(re.fullmatch(FORMATS[strategy.name], one, re.IGNORECASE | re.DOTALL) for one in masked)


@pytest.mark.sampled
@each_strategy
@each_mode
@pytest.mark.parametrize("locale", LOCALES)
def test_any_locale_is_masked(strategy: MaskingStrategy, mode: Mode, locale: str) -> None:
    faker = Faker(locale)
    faker.seed_instance(7)
    provider = FAKER[strategy.name]
    if not hasattr(faker, provider):
        faker = Faker("en_US")
        faker.seed_instance(7)
    values = list({str(faker.format(provider)).replace("\n", ", ") for _ in range(300)})

    masked = mask(values, strategy.name, mode, 255)

    assert len(set(masked)) == len(values)
    assert strategy.name not in FORMATS or not set(masked) & set(values)
    assert all(one != value for one, value in zip(masked, values, strict=True))


@each_strategy
@each_mode
@settings(deadline=None, max_examples=30)
@given(width=st.integers(1, 40), values=st.lists(TEXTS, min_size=1, max_size=8, unique=True))
def test_a_short_column_is_not_overrun(strategy: MaskingStrategy, mode: Mode, width: int, values: list[str]) -> None:
    values = [value for value in {value[:width] for value in values} if value.strip()]

    masked = mask(values, strategy.name, mode, width)

    assert all(len(one) <= width for one in masked)
    assert all(one != value for one, value in zip(masked, values, strict=True))


@pytest.mark.parametrize(("strategy", "template", "count"), [
    ("phone", "(415) {:03}-{:04}", 200_000), ("ssn", "{:03}-12-{:04}", 200_000), ("tax_id", "12-{:03}{:04}", 200_000),
    ("licence_number", "C11-{:03}{:04}-LIC", 200_000), ("bank_account", "{:03}{:04}", 200_000),
    ("person_name", "Ada {:03} Lovelace {:04}", 50_000), ("email", "ada{:03}{:04}@gmail.com", 50_000),
])  # fmt: skip
@each_mode
def test_distinct_stays_distinct(strategy: str, template: str, count: int, mode: Mode) -> None:
    values = [template.format(number % 1_000, number // 1_000) for number in range(count)]

    assert len(set(mask(values, strategy, mode))) == count
