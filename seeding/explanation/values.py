"""Values as texts, the same whether they were generated or read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

DIGITS = re.compile(r"\b[0-9a-f]{32}\b")
BYTES = (bytes, bytearray, memoryview)


def text_of(value: Any) -> str | None:
    """A value for a person: JSON as JSON, bytes in hexadecimal digits, a moment in UTC; null stays None."""
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, BYTES):
        return f"0x{bytes(value).hex()}"
    if isinstance(value, datetime):
        return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat(" ")
    return str(value)


def dashed(text: str) -> str:
    """A text with dashes in the UUIDs that it holds, which some servers keep without."""
    return DIGITS.sub(lambda found: str(UUID(found[0])), text)
