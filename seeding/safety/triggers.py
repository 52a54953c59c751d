"""What a trigger may do to the rows that are written, read from its body. Pure; a body that cannot be read may do anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from seeding.safety.refusals import Touch

NOISE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
"""Texts and remarks, which do nothing."""
AMBIGUOUS: Mapping[str, re.Pattern[str]] = {
    "sql": re.compile(r"""[\\"#]|/\*M?!|--(?!\s)|`[^`]*(?:'|--|/\*)[^`]*`"""),
    "plpgsql": re.compile(r"""[\\$]|/\*(?:[^*]|\*(?!/))*/\*|"[^"]*(?:'|--|/\*)[^"]*\""""),
    "sqlite": re.compile(r"""["`\[][^"`\]]*(?:'|--|/\*)[^"`\]]*["`\]]"""),
}
"""Per language what makes NOISE unsafe: escapes, other quotes, remarks that are executed. `sql` is MySQL's and MariaDB's."""
STATEMENTS = re.compile(r";|\b(?:BEGIN|THEN|ELSE|LOOP|DO|DECLARE)\b", re.IGNORECASE)
ASSIGNS = re.compile(
    r"""^\s*(?:<<\w+>>\s*)*(?:"?\w+"?\s*\.\s*)*[:"]?NEW\b | \b(?:INTO|DIAGNOSTICS)\b.*\bNEW\b
        | \bFOR(?:EACH)?\s+[^;]*\bNEW\b.*\bIN\b | \b(?:CALL|ALIAS)\b""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""`NEW.x := …`, `SELECT … INTO NEW.x`; a procedure may assign what it is given, and an alias is the row by another name."""
SETS = re.compile(r"\bSET\b.*\bNEW\b", re.IGNORECASE | re.DOTALL)
SIGNALS = re.compile(r"^\s*(?:RE)?SIGNAL\b", re.IGNORECASE)
"""`SIGNAL … SET MESSAGE_TEXT = CONCAT(NEW.x)` assigns nothing to the row."""
RETURNS = re.compile(r"\bRETURN\b(.*)$", re.IGNORECASE | re.DOTALL)
IGNORES = re.compile(r"\bRAISE\s*\(\s*IGNORE\b", re.IGNORECASE)
LOCKS = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b", re.IGNORECASE)
WRITES = re.compile(
    r"""\b(?:UPDATE|DELETE|MERGE|CALL|EXECUTE|COPY|CREATE|ALTER|DROP|REFRESH|GRANT|REVOKE|LOAD|setval|lo_\w+
        | (?:REPLACE|TRUNCATE)(?!\s*\() | PERFORM(?!\s+(?:pg_notify\b|\d)))\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""What changes rows or tables; `REPLACE(…)` and `TRUNCATE(…)` are functions."""
INSERTS = re.compile(r"\bINSERT\b", re.IGNORECASE)
NAME = r"""(?:["`\[][^"`\]]+["`\]]|[\w$]+)"""
TARGET = re.compile(rf"\b(INSERT|REPLACE)\s+(?:\w+\s+)?INTO\s+(?:{NAME}\s*\.\s*)?{NAME}\s*(?:\([^()]*\)\s*)?", re.IGNORECASE)
"""What is inserted into: its INTO assigns nothing, and its columns look like a call."""
INTO = r"""(?:\bINSERT\s+(?:OR\s+\w+\s+)?INTO|\bDELETE\s+FROM|\bUPDATE)\s+["`\[]?"""
CALLED = re.compile(r"""((?:[\w$]+\s*\.\s*)?[\w$]+|["`\]])\s*\(""")
"""What is called: a name, of another schema too, or the quote that ends one."""
OWN_SCHEMA = re.compile(r"^pg_catalog\s*\.\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger of a table."""

    name: str
    timing: str
    """BEFORE, AFTER or INSTEAD OF."""
    events: Touch
    language: str
    body: str
    """As the server tells it; empty where it is kept from this account."""
    per_row: bool = True
    is_chained: bool = True
    """Whether other tables of the schema have triggers, so that a row that is inserted there may set them off."""
    indexes: frozenset[str] = frozenset()
    """Virtual tables that search in others: what is written there is nobody's row."""
    functions: frozenset[str] = frozenset()
    """Functions that are not the server's own, in small letters: whatever calls one may do anything."""

    def __str__(self) -> str:
        events = " or ".join(str(one.name) for one in Touch if one in self.events)
        return f"{self.name} ({self.timing} {events})"

    @property
    def replaces(self) -> bool:
        """Whether it may change, move or leave out the rows that a statement writes."""
        code = self._code
        if self.timing == "INSTEAD OF" or code is None:
            return self.timing != "AFTER"
        if self.timing == "AFTER" or not self.per_row:
            return False
        if self.language == "sqlite":  # which cannot assign to NEW
            return bool(IGNORES.search(code))
        statements = STATEMENTS.split(code)
        if any(ASSIGNS.search(one) or (SETS.search(one) and not SIGNALS.search(one)) for one in statements):
            return True
        expected = "OLD" if self.events == Touch.DELETE else "NEW"
        returned = [found[1].strip().upper() for one in statements if (found := RETURNS.search(one))]
        return self.language == "plpgsql" and any(one != expected for one in returned)

    @property
    def changes_others(self) -> bool:
        """Whether it may change or delete rows that the statement does not name."""
        code = self._code
        if code is None or WRITES.search(LOCKS.sub(" ", code)) or (self.is_chained and INSERTS.search(code)):
            return True
        called = (OWN_SCHEMA.sub("", name.lower()) for name in CALLED.findall(code))
        return any(name in self.functions or not name.replace("$", "").isidentifier() for name in called)

    @property
    def copies(self) -> bool:
        """Whether it may write the rows' values somewhere else."""
        return self.changes_others or bool(INSERTS.search(self._code or ""))

    @property
    def _code(self) -> str | None:
        """The body without texts and remarks; None where it cannot be told which is which, or the language is another one."""
        ambiguous = AMBIGUOUS.get(self.language)
        if ambiguous is None or not self.body or ambiguous.search(self.body):
            return None
        code = NOISE.sub(" ", self.body)
        if self.indexes:
            code = re.sub(rf"{INTO}(?:{'|'.join(map(re.escape, self.indexes))})\b[^;]*;", ";", code, flags=re.IGNORECASE)
        return TARGET.sub(r"\1 ", code)
