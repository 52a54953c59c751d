"""What the installed apps provide: the modules of one named package in each of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from django.apps import apps

SEEDERS = "seeders"
"""The package of an app that contains its seeders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenModule:
    """A module that could not be imported, or one class in a module that could."""

    module: str
    """With the name of the class."""
    error: Exception
    is_class: bool = False

    def __str__(self) -> str:
        return f"{self.module} cannot be {'used' if self.is_class else 'imported'}"


def modules(package: str) -> tuple[list[ModuleType], list[BrokenModule]]:
    """Import `package` of every installed app, and each module in it; returns them, and those that cannot be imported."""
    found: list[ModuleType] = []
    broken: list[BrokenModule] = []
    for name in _names(package, broken):
        try:
            found.append(importlib.import_module(name))
        except Exception as error:  # noqa: BLE001 - external code: whatever it raises is its own failure
            broken.append(BrokenModule(module=name, error=error))
    return found, broken


def _names(package: str, broken: list[BrokenModule]) -> Iterator[str]:
    for app in apps.get_app_configs():
        name = f"{app.name}.{package}"
        try:
            found = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                broken.append(BrokenModule(module=name, error=error))
            continue
        except Exception as error:  # noqa: BLE001 - as above
            broken.append(BrokenModule(module=name, error=error))
            continue
        yield name
        for module in pkgutil.iter_modules(getattr(found, "__path__", ())):
            yield f"{name}.{module.name}"
