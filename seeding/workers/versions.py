"""The code that generates and writes rows, by its versions: workers with other code would make other rows."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

from django.apps import apps

from seeding.generation.seeders import BaseSeeder
from seeding.ledger.queries import generator_version

LIBRARIES = ("Django", "numpy", "polars", "pyarrow", "Faker", "cryptography")
"""Whose versions decide what rows hold, or how they are written."""
ABSENT = "absent"
PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Name → version: of Python, the libraries, this package, and each seeder with its module."""

    held: Mapping[str, str] = field(default_factory=dict)

    def differing(self, other: Versions) -> list[str]:
        """What `other` has otherwise, one phrase each."""
        names = sorted({**self.held, **other.held})
        pairs = [(name, self.held.get(name, ABSENT), other.held.get(name, ABSENT)) for name in names]
        return [f"{name} is {there} there and {here} here" for name, here, there in pairs if here != there]


def code_versions() -> Mapping[str, str]:
    """Those of this process that do not depend on seeders."""
    held = {"Python": platform.python_version(), "seeding": _digest(PACKAGE)}
    return held | {name: found for name in LIBRARIES if (found := _installed(name))}


def versions(seeders: Iterable[BaseSeeder]) -> Versions:
    """Those of this process."""
    held = dict(code_versions())
    for seeder in seeders:
        module = type(seeder).__module__
        held[f"the seeder {seeder.name}"] = f"{generator_version(seeder)} ({_digest_of_module(module)})"
        if (app := apps.get_containing_app_config(module)) is not None and not Path(app.path).is_relative_to(PACKAGE):
            held[f"the app {app.label}"] = _digest(Path(app.path))  # what its seeders import
    return Versions(held=held)


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


@cache
def _digest_of_module(name: str) -> str:
    """A digest of the module's source; empty for one made in memory, whose version says what it makes."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:8] if file else "in memory"


@cache
def _digest(folder: Path) -> str:
    """A digest of all Python files of a package."""
    digest = hashlib.sha256()
    for file in _sources(folder):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:8]


def _sources(folder: Path) -> Iterator[Path]:
    return iter(sorted(one for one in folder.rglob("*.py") if "__pycache__" not in one.parts))
