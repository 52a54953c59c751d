"""Which live tables `seed_mask` masks, what prevents it, and which columns are unclassified."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
from django.db import connections

from seeding.db.features import features
from seeding.db.sql import quoted_plainly
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.masking import PIIMasker, detect_name
from seeding.masking.classification import classify, not_personal, other_tables
from seeding.masking.masker import maskable
from seeding.masking.results import LeftColumn
from seeding.models import SeedSnapshot
from seeding.safety import LEDGER
from seeding.schema.kinds import RARE, TEXTLESS
from seeding.schema.row_keys import RowKey, row_key
from seeding.schema.tables import ColumnSchema, Kind, TableSchema

SAMPLE = 1_000
"""Rows per table whose unclassified texts are inspected."""
FEW = 20
"""A column with fewer texts in these rows is looked for in further ones."""
MASKABLE = (Kind.TEXT, Kind.DATE)
TELLING = (Kind.TEXT, Kind.JSON, *RARE)
BIRTHDAY = "date_of_birth"
NUMBERS = frozenset({"phone", "tax_id", "ssn", "licence_number", "card_number", "bank_account", "ip"})
"""Kinds that a number can hold."""
Key = tuple[Any, ...]
"""A row's key, as `RowKey` reads it."""
SNAPSHOTS = SeedSnapshot._meta.db_table
NOBODYS = frozenset({*LEDGER, SNAPSHOTS, "django_content_type", "django_migrations", "django_session", "django_site"})
"""The ledger's tables, and those of Django that hold no personal data in any text. Its log of the admin may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A classified table, to be masked if it `is_personal`."""

    table: TableSchema
    key: RowKey
    fields: Mapping[str, str]
    """Column → strategy."""
    decided: frozenset[str]
    """Columns classified as holding nothing personal."""
    misspelled: Mapping[str, str]
    """Classified column → its spelling in the table, where they differ only in case."""
    absent: Sequence[str] = ()
    """Classified columns that are not in the table under any spelling."""

    @property
    def is_personal(self) -> bool:
        """Whether any of its columns is classified as personal, in the table or not."""
        return bool(self.fields or self.misspelled or self.absent)

    @property
    def widths(self) -> dict[str, int | None]:
        """Maximum length of each column in characters."""
        return {name: self.table.columns[name].length for name in self.fields}


def asked_for(registry: Registry, names: Collection[str]) -> frozenset[str]:
    """The tables that `names` (of tables or groups) select; raises ConfigurationError for an unknown name."""
    others = frozenset(other_tables()).intersection(names)
    seeders = registry.named(name for name in names if name not in others)
    return others.union(seeder.config.table_name for seeder in seeders)


def classified_tables(registry: Registry, names: Collection[str]) -> Mapping[str, tuple[Mapping[str, str], set[str]]]:
    """Table → strategies by column, and the columns that hold nothing personal; only the `names`, if there are any.

    Tables that a seeder fills come first, with its strategies; a column is personal if anybody says so. Raises
    ConfigurationError for an unknown name, and for seeders that cannot be imported or used: columns that only they classify
    would stay as they are.
    """
    if registry.broken:
        raise ConfigurationError(
            *(f"{one}, and may classify columns to mask: {one.error!r}. Fix it first." for one in registry.broken)
        )
    asked = asked_for(registry, names)
    classified: dict[str, tuple[Mapping[str, str], set[str]]] = {}
    for table, seeders in registry.by_table.items():
        fields = {column: name for seeder in seeders for column, name in seeder.config.pii_fields.items()}
        columns = (one for seeder in seeders for one in classify(seeder))
        classified[table] = (fields, {one.column for one in columns if one.holds == "nothing personal"} - fields.keys())
    for table, others in other_tables().items():
        of_seeders, decided = classified.get(table, ({}, set()))
        classified[table] = ({**others, **of_seeders}, decided - others.keys())
    return {table: one for table, one in classified.items() if not asked or table in asked}


def find_targets(
    using: str, classified: Mapping[str, tuple[Mapping[str, str], set[str]]], there: Mapping[str, TableSchema]
) -> list[Target]:
    """The classified tables that exist in the database."""
    found = []
    for table, (chosen, decided) in classified.items():
        if table in there:
            columns = there[table].columns
            present = {column: name for column, name in chosen.items() if column in columns}
            spelled = {name.lower(): name for name in columns}
            missing = sorted(chosen.keys() - present.keys())
            found.append(
                Target(
                    table=there[table],
                    key=row_key(connections[using], there[table]),
                    fields=present,
                    decided=frozenset(decided),
                    misspelled={one: spelled[one.lower()] for one in missing if one.lower() in spelled},
                    absent=[one for one in missing if one.lower() not in spelled],
                )
            )
    return found


