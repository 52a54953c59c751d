"""The engine on seeders made for the purpose: what goes wrong in one, and what it costs the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import numpy as np
import polars as pl
import pytest
from django.db import OperationalError, connections
from django.db.models import Value

from seeding.exceptions import ConfigurationError, LockLostError, MisdeclaredSeederError
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, Derivation, SeederConfig
from seeding.keys import KeySet
from seeding.ledger.queries import generator_version
from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from seeding.orchestration.deferred_references import DeferredReferences
from seeding.orchestration.results import SeederState
from seeding.runs.transaction_size import in_portions
from seeding.schema.results import ValidationError
from seeding.telemetry.events import Event
from seeding.verification.invariants import invariant
from seeding.verification.rule_checks import check
from seeding.writing import BulkCreateWriter, Writers
from terpseed.models import Brand, Client, Strain, SupplierProfile
from tests.support.databases import Database
from tests.support.runs import run
from tests.support.seeders import COUNT, Clients, Profiles, Strains, seeder


def test_invalid_rows_are_left_out_with_their_children(database: Database) -> None:
    broken = seeder(lambda data: data.with_columns(name=pl.when(pl.col("name") == "C3").then(None).otherwise("name")))

    summary, told = run(database, broken, Profiles())

    clients, profiles = summary.results
    assert (clients.state, clients.records_inserted, clients.records_skipped) == (SeederState.PARTIAL, 19, 1)
    assert (profiles.state, profiles.records_inserted, profiles.records_skipped) == (SeederState.PARTIAL, 19, 1)
    assert summary.exit_code == 5
    reasons = [event.context["errors"][0] for event in told if event.operation == "skip"]
    assert [reason["issue"] for reason in reasons] == ["null", "reference to nothing"]
    assert reasons[0]["actual"] == "[redacted]"


def test_a_run_in_progress_can_be_read_from_the_ledger(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeding.runs.lifecycle.NOTE_SECONDS", 0)
    run(sqlite, seeder(lambda data: data))
    seen: list[tuple[str, list[str], int]] = []

    def look(event: Event) -> None:
        if event.operation == "finish":
            now = SeedRun.objects.using(sqlite.alias).latest("pk")
            seen.append((now.phase, [result["table"] for result in now.results], now.batches.count()))

    run(sqlite, seeder(lambda data: data), Profiles(), listen=look)

    ended = SeedRun.objects.using(sqlite.alias).latest("pk")
    assert seen == [("Clients", [], 0), ("Profiles", ["clients"], 1)]
    assert ended.plan["steps"] == [
        {"seeder": "Clients", "table": "clients", "rows": 20, "existing": 20},
        {"seeder": "Profiles", "table": "supplier_profiles", "rows": 20, "existing": 0},
    ]
    assert (ended.phase, [result["state"] for result in ended.results]) == ("", ["existing", "seeded"])


def test_progress_that_cannot_be_recorded_stops_nothing(sqlite: Database) -> None:
    sqlite.query(
        "CREATE TRIGGER unnoted BEFORE UPDATE OF phase ON seeding_run WHEN NEW.phase <> '' "
        "BEGIN SELECT RAISE(ABORT, 'no notes'); END"
    )

    summary, told = run(sqlite, seeder(lambda data: data))

    assert (summary.exit_code, summary.records_inserted) == (0, 20)
    assert {event.level for event in told if event.operation == "note"} == {"warn"}
    assert SeedRun.objects.using(sqlite.alias).get().state == "succeeded"


def test_a_row_lost_to_the_database_takes_its_descendants_along(database: Database) -> None:
    Strain.objects.using(database.alias).create(name="Strain 15", standardizedName="x")

    summary, _ = run(database, Strains())

    assert (summary.results[0].records_inserted, summary.results[0].records_skipped) == (15, 5)
    names = set(Strain.objects.using(database.alias).values_list("name", flat=True))
    assert names == {f"Strain {index}" for index in range(16)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.with_columns(colour=pl.lit("red")), "unknown column"),
        (lambda data: data.drop("name"), "missing column"),
        (lambda data: data.with_columns(name=pl.lit(1)), "wrong type"),
        (lambda data: data.head(1), "1 rows were generated for 2 indexes"),
        (lambda _: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failed_generation_costs_the_seeder_and_what_needs_it(
    sqlite: Database, change: Callable[[pl.DataFrame], pl.DataFrame], words: str
) -> None:
    summary, told = run(sqlite, seeder(change), Profiles(), Strains())

    states = {result.table: result.state for result in summary.results}
    assert states == {"clients": "failed", "supplier_profiles": "skipped", "strains": "seeded"}
    assert summary.exit_code == 4
    assert [event for event in told if event.operation == "retry"]
    assert words in next(result.error for result in summary.results if result.table == "clients")


def test_a_business_rule_of_the_seeder_counts(sqlite: Database) -> None:
    class Strict(Clients):
        config = Clients.config

        def validate_data(self, data: pl.DataFrame) -> list[ValidationError]:
            return [ValidationError(field="name", issue="unlucky", expected="luck", actual="C13", row=13)]

    summary, _ = run(sqlite, Strict())

    assert (summary.results[0].records_inserted, summary.results[0].records_skipped) == (19, 1)


def unlucky(row: int | None) -> ValidationError:
    return ValidationError(field="name", issue="unlucky", expected="luck", actual="?", row=row)


@pytest.mark.parametrize(
    ("find", "words"),
    [
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: None, "TypeError: 'NoneType' object is not iterable"),
        (lambda: ["unlucky"], "it found a str, which is not a ValidationError."),
        (lambda: [unlucky(20)], "it found an error in row 20; they count from 0 to 19."),
        (lambda: [unlucky(-1)], "it found an error in row -1; they count from 0 to 19."),
    ],
)
def test_a_rule_that_fails_itself_is_named(sqlite: Database, find: Callable[[], Any], words: str) -> None:
    class Strict(Clients):
        config = Clients.config

        def validate_data(self, data: pl.DataFrame) -> Any:
            return find()

    def house_rule(seeder: BaseSeeder, data: pl.DataFrame) -> Any:
        return find() if isinstance(seeder, Clients) else ()

    for name, one, rules in (("Strict.validate_data", Strict(), ()), ("house_rule", Clients(), (house_rule,))):
        summary, _ = run(sqlite, one, Strains(), rules=rules)

        results = {result.table: (result.state, result.exit_code) for result in summary.results}
        assert results["clients"] == ("failed", 4)
        assert results["strains"] in {("seeded", 0), ("existing", 0)}
        errors = [result.error for result in summary.results if result.error]
        assert errors == [f"{name}, rows 0 to 19 of clients: {words}"]


def test_a_rule_about_no_row_in_particular_refuses_the_batch(sqlite: Database) -> None:
    def house_rule(seeder: BaseSeeder, data: pl.DataFrame) -> list[ValidationError]:
        return [unlucky(None)] if "T7" in data["teri_code"] else []

    summary, told = run(sqlite, Clients(), rules=[house_rule], batch_size=5)

    assert (summary.results[0].records_inserted, summary.results[0].records_skipped) == (15, 5)
    assert summary.exit_code == 5
    assert [event.context["reasons"] for event in told if event.operation == "skip"] == [{"name: unlucky": 5}]


def test_a_reference_without_a_dependency_is_named_with_its_fix(sqlite: Database) -> None:
    class Careless(Profiles):
        config = SeederConfig(model=SupplierProfile, record_count=COUNT)

    summary, _ = run(sqlite, Clients(), Careless())

    assert "Add 'clients' to its dependencies" in next(one for one in summary.results if one.table != "clients").error


def test_counts_always_add_up_after_a_failure_midway(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_late(data: pl.DataFrame) -> pl.DataFrame:
        if "T15" in data["teri_code"]:
            raise RuntimeError("late")
        return data

    config = SeederConfig(model=Client, record_count=COUNT)
    late: type[BaseSeeder] = type("Late", (Clients,), {"change": staticmethod(fail_late), "config": config})

    summary, _ = run(sqlite, late(), batch_size=5)

    result = summary.results[0]
    assert (result.records_inserted, result.records_skipped) == (15, 5)
    assert len(sqlite.content("clients")) == 15


def test_a_lost_lock_stops_before_the_next_commit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = seeding_lock(database.alias)

    def lose(data: pl.DataFrame) -> pl.DataFrame:
        if database.server == "sqlite":
            Path(f"{connections[database.alias].settings_dict['NAME']}.seeding.lock").unlink()
        else:
            lock.force_release()
        return data

    with pytest.raises(LockLostError):
        run(database, seeder(lose))

    assert database.content("clients") == []
    assert not SeedingMetadata.objects.using(database.alias).exists()
    assert SeedRun.objects.using(database.alias).get().state == "failed"


def test_a_deadlock_is_tried_again(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    write, failures = BulkCreateWriter.write, [OperationalError(1213, "Deadlock found"), OperationalError(1205, "Lock wait")]

    def flaky(self: BulkCreateWriter, *arguments: Any) -> None:
        if failures:
            raise failures.pop()
        write(self, *arguments)

    monkeypatch.setattr(BulkCreateWriter, "write", flaky)

    summary, told = run(sqlite, Clients())

    assert summary.results[0].records_inserted == 20
    assert [event.message for event in told if event.operation == "retry"] == [
        "Trying the batch again (retry 1): (1205, 'Lock wait')",
        "Trying the batch again (retry 2): (1213, 'Deadlock found')",
    ]


def test_a_batch_in_flight_from_a_dead_run_is_not_doubled(database: Database) -> None:
    run(database, Clients())
    entry = SeedingMetadata.objects.using(database.alias).get()
    SeedingMetadata.objects.using(database.alias).filter(pk=entry.pk).update(live=None)
    hidden = [True]

    def appear(data: pl.DataFrame) -> pl.DataFrame:
        if hidden:
            hidden.clear()
            SeedingMetadata.objects.using(database.alias).filter(pk=entry.pk).update(live=True)
        return data

    summary, _ = run(database, seeder(appear))

    assert (summary.results[0].records_inserted, summary.results[0].records_existing) == (0, 20)
    assert len(database.content("clients")) == 20


@pytest.mark.parametrize("batch", [20, 5])
def test_nor_is_one_whose_first_and_last_rows_were_refused(sqlite: Database, batch: int) -> None:
    class Brands(BaseSeeder):
        config = SeederConfig(model=Brand, record_count=COUNT, not_pii=("name",))

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame({"name": [f"B{index}" for index in rows.index]})

    def land(event: Event) -> None:
        """Let the dead run's last commit arrive when this one has already asked what is there."""
        if event.operation == "choose":
            Brand.objects.using(sqlite.alias).bulk_create(Brand(id=index, name=f"B{index}") for index in range(1, 19))
            SeedingMetadata.objects.using(sqlite.alias).create(
                run=SeedRun.objects.using(sqlite.alias).earliest("pk"), table_name="brands", seeder_name="Brands",
                generator_version=generator_version(Brands()), first_index=1, key_ranges=[[1, 18, 1]],
                skipped_ranges=[[0, 1], [19, 1]], record_count=18, environment="dev", created_at=datetime.now(UTC),
            )  # fmt: skip

    run(sqlite, Clients())

    summary, _ = run(sqlite, Brands(), listen=land, batch_size=batch)

    assert (summary.results[0].records_inserted, summary.results[0].records_existing) == (2, 18)
    names = Brand.objects.using(sqlite.alias).values_list("name", flat=True)
    assert sorted(names) == sorted(f"B{index}" for index in range(20))


