"""Expressions for a column by what its field and its type say: choices, typed values, and what validators ask for.

They are alternatives, the likeliest first: the first that field, table and engine take is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.guessing.column_words import PHONE, PHONES
from seeding.guessing.columns import BY_KIND, Guess, guess, quoted
from seeding.guessing.privileges import gives_power, powerless
from seeding.schema.tables import ColumnSchema, Kind
from seeding.uploads import SIDE, measured, name_expression

MEMBERS = 20
"""How many of a long list of choices are written."""
NUMBER = "numerals(rows.index + 1)"
OBJECTS = "pl.Series([{}] * len(rows), dtype=pl.Object)"
FULL = ('{"row": 1}', '["row"]', "[1]")
"""Objects and lists for fields that must not be empty."""
UUIDS = '"00000000000040008000" + numerals(rows.index, 12)'
IPV4 = (
    '"10." + numerals(rows.index // 62_500 % 250) + "." + numerals(rows.index // 250 % 250) + "." + numerals(rows.index % 250)'
)
TYPES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("uuid|uniqueidentifier", ("UUIDField",), (UUIDS,)),
    ("interval|duration", ("DurationField",), ('pl.Series((rows.index + 1) * 60_000_000).cast(pl.Duration("us"))',)),
    (r"time(?:\(\d\))?(?: without time zone)?$", ("TimeField",),
     ("pl.Series(rows.index * 61 % 86_400 * 1_000_000_000).cast(pl.Time)",)),
    ("bytea|(?:tiny|medium|long)?blob|(?:var)?binary", ("BinaryField",), (f"{NUMBER}.cast(pl.Binary)",)),
    ("inet", ("GenericIPAddressField", "InetAddressField"), (IPV4, f'"2001:db8::1:" + {NUMBER}')),
    ("cidr", ("CidrAddressField",), (
        '"10." + numerals(rows.index // 250 % 250) + "." + numerals(rows.index % 250) + ".0/24"',)),
    ("macaddr", ("MACAddressField",), (
        '"02:00:00:00:" + numerals(rows.index // 90 % 90 + 10) + ":" + numerals(rows.index % 90 + 10)',)),
    ("xml", (), (f'"<row>" + {NUMBER} + "</row>"',)),
    ("hstore", ("HStoreField",), (OBJECTS.format("{}"),)),
    ("jsonb?", (), (OBJECTS.format("{}"), OBJECTS.format("[]"))),
    (r".*\[\]$|array", ("ArrayField",), ("pl.Series([[]] * len(rows), dtype=pl.List(pl.String))", OBJECTS.format("[]"))),
    (r"\w+range", ("RangeField",), (OBJECTS.format("(None, None)"), 'pl.repeat("empty", len(rows), eager=True)')),
)  # fmt: skip
"""Pattern of a type, names of fields, and expressions of which each gives every row another value as far as the type can."""
SAME = ("json", "hstore", "array", "range")
"""Types for which they give every row the same value."""
GUESSED = frozenset({*BY_KIND, Kind.TEXT, Kind.JSON})
"""Kinds that are guessed by the column's name."""
LIKE = (
    ("(?:n?var)?char|character|(?:tiny|medium|long)?text|citext|clob", Kind.TEXT), (r"\w*int(?:eger)?\b|serial", Kind.INTEGER),
    ("decimal|numeric|money", Kind.DECIMAL), ("double|real|float", Kind.FLOAT), ("bool", Kind.BOOLEAN),
    ("timestamp|datetime", Kind.DATETIME), ("date", Kind.DATE),
)  # fmt: skip
"""Pattern of a type → what a field of an unknown class most likely takes."""
TEXTS = (
    f'"row-" + {NUMBER}', f'"row" + {NUMBER}', f'"ROW" + {NUMBER}', f"{NUMBER}", f'"person" + {NUMBER} + "@example.com"',
    f'"https://example.com/" + {NUMBER}', f'"row" + {NUMBER} + ".example.com"', PHONE, '"1" + numerals(rows.index, 5)',
    IPV4, UUIDS, f'"/row" + {NUMBER} + "/"',
)  # fmt: skip
"""What validators and custom fields may ask for; every row has another text."""
WORDS = ("en", "US", "USD", "UTC", "#336699", "+12015550123", "2026-01-31", "a", "{}", "[]", "1.0", "1", "")
NUMBERS = (1, 0, 2, 10, 100, -1)
CLAUSE = re.compile(r"'((?:[^']|'')*)'|(-?\d+)(?![\d.])")
"""A text or a whole number in a CHECK."""


