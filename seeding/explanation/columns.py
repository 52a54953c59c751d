"""What each column of a row holds, and what it was seeded with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from seeding.comparison.same_values import is_stored
from seeding.db.redaction import REDACTED
from seeding.exceptions import SeedingError
from seeding.explanation.context import RowContext
from seeding.explanation.derivations import DerivedNow
from seeding.explanation.parents import ParentRows
from seeding.explanation.results import ExplainedColumn, ParentRow, Role
from seeding.explanation.values import dashed, text_of
from seeding.generation.value_rules.profile_rules import canonical
from seeding.models import SeedingMetadata
from seeding.schema.tables import ColumnSchema, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedRow:
    """The row as its seeder makes it, and as it compares with what is stored."""

    data: Mapping[str, Any]
    """References are row indexes."""
    resolved: Mapping[str, Any]
    """Of the columns that are compared; references are keys."""
    differing: frozenset[str]
    derived: Mapping[str, DerivedNow] = field(default_factory=dict)
    """Derived column → what it would be now."""


class ColumnExplainer:
    """Explains one row's columns; `made` is None if its values cannot be made again."""

    def __init__(self, context: RowContext, made: GeneratedRow | None) -> None:
        self._context = context
        self._made = made
        self._parents = ParentRows(context)
        self._personal = context.personal(context.table)

    def run(self) -> tuple[ExplainedColumn, ...]:
        """Every column of the table: those of the model first."""
        context = self._context
        unmodelled = [name for name in context.live.columns if name not in context.columns]
        return (
            *(self._explained(name) for name in context.columns),
            *(self._column(name, role=Role.UNKNOWN, note="the model lacks it, so it was not read") for name in unmodelled),
        )

    def _explained(self, name: str) -> ExplainedColumn:
        if self._made is None:
            return self._repeated_by_nobody(name)
        if name in self._made.derived:
            return self._derived(name, self._made)
        if name in self._made.data:
            return self._generated(name, self._made)
        if name in self._context.live.key:
            return self._column(name, role=Role.KEY)
        if name in self._made.resolved:  # compared with null
            is_same = name not in self._made.differing if self._context.stored else None
            return self._column(name, role=Role.LEFT_OUT, expected=(None,), is_same=is_same)
        return self._column(name, role=Role.LEFT_OUT, note="the model or the database fills it in")

    def _generated(self, name: str, made: GeneratedRow) -> ExplainedColumn:
        """A column that the seeder generates."""
        context, refers, note = self._context, name in self._parents.references, ""
        parents: tuple[ParentRow, ...] = ()
        is_lost = refers and name in made.resolved and made.data[name] is not None and made.resolved[name] is None
        try:
            parents = self._parents.generated(name, made.data, made.resolved) if refers else ()
        except SeedingError as error:
            note = str(error)
        if is_lost:
            note = note or "the row that it referred to is not in the ledger any more"
        expected: tuple[Any, ...] = () if is_lost else (made.resolved[name],) if name in made.resolved else ()
        is_same = name not in made.differing if context.stored and name in made.resolved and not is_lost else None
        if name not in made.resolved and not refers:
            expected, note = (made.data[name],), "not compared: the database or a derivation changes it"
        rule = self._rule(name)
        role = Role.REFERENCE if refers else Role.PROFILE if rule else Role.GENERATED
        led = self._parents.stored(name) if refers and is_same is not True and name not in self._personal else ()
        return self._column(
            name, role=role, expected=expected, is_same=is_same, rule=rule, parents=parents, found_parent=next(iter(led), None),
            note=note,
        )  # fmt: skip

    def _derived(self, name: str, made: GeneratedRow) -> ExplainedColumn:
        """A column that a derivation computes."""
        now, stored = made.derived[name], self._context.stored
        computed, note = now.value, f"from {', '.join(now.reads)}" if now.reads else ""
        if now.lacking:
            note += f"; gone: {', '.join(now.lacking)}"
        elif not computed and stored and name in made.data and name not in self._parents.references:
            computed, note = (made.data[name],), "no derivation is for this row, which keeps what was generated"
        is_same = is_stored(computed[0], stored[name], self._context.live.columns[name]) if computed and stored else None
        if name in self._personal:  # what it is derived from may be real
            computed = (REDACTED,) if computed else ()
        return self._column(name, role=Role.DERIVED, expected=computed, is_same=is_same, note=note, is_bare=True)

    def _repeated_by_nobody(self, name: str) -> ExplainedColumn:
        """A column of a row whose values cannot be made again."""
        role = Role.LOADED if self._context.entry.origin == SeedingMetadata.Origin.SOURCE else Role.UNKNOWN
        if name in self._parents.references:
            parents = () if name in self._personal else self._parents.stored(name)
            return self._column(name, role=Role.REFERENCE, parents=parents)
        is_masked = role is Role.LOADED and name in self._context.entry.masked_fields
        note = "masked when it was loaded" if is_masked else ""
        return self._column(name, role=Role.KEY if name in self._context.live.key else role, note=note)

    def _column(
        self,
        name: str,
        *,
        role: Role,
        expected: tuple[Any, ...] = (),
        is_same: bool | None = None,
        note: str = "",
        rule: str = "",
        parents: tuple[ParentRow, ...] = (),
        found_parent: ParentRow | None = None,
        is_bare: bool = False,
    ) -> ExplainedColumn:
        """The column; a personal value that is not the generated one is left out, and one that is derived (`is_bare`)."""
        found, is_personal = self._context.stored.get(name), name in self._personal
        if found is not None and is_personal and (is_bare or not is_same):
            found = REDACTED
        told = text_of(_plain(expected[0], self._context.live.columns[name])) if expected else None
        if told is not None and name in self._context.uuids:
            told = dashed(told)
        return ExplainedColumn(
            column=name,
            role=role,
            is_personal=is_personal,
            expected=told,
            is_known=bool(expected),
            found=text_of(found),
            is_same=is_same,
            rule=rule,
            parents=parents,
            found_parent=found_parent,
            note=note,
        )

    def _rule(self, name: str) -> str:
        """The profile's rule for the column in this row, as JSON; empty if there is none."""
        dataset, index = self._context.dataset, self._context.origin.index
        told = {} if dataset is None else dataset.rules.tables.get(self._context.table, {})
        return next((canonical(rule) for rule in _rules(told, name, index)), "")


def _rules(told: Mapping[str, Any], name: str, index: int) -> Iterator[Any]:
    """A table's rules for a column of the row, the one that counts first."""
    named = told.get("named", ())
    if index < len(named) and name in named[index][1]:
        yield named[index][1][name]
    yield from (rule for column, rule in told.get("relations", ()) if column == name)
    if name in told.get("columns", {}):
        yield told["columns"][name]


def _plain(value: Any, column: ColumnSchema) -> Any:
    """A generated value as a stored one is read."""
    if column.kind is Kind.BOOLEAN and isinstance(value, int):
        return bool(value)
    if column.kind is Kind.DECIMAL and isinstance(value, Decimal) and value.is_finite() and column.scale is not None:
        return value.quantize(Decimal(1).scaleb(-column.scale), ROUND_HALF_UP)
    return value
