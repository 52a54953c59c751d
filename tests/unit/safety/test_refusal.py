"""What a refusal says."""

from __future__ import annotations

from seeding.safety import Refusal, told

VIEW = Refusal(subject="lots", cause="is a view", remedy="leave it out")
HIDES = Refusal(subject="lots", cause="hides rows", remedy="use another account")


def test_a_refusal_is_a_sentence_of_table_cause_and_way_out() -> None:
    assert str(VIEW) == "lots is a view; leave it out."


def test_refusals_are_told_in_their_order_and_each_once() -> None:
    assert told([HIDES, VIEW, HIDES]) == "lots hides rows; use another account. lots is a view; leave it out."
    assert told([]) == ""