def test_the_more_rows_the_faster_the_writer(database: Database) -> None:
    writers = Writers(database.alias)

    chosen = [writers.choose(count).name for count in (1, 99, 100)]

    native = {"sqlite": "executemany", "mariadb": "load_data", "mysql": "multi_insert", "postgresql": "copy"}
    assert chosen == ["bulk_create", "bulk_create", native[database.server]]


def test_a_circle_of_dependencies_is_named() -> None:
    class One(Clients):
        config = SeederConfig(model=Client, record_count=COUNT, dependencies=("supplier_profiles",))

    with pytest.raises(MisdeclaredSeederError, match=r"One → .*Profiles|Profiles → .*One"):
        _ = Registry([One(), Profiles()]).ordered


def test_a_dependency_that_nobody_seeds_is_named() -> None:
    class Lost(Clients):
        config = SeederConfig(model=Client, record_count=COUNT, dependencies=("brnads",))

    with pytest.raises(MisdeclaredSeederError, match="depends on 'brnads', which matches no seeded table"):
        _ = Registry([Lost()]).ordered


def test_an_abstract_seeder_is_there_to_be_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    class Abstract(BaseSeeder):
        config = Clients.config

    module = ModuleType("seeders")
    for one in (Abstract, Clients):
        monkeypatch.setattr(one, "__module__", module.__name__)
        setattr(module, one.__name__, one)
    monkeypatch.setattr("seeding.generation.registry.modules", lambda _: ([module], []))

    assert [seeder.name for seeder in Registry.discover().ordered] == ["Clients"]


