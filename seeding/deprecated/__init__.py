"""The import paths of 0.1: they work until 0.3, with a DeprecationWarning.

`seeding.__path__` ends here, so that `import seeding.rows` finds `seeding/deprecated/rows.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any


def moved(old: str, *homes: tuple[str, ...]) -> Callable[[str], Any]:
    """A module's `__getattr__`, which warns and returns the name from its new home.

    `homes` are (module, name, …); a name that has changed stands there as `new as old`.
    """
    found = {}
    for module, *names in homes:
        for name in names:
            new, _, former = name.partition(" as ")
            found[former or new] = (module, new)

    def find(name: str) -> Any:
        if name not in found:
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        module, new = found[name]
        message = f"{old}.{name} is deprecated and goes with 0.3: import {new} from {module}."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return getattr(import_module(module), new)

    return find
