"""Live seeded rows per table, compared with all rows of the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connections, models

from seeding.db.sql import quoted
from seeding.models import SeedingMetadata
from seeding.schema.introspection import read_kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCount:
    """One table with seeded rows."""

    table: str
    seeded: int
    """Live rows according to the ledger."""
    total: int | None
    """Rows in the table; None if the table is missing."""
    since: datetime
    run: int
    """The last run that added rows."""

    @property
    def rows(self) -> int:
        """Seeded and other rows together."""
        return self.seeded + self.real

    @property
    def real(self) -> int:
        """Rows that are not seeded."""
        return max(0, (self.total or 0) - self.seeded)

    @property
    def missing(self) -> int:
        """Minimum number of seeded rows that were deleted outside of seeding."""
        return max(0, self.seeded - (self.total or 0))


def table_counts(using: str) -> list[TableCount]:
    """The tables with seeded rows, most seeded rows first. Three statements, whatever the number of tables."""
    live = SeedingMetadata.objects.using(using).filter(live=True).order_by()
    sums = live.values("table_name").annotate(
        seeded=models.Sum("record_count"), since=models.Min("created_at"), last=models.Max("run_id")
    )
    found = {one["table_name"]: one for one in sums}
    totals = count_rows(using, found)
    return [
        TableCount(table=table, seeded=one["seeded"], total=totals.get(table), since=one["since"], run=one["last"])
        for table, one in sorted(found.items(), key=lambda item: (-item[1]["seeded"], item[0]))
    ]


def count_rows(using: str, tables: Iterable[str]) -> dict[str, int]:
    """Table → number of rows, for existing tables."""
    connection = connections[using]
    wanted = set(tables)
    present = sorted(read_kinds(connection, wanted).keys() & wanted)
    if not present:
        return {}
    with connection.cursor() as cursor:
        count = "SELECT %s, COUNT(*) FROM {}"
        cursor.execute(" UNION ALL ".join(count.format(quoted(connection, table)) for table in present), present)
        return dict(cursor.fetchall())
