"""What the row that reserves keys on a cluster would leave behind."""

from __future__ import annotations

import pytest

from seeding.safety import Touch
from seeding.safety.catalogues import Relation
from seeding.safety.shared_keys import traces
from seeding.safety.triggers import Trigger
from seeding.schema.key_counters import KeyCounter

NOTES, COUNTS = "INSERT INTO notes (id) VALUES (1)", "SET NEW.name = LOWER(NEW.name)"


def relation(*triggers: Trigger, is_shared: bool = True) -> Relation:
    return Relation(name="lots", key=("id",), keys=KeyCounter(is_shared=is_shared), triggers=triggers)


def trigger(body: str, events: Touch, timing: str = "AFTER") -> Trigger:
    return Trigger(name="noting", timing=timing, events=events, language="sql", body=body)


@pytest.mark.parametrize(
    ("body", "events", "timing", "refused"),
    [
        (NOTES, Touch.INSERT, "AFTER", True),
        (NOTES, Touch.DELETE, "BEFORE", True),
        (NOTES, Touch.UPDATE, "AFTER", False),
        (COUNTS, Touch.INSERT, "BEFORE", False),
    ],
)
def test_a_trigger_that_would_note_it_is_named(body: str, events: Touch, timing: str, *, refused: bool) -> None:
    found = list(traces(relation(trigger(body, events, timing)), keeps_history=False))

    assert bool(found) is refused
    if refused:
        ((cause, remedy),) = found
        assert cause == (
            f"has the trigger noting ({timing} {events.name}), which would note a row that never was: several nodes of this "
            "cluster accept writes, and its keys are reserved by a row that is inserted and deleted again"
        )
        assert remedy == "disable or drop it for the command, leave the table out, or seed a single node"


def test_a_history_would_keep_it() -> None:
    ((cause, _),) = traces(relation(), keeps_history=True)

    assert cause.startswith("keeps the history of its rows (it is system-versioned), and several nodes")


def test_a_single_server_has_no_such_row() -> None:
    assert list(traces(relation(trigger(NOTES, Touch.INSERT), is_shared=False), keeps_history=True)) == []
