"""A profile to begin with: every column of a table, what it takes, and a rule that it could have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from seeding.conf.profiles import Fact
from seeding.profiles.rules import RULED
from seeding.profiles.tables import TableView
from seeding.schema.kinds import Kind
from seeding.schema.tables import ColumnSchema

SHOWN = 12
"""The most choices that are shown."""


def example(views: Mapping[str, TableView], table: str | None, facts: Mapping[str, Fact]) -> str:
    """A TOML profile for the table, or with what the project's own seeders let it change; each rule is a comment."""
    lines = [f'description = "{f"Rows of {table}" if table else "What may be other than usual"}"', ""]
    lines += _facts(facts) if table is None or not views[table].is_automatic else []
    for name in [table] if table else sorted(name for name, one in views.items() if one.adjustable):
        lines += _table(views[name])
    return "\n".join(lines).rstrip() + "\n"


def _facts(facts: Mapping[str, Fact]) -> Iterator[str]:
    if not facts:
        return
    yield "[facts]"
    for name, one in facts.items():
        kind = {"share": "a share", "number": "a number", "integer": "a whole number"}[one.kind]
        yield f"# {name}: {one.meaning}; {kind} from {one.low} to {one.high}{f', usually {one.usual}' if one.usual else ''}"
        yield f"# {name} = {json.dumps(one.high)}"
    yield ""


def _table(view: TableView) -> Iterator[str]:
    yield f"[tables.{_key(view.name)}]"
    if view.is_automatic:
        yield "# rows = 10  # at size small"
        parents = [name for name in view.required if name in view.links and view.links[name] != view.name]
        for parent in [name for name in parents if (name,) not in view.unique]:
            yield f'# rows = {{ per = "{parent}", range = [0, 5], none = "1/10" }}'
    else:
        yield f"# {view.seeder} decides how many rows there are."
    yield ""
    yield f"[tables.{_key(view.name)}.columns]"
    for name, column in view.columns.items():
        if (view.adjustable is None or name in view.adjustable) and column.kind in RULED:
            yield from _column(view, name, column)
    yield ""


def _column(view: TableView, name: str, column: ColumnSchema) -> Iterator[str]:
    unique = "; unique" if (name,) in view.unique else ""
    if name in view.links:
        if view.links[name] != view.name and not any(name in key for key in view.unique):
            yield f"# {name}: refers to {view.links[name]}"
            yield f'# {_key(name)} = {{ choose = "even" }}'
        return
    yield f"# {name}: {_told(column)}{'' if name in view.required or not column.nullable else '; may be empty'}{unique}"
    rule = _distinct(column) if unique else _rule(column, [*view.choices.get(name, ())] or [*column.values])
    if rule is not None:
        yield f"# {_key(name)} = {_toml(rule)}"


def _told(column: ColumnSchema) -> str:
    if column.values:
        return f"one of {', '.join(column.values[:SHOWN])}"
    length = f" of at most {column.length} characters" if column.length else ""
    return f"{column.kind}{length}{f' with {column.scale} digits after the point' if column.kind is Kind.DECIMAL else ''}"


def _distinct(column: ColumnSchema) -> dict[str, Any] | None:
    if column.kind is Kind.TEXT:
        room = 12 if column.length is None else column.length
        return (
            {"sequence": {"prefix": "X-", "digits": 6}}
            if room >= 10
            else {"pattern": f"*{{{min(room, 8)}}}"}
            if room >= 4
            else None
        )
    return {"sequence": {"start": 1}} if column.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT) else None


def _rule(column: ColumnSchema, choices: list[Any]) -> dict[str, Any] | None:
    if choices and column.kind in (Kind.TEXT, Kind.INTEGER):
        shown = choices[:SHOWN]
        return {"choices": shown, "weights": [len(shown), *[1] * (len(shown) - 1)]}
    room = column.length or 80
    most = min(int(column.high), 100) if isinstance(column.high, Decimal) else 100
    found: Mapping[Kind, dict[str, Any]] = {
        Kind.TEXT: {"fake": "company"} if room >= 80 else {"length": [1, min(room, 30)]},
        Kind.INTEGER: {"range": [1, 10]},
        Kind.FLOAT: {"range": [1, 10]},
        Kind.DECIMAL: {"range": [0, most]},
        Kind.DATE: {"range": [-365, 0]},
        Kind.DATETIME: {"range": [-365, 0]},
        Kind.BOOLEAN: {"choices": {"true": "1/4", "false": "3/4"}},
    }
    return found.get(column.kind)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(name)} = {_toml(one)}' for name, one in value.items())} }}"
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)
