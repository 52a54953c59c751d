"""The file of a drafted seeder, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module

from django.apps import apps
from django.db import models

from seeding.guessing.columns import quoted
from seeding.guessing.expression_names import helpers, local_names
from seeding.scaffold.draft import Draft
from seeding.scaffold.output.unmanaged_models import WIDTH, mirror, wrapped

FOR_MODELS = {
    "Now()": "from django.db.models.functions import Now",
    "RawSQL(": "from django.db.models.expressions import RawSQL",
    "validators=[": "from django.core.validators import MaxValueValidator, MinValueValidator",
    "models.": "from django.db import models",
}


def source(draft: Draft, *, meta: Sequence[str] = ()) -> str:
    """A module with the seeder, and with the model if no other module defines it; `meta` are more lines of its Meta."""
    model = [] if draft.model is not None else mirror(draft.schema, draft.model_name, draft.targets, meta=meta)
    seeder = _seeder(draft)
    blocks = [
        [f'"""`{draft.schema.name}`: a draft, guessed from the table; correct what you know better."""'],
        ["from __future__ import annotations"],
        *_imports(draft, "\n".join(model)),
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return "\n\n\n".join((text, *("\n".join(part) for part in (model, seeder) if part))) + "\n"


def _imports(draft: Draft, model: str) -> Iterable[list[str]]:
    if "Decimal(" in model:
        yield ["from decimal import Decimal"]
    where = _module(draft.model)
    django = sorted(line for word, line in FOR_MODELS.items() if word in model)
    django += ["from django.apps import apps"] if (draft.model is not None and not where) or draft.refers else []
    yield ["import polars as pl", *django]
    local = local_names(draft.columns.values(), draft.count.small).values()
    base = "ExistingRows" if draft.natural_key else "BaseSeeder"
    named = helpers((*draft.columns.values(), *local))
    ours = [base, "RecordCount", "Rows", "SeederConfig", *named]
    line = f"from seeding import {', '.join(ours)}"
    yield [line] if len(line) <= WIDTH else ["from seeding import (", *(f"    {name}," for name in ours), ")"]
    if where:
        yield [f"from {where} import {draft.model_name}"]


def _module(model: type[models.Model] | None) -> str:
    """The module that the model can be imported from, that of its app's models if possible; empty if there is none."""
    if model is None:
        return ""
    package = apps.get_app_config(model._meta.app_label).models_module
    for name in (package.__name__ if package is not None else "", model.__module__):
        if name and getattr(import_module(name), model.__name__, None) is model:
            return name
    return ""


def _seeder(draft: Draft) -> list[str]:
    count = draft.count
    rows = (
        f"RecordCount(small={count.small}, medium={count.medium}, large={count.large:_})"
        if count.scales
        else f"RecordCount.fixed({count.small})"
    )
    model: str = draft.model_name
    if draft.model is not None and not _module(draft.model):  # the table of a ManyToManyField, or a model made at run time
        model = _looked_up(draft.model)
    config = [f"model={model},"]
    for option in ("dependencies", "postponed", "files", "natural_key"):
        if names := getattr(draft, option):
            config += _items(f"{option}=(", [quoted(name) for name in names], ")", tuple_of_one=True)
    if draft.refers:
        config += _items("refers={", [f"{quoted(name)}: {_looked_up(model)}" for name, model in draft.refers.items()], "}")
    config.append(f"record_count={rows},")
    if draft.shown_version is not None:
        config.append(f"version={draft.shown_version:_},")
    if draft.capacity is not None:
        config.append(f"capacity={draft.capacity:_},")
    if draft.pii:
        config += _items("pii_fields={", [f"{quoted(name)}: {quoted(kind)}" for name, kind in draft.pii.items()], "}")
    if draft.not_pii:
        config += _items("not_pii=(", [quoted(name) for name in draft.not_pii], ")", tuple_of_one=True)
    local = [f"        {name} = {text}" for name, text in local_names(draft.columns.values(), count.small).items()]
    return [
        f"class {draft.seeder_name}({'ExistingRows' if draft.natural_key else 'BaseSeeder'}):",
        f'    """{"Refers to real rows of" if draft.natural_key else "Fills"} `{draft.schema.name}`."""',
        "",
        "    config = SeederConfig(",
        *(f"        {line}" for line in config),
        "    )",
        "",
        "    def generate_data(self, rows: Rows) -> pl.DataFrame:",
        f'        """The columns of `{draft.schema.name}`."""',
        *_comment(draft),
        *local,
        *_frame(draft.columns),
    ]


def _looked_up(model: type[models.Model]) -> str:
    """An expression for a model that no module can be imported from, or whose module need not be."""
    return f"apps.get_model({quoted(model._meta.app_label)}, {quoted(model.__name__)})"


def _frame(columns: Mapping[str, str]) -> list[str]:
    if not columns:
        return ["        return pl.DataFrame(height=len(rows))"]
    return [
        "        return pl.DataFrame(",
        "            {",
        *(line for name, text in columns.items() for line in _column(name, text)),
        "            }",
        "        )",
    ]


def _items(opening: str, items: list[str], closing: str, *, tuple_of_one: bool = False) -> list[str]:
    comma = "," if tuple_of_one and len(items) == 1 else ""
    line = f"{opening}{', '.join(items)}{comma}{closing},"
    if len(line) + 8 <= WIDTH:
        return [line]
    return [opening, *(f"    {item}," for item in items), f"{closing},"]


def _comment(draft: Draft) -> list[str]:
    texts = [f"# Left to the database, or empty: {', '.join(draft.left_out)}."] if draft.left_out else []
    texts += [f"# {column}: {words}" for column, words in draft.later.items()]
    wrapper = textwrap.TextWrapper(WIDTH, " " * 8, " " * 8 + "# ", break_on_hyphens=False, break_long_words=False)
    return [line for text in texts for line in wrapper.wrap(text)]


def _column(name: str, expression: str) -> list[str]:
    """One entry of the frame; a long list of members, or a long optional value, is broken over several lines."""
    line = f"{' ' * 16}{quoted(name)}: {expression},"
    value, comma, present = expression.removeprefix("only(").rpartition(", rows.chance(")
    if len(line) > WIDTH and expression.startswith("only(") and comma:
        return [
            f"{' ' * 16}{quoted(name)}: only(",
            f"{' ' * 20}{value},",
            f"{' ' * 20}{comma.lstrip(', ')}{present.removesuffix(')')},",
            f"{' ' * 16}),",
        ]
    start = expression.find(", (")
    if len(line) <= WIDTH or not expression.startswith("rows.choose(") or start < 0:
        return [line]
    opening, column, members = "rows.choose(", expression[len("rows.choose(") : start], expression[start + 2 : -1]
    return [
        f"{' ' * 16}{quoted(name)}: {opening}",
        f"{' ' * 20}{column},",
        *wrapped(f"{members},", " " * 20),
        f"{' ' * 16}),",
    ]
