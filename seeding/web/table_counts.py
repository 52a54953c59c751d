"""Live seeded rows per table, compared with all rows of the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db import DatabaseError, connections, models, transaction

from seeding.db.row_security import every_row
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
    """Rows in the table; None if the table is missing, or `hidden`."""
    since: datetime
    run: int
    """The last run that added rows."""
    hidden: bool = False
    """Whether the table is there and this account may not see every row of it."""

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
    """The tables with seeded rows, most seeded rows first. Few statements, whatever the number of tables."""
    live = SeedingMetadata.objects.using(using).filter(live=True).order_by()
    sums = live.values("table_name").annotate(
        seeded=models.Sum("record_count"), since=models.Min("created_at"), last=models.Max("run_id")
    )
    found = {one["table_name"]: one for one in sums}
    totals = count_rows(using, found)
    return [
        TableCount(
            table=table,
            seeded=one["seeded"],
            total=totals.get(table),
            since=one["since"],
            run=one["last"],
            hidden=totals.get(table, 0) is None,
        )
        for table, one in sorted(found.items(), key=lambda item: (-item[1]["seeded"], item[0]))
    ]


def count_rows(using: str, tables: Iterable[str]) -> dict[str, int | None]:
    """Table → number of rows, for existing tables; None where this account may not see all of them."""
    wanted = set(tables)
    present = sorted(read_kinds(connections[using], wanted).keys() & wanted)
    if not present:
        return {}
    with every_row(using):
        try:
            return dict(_counted(using, present))
        except DatabaseError:  # a policy hides rows of one, or the account has no right to it
            return dict(chain.from_iterable(_countable(using, table) for table in present))


def _counted(using: str, tables: Sequence[str]) -> list[tuple[str, int]]:
    connection = connections[using]
    count = " UNION ALL ".join(f"SELECT %s, COUNT(*) FROM {quoted(connection, table)}" for table in tables)  # noqa: S608 - quoted
    with transaction.atomic(using=using), connection.cursor() as cursor:  # within the request's transaction, if it has one
        cursor.execute(count, tables)
        return list(cursor.fetchall())


def _countable(using: str, table: str) -> list[tuple[str, int]] | list[tuple[str, None]]:
    try:
        return _counted(using, [table])
    except DatabaseError:
        return [(table, None)]
