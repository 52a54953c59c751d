"""Deferred imports: a seeder's declaration is read without the libraries that generate its rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class DeferredModule(ModuleType):
    """Placeholder for a module, which is loaded on first access to any of its names."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        value = getattr(import_module(self.__name__), name)
        vars(self)[name] = value
        return value


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """Make an `import` of one of the modules within the block load it on first use, within the block or after it.

    A module that is already loaded stays as it is; one that is still unused at the end is not in `sys.modules`.
    """
    waiting = {name: DeferredModule(name) for name in names if name not in sys.modules}
    for name, module in waiting.items():
        module.__spec__ = find_spec(name)  # for code that checks whether it is installed
    sys.modules.update(waiting)
    try:
        yield
    finally:
        for name, module in waiting.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