def left_columns(
    using: str, there: Mapping[str, TableSchema], targets: Sequence[Target], looked_at: Collection[str]
) -> Iterator[LeftColumn]:
    """Unmasked columns whose values look personal, and unclassified ones whose name does.

    A generated column of a masked table that is classified as holding nothing personal shows masks: what it is computed from is
    masked, or looked at itself.
    """
    known = {target.table.name: target for target in targets}
    declared = not_personal()
    for name, table in sorted(there.items()):
        if name in NOBODYS or name not in looked_at:
            continue
        masked = known[name].fields if name in known else {}
        decided = declared.get(name, frozenset()) | (known[name].decided if name in known else frozenset())
        computed = {one.name for one in table.columns.values() if masked and one.is_generated} & decided
        texts = [one for one in table.columns.values() if _may_tell(one) and one.name not in {*masked, *computed}]
        looks = PIIMasker.detect_pii(_sample(using, name, texts)) if texts else {}
        kinds = {one.name: looks.get(str(place)) for place, one in enumerate(texts)}
        for column in table.columns.values():
            named = column.name not in decided and (column.name in kinds or _may_count(table, column))
            kind = kinds.get(column.name) or (detect_name(column.name) if named and column.name not in masked else None)
            if kind is not None:
                yield LeftColumn(table=name, column=column.name, kind=kind)


def _may_count(table: TableSchema, column: ColumnSchema) -> bool:
    """Whether a column, judged by its name alone, holds a personal number. Keys are not."""
    if column.kind not in (Kind.INTEGER, Kind.DECIMAL) or column.holds_keys or column.name in table.key:
        return False
    return detect_name(column.name) in NUMBERS and all(one.column != column.name for one in table.foreign_keys)


def _may_tell(column: ColumnSchema) -> bool:
    """Whether a column can hold personal data: any kind of text (JSON, a list, a server-specific type), or a birthday."""
    return (column.kind in TELLING and not column.values) or detect_name(column.name) == BIRTHDAY


def _sample(using: str, table: str, columns: Sequence[ColumnSchema]) -> pl.DataFrame:
    """Texts of the first rows; columns are named by position, so that detection ignores their names.

    Of a column that is almost empty there, those of the first rows in which it is not.
    """
    connection = connections[using]
    quote = partial(quoted_plainly, connection)
    as_text = features(connection).as_text
    named = [(as_text if is_spelled(one) else "{0}").format(quote(one.name)) for one in columns]

    def read(places: Sequence[int], condition: str) -> list[pl.Series]:
        with connection.cursor() as cursor:
            listed = ", ".join(named[place] for place in places)
            cursor.execute(f"SELECT {listed} FROM {quote(table)}{condition} LIMIT {SAMPLE}")  # noqa: S608 - quoted
            rows = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(places)
        return [pl.Series(map(_text, values), dtype=pl.String) for values in rows]

    found = read(range(len(columns)), "")
    more = len(found[0]) == SAMPLE
    sparse = [place for place, one in enumerate(columns) if one.type_name not in TEXTLESS and _texts(found[place]) < FEW]
    while sparse and more:
        filled = " OR ".join(f"TRIM({named[place]}) <> ''" for place in sparse)
        values = dict(zip(sparse, read(sparse, f" WHERE {filled}"), strict=True))
        more = len(values[sparse[0]]) == SAMPLE
        for place in sparse:
            found[place] = max(found[place], values[place], key=_texts)
        fullest = max(sparse, key=lambda place: _texts(found[place]))
        sparse = [place for place in sparse if _texts(found[place]) < FEW and place != fullest]
    return pl.DataFrame({str(place): one.extend_constant(None, SAMPLE - len(one)) for place, one in enumerate(found)})


def _texts(values: pl.Series) -> int:
    return int(maskable(values).sum())


def is_spelled(column: ColumnSchema) -> bool:
    """Whether the server is asked for the text of a value, which a driver may not be able to read: `infinity`, 26 hours."""
    return column.kind is not Kind.TEXT and column.type_name not in TEXTLESS


def _text(value: Any) -> str | None:
    """The value as a text; None if it has none. Bytes may be one."""
    if isinstance(value, (bytes, memoryview)):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return None
    return None if value is None else str(value)
