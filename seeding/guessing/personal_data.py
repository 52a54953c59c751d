"""Which columns of a guessed seeder hold personal data, and how that would be masked."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from seeding.guessing.columns import BY_KIND, sounds
from seeding.guessing.columns import personal as of_wording
from seeding.guessing.subjects import COMPANIES, PEOPLE
from seeding.masking import detect_name
from seeding.schema.tables import ColumnSchema, Kind

FREE_TEXT = "description|note|notes|comment|comments|message|body|content|reason|bio|instructions|feedback|remarks"


def personal(column: ColumnSchema, words: Sequence[str]) -> str:
    """The masking strategy of a column that seems to hold personal data, else empty; `words` name one row of its table."""
    kind = detect_name(column.name) or ""
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return kind if kind == "date_of_birth" else ""
    if kind == "ip" and column.kind not in BY_KIND:
        return kind
    if column.kind is not Kind.TEXT or column.values:
        return ""
    row = " ".join(words)
    kind = kind or of_wording(column.name, row)
    if not kind and sounds(column.name, "name"):
        kind = "person_name" if sounds(row, PEOPLE) else "company_name" if sounds(row, COMPANIES) else ""
    return kind or ("free_text" if sounds(column.name, FREE_TEXT) else "")


def undecided(column: ColumnSchema, links: Collection[str]) -> bool:
    """Whether a column that is not personal must be declared so: text, JSON, and names that sound personal."""
    if column.kind not in BY_KIND and column.name not in links:
        return not column.values
    return column.name not in links and detect_name(column.name) is not None
