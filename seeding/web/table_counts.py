"""What is seeded now, table by table, against all that the tables hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connections, models

from seeding.models import SeedingMetadata


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCount:
    """One table with seeded rows."""

    table: str
    seeded: int
    """Rows that the ledger says are there."""
    total: int | None
    """Rows that the table holds; None where it is missing."""
    since: datetime
    run: int
    """The last that has added to it."""

    @property
    def rows(self) -> int:
        """Seeded and other rows together."""
        return self.seeded + self.real

    @property
    def real(self) -> int:
        """Rows beyond the seeded ones."""
        return max(0, (self.total or 0) - self.seeded)

    @property
    def missing(self) -> int:
        """Seeded rows of which the table lacks at least so many: somebody else has deleted them."""
        return max(0, self.seeded - (self.total or 0))


def table_counts(using: str) -> list[TableCount]:
    """The tables with seeded rows, the largest first: three statements, whatever their number."""
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
    """Table → its rows, for those that exist."""
    connection = connections[using]
    with connection.cursor() as cursor:
        present = sorted(set(connection.introspection.table_names(cursor)).intersection(tables))
        if not present:
            return {}
        count = "SELECT %s, COUNT(*) FROM {}"
        cursor.execute(" UNION ALL ".join(count.format(connection.ops.quote_name(table)) for table in present), present)
        return dict(cursor.fetchall())
