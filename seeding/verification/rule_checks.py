"""Which rules hold in a database, and which seeded rows break the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from django.db import connections, models
from django.db.models.query import ValuesIterable

from seeding.db.error_hints import hint
from seeding.db.redaction import error_text
from seeding.db.retries import Transience, transience
from seeding.db.sql import every_row
from seeding.generation.registry import Registry
from seeding.keys import KeySet
from seeding.ledger.queries import Ledger
from seeding.schema.introspection import lacking
from seeding.verification.changed_since import ChangedSince, Reading, statements_of
from seeding.verification.invariants import Invariant, Seeded
from seeding.verification.results import Verdict

EXAMPLES = 5
"""How many rows that break a rule its verdict names."""


def check(using: str, invariants: Iterable[Invariant], registry: Registry | None = None) -> tuple[list[Verdict], list[str]]:
    """Check each rule in the database; returns the verdicts, and a sentence instead for each rule that raised.

    With the seeders of `registry`, rows that break a rule because of what somebody has edited or inserted are counted apart.
    If nothing is seeded, nothing is checked. The database's own errors (no connection, a missing privilege) are raised.
    """
    verdicts: list[Verdict] = []
    failed: list[str] = []
    ledger, rules = Ledger(using), list(invariants)
    lacks = lacking(connections[using], (model for one in rules for model in (one.model, *one.reads)))
    dataset, identities = ledger.dataset(generated=True), ledger.identities()
    since: ChangedSince | None = None
    for one in rules:
        missing = tuple(part for table in one.tables for part in lacks[table])
        if missing or dataset is None:
            verdicts.append(Verdict(rule=one.name, sentence=one.sentence, table=one.tables[0], missing=missing))
            continue
        rows, keys = every_row(one.model, using), ledger.generated_keys(one.tables[0])
        identity = identities.get(one.tables[0])
        conditions = keys.conditions() if identity is None else identity.conditions(one.model, keys)
        parts = [rows.filter(condition) for condition in conditions]
        try:
            found = [_asked(one, using, Seeded(rows=part, as_of=dataset.as_of)) for part in parts]
            if registry is not None and since is None and any(part.count for part in found):
                since = ChangedSince(using, registry, dataset)
            verdicts.append(_verdict(one, found, since))
        except Exception as error:
            if transience(error) in {Transience.CONNECTION, Transience.CONTENTION} or hint(error):
                raise
            kind, words = type(error).__name__, " ".join(error_text(error).split())
            said = words if words.startswith(kind) else f"{kind}: {words}"
            failed.append(f"The rule {one.name} ({one.breaking.__module__}) failed: {said}")
    return verdicts, failed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What the database said of a part of a table's rows."""

    seeded: Seeded
    looked_at: int
    breaking: models.QuerySet[Any] | list[Any]
    count: int
    statements: tuple[str, ...]
    """That it was asked."""


def _asked(rule: Invariant, using: str, seeded: Seeded) -> _Part:
    looked_at = seeded.rows.count()
    with statements_of(using) as statements:
        breaking = rule.breaking(seeded)
        if not isinstance(breaking, models.QuerySet):
            breaking = list(breaking)
        count = breaking.count() if isinstance(breaking, models.QuerySet) else len(breaking)
    return _Part(seeded=seeded, looked_at=looked_at, breaking=breaking, count=count, statements=tuple(statements))


def _verdict(rule: Invariant, parts: Sequence[_Part], since: ChangedSince | None) -> Verdict:
    """The verdict on all parts; `since` tells which rows have changed since they were seeded."""
    examples: dict[bool, list[str]] = {False: [], True: []}
    counted: Counter[bool] = Counter()
    for part in (one for one in parts if one.count):
        if since is None:
            counted[False] += part.count
            examples[False] += [_named(row) for row in islice(part.breaking, EXAMPLES - len(examples[False]))]
            continue
        for row, is_changed in _judged(rule, part, since):
            counted[is_changed] += 1
            if len(examples[is_changed]) < EXAMPLES:
                examples[is_changed].append(_named(row))
    return Verdict(
        rule=rule.name,
        sentence=rule.sentence,
        table=rule.tables[0],
        looked_at=sum(part.looked_at for part in parts),
        broken=counted[False],
        examples=tuple(examples[False]),
        changed=counted[True],
        changed_examples=tuple(examples[True]),
    )


def _judged(rule: Invariant, part: _Part, since: ChangedSince) -> Iterator[tuple[Any, bool]]:
    """What breaks the rule, and whether it involves what has changed."""
    breaking = part.breaking
    told = list(_named_by_fields(breaking, rule.tables[0]) if isinstance(breaking, models.QuerySet) else breaking)
    numbers = [since.numbers(rule.tables[0], _keys(row, part.seeded.rows)) for row in told]
    quote = connections[part.seeded.rows.db].ops.quote_name("x")[0]
    reading = Reading(tables=rule.tables, statements=part.statements, quote=quote)
    changed = since.among(reading, KeySet.holding(np.array([one for own in numbers for one in own], np.int64)))
    for row, own in zip(told, numbers, strict=True):
        yield row, bool(changed.has(np.array(own, np.int64)).any())


def _named_by_fields(rows: models.QuerySet[Any], table: str) -> models.QuerySet[Any]:
    """Rows of the table as their primary keys, and values as dictionaries: a number alone need not be a key of it."""
    pk = rows.model._meta.pk
    if rows.query.default_cols:
        return rows.values_list("pk", flat=True) if rows.model._meta.db_table == table else rows
    if rows._fields not in {("pk",), (pk.name if pk else "",)}:  # type: ignore[attr-defined]  # noqa: SLF001 - not public
        rows = rows.all()
        rows._iterable_class = ValuesIterable  # noqa: SLF001 - as `values` does
    return rows


def _keys(row: object, rows: models.QuerySet[Any]) -> list[Any]:
    """The primary keys of what breaks a rule: of a row, or of the rows that have the values of a group."""
    if isinstance(row, models.Model):
        return [row.pk] if row._meta.db_table == rows.model._meta.db_table else []
    if not isinstance(row, dict):
        return [row]
    names = {name for field in rows.model._meta.concrete_fields for name in (field.name, field.attname)}
    values = {name: value for name, value in row.items() if name in names}
    return list(rows.filter(**values).values_list("pk", flat=True)) if values else []


def _named(row: object) -> str:
    if isinstance(row, models.Model):
        return str(row.pk)
    if isinstance(row, dict):
        return ", ".join(f"{key}={value}" for key, value in row.items())
    return str(row)
