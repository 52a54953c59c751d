"""What must be true of the seeded data, as rules that are checked in the database itself.

A rule finds the seeded rows of one table that break it; it can compare them with any existing row. Rules are discovered,
never listed: every `Invariant`, alone or in a tuple, in the `invariants` module or package of an app.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.lookups import Exact

from seeding.generation.discovery import BrokenModule, modules

PACKAGE = "invariants"

Breaking = models.QuerySet[Any] | Iterable[Any]
"""The rows that break a rule: a queryset (of models or values), or their primary keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What a rule checks."""

    rows: models.QuerySet[Any]
    """Seeded rows of the rule's table: all of them, or a part at a time if there are many."""
    as_of: date
    """The dataset's last day."""


Check = Callable[[Seeded], Breaking]
"""Finds the rows that break a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """One rule."""

    name: str
    sentence: str
    """What is true where the rule holds."""
    model: type[models.Model]
    reads: tuple[type[models.Model], ...]
    """The other tables it reads, and its own where it compares rows with each other; if one is missing or lacks a column, the
    rule is not checked."""
    breaking: Check

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table it needs, its own first."""
        return tuple(model._meta.db_table for model in (self.model, *self.reads))


def invariant(
    model: type[models.Model], *reads: type[models.Model], name: str = "", sentence: str = ""
) -> Callable[[Check], Invariant]:
    """Make a rule about `model` from a function; `name` and `sentence` default to the function's name and docstring."""

    def decorate(function: Check) -> Invariant:
        return Invariant(
            name=name or getattr(function, "__name__", "").replace("_", "-"),
            sentence=sentence or " ".join((function.__doc__ or "").split()),
            model=model,
            reads=reads,
            breaking=function,
        )

    return decorate


def unless(rows: models.QuerySet[Any], *right: Combinable | models.Q, **lookups: Any) -> models.QuerySet[Any]:
    """The rows not known to meet the conditions: like `exclude`, but a comparison with NULL does not count as met."""
    condition = models.When(models.Q(*right, **lookups), then=models.Value(1))
    met = models.Case(condition, default=models.Value(0), output_field=models.IntegerField())
    found: models.QuerySet[Any] = rows.filter(Exact(met, 0))
    return found


def discover() -> tuple[list[Invariant], list[BrokenModule]]:
    """Every rule of the installed apps, in the order of their modules, and the modules that could not be imported."""
    found: dict[int, Invariant] = {}
    declaring, broken = modules(PACKAGE)
    for module in declaring:
        for value in vars(module).values():
            listed = value if isinstance(value, tuple) else (value,)
            found |= {id(one): one for one in listed if isinstance(one, Invariant)}
    return list(found.values()), broken
