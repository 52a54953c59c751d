"""Constants that are a live column's default, in every server's spelling."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from seeding.comparison.changed_rows import _is_default
from seeding.schema.tables import ColumnSchema, Kind


@pytest.mark.parametrize(
    ("value", "spelled", "same"),
    [
        (True, "1", True), (True, "true", True), (True, "b'1'", True), (True, "0", False), (False, "false", True),
        ("USD", "'USD'", True), ("USD", "'USD'::character varying", True), ("USD", "'usd'", False), ("", "''", True),
        ("", None, False), (7, "7", True), (-1, "'-1'::integer", True), (7, "(7)", True), (7, "nextval('a'::regclass)", False),
        (Decimal("0.00"), "0.00", True), (Decimal("0.00"), "'0.00'::numeric", True),
    ],
)  # fmt: skip
def test_a_constant_is_the_default_if_the_table_says_the_same(value: Any, spelled: str | None, *, same: bool) -> None:
    column = ColumnSchema(name="one", kind=Kind.TEXT, nullable=False, has_default=True, default=spelled)

    assert _is_default(value, column) is same
