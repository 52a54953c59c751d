"""For a project's own tests: what every seeder must keep, and tests on seeded databases.

`SeederContract` and `DatabaseContract` are test classes for seeders. `SeededMixin` gives a Django `TestCase` a seeded
database; the pytest plugin (`seeding.testing.plugin`) gives one to a test marked `seeded`. Each name is loaded on first use,
because pytest imports the plugin in projects that have nothing to do with seeding.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeding.testing.cases import SeededMixin
    from seeding.testing.contracts import DatabaseContract, SeederContract, generated
    from seeding.testing.databases import SeededDatabase

__all__ = ["DatabaseContract", "SeededDatabase", "SeededMixin", "SeederContract", "generated"]

_HOMES = {
    "DatabaseContract": "contracts",
    "SeededDatabase": "databases",
    "SeededMixin": "cases",
    "SeederContract": "contracts",
    "generated": "contracts",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
