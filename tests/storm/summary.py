"""What became of the drawn schemas, counted: a storm in which everything is refused finds nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from tests.storm.dump import Dump
from tests.storm.life import Action, Said
from tests.storm.schemas import Schema

NUMBER = re.compile(r"\d[\d,]*")
WORDS = 9
"""Of a cause that are told."""


class Summary:
    """Of some schemas; each counts once for every line."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._seen: set[str] = set()

    def begin(self) -> None:
        """The next schema."""
        self._seen = set()
        self._count("schemas")

    def add(self, schema: Schema, action: Action, said: Said, before: Dump, after: Dump) -> None:
        """A command of it."""
        for table in schema.tables:
            was, now = len(before.seeded(table.stored)), len(after.seeded(table.stored))
            if now > was:
                self._count("seeded")
                if table.followers:
                    self._count("seeded and followed")
            if now < was:
                self._count("rolled back")
        if action.does == "mask":
            self._count(
                "masked" if said.code == 0 and before != after else "masking refused" if said.code else "nothing to mask"
            )
        if action.does.startswith("kill") and said.code < 0:
            self._count("killed")
        if action.does == "roll back" and said.code == 6:
            self._count("rows kept for real ones")
        for cause in causes(said, schema):
            self._count(f"refused: {cause}")

    def counts(self) -> dict[str, int]:
        """What was counted."""
        return dict(self._counts)

    def _count(self, what: str) -> None:
        if what not in self._seen:
            self._seen.add(what)
            self._counts[what] += 1


def causes(said: Said, schema: Schema) -> Iterator[str]:
    """Why tables, or all, were refused, without names, and what kind of table it is."""
    traits = {table.name: table.trait for table in schema.tables}
    for table, reason in said.left.items() or ([("", said.words)] if said.code in {1, 2, 3} else []):
        words = reason
        for name in sorted(traits, key=len, reverse=True):
            words = words.replace(name, "…")
        yield f"{traits.get(table, '')} {' '.join(NUMBER.sub('', words).split()[:WORDS])}".strip()


def told(counted: Mapping[str, Counter[str]]) -> Iterator[str]:
    """A line per server."""
    for server, counts in counted.items():
        lines = [f"{count} {what}" for what, count in counts.most_common()]
        refused = [one.replace("refused: ", "", 1) for one in lines if " refused: " in one]
        others = [one for one in lines if " refused: " not in one]
        yield f"storm on {server}: {', '.join(others)}; refused: {'; '.join(refused) or 'none'}"