def guesses(
    field: models.Field[Any, Any] | None,
    column: ColumnSchema,
    label: str,
    connection: BaseDatabaseWrapper,
    *,
    distinct: bool = False,
    clauses: tuple[str, ...] = (),
    members: Sequence[Any] = (),
) -> Iterator[Guess]:
    """How to fill the column; `clauses` are the table's CHECKs of it, `members` those of its choices that are left, if not all.

    Every row gets another value if `distinct`.
    """
    if isinstance(field, models.FileField):
        empty = field.blank and not distinct
        yield Guess(expression='pl.repeat("", len(rows), eager=True)' if empty else name_expression(field), distinct=not empty)
        return
    if field is not None and not distinct and measured(field):
        yield Guess(expression=f"pl.repeat({SIDE}, len(rows), eager=True)")
    if choices := members or [*chosen(field)]:
        yield member(column.name, choices, distinct=distinct)
    yield from _typed(field, column, connection, distinct=distinct)
    like = column if column.kind in GUESSED else _like(field, column, connection)
    if like is None:
        return
    first = guess(like, label, distinct=distinct)
    if not distinct or first.distinct:
        yield first
    if like.kind is Kind.TEXT:
        for text in TEXTS:
            limited = text == PHONE
            yield Guess(expression=text, distinct=distinct or not limited, capacity=PHONES if distinct and limited else None)
    if not distinct:
        structured = like.kind is Kind.JSON or (like.kind is Kind.TEXT and _is_custom(field))
        yield from (Guess(expression=OBJECTS.format(text)) for text in FULL if structured)
        yield from (Guess(expression=text) for text in _constants(field, like, clauses))


def _is_custom(field: models.Field[Any, Any] | None) -> bool:
    """Whether the field's class is not Django's: it may hold lists as texts."""
    return field is not None and not type(field).__module__.startswith("django.")


def varies(field: models.Field[Any, Any]) -> bool:
    """Whether the field's default is another one every time: a clock's, a random one. Not of keys, which the engine makes."""
    return not field.is_relation and not field.primary_key and field.get_default() != field.get_default()


def chosen(field: models.Field[Any, Any] | None) -> dict[Any, str]:
    """The choices of a model's field, or what a CHECK of the model allows, that a row can have → their labels."""
    choices = [] if field is None else field.flatchoices if field.choices else [(one, str(one)) for one in _allowed(field)]
    held = {value: label for value, label in choices if isinstance(value, (str, int)) and value != ""}
    kept = powerless([*held], [*held.values()]) if len({type(value) for value in held}) == 1 else []
    return {value: str(held[value]) for value in kept}


def _allowed(field: models.Field[Any, Any]) -> list[Any]:
    """The values that a CHECK of the model allows the field, if one lists them."""
    constraints = field.model._meta.constraints if hasattr(field, "model") else []
    checks = [one.condition for one in constraints if isinstance(one, models.CheckConstraint)]
    return next((found for found in (_listed(one, field.name) for one in checks) if found), [])


def _listed(condition: object, name: str) -> list[Any]:
    if isinstance(condition, tuple):
        lookup, value = condition
        exact = [value] if lookup in (name, f"{name}__exact") else []
        return list(value) if lookup == f"{name}__in" and isinstance(value, (list, tuple, set, frozenset)) else exact
    if not isinstance(condition, models.Q) or condition.negated:
        return []
    parts = [_listed(one, name) for one in condition.children]
    if condition.connector == models.Q.AND:
        return next((part for part in parts if part), [])
    return [*chain.from_iterable(parts)] if condition.connector == models.Q.OR and all(parts) else []


