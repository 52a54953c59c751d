"""What the ledger tells of runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from seeding.web.run_history import (
    Masked,
    PhaseProgress,
    Progress,
    RunFigures,
    Share,
    Skipped,
    fate,
    figures,
    masked,
    progress,
    skipped,
    undone,
)
from tests.support.databases import AS_OF, Database

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
RUN = {"command": "seed", "environment": "dev", "seed": 42, "as_of": AS_OF, "faker_version": "40", "host": "here",
       "process_id": 1, "user": "somebody", "started_at": NOW - timedelta(seconds=10), "state": "succeeded"}  # fmt: skip
STEPS = [
    {"seeder": "A", "table": "a", "rows": 40, "existing": 10},
    {"seeder": "B", "table": "b", "rows": 60, "existing": 0},
    {"seeder": "C", "table": "c", "rows": 5},
]


def made(shop: Database, **facts: Any) -> SeedRun:
    return SeedRun.objects.using(shop.alias).create(**{**RUN, **facts})


def batch(shop: Database, run: SeedRun, seeder: str, count: int, **facts: Any) -> SeedingMetadata:
    first = SeedingMetadata.objects.using(shop.alias).count() * 1_000
    values = {"table_name": seeder.lower(), "generator_version": "1.1", "first_index": first, "key_ranges": [[first, count, 1]],
              "record_count": count, "environment": "dev", "created_at": NOW}  # fmt: skip
    return SeedingMetadata.objects.using(shop.alias).create(run=run, seeder_name=seeder, **{**values, **facts})


def test_rows_are_those_that_a_run_has_inserted_rolled_back_or_looked_at(shop: Database) -> None:
    seed, rollback, mask, nothing = (
        made(shop, finished_at=NOW, results=one) for one in ([], [], [{"rows": 7}, {"rows": 2}], [])
    )
    batch(shop, seed, "A", 30)
    batch(shop, seed, "B", 12, live=None, rolled_back_in=rollback, rolled_back_at=NOW)

    found = figures([seed, rollback, mask, nothing], shop.alias, NOW)

    assert [one.rows for one in found] == [42, 12, 9, 0]
    assert [one.seconds for one in found] == [10.0] * 4
    assert [one.rate for one in found] == [4.2, 1.2, 0.9, None]


def test_a_batch_that_a_rollback_has_only_begun_with_is_not_counted(shop: Database) -> None:
    seed, rollback = made(shop), made(shop)
    batch(shop, seed, "A", 30, rolled_back_in=rollback)

    assert [one.rows for one in figures([seed, rollback], shop.alias, NOW)] == [30, 0]


@pytest.mark.parametrize(("started", "seconds", "rate"), [(-20, 20.0, 0.5), (0, 0.0, None), (5, 0.0, None)])
def test_a_run_that_goes_on_has_lasted_until_now_and_never_less_than_no_time(
    shop: Database, started: int, seconds: float, rate: float | None
) -> None:
    run = made(shop, started_at=NOW + timedelta(seconds=started), results=[{"rows": 10}])

    (found,) = figures([run], shop.alias, NOW)

    assert (found.seconds, found.rate) == (seconds, rate)


def test_a_run_has_come_as_far_as_its_batches_and_what_was_there(shop: Database) -> None:
    run = made(shop, state="running", phase="B", plan={"steps": STEPS}, results=[{"seeder": "A", "state": "seeded"}])
    batch(shop, run, "A", 28, skipped_count=2)
    batch(shop, run, "B", 20)
    (found,) = figures([run], shop.alias, NOW)

    shown = progress(found, shop.alias)

    assert shown.steps == [
        PhaseProgress(name="A", table="a", planned=40, done=40, state="seeded"),
        PhaseProgress(name="B", table="b", planned=60, done=20, state="running"),
        PhaseProgress(name="C", table="c", planned=5, done=0, state=""),
    ]
    assert (shown.planned, shown.done, shown.alive) == (105, 60, False)
    assert shown.seconds_left == pytest.approx(45 / 4.8)


def test_a_step_that_has_ended_is_not_running_even_if_the_run_has_not_gone_on_yet(shop: Database) -> None:
    run = made(shop, state="running", phase="A", plan={"steps": STEPS}, results=[{"seeder": "A", "state": "seeded"}])

    assert progress(figures([run], shop.alias, NOW)[0], shop.alias).steps[0].state == "seeded"


def test_no_more_is_done_than_was_planned_and_a_run_that_ended_is_at_nothing(shop: Database) -> None:
    run = made(shop, state="failed", phase="A", plan={"steps": STEPS}, finished_at=NOW)
    batch(shop, run, "A", 100)

    shown = progress(figures([run], shop.alias, NOW)[0], shop.alias)

    assert [(step.done, step.state) for step in shown.steps] == [(40, ""), (0, ""), (0, "")]
    assert shown.alive is False


def test_a_rollback_comes_on_table_by_table(shop: Database) -> None:
    plan = {"steps": [{"table": "a", "rows": 30}, {"table": "b", "rows": 5}]}
    seed, run = made(shop), made(shop, command="seed_rollback", plan=plan, results=[{"table": "a"}])
    batch(shop, seed, "A", 30, live=None, rolled_back_in=run, rolled_back_at=NOW)

    shown = progress(figures([run], shop.alias, NOW)[0], shop.alias)

    assert [(step.name, step.table, step.done, step.state) for step in shown.steps] == [
        ("a", "a", 30, "done"),
        ("b", "b", 0, ""),
    ]


def test_a_run_is_alive_while_the_lock_is_held_for_it(shop: Database) -> None:
    lock = seeding_lock(shop.alias)
    with lock.held(0):
        ours, other = made(shop, state="running", lock_connection=lock.connection_id), made(shop, state="running")
        ended = made(shop, lock_connection=lock.connection_id)
        alive = [progress(one, shop.alias).alive for one in figures([ours, other, ended], shop.alias, NOW)]

    assert alive == [True, False, False]
    assert progress(figures([ours], shop.alias, NOW)[0], shop.alias).alive is False


def test_before_the_first_row_nobody_knows_how_long_it_takes() -> None:
    shown = Progress(figures=RunFigures(run=SeedRun(), rows=0, seconds=5.0), steps=(), alive=True)

    assert (shown.seconds_left, shown.planned, shown.done) == (None, 0, 0)


def test_refused_rows_are_told_by_batch(shop: Database) -> None:
    run = made(shop)
    batch(shop, run, "A", 5)
    some = batch(shop, run, "B", 5, skipped_count=3, skipped_ranges=[[3, 1], [7, 2]])

    ranges = [[3, 1], [7, 2]]
    assert skipped(run, shop.alias) == [Skipped(batch=some.pk, table="b", seeder="B", count=3, ranges=ranges)]


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        ([[3, 1], [7, 3]], "3, 7-9"),
        ([], ""),
        ([[number, 1] for number in range(10)], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        ([[number, 1] for number in range(11)], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …"),
    ],
)
def test_a_few_of_the_refused_indexes_are_named(ranges: list[list[int]], told: str) -> None:
    assert Skipped(batch=1, table="a", seeder="A", count=1, ranges=ranges).indexes == told


def test_what_was_masked_is_told_by_the_audit_and_before_that_by_the_last_batch(shop: Database) -> None:
    audit = {"table": "a", "mode": "full", "key": "12ab", "fields": [{"column": "name", "strategy": "person_name", "count": 3}]}
    run = made(shop, results=[{"seeder": "A", "masking": audit}, {"seeder": "C", "masking": {}}, {"table": "x"}])
    batch(shop, run, "A", 5, masked_fields=["name"])
    batch(shop, run, "B", 5, masked_fields=["old"])
    batch(shop, run, "B", 5, masked_fields=["email", "phone"])
    batch(shop, made(shop), "B", 5, masked_fields=["other"])

    assert masked(run, shop.alias) == [
        Masked(table="a", column="name", strategy="person_name", count=3, mode="full", key="12ab"),
        Masked(table="b", column="email"),
        Masked(table="b", column="phone"),
    ]


def test_the_rows_of_a_run_are_there_or_were_rolled_back_by_another(shop: Database) -> None:
    seed, first, second = made(shop), made(shop), made(shop)
    batch(shop, seed, "A", 5)
    batch(shop, seed, "B", 6)
    for count, run, day in ((7, second, 1), (8, first, 0), (9, second, 2)):
        batch(shop, seed, "C", count, live=None, rolled_back_in=run, rolled_back_at=NOW + timedelta(days=day))

    assert fate(seed, shop.alias) == [
        Share(run=None, rows=11, batches=2, at=None),
        Share(run=first.pk, rows=8, batches=1, at=NOW),
        Share(run=second.pk, rows=16, batches=2, at=NOW + timedelta(days=2)),
    ]
    assert undone(second, shop.alias) == [Share(run=seed.pk, rows=16, batches=2, at=NOW + timedelta(days=2))]
    assert undone(seed, shop.alias) == fate(first, shop.alias) == []


def test_a_reset_is_followed_table_by_table(shop: Database) -> None:
    steps = [{"table": "a", "rows": 3}, {"table": "b", "rows": 5}]
    results = [{"table": "a", "records_updated": 1, "records_inserted": 2}]
    run = made(shop, command="seed_reset", state="running", phase="b", plan={"steps": steps}, results=results)
    (one,) = figures([run], shop.alias, NOW)

    found = progress(one, shop.alias)

    assert [(step.name, step.done, step.planned, step.state) for step in found.steps] == [
        ("a", 3, 3, "done"), ("b", 0, 5, "running"),
    ]  # fmt: skip
