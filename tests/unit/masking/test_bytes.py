"""Bytes in columns of text, which SQLite lets anybody store, and in columns of bytes."""

from __future__ import annotations

import pytest

from seeding.exceptions import InsertionError
from seeding.masking.rows import _series
from seeding.masking.tables import _text
from seeding.schema.tables import ColumnSchema, Kind

NAME = ColumnSchema(name="name", kind=Kind.TEXT, nullable=True, has_default=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [(b"ann@corp.test", "ann@corp.test"), (memoryview(b"a"), "a"), (b"\x89\xff", None), (None, None), (7, "7")],
)
def test_bytes_that_are_a_text_are_looked_into(value: object, text: str | None) -> None:
    assert _text(value) == text


def test_a_column_with_bytes_among_its_texts_is_named() -> None:
    with pytest.raises(InsertionError, match="name holds a value that is no text, such as bytes"):
        _series(NAME, ("Ann", b"Bob"))
    assert _series(NAME, ("Ann", None)).to_list() == ["Ann", None]
