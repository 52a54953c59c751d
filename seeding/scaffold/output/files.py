"""Writes drafted seeders as new modules of the app's `seeders` package. No file is ever overwritten."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps

from seeding.exceptions import ConfigurationError
from seeding.generation.discovery import SEEDERS
from seeding.guessing.names import module_name
from seeding.scaffold.draft import Draft
from seeding.scaffold.drafts import MIRRORS
from seeding.scaffold.output.command_lines import is_installed
from seeding.scaffold.output.source import source


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to write."""

    path: Path
    text: str


def new_files(drafts: Sequence[Draft]) -> list[NewFile]:
    """One module per draft, and a missing `__init__.py`; raises ConfigurationError unless all can be written."""
    files: list[NewFile] = []
    personal = [f"{one.schema.name}.{name}" for one in drafts if one.natural_key for name in one.pii]
    if personal:
        raise ConfigurationError(
            f"{', '.join(personal)} identify real rows and seem personal, and no file gets their values: name other columns in "
            "SEEDING_AUTO_REFERRED."
        )
    for draft in drafts:
        folder, name = _folder(draft.app), module_name(draft.schema.name)
        alike = sum(
            file.path.parent == folder and re.fullmatch(rf"{name}(_\d+)?\.py", file.path.name) is not None for file in files
        )
        path = folder / (f"{name}_{alike + 1}.py" if alike else f"{name}.py")
        files.append(NewFile(path=path, text=source(draft)))
    there = [f"{file.path} exists, and no file is overwritten. Move it away first." for file in files if file.path.exists()]
    if there:
        raise ConfigurationError(*there)
    inits = [folder / "__init__.py" for folder in dict.fromkeys(file.path.parent for file in files)]
    return [NewFile(path=path, text='"""One module per table."""\n') for path in inits if not path.exists()] + files


def write(files: Sequence[NewFile]) -> None:
    """Write the files; raises ConfigurationError if one exists by now or the folder is not writable."""
    for file in files:
        try:
            file.path.parent.mkdir(exist_ok=True)
            with file.path.open("x", encoding="utf-8") as stream:
                stream.write(file.text)
        except OSError as error:
            raise ConfigurationError(f"{file.path} cannot be written: {error.strerror}.") from error


def _folder(app: str) -> Path:
    if app not in apps.app_configs:
        known = ", ".join(sorted(label for label in apps.app_configs if not is_installed(label)))
        said = (
            f"--app={app}: no such app in INSTALLED_APPS."
            if app != MIRRORS
            else "No model mirrors the table, so no app is known."
        )
        raise ConfigurationError(f"{said} Name the app of the file with --app: {known}.")
    folder = Path(apps.get_app_config(app).path)
    if is_installed(app):
        raise ConfigurationError(f"{app} is an installed package ({folder}), not part of the project. Name another --app.")
    if (folder / f"{SEEDERS}.py").exists():
        raise ConfigurationError(
            f"{folder / SEEDERS}.py is a module, and a package of that name would hide it. "
            f"Make it a package first: {SEEDERS}/__init__.py with a module in it."
        )
    return folder / SEEDERS
