"""Other guesses for rows that `full_clean` rejects: one column is filled in another way, and the rows are asked about again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from seeding.guessing.column_expressions import always
from seeding.guessing.columns import Guess
from seeding.guessing.field_values import MEMBERS, member

REFUSALS = 8
"""Guesses of one column that `full_clean` may refuse, until the first is kept."""
ASKED = 60
"""How often rows are asked about to find one repair."""


@dataclass(slots=True)
class Findings:
    """What `full_clean` has said of the guesses for a table so far."""

    wanted: set[str]
    """Optional columns that rows need all the same."""
    dropped: dict[str, str] = field(default_factory=dict)
    """Columns that stay empty because of what it says of their values → what it says."""
    whole: set[str] = field(default_factory=set)
    """Optional references that no row leaves empty."""
    members: dict[str, Sequence[Any]] = field(default_factory=dict)
    """Column → the choices that are left of all."""
    refused: dict[str, set[str]] = field(default_factory=dict)
    """Column → expressions that it rejects."""
    settled: set[str] = field(default_factory=set)
    """Columns whose first guess is kept: all are refused."""
    tried: set[tuple[str, str]] = field(default_factory=set)
    """Repairs that were made: column and expression."""

    def refuse(self, column: str, expressions: Iterable[str]) -> bool:
        """Use the guesses after these; whether there is one that was not refused before."""
        refused = self.refused.setdefault(column, set())
        known = len(refused)
        refused.update(expressions)
        if len(refused) >= REFUSALS or len(refused) == known:
            self.settled.add(column)
        return len(refused) > known


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Another way to fill one column."""

    column: str
    expression: str
    """Empty: the column stays empty."""
    keep: Callable[[], object]
    """Notes it in the findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Rows that have complaints."""

    findings: Findings
    expressions: Mapping[str, str]
    choices: Mapping[str, Sequence[Any]]
    """Column → its choices; empty if it has none."""
    complaints: Callable[[str, str], int]
    """How many there are with another expression for a column; an empty one leaves the column out."""
    guessed: Callable[[str], Iterator[Guess]]
    """The guesses of a column, the likeliest first."""
    empty: Collection[str]
    """Columns that are empty and may be filled."""
    required: Collection[str]
    links: Collection[str]
    words: str
    """Why a column is left empty."""

    def repairs(self) -> Iterator[Repair]:
        """Ways to fill one column, those first that take the least from the rows."""
        yield from self._references_in_every_row()
        yield from self._fewer_choices()
        yield from self._filled()
        yield from self._left_empty()
        yield from self._next_guesses()

    def _references_in_every_row(self) -> Iterator[Repair]:
        for name, text in self.expressions.items():
            if drawn := always(name, text):
                yield Repair(column=name, expression=drawn, keep=partial(self.findings.whole.add, name))

    def _fewer_choices(self) -> Iterator[Repair]:
        for name in [name for name in self.expressions if len(self.choices[name]) > 1]:
            left = self._fittest(name)
            if len(left) < len(self.choices[name]):
                text = member(name, left, distinct=False).expression
                yield Repair(column=name, expression=text, keep=partial(self.findings.members.__setitem__, name, left))

    def _fittest(self, column: str) -> Sequence[Any]:
        """The choices with which rows have the fewest complaints."""
        made = {one: member(column, [one], distinct=False).expression for one in self.choices[column][:MEMBERS]}
        found = {one: self.complaints(column, text) for one, text in made.items()}
        return [one for one, number in found.items() if number == min(found.values())]

    def _filled(self) -> Iterator[Repair]:
        for name in self.empty:
            for made in islice(self.guessed(name), 1):
                yield Repair(column=name, expression=made.expression, keep=partial(self.findings.wanted.add, name))

    def _left_empty(self) -> Iterator[Repair]:
        for name in [name for name in self.expressions if name not in self.required]:
            yield Repair(column=name, expression="", keep=partial(self.findings.dropped.__setitem__, name, self.words))

    def _next_guesses(self) -> Iterator[Repair]:
        for name in [name for name in self.expressions if name not in self.links and not self.choices[name]]:
            before = [self.expressions[name]]
            for made in islice(self.guessed(name), REFUSALS):
                if made.expression not in before:
                    yield Repair(column=name, expression=made.expression, keep=partial(self.findings.refuse, name, [*before]))
                    before.append(made.expression)


def best_repair(rejected: Rejected, now: int) -> Repair | None:
    """The first of those that leave the fewest complaints, which is noted; None if none leaves fewer than `now`."""
    best, fewest, tried = None, now, rejected.findings.tried
    untried = (one for one in rejected.repairs() if (one.column, one.expression) not in tried)
    for one in islice(untried, ASKED):
        left = rejected.complaints(one.column, one.expression)
        if left < fewest:
            best, fewest = one, left
        if not left:
            break
    if best is not None:
        best.keep()
        tried.add((best.column, best.expression))
    return best
