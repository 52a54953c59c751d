"""JSON that is equal as a whole is not compared part by part: a rollback compares every document that it deletes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from seeding.comparison import same_values

DOCUMENT: list[Any] = [{"id": 1, "price": "12.50", "quantities": [1, 2.5, None], "open": True}]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The parts that are compared."""
    parts, same = list[Any](), same_values.same

    def noted(expected: Any, actual: Any, *rest: Any) -> bool:
        parts.append(expected)
        return same(expected, actual, *rest)

    monkeypatch.setattr(same_values, "same", noted)
    return parts


def test_an_equal_document_is_compared_once(compared: list[Any]) -> None:
    assert same_values.same(DOCUMENT, [{**DOCUMENT[0]}])

    assert compared == [DOCUMENT]


def test_a_document_that_differs_is_compared_part_by_part(compared: list[Any]) -> None:
    spelled = [{**DOCUMENT[0], "quantities": [Decimal("1.0"), Decimal("2.50"), None]}]

    assert same_values.same([{**DOCUMENT[0], "tax": 0.1}], [{**spelled[0], "tax": Decimal("0.10")}])
    assert not same_values.same(DOCUMENT, [{**DOCUMENT[0], "quantities": [1, 2.5, 0]}])
    assert not same_values.same(DOCUMENT, [{**DOCUMENT[0], "more": None}])
    assert 0.1 in compared
