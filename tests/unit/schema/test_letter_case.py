"""How names are spelled where a server ignores their letter case, and how a catalogue is asked for exactly these."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from seeding.schema.letter_case import Spelling, exactly

AMONG = "SELECT 1 FROM t WHERE t.table_name IN %s AND x IN %s"


def server(lower_case_table_names: int | None) -> Any:
    facts = {} if lower_case_table_names is None else {"mysql_server_data": {"lower_case_table_names": lower_case_table_names}}
    return SimpleNamespace(**facts)


@pytest.mark.parametrize("folds", [1, 2])
def test_a_server_that_ignores_letter_case_has_the_models_and_the_known_names(folds: int) -> None:
    spelling = Spelling(server(folds), ["oldOrders", "plain"])

    assert [spelling.of(name) for name in ("SEEDING_RUN", "oldorders", "Plain", "Unknown")] == [
        "seeding_run",
        "oldOrders",
        "plain",
        "Unknown",
    ]
    assert spelling.stored({"oldOrders", "plain"}) == ["oldOrders", "oldorders", "plain"]


@pytest.mark.parametrize("folds", [0, None])
def test_elsewhere_names_stay_as_they_are(folds: int | None) -> None:
    spelling = Spelling(server(folds), ["oldOrders"])

    assert [spelling.of(name) for name in ("oldorders", "SEEDING_RUN")] == ["oldorders", "SEEDING_RUN"]
    assert spelling.stored(("b", "A")) == ["A", "b"]


@pytest.mark.parametrize(
    ("names", "is_exact"),
    [(["users", "orders"], False), ([], False), (["users", "Users"], True), (["users", "üsers"], True), (["café"], True)],
)
def test_the_catalogue_is_asked_exactly_where_names_can_equal_others(names: list[str], is_exact: bool) -> None:  # noqa: FBT001
    asked = exactly(AMONG, names)

    assert asked == (AMONG.replace("t.table_name IN", "BINARY t.table_name IN") if is_exact else AMONG)
