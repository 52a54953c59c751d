"""The expressions that a profile's rules put in place of guesses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seeding.generation.seeders import RecordCount
from seeding.generation.value_rules.evaluation import has_units
from seeding.generation.value_rules.families import RowsPerParent
from seeding.generation.value_rules.profile_rules import ProfileRules
from seeding.generation.value_rules.value_types import ValueType
from seeding.guessing.columns import Guess, quoted
from seeding.guessing.references.combined_keys import Component
from seeding.schema.kinds import Kind


class Shaped:
    """What a profile says about one table, as expressions over `rows`; of a table without rules, nothing."""

    def __init__(self, profile: ProfileRules, table: str) -> None:
        self.profile = profile
        self._rules: Mapping[str, Any] = profile.tables.get(table, {})
        self._named = [values for _, values in self._rules.get("named", ())]

    @property
    def cell(self) -> int | None:
        """Rows per cell; None if the profile leaves that to the draft."""
        found: int | None = self._rules.get("cell")
        return found

    @property
    def per(self) -> str:
        """The reference to the parent row that has a number of rows; empty if none has."""
        return str(self._rules.get("per", {}).get("column", ""))

    @property
    def most(self) -> int | None:
        """How many rows a parent has at most; None if there is no limit."""
        told = self._rules.get("per", {})
        found = told.get("count") or (told["range"][1] if "range" in told else told.get("max"))
        return None if found is None else round(found)

    @property
    def capacity(self) -> int | None:
        """The most rows for which unique columns have values; None if there is no limit."""
        return min((one["capacity"] for one in self._rules.get("columns", {}).values() if "capacity" in one), default=None)

    @property
    def ruled(self) -> frozenset[str]:
        """The columns whose values are wholly the profile's."""
        return frozenset(self._rules.get("columns", ()))

    @property
    def wanted(self) -> frozenset[str]:
        """The columns that are filled because the profile has rules for them, or for others that follow from them."""
        followed = {
            one.get("after") or one.get("before") or one.get("equal") or one["lookup"]["column"]
            for _, one in self._rules.get("relations", ())
        }
        named = {column for values in self._named for column in values}
        told = {*self.ruled, *self._rules.get("references", ()), *self._rules.get("thinned", ())}
        return frozenset(followed | named | told | {column for column, _ in self._rules.get("relations", ())})

    def guess(self, column: str) -> Guess | None:
        """How the profile wants the column filled; None if it leaves that to the draft."""
        rule = self._rules.get("columns", {}).get(column)
        if rule is None:
            return None
        kind, distinct = ValueType.of(rule["as"]), bool(rule.get("distinct")) or "sequence" in rule
        if any(column in one for one in self._named) or not has_units(rule, kind):
            return Guess(expression=f"ruled(rows, {quoted(column)})", distinct=distinct)
        units = f"ruled_units(rows, {quoted(column)})"
        around = {
            Kind.DECIMAL: f"decimals({units}, {kind.scale})",
            Kind.DATE: f"rows.dates({units})",
            Kind.DATETIME: f"rows.moments({units})",
        }
        return Guess(expression=around.get(kind.kind, units))

    def reference(self, column: str, parent: Component, count: RecordCount) -> str | None:
        """How the profile chooses the row that the column refers to; None if it leaves that to the draft."""
        if column == self.per:
            return "parents_of(rows)"
        rule = self._rules.get("references", {}).get(column)
        if rule is None:
            return None
        if "row" in rule:
            return f"pl.repeat({rule['row']}, len(rows), eager=True)"
        return self._chosen(column, parent, count, rule.get("choose", "skewed"))

    def _chosen(self, column: str, parent: Component, count: RecordCount, how: str) -> str:
        if isinstance(count, RowsPerParent):
            tables, per_cell = count.lineage
            skewed = "" if how == "even" else ", skewed=True"
            return f"member_of(rows, {quoted(column)}, {list(tables)}, cell, {per_cell}{skewed})"
        if how == "weighted":
            first = parent.at("0").removesuffix(" + 0") if parent.grows else "0"
            return f"weighted(rows, {quoted(column)}, {quoted(parent.table)}, {first}, {parent.size})"
        if how == "even":
            return parent.at(f"rows.integers({quoted(column)}, 0, {parent.size})")
        return parent.at(f"rows.skewed({quoted(column)}, {parent.size}{', cell' if parent.grows else ''})")

    def finished(self, column: str, expression: str) -> str:
        """The expression with the values of named rows, and empty where the profile wants it."""
        if column in self._rules.get("thinned", {}):
            expression = f"thinned(rows, {quoted(column)}, {expression})"
        if column not in self.ruled and any(column in one for one in self._named):
            expression = f"named(rows, {quoted(column)}, {expression})"
        return expression

    def in_cells(self, expression: str, parent: RecordCount) -> str:
        """An expression of a table with a number of rows per row of `parent`: its cells are those of the parents."""
        rows, above = "rows", parent
        while isinstance(above, RowsPerParent):
            rows, above = f"rows.of({quoted(above.table)}, parents_of({rows}))", above.parent
        return re.sub(r"\bcell\b", f"(parents_of({rows}) // {above.small})", expression)
