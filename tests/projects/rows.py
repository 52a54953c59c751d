"""What the models themselves say of their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

MOST = 50
"""Rows of a model that are asked."""


def invalid(model: type[models.Model], real: Collection[Any] = (), using: str = "default") -> tuple[int, Counter[str]]:
    """How many rows were asked, and what was wrong → rows; `real` are the keys of rows that were there before."""
    rows = [row for row in model._base_manager.using(using).order_by("pk")[: MOST + len(real)] if row.pk not in real][:MOST]
    found: Counter[str] = Counter()
    for row in rows:
        try:
            with _scopes_disabled():
                row.full_clean()
        except ValidationError as error:
            told: Mapping[str, Any] = error.message_dict
            found["; ".join(f"{name}: {' '.join(map(str, words))}" for name, words in told.items())[:200]] += 1
        except Exception as error:  # noqa: BLE001 - a model's own code
            found[f"{type(error).__name__}: {error}"[:200]] += 1
    return len(rows), found


def _scopes_disabled() -> AbstractContextManager[object]:
    """Where django-scopes is installed, models ask of all tenants, as their own tests do."""
    if find_spec("django_scopes") is None:
        return nullcontext()
    disabled: AbstractContextManager[object] = import_module("django_scopes").scopes_disabled()
    return disabled
