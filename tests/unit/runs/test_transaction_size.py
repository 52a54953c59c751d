"""How many rows go into one transaction, and what becomes of one that is too large."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from seeding.db import retries
from seeding.keys import KeySet
from seeding.runs import transaction_size as module
from seeding.runs.retrier import Retrier
from seeding.runs.transaction_size import MANY, TransactionSize, in_portions, row_width
from seeding.telemetry.events import Event, ignore
from tests.support.databases import Database

BIG = OperationalError(1105, "Maximum writeset size exceeded")
MANY_ROWS = OperationalError(1180, "wsrep_max_ws_rows exceeded")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0)


def test_a_transaction_has_as_many_rows_as_fit_and_at_least_one() -> None:
    size = TransactionSize(1_000, ignore)

    assert [size.rows(width) for width in (0, 1, 10, 300, 1_000, 5_000)] == [MANY, 1_000, 100, 3, 1, 1]


def test_one_that_is_too_large_makes_all_later_ones_smaller_and_is_told() -> None:
    told: list[Event] = []
    size = TransactionSize(1_000, told.append)

    assert size.reduces_for(BIG, 60, 10)
    assert (size.rows(10), size.rows(30), size.is_reduced) == (30, 10, True)
    assert told[0].message.startswith(
        "A transaction of 60 rows is too large, trying 30: (1105, 'Maximum writeset size exceeded')"
    )


@pytest.mark.parametrize(("error", "width"), [(MANY_ROWS, 10.0), (BIG, 0.0)])
def test_where_rows_count_or_their_width_is_unknown_there_are_fewer_rows(error: OperationalError, width: float) -> None:
    size = TransactionSize(1_000, ignore)

    assert size.reduces_for(error, 60, width)
    assert (size.rows(width), size.rows(1)) == (30, 30)


def test_a_single_row_and_another_error_cannot_be_helped() -> None:
    size = TransactionSize(1_000, ignore)

    assert not size.reduces_for(BIG, 1, 10)
    assert not size.reduces_for(OperationalError(2013, "Lost connection"), 60, 10)
    assert not size.is_reduced


class Work:
    """Takes at most `most` keys at once."""

    def __init__(self, most: int, error: OperationalError = BIG) -> None:
        self.done: list[list[tuple[int, int]]] = []
        self.refused: list[int] = []
        self._most, self._error = most, error

    def __call__(self, keys: KeySet) -> int:
        if len(keys) > self._most:
            self.refused.append(len(keys))
            raise self._error
        self.done.append(keys.ranges)
        return len(keys)


def portions(work: Work, keys: KeySet, *, most: float, width: float = 10) -> int:
    retry = Retrier(using="default", tell=ignore)
    return in_portions(keys, work, width=width, size=TransactionSize(most, ignore), retry=retry)


KEYS = KeySet.of([(1, 5), (11, 15)])


def test_keys_are_worked_on_in_ascending_portions() -> None:
    work = Work(10)

    assert portions(work, KEYS, most=40) == 10
    assert work.done == [[(1, 4)], [(5, 5), (11, 13)], [(14, 15)]]


def test_where_their_width_does_not_matter_they_are_one_portion() -> None:
    work = Work(10)

    assert portions(work, KEYS, most=40, width=0) == 10
    assert work.done == [[(1, 5), (11, 15)]]


def test_a_portion_that_is_too_large_is_divided_until_it_is_not() -> None:
    work = Work(3)

    assert portions(work, KEYS, most=1_000) == 10
    assert work.refused == [10, 5]
    assert [key for part in work.done for first, last in part for key in range(first, last + 1)] == [
        1,
        2,
        3,
        4,
        5,
        11,
        12,
        13,
        14,
        15,
    ]


def test_one_row_that_is_too_large_is_an_error() -> None:
    with pytest.raises(OperationalError, match="writeset"):
        portions(Work(0), KEYS, most=1_000)


def test_without_keys_nothing_is_done() -> None:
    work = Work(0)

    assert portions(work, KeySet.of(), most=1) == 0


def test_the_width_of_rows_is_asked_for_where_there_are_many(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.query("INSERT INTO shop_product (name, price) VALUES ('1234', 1), ('123456', 1)")
    columns = ("id", "name")

    assert row_width(shop.alias, "shop_product", columns, 10**9) == 0  # on SQLite any transaction will do
    measured: Any = type("Features", (), {"bytes_of": "LENGTH({0})"})
    monkeypatch.setattr(module, "features", lambda _: measured)
    assert row_width(shop.alias, "shop_product", columns, module.FEW + 1) == 6
    assert row_width(shop.alias, "shop_product", columns, module.FEW) == 0
    shop.query("DELETE FROM shop_product")
    assert row_width(shop.alias, "shop_product", columns, module.FEW + 1) == 0
