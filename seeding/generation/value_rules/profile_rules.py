"""What a profile says about values, as the ledger records it with every run: plain JSON, without counts, files or comments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from seeding.exceptions import ConfigurationError

LOCALE = "en_US"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRules:
    """What values depend on besides seed and day. The rules of a table concern no other table's values."""

    edge_cases: bool = True
    """Whether some rows are as unusual as a real row could be: the longest name, a debt exactly at its limit."""
    locale: str = LOCALE
    """Of names, addresses and whatever else Faker provides, unless a column has its own."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Name → value of what hand-made seeders let a profile change (`AppConfig.seeding_facts`); others are as by default."""
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Table → its rules: `columns`, `named` rows, `per` (how many rows a parent has) and `cell` (rows per cell)."""

    @property
    def text(self) -> str:
        """As JSON, each rule in one way; empty if nothing is other than by default."""
        told: dict[str, Any] = {} if self.edge_cases else {"edge_cases": False}
        told |= {} if self.locale == LOCALE else {"locale": self.locale}
        told |= {name: value for name in ("facts", "tables") if (value := getattr(self, name))}
        return canonical(told) if told else ""

    @property
    def digest(self) -> str:
        """The SHA-256 of `text`; empty if that is."""
        return digest(self.text)

    @classmethod
    def of(cls, text: str) -> Self:
        """The rules in a `text`; raises ConfigurationError for those of a later release."""
        told = json.loads(text or "{}")
        if unknown := sorted(told.keys() - {"edge_cases", "locale", "facts", "tables"}):
            words = "this release does not know, so it cannot make more of them. Use the release that made them."
            raise ConfigurationError(f"The rows that are there follow rules ({', '.join(unknown)}) that {words}")
        return cls(**told)

    def of_table(self, table: str) -> str:
        """The SHA-256 of a table's rules; empty if it has none."""
        return digest(canonical(self.tables[table])) if self.tables.get(table) else ""


def canonical(rules: Any) -> str:
    """JSON that is equal for equal rules."""
    return json.dumps(rules, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """The SHA-256 of a text; empty for an empty one."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