def test_two_seeders_of_one_name_are_refused() -> None:
    with pytest.raises(MisdeclaredSeederError, match=r"both define Clients.*Rename one"):
        Registry([Clients(), Clients()])


def test_derived_columns_that_the_database_refuses_cost_no_other_seeder(sqlite: Database) -> None:
    class Failing(Clients):
        config = SeederConfig(model=Client, record_count=COUNT)

        def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
            return (Derivation(values={"teri_code": Value("the same")}, reads=("clients",)),)

    summary, _ = run(sqlite, Failing(), Strains())

    states = {result.table: (result.state, result.exit_code) for result in summary.results}
    assert states == {"clients": ("partial", 5), "strains": ("seeded", 0)}
    assert len(sqlite.content("clients")) == 20
    assert SeedRun.objects.using(sqlite.alias).get().state == "failed"


def test_nor_do_postponed_references(sqlite: Database) -> None:
    class Postponing(Strains):
        config = SeederConfig(model=Strain, record_count=COUNT, postponed=("parentStrainId",))

    sqlite.query(
        "CREATE TRIGGER parentless BEFORE UPDATE ON strains WHEN NEW.parentStrainId IS NOT NULL "
        "BEGIN SELECT RAISE(ABORT, 'no parents'); END"
    )

    summary, told = run(sqlite, Postponing(), Clients())

    results = {result.table: (result.state, result.exit_code, result.records_inserted) for result in summary.results}
    assert results == {"strains": ("partial", 5, 20), "clients": ("seeded", 0, 20)}
    assert "parentStrainId is not filled everywhere" in next(one.error for one in summary.results if one.error)
    assert [event.level for event in told if event.operation == "postponed"] == ["error"]
    sqlite.query("DROP TRIGGER parentless")
    assert run(sqlite, Postponing())[0].exit_code == 0
    assert Strain.objects.using(sqlite.alias).filter(parentStrain=None).count() == 1


