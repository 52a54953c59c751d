"""Slugs of names, addresses of people, full names of first and last names."""

from __future__ import annotations

from collections.abc import Iterator

from seeding.guessing.column_words import SERIAL
from seeding.guessing.consistency.row import Row
from seeding.schema.tables import Kind

NAMED = "name|title|headline|label|subject"
FIRST, LAST = "first name|given name|forename", "last name|surname|family name"
FULL = "full name|display name|name|real name"


def texts(row: Row) -> Iterator[tuple[str, str]]:
    """Better expressions for texts."""
    first, last = row.named(FIRST, Kind.TEXT), row.named(LAST, Kind.TEXT)
    if first and last:
        given, family = row.expressions[first], row.expressions[last]
        full = row.named(FULL, Kind.TEXT)
        if full and full not in row.keep and '"company"' not in row.expressions[full]:
            yield full, f'{given} + " " + {family}'
        for name in row.sounding("email|e mail", [*row.filled(Kind.TEXT)]):
            if SERIAL in row.expressions[name]:  # distinct as it is, and so it stays
                text = f'({given} + "." + {family}).str.to_lowercase().str.replace_all("[^a-z.]", "")'
                yield name, f'{text} + {SERIAL} + "@example.com"'
    if (slug := row.named("slug|url slug|url name", Kind.TEXT)) and (named := row.named(NAMED, Kind.TEXT)):
        text = row.expressions[named].removesuffix(f' + " " + {SERIAL}')
        text = f'({text}).str.to_lowercase().str.replace_all("[^a-z0-9]+", "-").str.strip_chars("-")'
        yield slug, f'{text} + "-" + {SERIAL}'
