"""How a database stands: what is seeded, who works, what went wrong, and which code that is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from seeding import Registry
from seeding.db.topology import Topology
from seeding.exceptions import ConfigurationError
from seeding.ledger.recorder import Recorder
from seeding.locks import Holder, seeding_lock
from seeding.models import SeedRun
from seeding.verification.checker import Checker
from seeding.verification.status import RunInProgress, Status, status
from tests.support.databases import AS_OF, Database

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
AT_WORK = RunInProgress(
    run=9, command="seed", phase="", ended=0, steps=1, started_at=NOW, host="h", user="u", process_id=1, alive=False,
    table=None, first_index=None, rows=None, committed_at=None,
)  # fmt: skip


def standing(shop: Database, environment: str = "dev", writer: str | None = None) -> Status:
    return status(Checker(shop.alias, "Make the table.", Registry.discover()), environment, writer)


def stands(**facts: Any) -> Status:
    values: dict[str, Any] = {
        "database": "shop", "environment": "dev", "environments": (), "seed": None, "as_of": None, "edge_cases": None,
        "tables": (), "holder": None,
        "in_progress": (), "errors": (), "last_run": 7, "last_state": "succeeded", "last_exit_code": 0, "writer": "w",
        "driver": "d", "drift": "none", "refused": 0,
        "topology": Topology(version="SQLite 3.40.1"), "sees_commits": None,
    }  # fmt: skip
    return Status(**{**values, **facts})


@pytest.mark.parametrize(
    ("facts", "code", "words"),
    [
        ({}, 0, "All is well."),
        ({"last_exit_code": 6, "last_state": "failed"}, 6, "Run 7 failed."),
        (
            {"last_exit_code": 6, "in_progress": (AT_WORK,)},
            130,
            "Run 9 has died; the next run resumes where it stopped.",
        ),
        (
            {"last_exit_code": 6, "in_progress": (AT_WORK,), "refused": 1},
            3,
            "The schema has moved: `seed_check --schema` shows all of it.",
        ),
        ({"last_exit_code": 6, "refused": 1, "holder": Holder()}, 2, "The seeding lock is held: a run is under way."),
    ],
)
def test_the_code_is_that_of_what_matters_most(facts: dict[str, Any], code: int, words: str) -> None:
    assert (stands(**facts).exit_code, stands(**facts).verdict) == (code, words)
    assert stands(**facts).as_dict()["exit_code"] == code


def test_a_new_database_has_nothing_and_is_well(shop: Database) -> None:
    found = standing(shop)

    assert (found.tables, found.rows, found.environments, found.holder, found.errors) == ((), 0, (), None, ())
    assert (found.seed, found.as_of, found.last_run, found.last_state, found.exit_code) == (None, None, None, None, 0)
    assert (found.drift, found.refused) == ("none: every table matches its model", 0)


def test_what_is_seeded_is_told_by_table_with_its_runs(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.seed(table="shop_product", size="medium")

    found = standing(shop)

    assert [(one.table, one.rows, one.batches, one.runs) for one in found.tables] == [
        ("shop_product", 100, 2, (1, 2)),
        ("shop_review", 30, 1, (1,)),
    ]
    product = found.tables[0]
    assert product.since < product.last
    assert (found.rows, found.seed, found.as_of, found.last_run, found.exit_code) == (130, 42, AS_OF, 2, 0)


def test_what_was_rolled_back_is_not_counted(shop: Database) -> None:
    shop.seed(table="shop_review")
    shop.rollback(table="shop_review")

    assert [(one.table, one.rows) for one in standing(shop).tables] == [("shop_product", 10)]


def begun(shop: Database, **values: Any) -> SeedRun:
    """A run that says it is under way."""
    ledger = Recorder(shop.alias)
    return ledger.open_run(command="seed", environment="staging", seed=1, as_of=date(2026, 3, 2), **values)


def test_a_run_without_the_lock_has_died(shop: Database) -> None:
    shop.seed(table="shop_product")
    begun(shop, plan={"steps": [1, 2, 3]}, results=[{"table": "a"}], phase="shop_review")

    found = standing(shop)

    (run,) = found.in_progress
    assert (run.run, run.phase, run.ended, run.steps, run.alive, run.table) == (2, "shop_review", 1, 3, False, None)
    assert (found.last_run, found.exit_code, found.environments) == (1, 130, ("dev", "staging"))


def test_a_run_with_the_lock_is_alive_and_tells_its_last_batch(shop: Database) -> None:
    shop.seed(table="shop_product")
    lock = seeding_lock(shop.alias)

    with lock.held(0):
        run = begun(shop, lock_connection=lock.connection_id)
        Recorder(shop.alias).batches.update(run=run)
        found = standing(shop)
        begun(shop, lock_connection=(lock.connection_id or 0) + 1)
        assert [one.alive for one in standing(shop).in_progress] == [False, True]

    (one,) = found.in_progress
    assert (one.alive, one.table, one.first_index, one.rows) == (True, "shop_product", 0, 10)
    assert one.committed_at is not None
    assert found.exit_code == 2


def test_a_rollback_under_way_tells_what_it_has_deleted_last(shop: Database) -> None:
    shop.seed(table="shop_review")
    run = begun(shop)
    for table, moment in (("shop_review", NOW), ("shop_product", NOW - timedelta(seconds=1))):
        batches = Recorder(shop.alias).live.filter(table_name=table)
        batches.update(live=None, rolled_back_in=run, rolled_back_at=moment)

    (one,) = standing(shop).in_progress

    assert (one.table, one.rows, one.committed_at) == ("shop_review", 30, NOW)


def test_the_last_errors_are_told_the_last_first_and_a_run_s_own_before_those_of_its_steps(shop: Database) -> None:
    for number in range(1, 5):
        begun(shop, state="failed", error="late" if number == 4 else "", results=[
            {"table": "a", "error": f"a{number}"}, {"table": "b", "error": ""}, {"error": f"c{number}"},
        ])  # fmt: skip

    told = [(one.run, one.table, one.error) for one in standing(shop).errors]

    assert told == [(4, "", "late"), (4, "a", "a4"), (4, "", "c4"), (3, "a", "a3"), (3, "", "c3")]


@pytest.mark.parametrize(
    ("state", "exit_code", "code"),
    [("succeeded", 0, 0), ("failed", 6, 6), ("failed", None, 1), ("interrupted", None, 130), ("interrupted", 2, 2)],
)
def test_the_last_run_s_code_is_told_or_follows_from_its_state(
    shop: Database, state: str, exit_code: int | None, code: int
) -> None:
    begun(shop, state="failed", exit_code=5)
    begun(shop, state=state, exit_code=exit_code)

    assert (standing(shop).last_exit_code, standing(shop).last_state) == (code, state)


def test_a_schema_that_has_moved_is_told_by_its_first_table_and_the_number_of_others(shop: Database) -> None:
    shop.query("ALTER TABLE shop_review DROP COLUMN text")

    one = standing(shop)
    shop.query("ALTER TABLE shop_order DROP COLUMN status")
    shop.query("CREATE TRIGGER no BEFORE INSERT ON shop_review BEGIN UPDATE shop_product SET stars = 1; END")
    two = standing(shop)
    shop.query("ALTER TABLE shop_customer DROP COLUMN name")
    three = standing(shop)

    assert (one.refused, one.exit_code) == (1, 3)
    assert one.drift.startswith("shop_review.text: ")
    assert "more table" not in one.drift
    assert two.refused == 2
    assert two.drift.startswith("shop_review has the trigger no")
    assert two.drift.endswith(" And 1 more table.")
    assert (three.refused, three.drift.endswith(" And 2 more tables.")) == (3, True)


def test_harmless_differences_are_counted(shop: Database) -> None:
    shop.query("ALTER TABLE shop_customer ADD COLUMN nickname TEXT")

    one = standing(shop)
    shop.query("ALTER TABLE shop_customer ADD COLUMN motto TEXT")
    two = standing(shop)

    assert (one.drift, one.exit_code) == ("none: every table matches its model (1 harmless difference)", 0)
    assert (two.drift, two.exit_code) == ("none: every table matches its model (2 harmless differences)", 0)


def test_without_a_ledger_there_is_no_status(shop: Database) -> None:
    shop.query("DROP TABLE seeding_masked")

    with pytest.raises(ConfigurationError, match="The ledger is missing"):
        standing(shop)


def test_the_writer_is_the_one_that_is_forced_or_that_many_rows_choose(shop: Database) -> None:
    assert standing(shop).writer == standing(shop, writer="executemany").writer == "executemany"
    assert standing(shop, "staging").environment == "staging"
    assert standing(shop).driver == "sqlite3"
