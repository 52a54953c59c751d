"""Rules of columns that follow from something else: a row of another table, or another column of the same row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from seeding.generation.registry import near
from seeding.generation.value_rules.value_types import DAYS
from seeding.profiles.documents import Place
from seeding.profiles.rules import ColumnRules
from seeding.profiles.shares import RuleError, share_of
from seeding.profiles.tables import TableView
from seeding.schema.tables import ColumnSchema

RELATIONS = ("after", "before", "equal", "lookup")
"""Rules by which a column follows from another one of the row."""
REFERENCES = ("choose", "row", "nulls")
"""Rules that a reference may have."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the profile says about all tables."""

    tables: Mapping[str, Any]
    rules: Callable[[str, str], ColumnRules]
    """Reads the rules of a column of a table."""

    def require_rule(self, table: str, column: str, place: Place) -> None:
        """Raise RuleError unless the profile itself gives the values of the column."""
        rule = self.columns(table).get(column)
        if rule is None or (isinstance(rule, dict) and any(one in rule for one in (*RELATIONS, *REFERENCES) if one != "nulls")):
            raise RuleError(f"{table}.{column} needs a rule of its own in this profile, so that its values are known.", place)

    def columns(self, table: str) -> Mapping[str, Any]:
        """The rules of the table's columns."""
        found: Mapping[str, Any] = self.tables.get(table, {}).get("columns", {})
        return found

    def named_index(self, table: str, name: str) -> int:
        """The place of a named row; raises RuleError if the table has none of that name."""
        names = list(self.tables.get(table, {}).get("named", {}))
        if name not in names:
            hint = near(name, names) if names else "It has none in this profile."
            raise RuleError(f"{table} has no named row {name!r}. {hint}", ("row",))
        return names.index(name)

    def per(self, table: str) -> tuple[str, ...]:
        """The reference to the parent row that has a number of rows, if there is one."""
        rows = self.tables.get(table, {}).get("rows")
        return (rows["per"],) if isinstance(rows, dict) else ()


def thinned(view: TableView, column: str, rule: Mapping[str, Any]) -> str:
    """The share of rows that the rule leaves empty; raises RuleError if none may be."""
    if column in view.required or not view.columns[column].nullable:
        raise RuleError(f"{column} must have a value in every row.", ("nulls",))
    return str(share_of(rule["nulls"], ("nulls",)))


def reference(view: TableView, column: str, rule: Any, key: str, said: Said) -> dict[str, Any]:
    """How the row is chosen that the column refers to; raises RuleError for what it cannot be."""
    _refuse_reference(view, column, rule, key)
    if key == "nulls":
        return {}
    if key == "row":
        return {"row": said.named_index(view.links[column], rule["row"])}
    if rule["choose"] != "weighted" and (extra := [one for one in ("same", "weights") if one in rule]):
        raise RuleError(f'{extra[0]} needs choose = "weighted".', (extra[0],))
    return {"choose": rule["choose"], **_weights(view, column, rule, said)}


def _refuse_reference(view: TableView, column: str, rule: Any, key: str) -> None:
    target = view.links[column]
    if not isinstance(rule, dict) or key not in REFERENCES:
        raise RuleError(f"{column} refers to {target}: use {', '.join(REFERENCES)}.", (key,) if isinstance(rule, dict) else ())
    if target == view.name:
        raise RuleError(f"{column} refers to its own table, which has a shape of its own: it takes no rule.", (key,))
    if any(column in one for one in view.unique):
        raise RuleError(f"{column} is part of a unique key, which decides what it refers to.", (key,))
    if not view.is_automatic:
        raise RuleError(f"{view.seeder} decides what {column} refers to.", (key,))


def _weights(view: TableView, column: str, rule: Mapping[str, Any], said: Said) -> dict[str, Any]:
    target, made = view.links[column], dict[str, Any]()
    if same := rule.get("same"):
        for table in (view.name, target):
            said.require_rule(table, same, ("same",))
        made["same"] = same
    if weights := rule.get("weights"):
        said.require_rule(target, weights["column"], ("weights", "column"))
        if not any(weights["values"].values()):
            raise RuleError("the weights come to nothing.", ("weights", "values"))
        other = said.rules(target, weights["column"])
        keys = _keys(other, weights["values"], ("weights", "values"))
        values = [float(one) for one in weights["values"].values()]
        made["weights"] = {"column": weights["column"], "of": str(other.type), "keys": keys, "values": values}
    if rule["choose"] == "weighted" and said.per(target):
        raise RuleError(f"{target} has rows per row of another table, among which none is weighed.", ("choose",))
    if rule["choose"] == "weighted" and not made:
        raise RuleError("weighted needs same or weights.", ("choose",))
    return made


