"""Imports put off until somebody asks: what a seeder declares is read without the libraries that generate its rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class DeferredModule(ModuleType):
    """Stands for a module, which is loaded when somebody asks for anything in it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        value = getattr(import_module(self.__name__), name)
        vars(self)[name] = value
        return value


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """Let an `import` of one of the modules, within the block, load it at its first use, be that within the block or after it.

    What is loaded already stays as it is, and what nobody has used by the end is not among `sys.modules`.
    """
    waiting = {name: DeferredModule(name) for name in names if name not in sys.modules}
    for name, module in waiting.items():
        module.__spec__ = find_spec(name)  # for whoever asks whether it is installed
    sys.modules.update(waiting)
    try:
        yield
    finally:
        for name, module in waiting.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
