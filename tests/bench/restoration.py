"""What verifying and putting back take, against LOAD DATA of the same rows: all tables, and a thousand edits and deletions."""

from __future__ import annotations

from tests.bench.limits import LOAD_DATA
from tests.bench.samples import Figure, Measurements, Names, Tell, at_most, everything
from tests.bench.server import TARGET, Bench

TABLES, EDITED, DELETED = 20, 25, 25
"""So many tables, the largest ones, and so many rows of each."""
DIFFERS = 5
"""The exit code of `seed_verify` where something is not as it was seeded."""
VERIFY, VERIFY_EDITED, RESET = "seed_verify of all tables", "seed_verify of them, edited", "seed_reset of them"

LARGEST = "SELECT table_name FROM seeding_metadata GROUP BY table_name ORDER BY SUM(record_count) DESC, 1 LIMIT {count}"
EDITABLE = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = '{database}' AND table_name = '{table}' AND column_key = '' AND extra = ''
    AND data_type IN ('varchar', 'text', 'int', 'decimal') ORDER BY data_type DESC, ordinal_position LIMIT 1
"""
CHOSEN = "SELECT GROUP_CONCAT(id) FROM (SELECT id FROM `{table}` ORDER BY RAND(7) LIMIT {count}) chosen"
EDIT = "UPDATE `{table}` SET `{column}` = IF(`{column}` <=> '7', '8', '7') WHERE id IN ({keys})"
DELETE = "SET foreign_key_checks = 0; DELETE FROM `{table}` WHERE id IN ({keys})"


def edit(bench: Bench) -> int:
    """Change and delete rows at random in the largest tables, as an application without keys could; returns how many."""

    def ask(statement: str, **values: object) -> list[str]:
        return bench.server.sql(statement.format(**values), TARGET).split()

    edited = 0
    for table in ask(LARGEST, count=TABLES):
        (keys,) = ask(CHOSEN, table=table, count=EDITED + DELETED)
        chosen, columns = keys.split(","), ask(EDITABLE, database=TARGET, table=table)
        changed, deleted = (chosen[:EDITED], chosen[EDITED:]) if columns else ([], chosen)
        if changed:
            ask(EDIT, table=table, column=columns[0], keys=",".join(changed))
        ask(DELETE, table=table, keys=",".join(deleted))
        edited += len(chosen)
    return edited


def measure_restoration(bench: Bench, found: Measurements, tell: Tell) -> None:
    """Verify all tables beside the limit, edit a thousand rows, verify, put back, and verify that all is back."""
    names = Names(bench.limit)
    tell(f"verifying all tables at --size=large --scale={found.all_scale}, and putting them back")
    everything(bench, found.all_scale)
    rows, tables = bench.rows(), bench.tables()
    bench.dump(tables)
    found.add(VERIFY, rows, bench.manage("seed_verify"))
    found.add(names.load_again, rows, bench.load(tables))
    edited = edit(bench)
    found.add(VERIFY_EDITED, rows, bench.manage("seed_verify", expected=DIFFERS))
    found.add(RESET, edited, bench.manage("seed_reset", "--force"))
    bench.manage("seed_verify")


def figures_of_restoration(measured: Measurements) -> list[Figure]:
    """Of the whole, and of what putting back takes beside finding it."""
    if VERIFY not in measured.samples:
        return []
    seconds, names = measured.seconds, Names(LOAD_DATA)
    share, beside = seconds(VERIFY) / seconds(names.load_again), seconds(RESET) - seconds(VERIFY_EDITED)
    return [
        at_most("verifying all tables, times LOAD DATA of them", 0.6, share, "seed_verify"),
        at_most("putting 1,000 rows back, seconds more than verifying", 3, beside, "seed_reset --force"),
    ]
