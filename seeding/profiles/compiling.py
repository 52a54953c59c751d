"""A profile against the tables of a database: everything that is wrong with it, or the rules that make the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from graphlib import CycleError
from types import MappingProxyType
from typing import Any

import numpy as np

from seeding.conf.profiles import Fact
from seeding.generation.registry import near
from seeding.generation.rows import Rows
from seeding.generation.value_rules.distributions import drawn
from seeding.generation.value_rules.profile_rules import LOCALE, ProfileRules
from seeding.generation.value_rules.texts import locales
from seeding.profiles.documents import Place
from seeding.profiles.language import RULES, Fault
from seeding.profiles.linked import REFERENCES, RELATIONS, Said, in_order, near_or_none, reference, relation, thinned
from seeding.profiles.loading import Profile
from seeding.profiles.rules import SAMPLE, ColumnRules
from seeding.profiles.shares import RuleError, share_text
from seeding.profiles.tables import TableView
from seeding.schema.kinds import Kind
from seeding.schema.tables import ColumnSchema

FEWEST, MOST = 0.01, 100_000
"""Rows that a parent may have on average."""
USUAL = 10
"""About how many rows at size small a table has that the profile says nothing about."""


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """What a profile comes to in one database."""

    rules: ProfileRules
    rows: Mapping[str, int] = field(default_factory=dict)
    """Table → how many rows at size small."""


def compiled(
    profile: Profile, tables: Mapping[str, TableView], *, facts: Mapping[str, Fact], as_of: date, edge_cases: bool = True,
    locale: str = LOCALE, times: int = 1, cells: Mapping[str, int | None] = MappingProxyType({}),
) -> Compiled:  # fmt: skip
    """The rules of the profile for `tables`, which are all that there are; raises ConfigurationError with all problems.

    `times` as many rows as at size small there are to be, which unique columns must have values for. `cells` are rows per cell
    of tables that have rows already: they stay, however many rows are wanted now; None for those that no profile has decided.
    """
    compiler = _Compiler(profile, tables, as_of, locale, times)
    found = list(compiler.check())
    own = profile.data.get("facts", {})
    told: dict[str, Any] = {}
    for name, given in own.items():
        if name not in facts:
            hint = near(name, facts) if facts else "No app has any."
            found.append(Fault(place=("facts", name), words=f"there is no such fact. {hint}"))
            continue
        try:
            told[name] = facts[name].value(given)
        except ValueError as error:
            found.append(Fault(place=("facts", name), words=f"{error}: {facts[name].meaning}."))
    profile.require(found)
    cell = {table: cells.get(table, rows) for table, rows in compiler.rows.items()}
    rules = {table: {**said, **({"cell": cell[table]} if cell.get(table) else {})} for table, said in compiler.rules.items()}
    return Compiled(
        rules=ProfileRules(
            edge_cases=edge_cases,
            locale=compiler.locale,
            facts=told,
            tables={table: said for table, said in rules.items() if said},
        ),
        rows=compiler.rows,
    )


class _Compiler:
    """Reads the tables of one profile; `check` gives the faults, and fills `rules` and `rows`."""

    def __init__(self, profile: Profile, tables: Mapping[str, TableView], as_of: date, locale: str, times: int) -> None:
        self._times = times
        self.locale = locale
        self.rules: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, int] = {}
        self._said = Said(profile.data.get("tables", {}), self._of)
        self._tables = tables
        self._as_of = as_of

    def check(self) -> Iterator[Fault]:
        if self.locale not in locales():
            yield Fault(place=("locale",), words=f"Faker has no locale {self.locale!r}. {near(self.locale, locales())}")
            self.locale = LOCALE
        for table, said in self._said.tables.items():
            if table not in self._tables:
                more = "" if any(one.is_automatic for one in self._tables.values()) else " With --auto, there are more."
                yield Fault(place=("tables", table), words=f"there is no such table to seed. {near(table, self._tables)}{more}")
                continue
            view = self._tables[table]
            made: dict[str, Any] = {}
            yield from self._rows(view, said, made)
            yield from self._columns(view, said, made)
            yield from self._named(view, said, made)
            if made or table in self.rows:
                self.rules[table] = {part: told for part, told in made.items() if told}

    def _rows(self, view: TableView, said: Mapping[str, Any], made: dict[str, Any]) -> Iterator[Fault]:
        place: Place = ("tables", view.name, "rows")
        rows = said.get("rows")
        if rows is None:
            return
        if not view.is_automatic:
            words = f"{view.seeder} decides how many rows there are: use size, or a size of the profile's own."
            yield Fault(place=place, words=words)
        elif isinstance(rows, (int, float)):
            self.rows[view.name] = int(rows)
            if rows < len(said.get("named", ())):
                yield Fault(place=place, words=f"there are {len(said['named'])} named rows, and only {rows} in all.")
        else:
            yield from self._per_parent(view, rows, made)

    def _per_parent(self, view: TableView, said: Mapping[str, Any], made: dict[str, Any]) -> Iterator[Fault]:
        place: Place = ("tables", view.name, "rows")
        column = said["per"]
        if words := self._no_parent(view, column):
            yield Fault(place=(*place, "per"), words=words)
        kinds = [key for key in ("count", "range", "distribution") if key in said]
        if len(kinds) != 1:
            yield Fault(place=place, words="say how many each parent has, by one of count, range and distribution.")
            return
        low, high = said.get("range", (0, 1))
        if low > high or high == 0:
            yield Fault(place=(*place, "range"), words="give a range that rises above 0.")
        try:
            made["per"] = {"column": column, **self._children(said)}
        except RuleError as error:
            yield Fault(place=(*place, *error.place), words=str(error))
            return
        try:
            none = share_text(said.get("none", 0))
        except RuleError as error:
            yield Fault(place=(*place, "none"), words=str(error))
            return
        if none == "1":
            yield Fault(place=(*place, "none"), words="then there are no rows at all.")
        made["per"] |= {"none": none} if none != "0" else {}

    def _children(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """How many rows a parent has; raises RuleError for what gives hardly any, or too many."""
        told = {key: one for key, one in said.items() if key not in ("per", "none")}
        if "distribution" not in told:
            return told
        column = ColumnSchema(name="the number of rows", kind=Kind.FLOAT, nullable=False, has_default=False)
        made = ColumnRules(column=column, as_of=self._as_of).rule(told)
        rows = Rows(seed=0, table="profile", as_of=self._as_of, index=np.arange(SAMPLE))
        drawn_numbers = np.rint(drawn(rows, "children", made))
        if not FEWEST <= np.maximum(drawn_numbers, 0).mean() <= MOST:
            average = f"{drawn_numbers.mean():,.3g} rows on average"
            raise RuleError(f"a parent would have {average}: give more than {FEWEST}, up to {MOST:,}.")
        return {key: one for key, one in made.items() if key != "as"}

    def _no_parent(self, view: TableView, column: str) -> str:
        """Why the rows are not those of the row that the column refers to; empty if they can be."""
        if column not in view.links:
            return f"{column} is no reference of {view.name}. {near_or_none(column, view.links)}"
        if view.links[column] == view.name or column not in view.required:
            words = "refers to its own table" if view.links[column] == view.name else "may be empty"
            return f"{column} {words}, so it does not say whose the rows are."
        if (column,) in view.unique:
            return f"{column} is unique: a parent has one row at most."
        return f"{column} has a rule of its own as well." if column in self._said.columns(view.name) else ""

    def _columns(self, view: TableView, said: Mapping[str, Any], made: dict[str, Any]) -> Iterator[Fault]:
        relations: dict[str, dict[str, Any]] = {}
        for column, rule in said.get("columns", {}).items():
            place: Place = ("tables", view.name, "columns", column)
            if (fault := self._refusal(view, column, place)) is not None:
                yield fault
                continue
            try:
                for part, told in self._column(view, said, column, rule).items():
                    (relations if part == "relations" else made.setdefault(part, {}))[column] = told
            except RuleError as error:
                yield Fault(place=(*place, *error.place), words=str(error))
        for key in view.unique:
            if len(key) > 1 and set(key) <= {*made.get("columns", {}), *relations}:
                words = f"all columns of the unique key {', '.join(key)} have rules: leave one of them without."
                yield Fault(place=("tables", view.name, "columns", key[0]), words=words)
        try:
            made["relations"] = in_order(relations)
        except CycleError as error:
            place = ("tables", view.name, "columns", error.args[1][0])
            yield Fault(place=place, words=f"these columns follow from each other: {' → '.join(error.args[1])}.")

    def _column(self, view: TableView, said: Mapping[str, Any], column: str, rule: Any) -> dict[str, Any]:
        """Part of the table's rules → what the rule of one column is there; raises RuleError for what it cannot be."""
        key = next((one for one in RULES if one in rule), "value") if isinstance(rule, dict) else "value"
        if column in view.links:
            told = {"references": reference(view, column, rule, key, self._said)}
            return told | ({"thinned": thinned(view, column, rule)} if "nulls" in rule else {})
        if key in RELATIONS:
            other = self._rules(view, rule[key], 1) if rule[key] in view.columns else self._rules(view, column, 1)
            return {"relations": relation(view, self._rules(view, column, 1), rule, key, other)}
        if key == "nulls":
            return {"thinned": thinned(view, column, rule)}
        if key in REFERENCES:
            raise RuleError(f"{column} refers to no table, so {key} means nothing.", (key,))
        return {"columns": self._rules(view, column, self._most(said)).rule(rule)}

    def _named(self, view: TableView, said: Mapping[str, Any], made: dict[str, Any]) -> Iterator[Fault]:
        rows: list[list[Any]] = []
        for name, values in said.get("named", {}).items():
            own: dict[str, Any] = {}
            for column, rule in values.items():
                place: Place = ("tables", view.name, "named", name, column)
                if (fault := self._refusal(view, column, place)) is not None:
                    yield fault
                    continue
                try:
                    own[column] = self._of_named_row(view, column, rule)
                except RuleError as error:
                    yield Fault(place=(*place, *error.place), words=str(error))
            rows.append([name, own])
        if rows:
            made["named"] = rows
        for key in view.unique:
            told: dict[str, str] = {}
            for name, values in rows:
                if set(key) <= values.keys() and all("value" in values[column] for column in key):
                    other = told.setdefault(repr([values[column]["value"] for column in key]), name)
                    if other != name:
                        words = f"{', '.join(key)} is unique, and {other} has the same."
                        yield Fault(place=("tables", view.name, "named", name, key[0]), words=words)

    def _of_named_row(self, view: TableView, column: str, rule: Any) -> dict[str, Any]:
        if column in view.links:
            if not (isinstance(rule, dict) and "row" in rule):
                raise RuleError(
                    f"{column} refers to {view.links[column]}: write {{ row = NAME }}, with a named row of that table."
                )
            if any(column in key for key in view.unique):
                raise RuleError(f"{column} is part of a unique key, which decides what it refers to.", ("row",))
            if column in self._said.per(view.name):
                raise RuleError(f"{column} says whose the rows are, in the order of the other table: it is no named row's own.")
            return {"value": self._said.named_index(view.links[column], rule["row"]), "as": "integer"}
        if isinstance(rule, dict) and (key := next((one for one in RULES if one in rule), "")) not in (
            "value", "pattern", "length", "fake",
        ):  # fmt: skip
            raise RuleError(f"{key} is for many rows: a named row has a value, a pattern, a length or a fake.", (key,))
        return replace(self._rules(view, column, 1), distinct=False).rule(rule)

    def _refusal(self, view: TableView, column: str, place: Place) -> Fault | None:
        """Why the column has no rule at all."""
        if column not in view.columns:
            return Fault(place=place, words=f"there is no such column to fill. {near_or_none(column, view.columns)}")
        if view.adjustable is not None and column not in view.adjustable:
            may = (
                f"lets a profile change {', '.join(view.adjustable)}" if view.adjustable else "lets a profile change no column"
            )
            return Fault(
                place=place, words=f"{view.seeder} {may}: other tables and the app's rules follow from its columns. Use facts."
            )
        return None

    def _rules(self, view: TableView, column: str, rows: int) -> ColumnRules:
        return ColumnRules(
            column=view.columns[column],
            as_of=self._as_of,
            locale=self.locale,
            distinct=(column,) in view.unique,
            required=column in view.required,
            rows=rows,
            choices=view.choices.get(column, ()),
        )

    def _of(self, table: str, column: str) -> ColumnRules:
        return self._rules(self._tables[table], column, 1)

    def _most(self, said: Mapping[str, Any]) -> int:
        rows = said.get("rows", USUAL)
        return (rows if isinstance(rows, int) else USUAL) * self._times
