"""Python names derived from database names."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container, Iterable

from django.db import models

from seeding.masking import name_words

TAKEN = frozenset(dir(models.Model)) | {"objects", "check", "pk", "id"}
"""Attributes that every model already has."""
PLURALS: tuple[tuple[str, str], ...] = (
    (r"(series|species|news)$", r"\1"),
    (r"people$", "person"),
    (r"ies$", "y"),
    (r"(ch|sh|ss|x|z|[bcnprt]us)es$", r"\1"),
    (r"(?<![su])s$", ""),
)


def singular(words: Iterable[str]) -> tuple[str, ...]:
    """The words that name one row of a table: (`order`, `lines`) → (`order`, `line`)."""
    *first, last = words
    for pattern, ending in PLURALS:
        if re.search(pattern, last) and len(last) > 3:
            return (*first, re.sub(pattern, ending, last))
    return (*first, last)


def row_words(table: str) -> tuple[str, ...]:
    """The words that name one row of the table: `orderLineItems` → (`order`, `line`, `item`)."""
    return singular(name_words(table) or ("row",))


def by_row_words(tables: Iterable[str]) -> dict[tuple[str, ...], str]:
    """Row name → table, without names that several tables share."""
    named: dict[tuple[str, ...], list[str]] = {}
    for table in tables:
        named.setdefault(row_words(table), []).append(table)
    return {words: names[0] for words, names in named.items() if len(names) == 1}


def class_name(words: Iterable[str]) -> str:
    """(`order`, `line`) → `OrderLine`."""
    name = "".join(word.capitalize() for word in words)
    return name if name[:1].isalpha() else f"Table{name}"


def camel(name: str) -> str:
    """The name of a class: `Order_products` → `OrderProducts`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[\W_]+", name))


def module_name(table: str) -> str:
    """The module for a table: `orderLineItems` → `order_line_items`."""
    name = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", table)).strip("_").lower() or "rows"
    return f"{name}_" if keyword.iskeyword(name) or name[0].isdigit() else name


def attribute(column: str, taken: Container[str]) -> str:
    """A free attribute name that Python and Django allow; the column's own name if possible."""
    name = re.sub(r"_{2,}", "_", re.sub(r"\W", "_", column)).strip("_") or "column"
    if name[0].isdigit():
        name = f"column_{name}"
    while name in taken or name in TAKEN or keyword.iskeyword(name):
        name = f"{name}_column"
    return name