def test_references_that_a_run_has_not_filled_are_not_somebody_s_edits(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Postponing(Strains):
        config = SeederConfig(model=Strain, record_count=COUNT, postponed=("parentStrainId",))

    monkeypatch.setattr(DeferredReferences, "fill", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run(sqlite, Postponing())
    rule = invariant(Strain, name="one-root")(lambda seeded: seeded.rows.filter(parentStrain=None).exclude(name="Strain 0"))

    ((verdict,), failed) = check(sqlite.alias, [rule], Registry([Postponing()]))

    assert (verdict.broken, verdict.changed, failed) == (19, 0, [])


def test_a_deadlock_while_deriving_is_tried_again(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    class Deriving(Clients):
        config = SeederConfig(model=Client, record_count=COUNT)

        def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
            return (Derivation(values={"address": Value("here")}, reads=("clients",)),)

    failures = [OperationalError(1213, "Deadlock found")]

    def flaky(keys: KeySet, work: Callable[[KeySet], int], **options: Any) -> int:
        def update(portion: KeySet) -> int:
            if failures:
                raise failures.pop()
            return work(portion)

        return in_portions(keys, update, **options)

    monkeypatch.setattr("seeding.runs.derivation.in_portions", flaky)

    summary, told = run(sqlite, Deriving())

    assert summary.exit_code == 0
    assert set(Client.objects.using(sqlite.alias).values_list("address", flat=True)) == {"here"}
    assert [event.message for event in told if event.operation == "retry"] == [
        "Deriving again (retry 1): (1213, 'Deadlock found')"
    ]


def test_a_misdeclared_seeder_fails_when_its_class_is_made() -> None:
    with pytest.raises(MisdeclaredSeederError, match=r"Wrong names the column 'nickname', which Client lacks"):
        type(
            "Wrong",
            (Clients,),
            {"config": SeederConfig(model=Client, record_count=COUNT, pii_fields={"nickname": "name"})},
        )
    with pytest.raises(MisdeclaredSeederError, match=r"Wrong\.config is not a SeederConfig"):
        type("Wrong", (Clients,), {"config": "clients"})


def test_more_rows_than_a_seeder_can_make_are_refused(sqlite: Database) -> None:
    class Few(Clients):
        config = SeederConfig(model=Client, record_count=COUNT, capacity=19)

    with pytest.raises(ConfigurationError, match=r"20 rows of clients were asked for; its seeder can make 19"):
        run(sqlite, Few())


def test_keys_are_consecutive_and_leave_the_application_room(make_database: Callable[..., Database]) -> None:
    database = make_database("mariadb")
    database.query("INSERT INTO clients (id, teri_code, name) VALUES (5000, 'REG0001', 'real')")

    run(database, Clients())
    database.query("INSERT INTO clients (teri_code, name) VALUES ('REG0002', 'real too')")

    keys = [row[0] for row in database.content("clients")]
    assert keys == [5000, *range(6001, 6021), 6021]
    assert np.diff(keys[1:]).max() == 1
