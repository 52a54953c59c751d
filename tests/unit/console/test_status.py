"""How a database stands, and who holds its lock, as people see it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from seeding.console import show_environments, show_lock, show_status
from seeding.db.topology import Cluster, Membership, Pooler, Topology
from seeding.locks import Holder
from seeding.verification.status import PastError, RunInProgress, SeededTable, Status
from tests.unit.console.shown import coloured, shown

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
AT_WORK = RunInProgress(
    run=9, command="seed", phase="lots", ended=1, steps=4, started_at=NOW - timedelta(seconds=90), host="here", user="me",
    process_id=77, alive=True, table="lots", first_index=1_000, rows=500, committed_at=NOW - timedelta(seconds=5),
)  # fmt: skip


def status(**facts: Any) -> Status:
    values = {
        "database": "shop", "environment": "dev", "environments": (), "seed": None, "as_of": None, "edge_cases": None,
        "tables": (), "holder": None, "in_progress": (),
        "errors": (), "last_run": None, "last_state": None, "last_exit_code": 0, "writer": "insert",
        "driver": "sqlite3 3.40", "drift": "none: every table matches its model", "refused": 0,
        "topology": Topology(version="SQLite 3.40.1"), "sees_commits": None,
    }  # fmt: skip
    return Status(**{**values, **facts})


def test_a_new_database_has_nothing_and_nobody() -> None:
    assert shown(show_status, status(), NOW) == [
        "shop: environment dev; written to as none yet",
        "Nothing is seeded here.",
        "",
        "Many rows are written by insert, through sqlite3 3.40.",
        "The server is SQLite 3.40.1.",
        "The seeding lock of shop is free.",
        "Drift: none: every table matches its model",
    ]


def test_what_is_seeded_is_listed_and_dated_from_the_first_batch() -> None:
    tables = tuple(
        SeededTable(table=table, rows=rows, batches=2, since=NOW + timedelta(days=day), last=NOW, runs=runs)
        for table, rows, day, runs in (("lots", 1_500, 0, (1, 2)), ("orders", 30, -1, (2,)))
    )
    held = status(tables=tables, seed=42, as_of=date(2026, 3, 2), edge_cases=False, environments=("dev", "staging"))

    assert shown(show_status, held, NOW)[:5] == [
        "shop: environment dev; written to as dev, staging",
        "1,530 rows are seeded in 2 tables since 2026-03-01 12:00 (seed 42, as of 2026-03-02, without edge cases)",
        "table   rows batches since            by run",
        "lots   1,500       2 2026-03-02 12:00 1, 2",
        "orders    30       2 2026-03-01 12:00 2",
    ]


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (
            {},
            (
                "In progress: run 9 (seed), started by me on here, process 77; at lots, 1 of 4 steps done, for 0:01:30; "
                "last batch: 500 rows of lots from index 1,000, 0:00:05 ago"
            ),
        ),
        (
            {"phase": "", "ended": 0, "committed_at": None},
            (
                "In progress: run 9 (seed), started by me on here, process 77; at its start, 0 of 4 steps done, for 0:01:30; "
                "no batch yet"
            ),
        ),
        (
            {"alive": False},
            "Died: run 9 (seed), started by me on here, process 77; its lock is free. The next run resumes where it stopped.",
        ),
    ],
)
def test_a_run_that_says_it_is_at_work_is_told_with_its_place_or_its_end(run: dict[str, Any], told: str) -> None:
    values = {name: getattr(AT_WORK, name) for name in RunInProgress.__slots__}

    lines = shown(show_status, status(in_progress=(RunInProgress(**{**values, **run}),)), NOW)

    assert told in lines


def test_the_last_errors_are_told_and_how_the_last_run_ended() -> None:
    errors = (
        PastError(run=8, command="seed", finished_at=NOW, table="lots", error="no [room]"),
        PastError(run=7, command="seed_mask", finished_at=None, table="", error="lost"),
    )

    lines = shown(show_status, status(errors=errors, last_run=8, last_state="failed", last_exit_code=5), NOW)

    assert lines[-4:-1] == [
        "Last run: 8, failed (exit code 5)",
        "Error in run 8 (seed, 2026-03-02 12:00) lots: no [room]",
        "Error in run 7 (seed_mask): lost",
    ]
    assert "Last run: 8, succeeded" in shown(show_status, status(last_run=8, last_state="succeeded"), NOW)


def test_drift_that_refuses_a_seeder_is_red() -> None:
    assert "\x1b[31mlots: gone\x1b[0m" in coloured(show_status, status(drift="lots: gone", refused=1), NOW)
    assert "\x1b[31m" not in coloured(show_status, status(), NOW)


def test_who_holds_the_lock_is_told_with_all_that_is_known() -> None:
    holder = Holder(connection=5, host="here [1]")

    assert shown(show_status, status(holder=holder), NOW)[5:8] == [
        "The seeding lock of shop is held by",
        "  connection  5",
        "  host        here [1]",
    ]


def test_a_lock_that_was_released_says_what_becomes_of_its_run() -> None:
    assert shown(show_lock, "shop", {"host": "here"}, released=True) == [
        "The seeding lock of shop was taken from",
        "  host        here",
        "That run stops before its next commit; the next run resumes where it stopped.",
    ]
    assert shown(show_lock, "shop", None, released=True) == ["The seeding lock of shop is free."]


@pytest.mark.parametrize(
    ("remembered", "told"),
    [((), "It was never written to."), (("dev",), "shop was written to as dev."), (("a", "b"), "shop was written to as a, b.")],
)
def test_under_which_environments_a_database_was_written_to(remembered: tuple[str, ...], told: str) -> None:
    assert shown(show_environments, "shop", remembered) == [told]


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        (
            {
                "topology": Topology(
                    version="MariaDB 10.11.6",
                    servers=("a", "b"),
                    membership=Membership(
                        cluster=Cluster.GALERA, nodes=3, writers=3, transaction_bytes=2_000, transaction_rows=10
                    ),
                )
            },
            [
                "The server is MariaDB 10.11.6; galera of 3 nodes, 3 of which accept writes;",
                "2 servers behind one address: a, b.",
                "It accepts at most 2,000 bytes of a transaction and 10 rows of a transaction.",
            ],
        ),
        (
            {"topology": Topology(version="PostgreSQL 15", reads_only=True, pooler=Pooler.TRANSACTION), "sees_commits": False},
            [
                "The server is PostgreSQL 15; only reads; through a pooler of transactions.",
                "A new connection does not see the last run: reads are answered from elsewhere than writes.",
            ],
        ),
        (
            {
                "topology": Topology(
                    version="MySQL 8.0.11", untested="TiDB", membership=Membership(cluster=Cluster.GROUP, is_ready=False)
                )
            },
            [
                "The server is MySQL 8.0.11; TiDB, on which nothing has been tested;",
                "group replication of 1 nodes, 1 of which accept writes; and this one is not ready.",
            ],
        ),
    ],
)
def test_what_answers_is_shown(facts: dict[str, Any], lines: list[str]) -> None:
    told = shown(show_status, status(**facts), NOW)
    start = next(place for place, line in enumerate(told) if line.startswith("The server is"))

    assert " ".join(told[start : told.index("The seeding lock of shop is free.")]) == " ".join(lines)
