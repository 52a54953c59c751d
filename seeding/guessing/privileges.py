"""What would give a seeded account power over anything: such a flag is never set, and such a role never chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from seeding.masking import name_words

FLAGS = frozenset(
    "superuser superadmin sysadmin admin admins administrator administrators staff root owner moderator privileged".split()
)
"""Words in the name of a flag."""
ROLES = FLAGS | frozenset({"super", "master", "sudo"})
"""Words of a member of an enumeration."""
ABILITIES = frozenset("change create delete edit manage administer moderate approve invite impersonate publish".split())
"""What a flag `can_…` allows."""
T = TypeVar("T")


def gives_power(name: str) -> bool:
    """Whether a flag of that name gives power: `is_superuser`, `isAdmin`, `can_delete_users`."""
    words = name_words(name)
    return not FLAGS.isdisjoint(words) or (words[:1] == ("can",) and not ABILITIES.isdisjoint(words))


def powerless(members: Sequence[T], labels: Sequence[object]) -> list[T]:
    """The members of an enumeration that give no power, by their own words and their labels'; all if none is left."""
    kept = [
        one
        for one, label in zip(members, labels, strict=True)
        if ROLES.isdisjoint(name_words(str(one))) and ROLES.isdisjoint(name_words(str(label)))
    ]
    return kept or list(members)
