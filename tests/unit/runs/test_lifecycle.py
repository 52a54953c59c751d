"""The life of a command that writes: what it refuses, and what the ledger says of it however it ends."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connections

from seeding.conf import Environment, SeedConfig
from seeding.exceptions import ConfigurationError, GenerationError, LockHeldError, RefusedError, SchemaError, Terminated
from seeding.generation.datasets import Dataset
from seeding.ledger.recorder import Recorder
from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from seeding.orchestration.results import RunSummary, SeederResult, SeederState
from seeding.runs.confirmation import Question
from seeding.runs.lifecycle import Operation, claim, place_of
from seeding.safety import Touch
from seeding.telemetry.events import Event
from tests.support.databases import AS_OF, Database

DATASET = Dataset(seed=7, as_of=AS_OF)


class Watched(Operation):
    """An operation on a database, with everything that it tells and asks."""

    def __init__(self, shop: Database, **options: Any) -> None:
        self.told: list[Event] = []
        self.asked: list[str] = []
        config = SeedConfig(database=shop.alias, environment=Environment.DEV, **options)
        super().__init__(config, "seed", tell=self.told.append, ask=self._answer)

    def _answer(self, text: str) -> str:
        self.asked.append(text)
        return "yes"

    def messages(self, operation: str) -> list[str]:
        return [event.message for event in self.told if event.operation == operation]


def last_run(shop: Database) -> SeedRun:
    return SeedRun.objects.using(shop.alias).latest("pk")


def summary(*results: SeederResult) -> RunSummary:
    return RunSummary(
        run=None, database="shop", environment="dev", size="small", scale=1, seed=7, as_of=AS_OF, edge_cases=True,
        dry_run=False, duration=0.0,
        results=results,
    )  # fmt: skip


def test_a_database_without_a_ledger_is_not_connected_to(shop: Database) -> None:
    shop.query("DROP TABLE seeding_masked")

    with pytest.raises(ConfigurationError, match=r"^The ledger is missing \(seeding_masked\)\. Create it with: .* --database="):
        Watched(shop).connect()


def test_one_connection_is_enough(shop: Database) -> None:
    operation = Watched(shop)
    operation.connect()
    shop.query("DROP TABLE seeding_masked")

    operation.connect()  # looks at nothing again

    assert operation.told == []


def test_a_trigger_on_the_ledger_stops_every_command_and_one_on_a_table_those_that_ask(shop: Database) -> None:
    shop.query("CREATE TRIGGER busy AFTER INSERT ON shop_product BEGIN UPDATE shop_review SET stars = 1; END")
    operation = Watched(shop)

    found = operation.survey({"shop_product": Touch.INSERT, "shop_review": Touch.INSERT})

    assert list(found.refusals) == ["shop_product"]
    assert operation.told == []
    with pytest.raises(SchemaError, match=r"^shop_product has the trigger .*busy.* Nothing was changed\.$"):
        operation.survey({"shop_product": Touch.INSERT}, refusing=None)
    shop.query("CREATE TRIGGER late AFTER INSERT ON seeding_run BEGIN DELETE FROM shop_review; END")
    with pytest.raises(SchemaError, match=r"^seeding_run has the trigger .*late.* Nothing was changed\.$"):
        operation.survey({"shop_review": Touch.INSERT})


def test_what_cannot_be_seen_is_told(shop: Database) -> None:
    shop.query("ALTER TABLE shop_review RENAME TO reviews")
    shop.query("CREATE VIEW shop_review AS SELECT DISTINCT * FROM reviews")
    operation = Watched(shop)

    operation.survey({"shop_product": Touch.DELETE})

    assert [(event.operation, event.level) for event in operation.told] == [("survey", "warn")]
    assert operation.told[0].message.startswith("Models refer to these tables through views that only show rows (shop_review)")


def test_the_guard_sees_the_name_the_host_and_the_past_of_the_database(shop: Database) -> None:
    for environment in ("dev", "production"):
        Recorder(shop.alias).open_run(command="seed", environment=environment, seed=1, as_of=AS_OF, faker_version="")

    place = Watched(shop).place()

    assert (place.name, place.host) == (shop.url.removeprefix("sqlite:///"), "")
    assert place.remembered == {"dev", "production"}


def test_a_question_is_put_to_whoever_the_command_has(shop: Database) -> None:
    operation = Watched(shop)

    operation.confirm(None)
    operation.confirm(Question(text="Go on?", answer="yes"), "All of it. ")
    with pytest.raises(RefusedError):
        operation.confirm(Question(text="Name it:", answer="shop"))

    assert operation.asked == ["All of it. Go on?", "Name it:"]


def test_the_lock_is_held_for_the_block_and_free_after_it(shop: Database) -> None:
    operation = Watched(shop)

    with operation.locked() as meter:
        assert seeding_lock(shop.alias).is_locked
        assert meter is operation.meter

    assert not seeding_lock(shop.alias).is_locked
    assert [event.operation for event in operation.told] == ["metrics"]


def test_a_lock_that_another_holds_is_told_and_measured(shop: Database) -> None:
    operation = Watched(shop)

    with seeding_lock(shop.alias).held(0), pytest.raises(LockHeldError), operation.locked():
        pytest.fail("nobody may come here")

    assert [event.operation for event in operation.told] == ["refuse", "metrics"]
    assert operation.messages("refuse")[0].startswith("Another run holds the seeding lock")
    measured = operation.told[1].context["metrics"]
    assert (measured.exit_code, measured.lock_wait > 0) == (2, True)


def test_a_run_that_died_is_marked_as_interrupted(shop: Database) -> None:
    dead = Recorder(shop.alias).open_run(command="seed", environment="dev", seed=1, as_of=AS_OF, faker_version="")
    operation = Watched(shop)

    with operation.locked():
        pass

    assert last_run(shop).pk == dead.pk
    assert (last_run(shop).state, last_run(shop).error) == ("interrupted", "found dead: its lock was free")
    assert operation.messages("recover") == ["1 earlier runs died; this run resumes where they stopped"]


def test_a_truncation_that_a_dead_run_announced_is_settled(shop: Database) -> None:
    shop.seed(table="shop_product")
    Recorder(shop.alias).announce_truncation("shop_product", last_run(shop))
    shop.query("DELETE FROM shop_product")

    with Watched(shop).locked():
        pass

    assert SeedingMetadata.objects.using(shop.alias).get().live is None


def test_a_run_is_in_the_ledger_before_anything_is_written(shop: Database) -> None:
    operation = Watched(shop)

    with operation.locked(), operation.recorded(DATASET, {"tables": ["shop_product"]}, faker_version="40.1") as run:
        there = last_run(shop)
        opened = operation.told[-1]

    assert (there.pk, there.state, there.command, there.environment) == (run.pk, "running", "seed", "dev")
    assert (there.seed, there.as_of, there.faker_version) == (7, AS_OF, "40.1")
    assert there.plan == {"tables": ["shop_product"]}
    assert there.lock_connection == there.process_id  # on SQLite the lock is the process's
    assert (opened.operation, opened.context) == ("open", {"run": run.pk, "command": "seed"})
    assert operation.meter.run == run.pk


@pytest.mark.parametrize(("error", "state", "code", "words"), [
    (GenerationError("no rows"), "failed", 4, "no rows"),
    (RuntimeError("oh"), "failed", None, "oh"),
    (RuntimeError(), "failed", None, "RuntimeError"),
    (IntegrityError("Duplicate entry 'Ann' for key 'name'"), "failed", None, "IntegrityError for name"),
    (KeyboardInterrupt(), "interrupted", None, "KeyboardInterrupt"),
    (Terminated(), "interrupted", None, "Terminated"),
])  # fmt: skip
def test_a_run_that_gives_up_is_closed_with_what_ended_it(
    shop: Database, error: BaseException, state: str, code: int | None, words: str
) -> None:
    operation = Watched(shop)

    with pytest.raises(type(error)) as raised, operation.locked(), operation.recorded(DATASET, {}):
        raise error

    run = last_run(shop)
    assert raised.value is error
    assert (run.state, run.exit_code, run.error) == (state, code, words)
    assert (run.metrics["gave_up"], run.metrics["error_rate"]) == (True, 1.0)
    assert operation.messages("stop") == [f"Run {run.pk} {state}: {words}"]
    assert not seeding_lock(shop.alias).is_locked


def test_a_run_that_a_signal_ends_while_a_transaction_closes_is_closed_in_the_ledger(shop: Database) -> None:
    operation = Watched(shop)

    def interrupted() -> None:
        connections[shop.alias].set_autocommit(False)
        connections[shop.alias].in_atomic_block = True  # as it is until the last line of `atomic`
        raise Terminated

    with pytest.raises(Terminated), operation.locked(), operation.recorded(DATASET, {}):
        interrupted()

    assert last_run(shop).state == "interrupted"


def test_what_ended_a_run_is_raised_even_if_the_ledger_cannot_be_told(shop: Database) -> None:
    operation = Watched(shop)

    def lose_the_ledger() -> None:
        shop.query("ALTER TABLE seeding_run RENAME TO gone")
        raise GenerationError("no rows")

    with pytest.raises(GenerationError, match="no rows"), operation.locked(), operation.recorded(DATASET, {}):
        lose_the_ledger()

    assert operation.messages("stop") == [
        "Run 1 failed: no rows",
        "Run 1 could not be closed: no such table: seeding_run",
    ]


def test_who_looks_on_sees_what_a_run_is_at(shop: Database) -> None:
    operation = Watched(shop)
    ended = SeederResult(seeder="ProductSeeder", table="shop_product", state=SeederState.SEEDED, records_planned=10)

    with operation.locked(), operation.recorded(DATASET, {}) as run:
        operation.note(run, "ReviewSeeder", [ended])

    assert last_run(shop).phase == "ReviewSeeder"
    assert [(one["table"], one["state"], one["success"]) for one in last_run(shop).results] == [
        ("shop_product", "seeded", True)
    ]
    assert operation.messages("phase") == ["ReviewSeeder"]


def test_a_note_that_cannot_be_written_stops_nothing(shop: Database) -> None:
    shop.query("CREATE TRIGGER unnoted BEFORE UPDATE OF phase ON seeding_run BEGIN SELECT RAISE(ABORT, 'no notes'); END")
    operation = Watched(shop)

    with operation.locked(), operation.recorded(DATASET, {}) as run:
        operation.note(run, "ReviewSeeder", [])

    (event,) = (event for event in operation.told if event.operation == "note")
    assert (event.level, event.message) == ("warn", f"Run {run.pk}: its progress is not recorded: IntegrityError")


@pytest.mark.parametrize(("code", "state"), [(0, "succeeded"), (5, "failed")])
def test_a_run_that_came_to_its_end_is_closed_with_its_results(shop: Database, code: int, state: str) -> None:
    operation = Watched(shop)
    result = SeederResult(
        seeder="ProductSeeder", table="shop_product", state=SeederState.SEEDED, records_planned=10, exit_code=code
    )

    with operation.locked():
        with operation.recorded(DATASET, {}) as run:
            pass
        closed = operation.close(run, summary(result), [result.as_dict()])

    there = last_run(shop)
    assert (there.state, there.exit_code, there.error, there.phase) == (state, code, "", "")
    assert [one["table"] for one in there.results] == ["shop_product"]
    assert there.finished_at is not None
    assert there.metrics == closed.metrics
    assert (closed.metrics["run"], closed.metrics["gave_up"]) == (run.pk, False)
    assert operation.told[-1].summary == closed


@pytest.mark.parametrize(("seeded", "expected"), [(True, (7, AS_OF)), (False, (42, date(2026, 5, 1)))])
def test_a_claim_is_a_run_that_says_what_the_database_is(shop: Database, *, seeded: bool, expected: tuple[int, date]) -> None:
    if seeded:
        shop.seed(table="shop_product", seed=7)
    Recorder(shop.alias).open_run(command="seed", environment="production", seed=1, as_of=AS_OF, faker_version="")
    ledger = Recorder(shop.alias)

    claim(ledger, Environment.STAGING, date(2026, 5, 1))

    run = last_run(shop)
    assert (run.command, run.state, run.exit_code) == ("claim", "succeeded", 0)
    assert (run.seed, run.as_of) == expected
    assert run.results == [{"claimed": "staging"}]
    assert place_of(ledger).remembered == {"staging"}
