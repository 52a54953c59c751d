"""Generic references of seeded rows whose keys are texts: no server compares them with the keys that they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from seeding.db.sql import every_row
from seeding.keys import KeySet
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.references import attributes, generic_references
from seeding.verification.results import EXAMPLES, Verdict

PORTION = 500
"""Keys that are looked for at once."""
Kinds = Mapping[int, type[models.Model]]
"""What the numbers of content types mean; only models whose tables are there."""


def textual_verdicts(
    using: str, model: type[models.Model], keys: KeySet, identity: RowIdentity | None, kinds: Kinds
) -> Iterator[Verdict]:
    """One verdict for each such reference of the rows `keys`, and each model that they refer to by it."""
    named = attributes(model)
    for kind, key, textual in generic_references(model):
        for number, target in kinds.items() if textual else ():
            looked_at, broken = 0, list[str]()
            for condition in keys.conditions() if identity is None else identity.conditions(model, keys):
                rows = every_row(model, using).filter(condition, **{named[kind]: number, f"{named[key]}__isnull": False})
                told = rows.values_list("pk", named[key]).iterator()
                while portion := tuple(islice(told, PORTION)):
                    looked_at += len(portion)
                    broken += _leading_nowhere(using, target, portion)
            if looked_at:
                table, other = model._meta.db_table, target._meta.db_table
                yield Verdict(
                    rule=f"{table}.{key} leads to {other}",
                    sentence=f"Every {key} names a row of {other}.",
                    table=table,
                    looked_at=looked_at,
                    broken=len(broken),
                    examples=tuple(broken[:EXAMPLES]),
                )


def _leading_nowhere(using: str, target: type[models.Model], rows: tuple[tuple[Any, Any], ...]) -> list[str]:
    meant = {own: _read(target, text) for own, text in rows}
    wanted = [one for one in meant.values() if one is not None]
    there = set(every_row(target, using).filter(pk__in=wanted).values_list("pk", flat=True))
    return [str(own) for own, one in meant.items() if one not in there]


def _read(target: type[models.Model], text: str) -> Any:
    """The key that a text means; None if it can be none."""
    assert target._meta.pk is not None  # every model has a key
    try:
        return target._meta.pk.to_python(text)
    except ValidationError:
        return None