def relation(view: TableView, rules: ColumnRules, rule: Mapping[str, Any], key: str, other: ColumnRules) -> dict[str, Any]:
    """How the column follows from the `other` one; raises RuleError for what it cannot."""
    _refuse_relation(view, rules.column.name, rule[key], key)
    made: dict[str, Any] = {"lookup": _looked_up(rules, rule, other)} if key == "lookup" else {key: rule[key]}
    if key in ("after", "before"):
        low, high = rule["days"] if isinstance(rule["days"], list) else (rule["days"], rule["days"])
        if low > high:
            raise RuleError(f"{low} is more than {high}.", ("days",))
        made["days"] = [low, high]
    return {**made, "as": str(rules.type)}


def _refuse_relation(view: TableView, column: str, other: str, key: str) -> None:
    if other not in view.columns or other == column:
        known = view.columns.keys() - {column}
        raise RuleError(f"there is no other column {other!r} in {view.name}. {near_or_none(other, known)}", (key,))
    one, two = view.columns[column], view.columns[other]
    if other in view.links or two.is_generated:
        raise RuleError(f"{other} has no value of the row's own.", (key,))
    if any(column in key_columns for key_columns in view.unique):
        raise RuleError(f"{column} is part of a unique key, so it cannot follow from {other}.", (key,))
    if (column in view.required or not one.nullable) and two.nullable and other not in view.required and key != "lookup":
        raise RuleError(f"{column} must have a value in every row, and {other} may be empty.", (key,))
    if key in ("after", "before") and not {one.kind, two.kind} <= {*DAYS}:
        raise RuleError(f"{key} is for dates, and {other if one.kind in DAYS else column} is none.", (key,))
    if key == "equal" and not _takes(one, two, view.choices.get(column, ()), view.choices.get(other, ())):
        raise RuleError(f"{other} holds values that {column} does not take.", (key,))


def _takes(one: ColumnSchema, two: ColumnSchema, own: Collection[Any], others: Collection[Any]) -> bool:
    """Whether the first column takes every value that the second one takes, and that their fields offer."""
    if (one.kind, one.scale) != (two.kind, two.scale) or (one.length or 2**31) < (two.length or 2**31):
        return False
    own, others = own or one.values, others or two.values
    if own and not (others and set(others) <= set(own)):
        return False
    bounds: list[tuple[Any, Any]] = [(two.low, one.low), (one.high, two.high)]
    return all(larger >= smaller for larger, smaller in bounds if larger is not None and smaller is not None)


def _looked_up(rules: ColumnRules, rule: Mapping[str, Any], other: ColumnRules) -> dict[str, Any]:
    keys = _keys(other, rule["values"], ("values",))
    values = [rules.rule(value)["value"] for value in rule["values"].values()]
    default = rules.rule(rule["default"])["value"] if "default" in rule else None
    if default is None and (rules.required or not rules.column.nullable):
        raise RuleError(f"{rules.column.name} must have a value in every row: give a default.", ("lookup",))
    return {"column": rule["lookup"], "of": str(other.type), "keys": keys, "values": values, "default": default}


def _keys(rules: ColumnRules, told: Iterable[str], place: Place) -> list[Any]:
    """Values of a column that are spelled as keys; raises RuleError for one that it never has."""
    found = []
    for one in told:
        try:
            found.append(rules.literal(one))
        except RuleError as error:
            raise RuleError(str(error), (*place, one)) from None
    return found


def in_order(relations: Mapping[str, dict[str, Any]]) -> list[list[Any]]:
    """Columns with their relations, each after those that it follows from; raises CycleError if there is no such order."""
    needs = {column: {followed(one)} for column, one in relations.items()}
    return [[column, relations[column]] for column in TopologicalSorter(needs).static_order() if column in relations]


def followed(relation: Mapping[str, Any]) -> str:
    """The column that a relation follows from."""
    return str(relation.get("after") or relation.get("before") or relation.get("equal") or relation["lookup"]["column"])


def near_or_none(name: str, known: Iterable[str]) -> str:
    """What was probably meant, or that there is nothing."""
    return near(name, known) if [*known] else "It has none."
