"""What must be true of the seeded data, as rules that are checked in the database itself.

A rule finds the seeded rows of one table that break it; it can compare them with any existing row. Rules are discovered,
never listed: every `Invariant`, alone or in a tuple, in the `invariants` module or package of an app.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import connections, models
from django.db.models.expressions import Combinable
from django.db.models.lookups import Exact

from seeding.db.error_hints import hint
from seeding.db.redaction import error_text
from seeding.db.retries import Transience, transience
from seeding.generation.discovery import BrokenModule, modules
from seeding.ledger.queries import Ledger
from seeding.schema.introspection import lacking
from seeding.verification.results import Verdict

PACKAGE = "invariants"
EXAMPLES = 5
"""How many rows that break a rule its verdict names."""

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
    """The other tables it reads; if one is missing or lacks a column, the rule is not checked."""
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


def check(using: str, invariants: Iterable[Invariant]) -> tuple[list[Verdict], list[str]]:
    """Check each rule in the database; returns the verdicts, and a sentence instead for each rule that raised.

    If nothing is seeded, nothing is checked. The database's own errors (no connection, a missing privilege) are raised.
    """
    verdicts: list[Verdict] = []
    failed: list[str] = []
    ledger, rules = Ledger(using), list(invariants)
    lacks = lacking(connections[using], (model for one in rules for model in (one.model, *one.reads)))
    dataset, identities = ledger.dataset(generated=True), ledger.identities()
    for one in rules:
        missing = tuple(part for table in one.tables for part in lacks[table])
        if missing or dataset is None:
            verdicts.append(Verdict(rule=one.name, sentence=one.sentence, table=one.tables[0], missing=missing))
            continue
        rows, keys = one.model._base_manager.using(using), ledger.generated_keys(one.tables[0])
        identity = identities.get(one.tables[0])
        conditions = keys.conditions() if identity is None else identity.conditions(one.model, keys)
        parts = [rows.filter(condition) for condition in conditions]
        try:
            verdicts.append(_verdict(one, [Seeded(rows=part, as_of=dataset.as_of) for part in parts]))
        except Exception as error:
            if transience(error) in {Transience.CONNECTION, Transience.CONTENTION} or hint(error):
                raise
            kind, words = type(error).__name__, " ".join(error_text(error).split())
            said = words if words.startswith(kind) else f"{kind}: {words}"
            failed.append(f"The rule {one.name} ({one.breaking.__module__}) failed: {said}")
    return verdicts, failed


def _verdict(rule: Invariant, parts: Iterable[Seeded]) -> Verdict:
    looked_at = broken = 0
    examples: list[str] = []
    for seeded in parts:
        looked_at += seeded.rows.count()
        breaking = rule.breaking(seeded)
        if not isinstance(breaking, models.QuerySet):
            breaking = list(breaking)
        count = breaking.count() if isinstance(breaking, models.QuerySet) else len(breaking)
        if count:
            broken += count
            examples += [_named(row) for row in islice(breaking, EXAMPLES - len(examples))]
    return Verdict(
        rule=rule.name,
        sentence=rule.sentence,
        table=rule.tables[0],
        looked_at=looked_at,
        broken=broken,
        examples=tuple(examples),
    )


def _named(row: object) -> str:
    if isinstance(row, models.Model):
        return str(row.pk)
    if isinstance(row, dict):
        return ", ".join(f"{key}={value}" for key, value in row.items())
    return str(row)
