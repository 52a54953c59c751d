"""What a person can do about a database's error."""

from __future__ import annotations

import pytest
from django.db import OperationalError, ProgrammingError

from seeding.db.error_hints import hint
from tests.unit.db.errors import stated

BY_CODE = {
    "lacks a right": (1044, 1142, 1143, 1227, 1370),
    "rejects the account": (1045, 1698),
    "read-only": (1290, 1792, 1836),
    "disk is full": (3, 28, 1021, 1026, 1114),
    "max_allowed_packet": (1153,),
    "single-primary mode": (3098,),
    "no free connections": (1040,),
}
BY_STATE = {
    "lacks a right": ("42501",),
    "rejects the account": ("28000", "28P01"),
    "read-only": ("25006",),
    "disk is full": ("53100",),
    "no free connections": ("53300",),
}


@pytest.mark.parametrize(("words", "code"), [(words, code) for words, codes in BY_CODE.items() for code in codes])
def test_a_number_has_its_advice(words: str, code: int) -> None:
    assert words in hint(OperationalError(code, "the server's own words"))


@pytest.mark.parametrize("attribute", ["sqlstate", "pgcode"])
@pytest.mark.parametrize(("words", "state"), [(words, state) for words, states in BY_STATE.items() for state in states])
def test_a_state_has_its_advice(words: str, state: str, attribute: str) -> None:
    assert words in hint(stated(ProgrammingError("words"), state, attribute))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("attempt to write a readonly database", "read-only"),
        ("database or disk is full", "disk is full"),
        ("disk I/O error", "Is it full, or failing?"),
    ],
)
def test_an_error_without_a_number_goes_by_its_words(said: str, words: str) -> None:
    assert words in hint(OperationalError(said))


@pytest.mark.parametrize(
    "error",
    [
        OperationalError(2013, "Lost connection"),
        OperationalError(9999, "disk I/O error"),  # it has a number, which says nothing
        stated(OperationalError("disk is full"), "57014"),
        stated(OperationalError("disk is full"), None),
        OperationalError("database is locked"),
        OperationalError(),
        ValueError("x"),
    ],
)
def test_about_other_errors_there_is_nothing_to_add(error: BaseException) -> None:
    assert hint(error) == ""
