"""Dates in the order in which things happen, and only those that the row's status speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from seeding.guessing.column_words import BIRTH
from seeding.guessing.columns import quoted, sounds
from seeding.guessing.consistency.row import Row
from seeding.masking import name_words
from seeding.schema.tables import Kind

DAYS = (Kind.DATE, Kind.DATETIME)
BEGINNINGS = "created|inserted|registered|joined|added|submitted|requested|reported|placed|ordered|order date|issued|received"
STAGES: tuple[tuple[str, str], ...] = (
    ("confirmed|accepted|approved|reviewed|assigned", "confirmed|accepted|approved|reviewed|assigned|scheduled"),
    ("paid|payment date|captured", "paid|captured|settled"),
    ("published|posted|released|activated", "published|posted|released|active|activated|live|started|running"),
    ("packed|picked|prepared|processed", "packed|picked|prepared|processed|processing"),
    ("shipped|dispatched|sent", "shipped|dispatched|sent|in transit"),
    ("delivered|arrived|fulfilled", "delivered|arrived|fulfilled"),
    ("completed|finished|done|closed|resolved|solved", "completed|complete|finished|done|closed|resolved|solved"),
)
"""Names of moments, and of the states that a row is in from then on, in the order of time."""
ENDS = "cancelled|canceled|rejected|declined|refunded|returned|archived|failed|expired|withdrawn|voided|deleted"
"""Moments that end a row in a state of that name."""
UPDATED = "updated|modified|changed|edited|last update|last modified"
INTERVALS: tuple[tuple[str, str, int, int], ...] = (
    ("start|starts|begin|begins|from|valid from|starting|check in|departure|open|opens|started|effective",
     "end|ends|finish|to|until|valid to|valid until|thru|through|ending|check out|arrival|close|closes|ended|expires|expiry",
     1, 30),
    ("issue|issued|invoice date|invoiced|bill date|billed|order date|document date", "due|payable|deadline", 14, 61),
)  # fmt: skip
"""Names of beginnings and of ends, and how many days lie between them at least, and less than."""
STATUS = "status|state|stage|phase"
DRAWN = re.compile(r"rows\.(?:dates|moments)\((.*)\)")
FLOORED = re.compile(r"\(\((.*)\) // 1\)\.astype\(int\)")


def dates(row: Row) -> Iterator[tuple[str, str]]:
    """Better expressions for dates and moments."""
    yield from _intervals(row)
    yield from _stages(row)


def _intervals(row: Row) -> Iterator[tuple[str, str]]:
    for firsts, seconds, low, high in INTERVALS:
        for end in [name for name in row.open(*DAYS) if sounds(name, seconds)]:
            start = _partner(row, end, firsts, seconds)
            days = _days(row.expressions[start]) if start else ""
            if start and days:
                draw = "integers" if row.columns[start].kind is row.columns[end].kind is Kind.DATE else "uniform"
                yield end, _on(row, end, f'{days} + rows.{draw}("{end}", {low}, {high})')


def _partner(row: Row, end: str, firsts: str, seconds: str) -> str | None:
    """The beginning whose name is that of the end in all other words, else the only one."""
    found = [name for name in row.filled(*DAYS) if name != end and sounds(name, firsts) and not sounds(name, seconds)]
    rest = _without(end, seconds)
    return next((name for name in found if _without(name, firsts) == rest), found[0] if len(found) == 1 else None)


def _without(name: str, words: str) -> str:
    text = f" {' '.join(name_words(name))} "
    for one in words.split("|"):
        text = text.replace(f" {one} ", " ")
    return re.sub(r" (?:date|at|on|time|datetime|day) ", " ", text)


def _stages(row: Row) -> Iterator[tuple[str, str]]:
    days = [*row.open(*DAYS), *(name for name in row.columns if name in row.empty and row.columns[name].kind in DAYS)]
    beginning = next((name for name in row.filled(*DAYS) if sounds(name, BEGINNINGS)), None)
    base = (_days(row.expressions[beginning]) if beginning else "") or 'rows.uniform("created", -365, 0)'
    stage_of = {name: place for place, (names, _) in reversed([*enumerate(STAGES)]) for name in row.sounding(names, days)}
    stage_of |= {name: len(STAGES) - 1 for name in row.sounding(ENDS, days)}
    states = _states(row)
    for name, place in stage_of.items():
        if name == beginning or sounds(name, BIRTH):
            continue
        # Every moment is a share of the time since the beginning, and that of a later stage is a smaller one.
        upper, lower = (round(1 - step / (len(STAGES) + 1), 3) for step in (place, place + 1))
        moment = _on(row, name, f'({base}) * rows.uniform("{name}", {lower}, {upper})')
        reached = None if states is None else _reached(states[1], name, place)
        if row.columns[name].nullable and states is not None and reached:
            text = f"({', '.join(map(_literal, reached))}{',' if len(reached) == 1 else ''})"
            yield name, f"only({moment}, {row.expressions[states[0]]}.is_in({text}))"
        elif name in row.expressions:
            yield name, moment
    for name in [name for name in row.open(*DAYS) if sounds(name, UPDATED) and name != beginning]:
        yield name, _on(row, name, f'({base}) * rows.uniform("{name}", 0, {round(1 / (len(STAGES) + 1), 3)})')


def _states(row: Row) -> tuple[str, Mapping[str | int, str]] | None:
    """The column that tells how far the row is, and its members with their labels."""
    for name in row.sounding(STATUS, [*row.filled(Kind.TEXT, Kind.INTEGER)]):
        if members := row.members.get(name):
            return name, members
    return None


def _reached(members: Mapping[str | int, str], name: str, place: int) -> list[str | int]:
    """The members in which a row has the moment `name` behind it."""
    if sounds(name, ENDS):
        words = "|".join(one for one in ENDS.split("|") if sounds(name, one))
        return [member for member, label in members.items() if _says(member, label, words)]
    own = [member for member, label in members.items() if _says(member, label, STAGES[place][1])]
    later = "|".join(states for _, states in STAGES[place:])
    return [member for member, label in members.items() if _says(member, label, later)] if own else []


def _says(member: str | int, label: str, words: str) -> bool:
    return any(sounds(str(text), words) for text in (member, label)) and not sounds(str(label), "not|un|never|partially|partly")


def _literal(member: str | int) -> str:
    return quoted(member) if isinstance(member, str) else str(member)


def _days(expression: str) -> str:
    """The number of days after `as_of` that an expression of dates or moments is made from; empty for any other."""
    found = DRAWN.fullmatch(expression)
    if found is None or "rows.index" in found[1]:
        return ""
    floored = FLOORED.fullmatch(found[1])
    return floored[1] if floored else found[1]


def _on(row: Row, name: str, days: str) -> str:
    if row.columns[name].kind is Kind.DATETIME:
        return f"rows.moments({days})"
    return f"rows.dates({days})" if "uniform" not in days else f"rows.dates((({days}) // 1).astype(int))"
