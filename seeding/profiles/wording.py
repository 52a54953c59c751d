"""Words for what columns hold, and parts of what a profile says."""

from __future__ import annotations

from typing import Any

from seeding.schema.kinds import Kind
from seeding.schema.tables import ColumnSchema


def has_share(said: Any) -> bool:
    """Whether a rule of a mixture has a share of its own."""
    return isinstance(said, dict) and "share" in said


def without_share(said: Any) -> Any:
    """The rule itself."""
    return {key: one for key, one in said.items() if key != "share"} if isinstance(said, dict) else said


def kind_of(column: ColumnSchema) -> str:
    """What the column holds."""
    words = {Kind.INTEGER: "whole numbers", Kind.DECIMAL: "decimals", Kind.FLOAT: "numbers", Kind.TEXT: "texts",
             Kind.DATE: "dates", Kind.DATETIME: "moments", Kind.BOOLEAN: "true or false", Kind.JSON: "JSON",
             Kind.TIME: "times of day"}  # fmt: skip
    return words.get(column.kind, f"values of type {column.kind}")


def wanted_of(wanted: Any) -> str:
    """What a column takes."""
    return f"only {', '.join(map(str, wanted))}" if isinstance(wanted, (tuple, list)) else str(wanted)
