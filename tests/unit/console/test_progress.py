"""What moves while a run lasts, told by events as a run tells them, at times that the test says."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from seeding.console.progress import ProgressBar, ProgressLines
from seeding.telemetry.events import event

STEPS = [{"table": "clients", "rows": 1_000, "existing": 200}, {"table": "orders", "rows": 1_200, "existing": 0}]
RUN = [
    (0, event("start", "Run 1 begins", configuration={"steps": STEPS})),
    (0, event("phase", "Clients")),
    (0, event("start", "", seeder="Clients", table="clients", planned=1_000, existing=200)),
    (2, event("insert", "", seeder="Clients", done=600)),
    (4, event("insert", "", seeder="Clients", done=1_000)),
    (4, event("finish", "", seeder="Clients", record_count=800, duration=4.0)),
    (4, event("progress", "", done=1, total=2)),
    (4, event("start", "", seeder="Orders", table="orders", planned=1_200, existing=0)),
    (15, event("insert", "", seeder="Orders", done=600)),
    (16, event("finish", "", seeder="Orders", record_count=1_200, duration=12.0)),
    (16, event("progress", "", done=2, total=2)),
    (16, event("phase", "derive")),
]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_tell_each_table_and_the_whole_with_rate_and_time_left() -> None:
    out, clock = StringIO(), Clock()

    with ProgressLines(Console(file=out, width=40), get_time=clock) as lines:
        for clock.now, told in RUN:
            lines.sink(told)

    assert out.getvalue().splitlines() == [
        "[1/2] clients: 1,000 of 1,000 rows, 4.00 s; in all 800 of 2,000, 200 rows/s, 0:00:06 left",
        "[2/2] orders: 600 of 1,200 rows; in all 1,400 of 2,000, 93 rows/s, 0:00:07 left",
        "[2/2] orders: 1,200 of 1,200 rows, 12.00 s; in all 2,000 of 2,000, 125 rows/s",
    ]


@pytest.mark.parametrize(
    ("events", "shown"),
    [
        (4, "all tables 400/2,000 200 rows/s 0:00:08\nclients 600/1,000 200 rows/s 0:00:02"),
        (8, "all tables 800/2,000 200 rows/s 0:00:06\norders 0/1,200 -:--:--"),
        (12, "derive 2,000/2,000 125 rows/s 0:00:00"),
    ],
)
def test_the_bars_show_the_table_and_the_whole(events: int, shown: str) -> None:
    console, clock = Console(file=StringIO(), width=100), Clock()

    with ProgressBar(console, get_time=clock) as bar:
        for clock.now, told in RUN[:events]:
            bar.sink(told)
        with console.capture() as capture:
            console.print(bar)

    lines = [line.replace("━", " ").replace("╸", " ").replace("╺", " ").split() for line in capture.get().splitlines()]
    assert "\n".join(" ".join(line) for line in lines) == shown


def test_events_of_no_seeder_and_of_a_run_without_steps_move_nothing() -> None:
    out = StringIO()

    with ProgressLines(Console(file=out, width=80), get_time=Clock()) as lines:
        lines.sink(event("start", "", configuration={}))
        lines.sink(event("note", ""))
        lines.sink(event("insert", "", seeder="Clients", done=5))
        lines.sink(event("finish", "", seeder="Clients", record_count=5, duration=1.0))

    assert out.getvalue() == ""


def test_a_table_outside_of_a_plan_is_told_by_itself() -> None:
    out = StringIO()

    with ProgressLines(Console(file=out, width=80), get_time=Clock()) as lines:
        lines.sink(event("start", "", seeder="Clients", table="[clients]", planned=5))
        lines.sink(event("choose", "", seeder="Clients"))
        lines.sink(event("finish", "", seeder="Clients", record_count=5, duration=1.5))

    assert out.getvalue() == "[clients]: 5 of 5 rows, 1.50 s\n"
