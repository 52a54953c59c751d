"""Values as texts, the same whether they were generated or read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

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
