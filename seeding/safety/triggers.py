"""What a trigger may do to written rows, read from its body. Pure; a body that cannot be parsed may do anything."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from seeding.safety.refusal import Touch

NOISE = re.compile(r"'(?:[^']|'')*'|--[^\r\n]*|/\*.*?\*/", re.DOTALL)
"""String literals and comments, which do nothing."""
AMBIGUOUS: Mapping[str, re.Pattern[str]] = {
    "sql": re.compile(r"""[\\"#]|/\*M?!|--(?!\s)|`[^`]*(?:'|--|/\*)[^`]*`"""),
    "plpgsql": re.compile(r"""[\\$#]|U&"|/\*(?:[^*]|\*(?!/))*/\*|"[^"]*(?:'|--|/\*)[^"]*\""""),
    "sqlite": re.compile(r"""["`\[][^"`\]]*(?:'|--|/\*)[^"`\]]*["`\]]"""),
}
"""Per language, what makes NOISE unsafe: escapes, other quotes, executable comments. `sql` is MySQL and MariaDB."""
STATEMENTS = re.compile(r";|\b(?:BEGIN|THEN|ELSE|LOOP|DO|DECLARE)\b", re.IGNORECASE)
ASSIGNS = re.compile(
    r"""^\s*(?:<<\w+>>\s*)*(?:"?\w+"?\s*\.\s*)*[:"]?NEW\b | \b(?:INTO|DIAGNOSTICS)\b.*\bNEW\b
        | \bFOR(?:EACH)?\s+[^;]*\bNEW\b.*\bIN\b | \b(?:CALL|ALIAS)\b""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""`NEW.x := …`, `SELECT … INTO NEW.x`; a procedure may assign its arguments, and an alias is another name for the row."""
SETS = re.compile(r"\bSET\b.*\bNEW\b", re.IGNORECASE | re.DOTALL)
SIGNALS = re.compile(r"^\s*(?:RE)?SIGNAL\b", re.IGNORECASE)
"""`SIGNAL … SET MESSAGE_TEXT = CONCAT(NEW.x)` assigns nothing to the row."""
RETURNS = re.compile(r"\bRETURN\b(.*)$", re.IGNORECASE | re.DOTALL)
IGNORES = re.compile(r"\bRAISE\s*\(\s*IGNORE\b", re.IGNORECASE)
LOCKS = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+)?UPDATE(?=\s*(?:[;)]|OF\b|NOWAIT\b|SKIP\b|LOOP\b|INTO\b|$))", re.IGNORECASE)
WRITES = re.compile(
    r"""\b(?:UPDATE|DELETE|MERGE|CALL|EXECUTE|COPY|CREATE|ALTER|DROP|REFRESH|GRANT|REVOKE|LOAD|setval|lo_\w+
        | (?:REPLACE|TRUNCATE)(?!\s*\() | PERFORM(?!\s+(?:pg_notify\b|\d)))\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""What changes rows or tables; `REPLACE(…)` and `TRUNCATE(…)` are functions."""
INSERTS = re.compile(r"\bINSERT\b", re.IGNORECASE)
NAME = r"""(?:["`\[][^"`\]]+["`\]]|[\w$]+)"""
TARGET = re.compile(
    rf"\b(?P<verb>INSERT|REPLACE)\s+(?P<how>(?:\w+\s+)*?)INTO\s+(?P<schema>{NAME}\s*\.\s*)?(?P<table>{NAME})\s*(?:\([^()]*\)\s*)?",
    re.IGNORECASE,
)
"""The target of an insert: its INTO does not assign, and its column list looks like a call."""
COLUMN = r"""(?:\s*\.\s*(?P<{}>["`][^"`]+["`]|[\w$]+))"""
ASSIGNED = re.compile(
    rf"""(?:^\s*(?:<<\w+>>\s*)*(?:"?\w+"?\s*\.\s*)*?|\bSET\b\s*)[:"`]?NEW\b["`]?{COLUMN.format("first")}?
        | ,\s*["`]?NEW["`]?{COLUMN.format("other")}\s*:?=""",
    re.IGNORECASE | re.VERBOSE,
)
"""What a statement assigns to: it begins so (`NEW.x := …`), or lists it after SET. Without a column, the whole row."""
OTHERWISE = re.compile(r"\b(?:INTO|DIAGNOSTICS|CALL|ALIAS|FOR|FOREACH)\b", re.IGNORECASE)
"""Other ways of assigning."""
CALLED = re.compile(r"""((?:[\w$]+\s*\.\s*)?[\w$]+|["`\]])\s*\(""")
"""The callee: a name, possibly schema-qualified, or the quote that ends one."""
OWN_SCHEMA = re.compile(r"^pg_catalog\s*\.\s*", re.IGNORECASE)
INTO_INDEX = r"""(?:\bINSERT\s+(?:OR\s+\w+\s+)?INTO|\bDELETE\s+FROM|\bUPDATE)\s+["`\[]?"""
BUILT_IN = frozenset(
    """
    and or not in if case when then else elseif select where on set values exists any all as between interval return returns
    insert_into_ abs ceil ceiling floor round truncate mod pow power rand sign sqrt greatest least coalesce ifnull nullif isnull
    concat concat_ws lower lcase upper ucase trim ltrim rtrim left right substring substr mid replace repeat reverse locate
    instr position length char_length character_length octet_length lpad rpad format hex unhex ascii char ord elt field
    find_in_set quote space strcmp regexp_like regexp_replace regexp_substr regexp_instr md5 sha sha1 sha2 crc32 uuid uuid_short
    now sysdate curdate current_date curtime current_time current_timestamp utc_timestamp utc_date utc_time unix_timestamp
    from_unixtime date time timestamp year quarter month week weekday day dayofmonth dayofweek dayofyear hour minute second
    microsecond date_add date_sub adddate subdate addtime datediff timediff timestampdiff timestampadd date_format time_format
    str_to_date last_day extract to_days from_days cast convert count sum avg min max group_concat json_object json_array
    json_extract json_unquote json_set json_insert json_replace json_remove json_valid json_contains json_length json_quote
    json_merge_patch json_value user current_user session_user connection_id database schema version row_count found_rows
    inet_aton inet_ntoa inet6_aton inet6_ntoa bin conv oct decimal signed unsigned binary varchar int bit_and bit_or
    """.split()
)
"""Functions of MySQL and MariaDB without side effects, and keywords that precede a parenthesis.

The server is not asked for others: it lists neither functions that the account may not run nor loadable functions.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger of a table."""

    name: str
    timing: str
    """BEFORE, AFTER or INSTEAD OF."""
    events: Touch
    language: str
    body: str
    """As the server reports it; empty if it is hidden from this account."""
    per_row: bool = True
    setting_off: frozenset[str] = frozenset()
    """Tables, in lower case, where an insert may have side effects, for example through triggers."""
    indexes: frozenset[str] = frozenset()
    """Virtual tables that index other tables: what is written there is not application data."""
    transactional: frozenset[str] | None = None
    """Tables, in lower case, whose rows go with a transaction that is rolled back; None where those of every table do."""
    functions: frozenset[str] = frozenset()
    """Functions that are not built in, in lower case: a trigger that calls one may do anything."""

    def __str__(self) -> str:
        events = " or ".join(str(one.name) for one in Touch if one in self.events)
        return f"{self.name} ({self.timing} {events})"

    @property
    def replaces(self) -> bool:
        """Whether it may change, redirect or skip the rows that a statement writes."""
        code = self._code
        if self.timing == "INSTEAD OF" or code is None:
            return self.timing != "AFTER"
        if self.timing == "AFTER" or not self.per_row:
            return False
        if self.language == "sqlite":  # it cannot assign to NEW
            return bool(IGNORES.search(code))
        return bool(self._assigning(code)) or self._keeps_out(code)

    def only_fills_in(self, key: Collection[str]) -> bool:
        """Whether what it does to a written row is to assign to columns which its body names, and none of which is in `key`.

        Whether these are columns that the statement writes is not looked at.
        """
        code = self._code
        if self.timing != "BEFORE" or code is None or self.language == "sqlite" or self._keeps_out(code):
            return False
        statements = self._assigning(code)
        if any(OTHERWISE.search(one) or not ASSIGNED.search(one) for one in statements):
            return False
        found = [one["first"] or one["other"] or "" for statement in statements for one in ASSIGNED.finditer(statement)]
        return {one.strip('"`').lower() for one in found}.isdisjoint({"", *map(str.lower, key)})

    def _assigning(self, code: str) -> list[str]:
        """The statements that may assign to the new row."""
        statements = STATEMENTS.split(code)
        return [one for one in statements if ASSIGNS.search(one) or (SETS.search(one) and not SIGNALS.search(one))]

    def _keeps_out(self, code: str) -> bool:
        """Whether it may return something else than the row."""
        statements = STATEMENTS.split(code)
        others = self.events & ~Touch.DELETE
        expected = ({"NEW"} if others else set()) | ({"OLD"} if others != self.events else set())
        returned = {found[1].strip().upper() for one in statements if (found := RETURNS.search(one))}
        return self.language == "plpgsql" and bool(returned) and returned != expected

    @property
    def changes_others(self) -> bool:
        """Whether it may change or delete rows that the statement does not name."""
        code = self._code
        if code is None or WRITES.search(LOCKS.sub(" ", code)) or self._sets_off_others:
            return True
        called = {OWN_SCHEMA.sub("", name.lower()) for name in CALLED.findall(code)}
        if self.language == "sql":
            return not called <= BUILT_IN
        return any(name in self.functions or not name.replace("$", "").isidentifier() for name in called)

    @property
    def _sets_off_others(self) -> bool:
        """Whether a row that it inserts may have side effects; the triggers of another database are unknown."""
        code = NOISE.sub(" ", self.body)
        targets = list(TARGET.finditer(code))
        names = {one["table"].strip('"`[]').lower() for one in targets}
        elsewhere = self.language == "sql" and any(one["schema"] for one in targets)
        return len(targets) < len(INSERTS.findall(code)) or elsewhere or not names.isdisjoint(self.setting_off)

    @property
    def outlives_transactions(self) -> bool:
        """Whether a row that it inserts may stay when the transaction is rolled back: also in a table that is not known."""
        names = {one["table"].strip('"`[]').lower() for one in TARGET.finditer(NOISE.sub(" ", self.body))}
        return self.transactional is not None and not names <= self.transactional

    @property
    def copies(self) -> bool:
        """Whether it may copy the rows' values elsewhere."""
        return self.changes_others or bool(INSERTS.search(self._code or ""))

    @property
    def _code(self) -> str | None:
        """The body without literals and comments; None if they cannot be told apart, or the language is unknown."""
        ambiguous = AMBIGUOUS.get(self.language)
        if ambiguous is None or not self.body or ambiguous.search(self.body):
            return None
        code = NOISE.sub(" ", self.body)
        if self.indexes:
            names = "|".join(map(re.escape, self.indexes))
            code = re.sub(rf"""{INTO_INDEX}(?:{names})["`\]]?(?![\w$-])[^;]*;""", ";", code, flags=re.IGNORECASE)
        return TARGET.sub(r"\g<verb> \g<how> INTO_ , ", code)
