"""Shares and weights as a profile writes them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from seeding.conf.profiles import fraction
from seeding.generation.value_rules.shares import FINEST
from seeding.profiles.documents import Place


class RuleError(Exception):
    """A rule that the column cannot have; `place` is within the rule."""

    def __init__(self, words: str, place: Place = ()) -> None:
        super().__init__(words)
        self.place = place


def normalized(weights: Sequence[Fraction], place: Place) -> list[str]:
    """Weights as fractions of their sum, as texts; raises RuleError if they have none, or too fine a one."""
    whole = sum(weights, Fraction(0))
    if whole <= 0:
        raise RuleError("the weights come to nothing.", place)
    found = [one / whole for one in weights]
    if lcm(*(one.denominator for one in found)) > FINEST:
        raise RuleError(f"these shares are finer than one in {FINEST:,}: round them.", place)
    return [str(one) for one in found]


def weight_of(given: Any, place: Place) -> Fraction:
    """A weight as it is written; raises RuleError for what is none."""
    try:
        return fraction(given)
    except ValueError as error:
        raise RuleError(f"{error}.", place) from None


def share_of(given: Any, place: Place) -> Fraction:
    """A share as it is written; raises RuleError for one that cannot be kept exactly."""
    share = weight_of(given, place)
    if not 0 <= share <= 1:
        raise RuleError(f"{given} is not a share: from 0 to 1.", place)
    if share.denominator > FINEST:
        raise RuleError(f"{given} is finer than one in {FINEST:,}: round it.", place)
    return share


def share_text(given: Any) -> str:
    """A share as rules have it; raises RuleError for what is none."""
    return str(share_of(given, ()))
