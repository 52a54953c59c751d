"""The unmanaged model that mirrors a live table, as Python source."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from seeding.exceptions import SchemaError
from seeding.guessing.columns import quoted
from seeding.guessing.names import attribute
from seeding.schema.tables import ColumnSchema, Kind, TableSchema

WIDTH = 88
"""Maximum line width, where a line can be broken."""
BETWEEN_TEXTS = re.compile(r'(?<="), (?=")')
INTEGERS: tuple[tuple[str, int, int], ...] = (
    ("SmallIntegerField", -(2**15), 2**15 - 1),
    ("PositiveSmallIntegerField", 0, 2**16 - 1),
    ("IntegerField", -(2**31), 2**31 - 1),
    ("PositiveIntegerField", 0, 2**32 - 1),
    ("BigIntegerField", -(2**63), 2**63 - 1),
    ("PositiveBigIntegerField", 0, 2**64 - 1),
)
"""Field class, and the range of its column."""
PLAIN = {
    Kind.BOOLEAN: "BooleanField",
    Kind.FLOAT: "FloatField",
    Kind.DATE: "DateField",
    Kind.DATETIME: "DateTimeField",
    Kind.JSON: "JSONField",
}
FIELDS = frozenset({*PLAIN, Kind.INTEGER, Kind.DECIMAL, Kind.TEXT})
"""Kinds that have a field whatever the type's name is."""
TYPED = (
    ("uuid|uniqueidentifier", "UUIDField"), ("interval", "DurationField"), ("time(?!stamp)", "TimeField"),
    ("bytea|(?:tiny|medium|long)?blob|(?:var)?binary", "BinaryField"), ("inet[46]?", "GenericIPAddressField"),
)  # fmt: skip
"""Pattern of a type's name, and the field for it."""
NOW = re.compile(r"^\(?(current_timestamp|now|localtimestamp)\b", re.IGNORECASE)
NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
TEXT = re.compile(r"^(?:_\w+)?'((?:[^']|'')*)'(?:::[\w \[\]]+)?$")
"""A literal, optionally preceded by its character set (MySQL) or followed by its type (PostgreSQL)."""
KEYS = (("SmallAutoField", 2**15 - 1), ("AutoField", 2**31 - 1), ("BigAutoField", 2**63 - 1))
"""Field class of a key, and the highest one."""
DIGITS, SCALE = 18, 2
"""Digits and scale of a decimal if the database does not report them."""


def mirrored(schema: TableSchema) -> dict[str, ColumnSchema]:
    """The columns a model can have, without those of unsupported types and those the database computes.

    Raises SchemaError if a required column has an unsupported type.
    """
    odd = [column for column in schema.columns.values() if column.kind not in FIELDS and not _typed(column)]
    required = ", ".join(column.name for column in odd if column.name in schema.required)
    if required:
        raise SchemaError(f"{schema.name}: no value can be made for {required}: its type is none that seeders fill.")
    computed = {
        column.name
        for column in schema.columns.values()
        if column.has_default and column.default is None and column.name != schema.primary_key
    }
    return {
        name: replace(column, low=None, high=None) if column.kind is Kind.BOOLEAN else column
        for name, column in schema.columns.items()
        if column not in odd and name not in computed
    }


def counted(schema: TableSchema) -> bool:
    """Whether the server counts up the table's keys."""
    key = schema.columns.get(schema.primary_key)
    if key is None or key.kind is not Kind.INTEGER:
        return False
    return key.has_default if schema.has_row_key else key.counts


def given_key(schema: TableSchema) -> frozenset[str]:
    """The columns of the primary key that a seeder fills: all, unless the server counts it or it is a UUID of its own."""
    alone = schema.columns.get(schema.primary_key) if schema.has_row_key else None
    refers = {key.column for key in schema.foreign_keys}
    if counted(schema) or (alone is not None and _typed(alone) == "UUIDField" and alone.name not in refers):
        return frozenset()
    return frozenset(schema.key)


def holds_keys(column: ColumnSchema, key: ColumnSchema) -> bool:
    """Whether a reference column holds every key that the mirror's field for `key` may have."""
    if not isinstance(column.high, int) or not isinstance(key.high, int):
        return True
    return column.high >= next((most for _, most in KEYS if most <= key.high <= 2 * most + 1), key.high)


