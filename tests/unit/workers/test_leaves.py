"""Who may commit, and what becomes of a task whose workers are lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from seeding.locks import Grant
from seeding.locks.sqlite import SQLiteLock
from seeding.orchestration.tasks import Done, Lost, SeedingTask
from seeding.telemetry.events import Event
from seeding.workers.leaves import Leaves

TASK = SeedingTask(seeder="ProductSeeder")


class Admitting(SQLiteLock):
    """Gives a new leave each time it is asked."""

    def admit(self, slot: int) -> Grant:
        self.given = getattr(self, "given", 0) + 1
        return Grant(slot=slot, generation=7, first_beat=self.given, undoes=False)


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def leaves(told: list[Event]) -> Leaves:
    context: Any = SimpleNamespace(lock=Admitting("default", "seed", told.append), retry=lambda call: call(), tell=told.append)
    return Leaves(context)


def grant(task: SeedingTask | Any) -> Grant:
    assert task.grant is not None
    found: Grant = task.grant
    return found


def test_a_lane_keeps_its_leave_until_its_worker_is_lost(leaves: Leaves) -> None:
    first, again, other = leaves.given(1, TASK), leaves.given(1, TASK), leaves.given(2, TASK)
    assert grant(first) == grant(again)
    assert grant(other) != grant(first)

    assert leaves.lost(1, TASK, "A worker has died", 1) is None

    assert grant(leaves.given(1, TASK)) not in {grant(first), grant(other)}
    assert grant(leaves.given(2, TASK)) == grant(other)


def test_what_was_committed_by_a_leave_goes_with_it(leaves: Leaves) -> None:
    begun = grant(leaves.given(1, TASK))
    advanced = Grant(slot=1, generation=7, first_beat=begun.first_beat + 100, undoes=False)

    leaves.ended(1, Done(task=TASK, outcome=Lost(words=""), grant=advanced))

    assert grant(leaves.given(1, TASK)) == advanced


def test_a_task_that_has_cost_three_workers_is_given_up(leaves: Leaves, told: list[Event]) -> None:
    ends = [leaves.lost(1, TASK, "A worker has died of signal 9", 1, counts=counts) for counts in (True, False, True, True)]

    assert ends[:3] == [None] * 3
    assert isinstance(ends[3], Done)
    assert ends[3].outcome == Lost(
        words="A worker has died of signal 9 at ProductSeeder, the 3rd in a row. Is there memory enough?"
    )
    assert [one.message for one in told] == ["A worker has died of signal 9 at ProductSeeder; another one takes over"] * 4
    assert leaves.ended(1, Done(task=TASK, outcome=Lost(words=""))).attempts == 4
