"""What a check says of what it found."""

from __future__ import annotations

from typing import Any

import pytest

from seeding.schema.results import Difference
from seeding.verification.results import CheckReport, Verdict

HARMLESS = Difference(table="t", column="c", issue="i", expected="e", actual="a", harmless=True)
HARMFUL = Difference(table="t", column="c", issue="i", expected="e", actual="a")


def report(**values: Any) -> CheckReport:
    given = {"checks": ("schema",), "tables": 1, "differences": (), "refusals": (), "verdicts": (), "unreadable": ()}
    return CheckReport(**{**given, **values})


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({}, False),
        ({"differences": (HARMLESS,)}, False),
        ({"differences": (HARMLESS, HARMFUL)}, True),
        ({"refusals": ("no",)}, True),
        ({"unreadable": ("no",)}, False),
    ],
)
def test_a_refusal_or_a_difference_that_does_harm_refuses(values: dict[str, Any], refused: bool) -> None:  # noqa: FBT001
    assert report(**values).refused is refused


def test_one_row_that_breaks_a_rule_is_enough() -> None:
    whole, broken = (
        Verdict(rule="r", sentence="s", table="t", looked_at=9),
        Verdict(rule="r", sentence="s", table="t", broken=1),
    )

    assert not report(verdicts=(whole,)).broken
    assert report(verdicts=(whole, broken)).broken
    assert not report().broken


def test_json_has_plain_values() -> None:
    told = report(differences=(HARMFUL,), verdicts=(Verdict(rule="r", sentence="s", table="t", examples=("1",)),)).as_dict()

    assert (told["differences"][0]["harmless"], told["verdicts"][0]["examples"]) == (False, ("1",))