def narrowest(wanted: ColumnSchema, live: ColumnSchema) -> ColumnSchema:
    """The model's column, no wider than the live one."""
    lengths = [one for one in (wanted.length, live.length) if one is not None]
    limits = wanted if wanted.kind in (Kind.DECIMAL, Kind.BOOLEAN) or live.low is None else live
    return replace(
        wanted,
        length=min(lengths, default=None),
        octets=live.octets,
        low=limits.low,
        high=limits.high,
        has_default=wanted.has_default or live.has_default,
    )


def mirror(schema: TableSchema, name: str, targets: Mapping[str, str], *, meta: Sequence[str] = ()) -> list[str]:
    """The lines of the model `name`; `targets` maps reference columns to model labels, `meta` are more lines of its Meta."""
    declared = {key.column for key in schema.foreign_keys}
    unique = {key[0] for key in schema.unique if len(key) == 1}
    own_key = schema.primary_key if counted(schema) or schema.has_row_key else ""
    attributes: dict[str, str] = {}
    lines = [f"class {name}(models.Model):", f'    """One row of `{schema.name}`."""', ""]
    for column in mirrored(schema).values():
        if column.name in targets:
            stem = re.sub(r"(_id|Id|ID)$", "", column.name) or column.name
            kind, parts = _reference(column, targets[column.name], {*unique, own_key}, declared)
        else:
            stem = column.name
            kind, parts = _key(column) if column.name == own_key and counted(schema) else _field(column, unique)
        parts += ["primary_key=True"] if column.name == own_key else []
        if column.name == own_key == "id":
            attributes[column.name] = "id"
        else:
            attributes[column.name] = attribute(stem, set(attributes.values()))
        if column.name not in targets and attributes[column.name] != column.name:
            parts.append(f"db_column={quoted(column.name)}")
        lines += _call(f"{attributes[column.name]} = models.{kind}", parts, " " * 4)
    if not own_key:
        lines += _call("pk = models.CompositePrimaryKey", [quoted(attributes[name]) for name in schema.key], " " * 4)
    lines += ["", "    class Meta:", "        managed = False", f"        db_table = {quoted(schema.name)}"]
    lines += [f"        {line}" for line in meta]
    if constraints := [*_unique(schema, attributes), *_checks(schema)]:
        lines += ["        constraints = (", *(line for one in constraints for line in one), "        )"]
    return [*lines, "", "    def __str__(self) -> str:", f'        return f"{schema.name} {{self.pk}}"']


def wrapped(text: str, indent: str) -> list[str]:
    """`text` in lines that begin with `indent`, broken between string literals; unbroken if it contains an apostrophe."""
    if "'" in text:
        return [indent + text]
    lines, line = [], indent
    for part in BETWEEN_TEXTS.split(text):
        if line != indent and len(f"{line}{part},") > WIDTH:
            lines.append(line.rstrip())
            line = f"{indent} "
        line += f"{part}, "
    return [*lines, line.removesuffix(", ")]


def _call(opening: str, parts: Sequence[str], indent: str) -> list[str]:
    line = f"{indent}{opening}({', '.join(parts)})"
    if len(line) <= WIDTH:
        return [line]
    inner = indent + "    "
    return [f"{indent}{opening}(", *(line for part in parts for line in wrapped(f"{part},", inner)), f"{indent})"]


def _reference(column: ColumnSchema, target: str, unique: Collection[str], declared: Collection[str]) -> tuple[str, list[str]]:
    parts = [quoted(target), "models.DO_NOTHING", f"db_column={quoted(column.name)}", 'related_name="+"']
    parts += [] if column.name in declared else ["db_constraint=False"]
    return "OneToOneField" if column.name in unique else "ForeignKey", parts + _nullable(column) + _default(column)


