"""How many rows a profile wants of drafted tables, as far as the tables that they refer to have enough for them."""

from __future__ import annotations

from collections.abc import Sequence

from seeding.exceptions import ConfigurationError
from seeding.generation.seeders import RecordCount
from seeding.generation.value_rules.families import RowsPerParent
from seeding.generation.value_rules.shape import Shape
from seeding.guessing.column_expressions import cells
from seeding.scaffold.draft import Draft


def rows_wanted(drafts: Sequence[Draft], shape: Shape) -> dict[str, RecordCount]:
    """Table → its rows, for the rows at size small that a profile wants; and those per row of another table.

    Raises ConfigurationError for a table that wants more rows than those that it refers to have cells for, and for one that
    has fewer rows than names.
    """
    rows = shape.rows
    by_table = {draft.schema.name: draft for draft in drafts}
    counts = {table: cells(number) for table, number in rows.items() if table in by_table}
    for table, draft in by_table.items():
        if isinstance(draft.count, RowsPerParent) and (above := draft.count.parent_table) in counts:
            counts[table] = RowsPerParent.of(table, draft.count.seed, draft.count.rules, counts[above], above)
    problems = [
        f"{table}: there are {len(named)} named rows, and only {there} in all. Give it more rows."
        for table, told in shape.rules.tables.items()
        if (named := told.get("named")) and table in by_table
        for there in [counts.get(table, by_table[table].count).small]
        if there < len(named)
    ]
    for table, draft in by_table.items():
        wanted = _cells(counts.get(table, draft.count), draft.count)
        for needed in draft.shares_cells_with:
            if needed in by_table and by_table[needed].count.scales and draft.count.scales:
                there = _cells(counts.get(needed, by_table[needed].count), by_table[needed].count, whole=True)
                if wanted > there:
                    more = _rows(by_table[needed].count) * wanted
                    problems.append(
                        f"{table}: {_rows(counts.get(table, draft.count)):,} rows refer to {more:,} rows of {needed}, of which "
                        f"there are to be {_rows(counts.get(needed, by_table[needed].count)):,}. Give {needed} more rows, "
                        f"{table} fewer, or as many per row of {needed}."
                    )
    if problems:
        raise ConfigurationError(*problems)
    return counts


def _cells(wanted: RecordCount, drafted: RecordCount, *, whole: bool = False) -> int:
    """How many cells so many rows at size small begin, or fill if `whole`."""
    if isinstance(wanted, RowsPerParent) and isinstance(drafted, RowsPerParent):
        return _cells(wanted.parent, drafted.parent, whole=whole)
    return wanted.small // drafted.small if whole else -(-wanted.small // drafted.small)


def _rows(count: RecordCount) -> int:
    return count.small
