"""What a person may start from the browser: an action each with a permission of its own, and none in production."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from seeding.runs.lifecycle import production


class Action(StrEnum):
    """A command that can be started from the browser."""

    SEED = "seed"
    ROLL_BACK = "seed_rollback"
    RESET = "seed_reset"
    MASK = "seed_mask"
    RESTORE = "seed_snapshot"
    """Of a snapshot; each of its steps is a run of its own."""

    @property
    def permission(self) -> str:
        """The permission that it needs."""
        return PERMISSIONS[self]

    @property
    def label(self) -> str:
        """What the button that starts it says."""
        return LABELS[self]

    @property
    def commands(self) -> frozenset[str]:
        """The commands under which its runs stand in the ledger."""
        return STEPS.get(self, frozenset({self.value}))


PERMISSIONS: Mapping[Action, str] = {
    Action.SEED: "seeding.can_seed",
    Action.ROLL_BACK: "seeding.can_roll_back",
    Action.RESET: "seeding.can_reset",
    Action.MASK: "seeding.can_mask",
    Action.RESTORE: "seeding.can_reset",
}
LABELS: Mapping[Action, str] = {
    Action.SEED: "Seed",
    Action.ROLL_BACK: "Roll back",
    Action.RESET: "Reset",
    Action.MASK: "Mask",
    Action.RESTORE: "Restore",
}
STEPS: Mapping[Action, frozenset[str]] = {Action.RESTORE: frozenset({"seed", "seed_reset", "seed_rollback"})}


class Account(Protocol):
    """Somebody who is logged in."""

    def has_perm(self, perm: str) -> bool:
        """Whether they have the permission."""


def allowed(account: Account, using: str) -> frozenset[Action]:
    """What the account may start on this database: by its permissions, and nothing in production, whoever it is."""
    permitted = frozenset(action for action in Action if account.has_perm(action.permission))
    return frozenset() if permitted and production(using) else permitted