def member(name: str, values: Sequence[Any], *, distinct: bool) -> Guess:
    """One of the values, which are all texts or all numbers, MEMBERS at most unless `distinct`."""
    shown = values if distinct else values[:MEMBERS]
    capacity = len(shown) if distinct else None
    if isinstance(shown[0], str):
        members = f"({', '.join(map(quoted, shown))}{',' if len(shown) == 1 else ''})"
        text = f"take({members}, rows.index)" if distinct else f"rows.choose({quoted(name)}, {members})"
    else:
        index = "rows.index" if distinct else f"rows.integers({quoted(name)}, 0, {len(shown)})"
        text = f"pl.Series({[*shown]}).gather({index})"
    return Guess(expression=text, distinct=distinct, capacity=capacity)


def _typed(
    field: models.Field[Any, Any] | None, column: ColumnSchema, connection: BaseDatabaseWrapper, *, distinct: bool
) -> Iterator[Guess]:
    classes = set() if field is None else {base.__name__ for base in type(field).__mro__}
    written = _written(field, column, connection)
    known = not classes.isdisjoint(chain.from_iterable(fields for _, fields, _ in TYPES))
    for pattern, fields, expressions in TYPES:
        if not classes.isdisjoint(fields) if known else re.match(rf"(?:{pattern})\b", written, re.IGNORECASE):
            same = any(word in pattern for word in SAME)
            if not (distinct and same):
                yield from (Guess(expression=text, distinct=not same) for text in expressions)


def _written(field: models.Field[Any, Any] | None, column: ColumnSchema, connection: BaseDatabaseWrapper) -> str:
    """The type of the column, as the field or the server writes it."""
    return (field.db_type(connection) if field is not None else "") or column.type_name


def _like(field: models.Field[Any, Any] | None, column: ColumnSchema, connection: BaseDatabaseWrapper) -> ColumnSchema | None:
    """The column as one of a kind that its type suggests."""
    written = _written(field, column, connection)
    kind = next((kind for pattern, kind in LIKE if re.match(pattern, written, re.IGNORECASE)), None)
    return None if kind is None or written.endswith("]") else replace(column, kind=kind)


def _constants(field: models.Field[Any, Any] | None, column: ColumnSchema, clauses: tuple[str, ...]) -> Iterator[str]:
    found = [match.groups() for clause in clauses for match in CLAUSE.finditer(clause)]
    default = None if field is None or callable(field.default) or not field.has_default() else field.default
    if column.kind is Kind.TEXT:
        words = [*([default] if isinstance(default, str) else []), *(text for text, _ in found if text is not None), *WORDS]
        yield from (f"pl.repeat({quoted(str(word))}, len(rows), eager=True)" for word in words)
    near = [int(number) + step for _, number in found if number for step in (0, 1, -1)]
    limits = [getattr(one, "limit_value", None) for one in (() if field is None else field.validators)]
    near += [int(limit) + step for limit in limits if isinstance(limit, (int, float, Decimal)) for step in (0, 1, -1)]
    numbers = dict.fromkeys([*([int(default)] if isinstance(default, (int, float)) else []), *near, *NUMBERS])
    if column.kind is Kind.INTEGER:
        yield from (f"pl.repeat({number}, len(rows), eager=True)" for number in numbers)
    elif column.kind is Kind.FLOAT:
        yield from (f"pl.repeat({number}.0, len(rows), eager=True)" for number in numbers)
    elif column.kind is Kind.DECIMAL:
        yield from (f"decimals(rows.index * 0 + {number}, 0)" for number in numbers)
    elif column.kind is Kind.BOOLEAN:
        allowed = (False,) if gives_power(column.name) else (False, True)
        yield from (f"pl.repeat({value}, len(rows), eager=True)" for value in allowed)
