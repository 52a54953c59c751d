"""What masking a table would do, with a few example rows: nothing is written, and no existing value is shown."""

from __future__ import annotations

import time

import polars as pl

from seeding.conf import MaskingConfig
from seeding.masking.already_masked import SealRegister
from seeding.masking.masker import PIIMasker
from seeding.masking.results import MaskingResult
from seeding.masking.rows import read_rows
from seeding.masking.strategies.collated import Collated
from seeding.masking.tables import Target

EXAMPLES = 3
"""Example rows per table."""


def rehearse(
    config: MaskingConfig, target: Target, masker: PIIMasker, register: SealRegister, collated: Collated
) -> MaskingResult:
    """What masking the table would do; its examples show only the length of existing values."""
    table = target.table.name
    started, seeded, after = time.monotonic(), register.shown(target), None
    count = masked = 0
    examples: list[dict[str, str]] = []
    wanted = EXAMPLES
    while (rows := read_rows(config.database, target, after, config.batch_size)).height:
        fresh = pl.DataFrame(register.fresh(target, seeded, rows))
        some = fresh.select(pl.any_horizontal(pl.all())).to_series()
        if wanted and some.any():
            shown = collated.bare(table, rows.filter(some).head(wanted), target.fields)
            masked_rows = masker.mask_data(shown, target.fields, target.widths)
            examples += _examples(target, rows.filter(some).head(wanted), fresh.filter(some).head(wanted), masked_rows)
            wanted = max(wanted - int(some.sum()), 0)
        after, count = rows.select(target.key.names).row(-1), count + rows.height
        masked += int(fresh.sum().sum_horizontal()[0])
    duration = time.monotonic() - started
    return MaskingResult(table=table, rows=count, masked=masked, duration=duration, examples=examples)


def _examples(target: Target, rows: pl.DataFrame, fresh: pl.DataFrame, masked: pl.DataFrame) -> list[dict[str, str]]:
    return [
        {"column": column, "before": f"{len(str(rows[column][row]))} characters", "after": str(masked[column][row])}
        for row in range(rows.height)
        for column in target.fields
        if fresh[column][row]
    ]
