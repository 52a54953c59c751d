"""What a snapshot says, and the JSON in which it is held and exchanged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Self

from jsonschema import Draft202012Validator

from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.snapshots.values import ROW, original

VERSION = 1
MOST_ROWS = 1_000_000_000
"""Of one seeder."""
MOST_BYTES = 8_000_000
"""Of a snapshot as text: what any server takes as one value."""
Cells = Mapping[int, Mapping[str, Any]]
"""Row index → column → value, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPart:
    """One seeder's rows of one table."""

    seeder: str
    table: str
    version: str
    """The generator's."""
    rows: Sequence[Sequence[int]]
    """[first index, count] of all rows that the ledger held."""
    missing: Sequence[Sequence[int]] = ()
    """Of those, the rows that were not in the table any more."""
    edited: Cells = field(default_factory=dict)
    """What rows held instead of what was seeded; references are row indexes."""
    fingerprint: str = ""
    """Of the rows as they were; empty if some could not be compared."""

    @property
    def count(self) -> int:
        """How many rows the seeder has to make, so that all these are among them."""
        return max((first + count for first, count in self.rows), default=0)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        told: dict[str, Any] = {"seeder": self.seeder, "table": self.table, "version": self.version}
        told |= {"rows": [list(one) for one in self.rows], "fingerprint": self.fingerprint}
        told |= {"missing": [list(one) for one in self.missing]} if self.missing else {}
        return told | ({"edited": {str(index): dict(cells) for index, cells in self.edited.items()}} if self.edited else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A recipe, and what differed from it."""

    dataset: Dataset
    faker: str
    fingerprint: str
    """Of all tables; empty if rows could not be compared, or if values were left out."""
    parts: tuple[SnapshotPart, ...]
    automatic: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """(tables, excluded) of each `seed --auto` that has made some of the rows."""
    not_held: Mapping[str, int] = field(default_factory=dict)
    """What a snapshot cannot hold, in words → how many rows or values."""
    unheld: tuple[str, ...] = ()
    """Seeders that had rows which it does not hold: theirs stay."""

    @property
    def text(self) -> str:
        """As JSON, with the digest by which a change is noticed."""
        told = self._told()
        return _canonical({**told, "digest": _digest(told)})

    @classmethod
    def read(cls, text: str, where: str) -> Self:
        """From such a text; raises ConfigurationError for anything else."""
        if len(text.encode(errors="replace")) > MOST_BYTES:
            raise ConfigurationError(f"{where} is larger than {MOST_BYTES:,} bytes: no snapshot is.")
        try:
            told = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{where} is not a snapshot: it is not JSON ({error}).") from error
        if isinstance(told, dict) and isinstance(told.get("snapshot"), int) and told["snapshot"] > VERSION:
            raise ConfigurationError(f"{where} is a snapshot of version {told['snapshot']}; this release reads {VERSION}.")
        for problem in _validator().iter_errors(told):
            place = "/".join(map(str, problem.absolute_path)) or "the document"
            raise ConfigurationError(f"{where} is not a snapshot: {place}: {problem.message[:200]}.")
        if told.pop("digest") != _digest(told):
            raise ConfigurationError(f"{where} was changed after it was exported: its digest is another one. Export it again.")
        try:
            return cls._read(told)
        except (ArithmeticError, AttributeError, RecursionError, TypeError, ValueError) as error:
            raise ConfigurationError(f"{where} is not a snapshot: {error}.") from error

    def without(self, columns: Mapping[str, frozenset[str]]) -> Self:
        """The same without the values of these columns, by seeder, which are counted as not held."""
        parts, left = [], 0
        for part in self.parts:
            hidden = columns.get(part.seeder, frozenset())
            kept = {
                index: {name: one for name, one in cells.items() if name not in hidden} for index, cells in part.edited.items()
            }
            gone = sum(map(len, part.edited.values())) - sum(map(len, kept.values()))
            left += gone
            edited = {index: cells for index, cells in kept.items() if cells}
            parts.append(replace(part, edited=edited, fingerprint="" if gone else part.fingerprint))
        not_held = {**self.not_held, **({MASKED: left} if left else {})}
        return replace(self, parts=tuple(parts), not_held=not_held, fingerprint="" if left else self.fingerprint)

    def _told(self) -> dict[str, Any]:
        return {
            "snapshot": VERSION,
            "seed": self.dataset.seed,
            "as_of": self.dataset.as_of.isoformat(),
            "rules": self.dataset.rules.text,
            "faker": self.faker,
            "automatic": [{"tables": list(tables), "exclude": list(exclude)} for tables, exclude in self.automatic],
            "fingerprint": self.fingerprint,
            "not_held": dict(self.not_held),
            "unheld": list(self.unheld),
            "parts": [one.as_dict() for one in self.parts],
        }

    @classmethod
    def _read(cls, told: Mapping[str, Any]) -> Self:
        parts = [
            SnapshotPart(**{**one, "edited": {int(index): cells for index, cells in one.get("edited", {}).items()}})
            for one in told["parts"]
        ]
        for part in parts:
            if part.count > MOST_ROWS:
                raise ValueError(f"{part.table} is to have {part.count:,} rows")
        for value in (value for part in parts for cells in part.edited.values() for value in cells.values()):
            if not (isinstance(value, Mapping) and ROW in value):
                original(value)
        return cls(
            dataset=Dataset(seed=told["seed"], as_of=date.fromisoformat(told["as_of"]), rules=ProfileRules.of(told["rules"])),
            faker=told["faker"],
            fingerprint=told["fingerprint"],
            parts=tuple(parts),
            automatic=tuple((tuple(one["tables"]), tuple(one["exclude"])) for one in told.get("automatic", ())),
            not_held=told.get("not_held", {}),
            unheld=tuple(told.get("unheld", ())),
        )


MASKED = "values of classified columns, which are not exported"


@cache
def _validator() -> Draft202012Validator:
    schema = (files("seeding.snapshots") / "snapshot.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(schema))


def _canonical(told: Any) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digest(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(told).encode(errors="surrogatepass")).hexdigest()
