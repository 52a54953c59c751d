"""Numbers formatted for people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import template
from django.utils.formats import number_format

register = template.Library()

MINUTE, HOUR = 60, 3600
DASH = "\N{EN DASH}"
"""Shown for a missing value."""


@register.filter
def grouped(number: Any) -> str:
    """1234567 → 1,234,567; from 10 on without decimals. Other values stay as they are; None is a dash."""
    if number is None:
        return DASH
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return str(number)
    places = 0 if isinstance(number, int) or number >= 10 or number == int(number) else 1
    return _rounded(number, places)


@register.filter
def span(seconds: float | None) -> str:
    """A duration: 0 s, 0.42 s, 8.3 s, 2 min 05 s, 1 h 02 min; None is a dash."""
    if seconds is None:
        return DASH
    if seconds < MINUTE:
        return f"{_rounded(seconds, 2 if 0 < seconds < 1 else 0 if seconds == int(seconds) else 1)} s"
    whole = round(seconds)
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE:02} min"


@register.filter
def stored(value: Any) -> str:
    """A value as the database stores it: JSON as JSON, a datetime in ISO format, independent of the locale."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


@register.filter
def percent(part: float, whole: float) -> str:
    """The part as a percentage of the whole, to one decimal place; 0 and 100 only if exact."""
    if not whole:
        return DASH
    share = 100 * part / whole
    if 0 < share < 0.1:  # noqa: PLR2004
        return "< 0.1 %"
    if 99.9 < share < 100:  # noqa: PLR2004
        return "> 99.9 %"
    return f"{_rounded(share, 0 if share == int(share) else 1)} %"


@register.filter
def width(part: float, whole: float) -> str:
    """The part of the whole as a length in a drawing, independent of the locale; a nonzero part is always visible."""
    return f"{max(0.3, 100 * part / whole):.2f}%" if part and whole else "0%"


def _rounded(number: float, places: int) -> str:
    """Rounded, in the locale's format; Django's own function truncates."""
    return number_format(round(number, places), places, use_l10n=True, force_grouping=True)