def _field(column: ColumnSchema, unique: Collection[str]) -> tuple[str, list[str]]:
    parts: list[str] = []
    match column.kind:
        case Kind.INTEGER:
            kind, parts = _integer(column)
        case Kind.DECIMAL:
            kind, scale = "DecimalField", SCALE if column.scale is None else column.scale
            digits = len(str(int(column.high * 10**scale))) if isinstance(column.high, Decimal) else DIGITS
            parts = [f"max_digits={digits}", f"decimal_places={scale}"]
        case Kind.TEXT if column.values:
            members = ", ".join(quoted(value) for value in column.values)
            kind, parts = "CharField", [f"max_length={max(map(len, column.values))}"]
            parts.append(f"choices=[(member, member) for member in ({members},)]")
        case Kind.TEXT if column.length is not None:
            kind, parts = "CharField", [f"max_length={column.length}"]
        case Kind.TEXT:
            kind = "TextField"
        case _:
            kind = PLAIN.get(column.kind) or _typed(column)
    unique_part = ["unique=True"] if column.name in unique else []
    return kind, parts + unique_part + _nullable(column) + _default(column)


def _typed(column: ColumnSchema) -> str:
    """The field for a column whose type is of none of the usual kinds; empty if Django has none."""
    return next((field for pattern, field in TYPED if re.match(rf"(?:{pattern})\b", column.type_name, re.IGNORECASE)), "")


def _key(column: ColumnSchema) -> tuple[str, list[str]]:
    """The key field whose range the column holds: the widest, or a wider one with a validator if much would be left over."""
    if not isinstance(column.high, int):
        return "AutoField", []
    for name, most in KEYS:
        if most <= column.high <= 2 * most + 1:  # an unsigned column has twice the keys
            return name, []
    name = next((name for name, most in KEYS if most > column.high), KEYS[-1][0])
    return name, [f"validators=[MinValueValidator(1), MaxValueValidator({column.high:_})]"]


def _integer(column: ColumnSchema) -> tuple[str, list[str]]:
    """The narrowest field that covers the column's range, and the validators that narrow it to that range."""
    low, high = column.low, column.high
    if not isinstance(low, int) or not isinstance(high, int):
        return "IntegerField", []
    name, least, most = next((one for one in INTEGERS if one[1] <= low and high <= one[2]), INTEGERS[-1])
    if (least, most) == (low, high):
        return name, []
    return name, [f"validators=[MinValueValidator({low:_}), MaxValueValidator({high:_})]"]


def _nullable(column: ColumnSchema) -> list[str]:
    return ["null=True"] if column.nullable else []


def _default(column: ColumnSchema) -> list[str]:
    if column.default is None:
        return []
    text = TEXT.match(column.default)
    literal = text[1].replace("''", "'") if text else column.default.strip("()")
    if column.kind is Kind.DATETIME and NOW.match(column.default):
        value = "Now()"
    elif column.kind is Kind.BOOLEAN and literal.lower() in ("0", "1", "true", "false"):
        value = str(literal.lower() in ("1", "true"))
    elif column.kind in (Kind.INTEGER, Kind.FLOAT) and NUMBER.match(literal):
        value = literal
    elif column.kind is Kind.DECIMAL and NUMBER.match(literal):
        value = f'Decimal("{literal}")'
    elif column.kind is Kind.TEXT and text:
        value = quoted(literal)
    else:
        value = f"RawSQL({quoted(column.default)}, ())"
    return [f"db_default={value}"]


def _unique(schema: TableSchema, attributes: Mapping[str, str]) -> Iterator[list[str]]:
    for key in schema.unique:
        if len(key) > 1 and set(key) <= attributes.keys():
            fields = ", ".join(quoted(attributes[column]) for column in key)
            yield _constraint("UniqueConstraint", [f"fields=[{fields}]", f"name={quoted('_'.join((schema.name, *key)))}"])


def _checks(schema: TableSchema) -> Iterator[list[str]]:
    for check in schema.checks:
        clause = quoted(" ".join(check.clause.split()).replace("%", "%%"))
        condition = f"condition=models.Func(template={clause}, output_field=models.BooleanField())"
        yield _constraint("CheckConstraint", [f"name={quoted(check.name)}", condition])


def _constraint(kind: str, parts: Sequence[str]) -> list[str]:
    *lines, last = _call(f"models.{kind}", parts, " " * 12)
    return [*lines, f"{last},"]
