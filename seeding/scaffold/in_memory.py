"""Drafted seeders that no file holds: the module that `seed_new` would write, run as it is."""

from __future__ import annotations

import linecache
from dataclasses import replace
from types import ModuleType
from typing import Any

from django.apps import apps
from django.apps.registry import Apps

from seeding.generation.seeders import BaseSeeder, RecordCount
from seeding.guessing.expression_names import SHAPING
from seeding.guessing.names import module_name
from seeding.scaffold.draft import Draft
from seeding.scaffold.drafts import MIRRORS
from seeding.scaffold.output.source import source


class Mirrors(Apps):
    """The models of one run in memory; they refer to each other and to the project's, which do not know them."""

    def get_registered_model(self, app_label: str, model_name: str) -> Any:
        """The model in memory, else the project's."""
        try:
            return super().get_registered_model(app_label, model_name)
        except LookupError:
            return apps.get_registered_model(app_label, model_name)


def seeder_of(draft: Draft, mirrors: Mirrors, rows: RecordCount | None = None) -> BaseSeeder:
    """The drafted seeder; if no model mirrors its table, one is made among the `mirrors`. `rows` are as many as are wanted."""
    name = f"seed --auto: {module_name(draft.schema.name)}"
    text = source(draft, meta=("apps = mirrors", f'app_label = "{MIRRORS}"'))
    module = ModuleType(name)
    vars(module).update(SHAPING, mirrors=mirrors)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)  # for tracebacks
    exec(compile(text, name, "exec"), vars(module))  # noqa: S102 - our own
    seeder: type[BaseSeeder] = vars(module)[draft.seeder_name]
    seeder.config = replace(seeder.config, version=draft.version, record_count=rows or draft.count)
    return seeder()
