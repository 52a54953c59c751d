"""Seeders of these tables, made for a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
from django.db import models

from seeding.generation.rows import Rows, numerals
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.schema.references import column_name
from tests.integration.keys.strangers.models import Code, Emblem, Mention, Slot, Token

MOMENT = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


def _seeder(
    name: str, model: type[models.Model], made: Callable[[Rows], dict[str, Any]], count: int, *parents: str, **options: Any
) -> BaseSeeder:
    def generate_data(_: BaseSeeder, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame(made(rows))

    fields = model._meta.local_concrete_fields
    texts = tuple(column_name(one) for one in fields if isinstance(one, models.CharField) and not one.is_relation)
    config = SeederConfig(model=model, record_count=RecordCount.fixed(count), dependencies=parents, not_pii=texts, **options)
    kind: type[BaseSeeder] = type(
        name, (BaseSeeder,), {"config": config, "generate_data": generate_data, "__module__": __name__}
    )
    return kind()


def codes(*keys: str, **options: Any) -> BaseSeeder:
    """Of these codes."""
    return _seeder(
        "Codes", Code, lambda rows: {"code": [keys[one] for one in rows.index], "name": "Code " + numerals(rows.index)},
        len(keys), **options,
    )  # fmt: skip


def emblems(count: int) -> BaseSeeder:
    """Of emblems, with the bytes of no text and a part of a number that has no end."""
    return _seeder(
        "Emblems", Emblem,
        lambda rows: {
            "code": "E" + numerals(rows.index), "picture": [b"\x89\xff" + bytes([one]) for one in rows.index],
            "factor": (rows.index + 1) / 3,
        },
        count,
    )  # fmt: skip


def tokens(count: int) -> BaseSeeder:
    """Of tokens, the first three of which have a code each."""
    return _seeder(
        "Tokens", Token, lambda rows: {"label": "Token " + numerals(rows.index), "code_id": rows.index % 3}, count,
        "strangers_code",
    )  # fmt: skip


def chained(count: int) -> BaseSeeder:
    """Of tokens, each of which refers to the one before."""

    def made(rows: Rows) -> dict[str, Any]:
        before = pl.Series(rows.index - 1)
        return {"label": "Token " + numerals(rows.index), "before_id": before.set(before < 0, None)}

    return _seeder("Tokens", Token, made, count)


def mentions(count: int) -> BaseSeeder:
    """Of mentions, each of a code."""
    return _seeder("Mentions", Mention, lambda rows: {"code_id": rows.index}, count, "strangers_code")


def slots(*numbers: int) -> BaseSeeder:
    """Of these slots."""
    return _seeder(
        "Slots", Slot,
        lambda rows: {
            "number": [numbers[one] for one in rows.index], "label": "Slot " + numerals(rows.index),
            "at": pl.Series([MOMENT] * len(rows.index), dtype=pl.Datetime("us", "UTC")),
        },
        len(numbers),
    )  # fmt: skip
