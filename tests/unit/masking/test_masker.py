"""Whole tables masked: which columns, each value once, and the account of it."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from seeding.masking import STRATEGIES, Cipher, FieldMasking, Mode, PIIMasker, TableMasking, maskable
from seeding.masking.strategies.dates_and_addresses import DateOfBirth
from seeding.masking.strategies.invented import City
from seeding.telemetry.events import Event

MASKER = PIIMasker(Cipher.of("a key for tests, of some length"), Mode.FULL)


class Counting(City):
    """Counts what it is asked for."""

    asked: int = 0

    def mask(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        type(self).asked += len(values)
        assert values.n_unique() == len(values)
        return pl.Series([f"{value}{width}" for value in values])


def test_only_the_named_columns_that_are_there_are_masked() -> None:
    data = pl.DataFrame({"name": ["Ann"], "city": ["Bonn"], "price": [5]})

    masked = MASKER.mask_data(data, {"city": "city", "street": "street_address"})

    assert masked.columns == data.columns
    assert masked.select("name", "price").equals(data.select("name", "price"))
    assert masked["city"][0] != "Bonn"


def test_each_value_is_masked_once_and_null_and_blank_stay() -> None:
    masker = PIIMasker(Cipher.of("a key for tests"), Mode.FULL, [Counting()])
    data = pl.DataFrame({"city": ["a", None, "b", " ", "a", ""]})

    assert masker.mask_data(data, {"city": "city"}, {"city": 9})["city"].to_list() == ["a9", None, "b9", " ", "a9", ""]
    assert Counting.asked == 2


def test_a_column_without_a_value_stays() -> None:
    data = pl.DataFrame({"a": [None, None], "b": pl.Series([None], dtype=pl.String).extend_constant(" ", 1)})

    assert MASKER.mask_data(data, {"a": "city", "b": "city"}).equals(data)
    assert MASKER.mask_column(pl.Series([None], dtype=pl.Date), DateOfBirth(), None).to_list() == [None]


def test_dates_are_masked_and_moments_keep_their_time() -> None:
    days = pl.Series([date(1980, 2, 3), None, date(1980, 2, 3)])
    moments = pl.Series([datetime.fromisoformat("1980-02-03T04:05:00"), None])

    masked = MASKER.mask_column(days, DateOfBirth(), None)
    moved = MASKER.mask_column(moments, DateOfBirth(), None)

    assert masked[0] == masked[2] != days[0]
    assert masked[1] is None
    assert (moved[0].date(), moved[0].time(), moved[1]) == (masked[0], moments[0].time(), None)


def test_no_other_strategy_masks_a_date_and_none_masks_a_number() -> None:
    with pytest.raises(TypeError, match="city masks text, and born holds Date"):
        MASKER.mask_column(pl.Series("born", [date(1980, 2, 3)]), City(), None)
    with pytest.raises(TypeError, match="date_of_birth masks text, and born holds Int64"):
        MASKER.mask_column(pl.Series("born", [1980]), DateOfBirth(), None)


def test_what_can_be_masked_is_neither_null_nor_blank() -> None:
    assert maskable(pl.Series(["a", None, "", " \t"])).to_list() == [True, False, False, False]
    assert maskable(pl.Series([date(1980, 2, 3), None])).to_list() == [True, False]


def test_a_column_is_known_by_its_name_or_by_half_of_its_values() -> None:
    data = pl.DataFrame(
        {
            "phone_number": [1, 2, 3, 4],
            "half": ["ann@corp.test", "ben@corp.test", "x", "y"],
            "fewer": ["ann@corp.test", "x", "y", "z"],
            "known": ["ann@corp.test", None, None, None],
            "nothing": pl.Series([None] * 4, dtype=pl.String),
            "number": [1, 2, 3, 4],
        }
    )

    assert PIIMasker.detect_pii(data) == {"phone_number": "phone", "half": "email", "known": "email"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"a": [{"b": "+1 415 555 2671"}]}', "phone"),
        ('{"card": 4111111111111111}', "card_number"),
        ('["123-45-6789"]', "ssn"),
        ('{"+1 415 555 2671",NULL}', "phone"),  # a list as PostgreSQL writes it
        ("81.2.69.1/32", "ip"),
        ("2001:db8::1/128", "ip"),
        ('{"a": "+1 415 555 2671 and more"}', None),
        ('{"a": true, "b": 12}', None),
        ('{half "open, \n of two lines}', None),
        ("{" * 30 + "}" * 30, None),
    ],
)
def test_what_a_document_or_a_list_holds_tells_its_kind(text: str, kind: str | None) -> None:
    found = PIIMasker.detect_pii(pl.DataFrame({"0": [text, text, "plain", None]}))

    assert found == ({} if kind is None else {"0": kind})


def test_the_audit_s_line_tells_the_fields_and_no_value() -> None:
    told: list[Event] = []
    fields = (
        FieldMasking(column="name", strategy="person_name", count=3),
        FieldMasking(column="email", strategy="email", count=2),
    )
    done = TableMasking(table="shop_customer", mode="full", key="abcd", fields=fields)

    PIIMasker.log_masking(done, told.append, "CustomerSeeder")

    (event,) = told
    assert event.message == "shop_customer masked (full): name (person_name, 3), email (email, 2)"
    assert (event.operation, event.seeder, event.record_count) == ("mask", "CustomerSeeder", 5)
    assert event.context["masking"] == {
        "table": "shop_customer",
        "mode": "full",
        "key": "abcd",
        "fields": [
            {"column": "name", "strategy": "person_name", "count": 3},
            {"column": "email", "strategy": "email", "count": 2},
        ],
    }


def test_no_two_strategies_share_a_name() -> None:
    assert len({strategy.name for strategy in STRATEGIES}) == len(STRATEGIES) == len(MASKER.strategies)
