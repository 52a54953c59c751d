"""The plan and the summary as people see them, line by line."""

from __future__ import annotations

from datetime import date
from io import StringIO

from rich.console import Console

from seeding.console import AGAIN, PLAIN_WIDTH, console, show_plan, show_summary
from seeding.orchestration.forecast import Forecast
from seeding.orchestration.plan import Step
from seeding.orchestration.results import RunSummary, SeederResult, SeederState

AS_OF = date(2026, 3, 2)


def shown_by(out: Console) -> list[str]:
    """The lines that a console has got."""
    assert isinstance(out.file, StringIO)
    return [line.rstrip() for line in out.file.getvalue().splitlines()]


def test_the_plan_has_the_tables_in_order_with_what_they_will_take() -> None:
    out = console(StringIO(), plain=True)
    forecast = Forecast(
        database="terp", environment="staging", size="large", scale=2, seed=42, as_of=AS_OF, edge_cases=True,
        asked=("clients",), added=("lots",),
        steps=(
            Step(seeder="LotSeeder", table="lots", rows=2_000, existing=2_000),
            Step(seeder="ClientSeeder", table="clients", rows=3_000, existing=1_000),
        ),
        seconds={"LotSeeder": 0.0, "ClientSeeder": 90.0}, sizes={"ClientSeeder": 1_234_567},
    )  # fmt: skip

    show_plan(out, forecast)

    assert shown_by(out) == [
        "terp (staging): large × 2, seed 42, as of 2026-03-02",
        "clients needs or brings: lots",
        "    table    seeder         rows  existing  to insert     time    size",
        "1.  lots     LotSeeder     2,000     2,000          0        -       -",
        "2.  clients  ClientSeeder  3,000     1,000      2,000  0:01:30  1.2 MB",
        "    in all                 5,000     3,000      2,000  0:01:30  1.2 MB",
        "Time and size are estimates; indexes are not counted.",
        "",
    ]


def test_the_summary_ends_with_what_went_wrong_and_what_to_do() -> None:
    out = Console(file=StringIO(), width=PLAIN_WIDTH)
    needs = "needs clients, which could not be seeded"
    summary = RunSummary(
        run=7, database="terp", environment="dev", size="small", scale=1, seed=42, as_of=AS_OF, edge_cases=True,
        dry_run=False, duration=1.5,
        results=(
            SeederResult(seeder="Lots", table="lots", state=SeederState.SKIPPED, records_planned=5, error=needs),
            SeederResult(
                seeder="Clients", table="clients", state=SeederState.FAILED, records_planned=10, records_inserted=4,
                records_skipped=6, duration=0.5, error="ValueError: [broken]", exit_code=4,
            ),
        ),
    )  # fmt: skip

    show_summary(out, summary)

    assert shown_by(out) == [
        "table    seeder   planned  inserted  existing  skipped  seconds  state",
        "lots     Lots           5         0         0        0     0.00  skipped",
        "clients  Clients       10         4         0        6     0.50  failed",
        "in all                 15         4         0        6     1.50",
        "",
        "4 rows inserted, and not all went well (exit code 4) in terp, 1.5 s (seed 42, as of 2026-03-02, run 7).",
        "",
        "clients: ValueError: [broken]",
        "lots: needs clients, which could not be seeded",
        "",
        f"Failed? The log has the traceback. Batches committed before stay. Fix the cause. {AGAIN}",
        "",
        "Skipped? A dependency failed; fix it and run again.",
    ]


def test_a_narrow_terminal_has_no_room_for_the_seeders() -> None:
    out = Console(file=StringIO(), width=80, force_terminal=True, color_system=None)
    result = SeederResult(
        seeder="AllocationSeeder", table="order_line_item_allocations", state=SeederState.SEEDED,
        records_planned=1_195_000, records_inserted=1_195_000,
    )  # fmt: skip

    show_summary(out, RunSummary(
        run=1, database="terp", environment="dev", size="large", scale=100, seed=42, as_of=AS_OF, edge_cases=True,
        dry_run=False, duration=99,
        results=(result,),
    ))  # fmt: skip

    heading, _, row, *_ = shown_by(out)
    assert heading.split() == ["table", "planned", "inserted", "existing", "skipped", "seconds", "state"]
    assert row.split() == ["order_line_item_allocations", "1,195,000", "1,195,000", "0", "0", "0.00", "seeded"]
    assert all(len(line) <= 80 for line in shown_by(out))
