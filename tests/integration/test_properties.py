"""The 26 properties of the customer's design document, each by its number, for "any" as Hypothesis has it.

Some are kept elsewhere too: a test there carries the same mark. None may be missing.
"""

from __future__ import annotations

import itertools
import json
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seeding import conf
from seeding.conf import ENVIRONMENT_VARIABLES, Environment
from seeding.exceptions import ConfigurationError, LockHeldError, RefusedError
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata
from seeding.orchestration.results import SeederState
from seeding.schema.relations import Relation, deletion_order
from seeding.telemetry.events import Event
from seeding.telemetry.logs import SeederLogger, configure
from terpseed.models import Brand, Grade, Lot, Strain, Vendor
from tests.support.databases import ROOT, Database
from tests.support.rows import ledgered_keys
from tests.support.runs import run, undo
from tests.support.share import IS_SHARED

on_a_database = settings(
    deadline=None,
    max_examples=25 if IS_SHARED else 100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SOME = st.sets(st.integers(0, 9))
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
REGISTRY = Registry.discover()


class Broken(Exception):  # noqa: N818 - what a seeder happens to raise
    """Whatever a seeder raises."""


class Seeder(BaseSeeder):
    """Ten rows; `fails` says whether it breaks, `bad` which rows are invalid."""

    fails = False
    bad: frozenset[int] = frozenset()

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        if self.fails:
            raise Broken
        name = [None if index in self.bad else f"{type(self).__name__} {index}" for index in rows.index.tolist()]
        return self.frame(rows, pl.Series(name, dtype=pl.String))

    def frame(self, rows: Rows, name: pl.Series) -> pl.DataFrame:
        return pl.DataFrame({"name": name})


class Vendors(Seeder):
    config = SeederConfig(model=Vendor, record_count=RecordCount.fixed(10))


class Grades(Seeder):
    config = SeederConfig(model=Grade, record_count=RecordCount.fixed(10), pii_fields={"name": "person_name"})


class Strains(Seeder):
    config = SeederConfig(model=Strain, record_count=RecordCount.fixed(10))

    def frame(self, rows: Rows, name: pl.Series) -> pl.DataFrame:
        return pl.DataFrame({"name": name, "standardizedName": name})


class Brands(Seeder):
    config = SeederConfig(model=Brand, record_count=RecordCount.fixed(10), dependencies=("vendors",))

    def frame(self, rows: Rows, name: pl.Series) -> pl.DataFrame:
        return pl.DataFrame({"name": name, "vendorId": rows.index})


FOUR = (Vendors, Grades, Strains, Brands)


def variant(base: type[Seeder], **attributes: Any) -> Seeder:
    made: type[Seeder] = type(base.__name__, (base,), {**attributes, "config": base.config})
    return made()


def failing(failures: Sequence[bool]) -> list[BaseSeeder]:
    return [variant(base, fails=fails) for base, fails in zip(FOUR, failures, strict=True)]


FAILURES = st.lists(st.booleans(), min_size=4, max_size=4)

WRONG = st.one_of(
    st.fixed_dictionaries({"size": WORDS.filter(lambda word: word not in {"small", "medium", "large"})}),
    st.fixed_dictionaries({"scale": st.one_of(st.integers(max_value=0), st.integers(min_value=10**6 + 1))}),
    st.fixed_dictionaries({"table": WORDS.filter(lambda word: word.strip() not in {*REGISTRY.by_table, *REGISTRY.groups})}),
    st.fixed_dictionaries({"env": WORDS.filter(lambda word: word.strip().lower() not in conf.SPELLINGS)}),
    st.fixed_dictionaries({"as_of": WORDS.filter(lambda word: not re.match(r"\d", word))}),
    st.fixed_dictionaries({"lock_timeout": st.integers(max_value=-1)}),
    st.fixed_dictionaries({"database": WORDS.filter(lambda word: word not in {"default", "admin"})}),
    st.fixed_dictionaries({"seed": st.one_of(st.integers(min_value=2**63), st.integers(max_value=-(2**63) - 1))}),
)


@pytest.mark.property(2)
@on_a_database
@given(options=WRONG)
def test_wrong_arguments_are_told_and_nothing_is_seeded(sqlite: Database, options: dict[str, Any]) -> None:
    with pytest.raises((CommandError, TypeError)) as failure:
        call_command("seed", **{"database": sqlite.alias, **options}, stdout=StringIO(), stderr=StringIO())

    if isinstance(failure.value, CommandError):
        assert failure.value.returncode == 1
        assert str(failure.value)
    assert not SeedingMetadata.objects.using(sqlite.alias).exists()


@pytest.mark.property(3)
@pytest.mark.property(12)
@pytest.mark.property(19)
@pytest.mark.property(21)
@pytest.mark.property(22)
@on_a_database
@given(failures=FAILURES)
def test_a_failure_is_logged_whole_and_the_others_go_on(sqlite: Database, failures: list[bool]) -> None:
    summary, told = run(sqlite, *failing(failures), dry_run=True)

    states = {result.seeder: result.state for result in summary.results}
    failed = {base.__name__ for base, fails in zip(FOUR, failures, strict=True) if fails}
    lost = {"Brands"} if "Vendors" in failed else set()
    failed -= lost
    errors = {event.seeder: event for event in told if event.operation == "fail"}
    order = [result.seeder for result in summary.results]
    assert {name for name, state in states.items() if state is SeederState.FAILED} == failed
    assert {name for name, state in states.items() if state is SeederState.SKIPPED} == lost
    assert {name for name, state in states.items() if state is SeederState.SEEDED} == states.keys() - failed - lost
    assert summary.exit_code == (4 if failed else 0)
    assert order.index("Vendors") < order.index("Brands")
    assert errors.keys() == failed
    for event in errors.values():
        assert event.error is not None
        assert event.error.__traceback__ is not None
        assert event.context["table"]
    assert told[-1].operation == "complete"
    assert told[-1].duration is not None
    assert told[-1].context["states"] == states


@pytest.mark.property(4)
@on_a_database
@given(tables=st.sets(st.sampled_from(sorted(REGISTRY.by_table)), min_size=1, max_size=3))
def test_nothing_is_inserted_while_another_holds_the_lock(sqlite: Database, tables: set[str]) -> None:
    with seeding_lock(sqlite.alias).held(0), pytest.raises(CommandError) as failure:
        sqlite.seed(table=",".join(sorted(tables)))

    assert isinstance(failure.value.__cause__, LockHeldError)
    assert failure.value.returncode == 2
    assert not SeedingMetadata.objects.using(sqlite.alias).exists()


@pytest.mark.property(5)
@on_a_database
@given(failures=FAILURES)
def test_the_lock_is_free_after_any_run(sqlite: Database, failures: list[bool]) -> None:
    run(sqlite, *failing(failures))

    assert not seeding_lock(sqlite.alias).is_locked


@pytest.mark.property(6)
@pytest.mark.property(7)
@pytest.mark.property(8)
@pytest.mark.property(26)
@on_a_database
@given(bad=SOME, worse=SOME)
def test_invalid_rows_and_their_children_are_logged_and_left_out(sqlite: Database, bad: set[int], worse: set[int]) -> None:
    vendors, brands = variant(Vendors, bad=frozenset(bad)), variant(Brands, bad=frozenset(worse))

    summary, told = run(sqlite, vendors, brands, dry_run=True)

    results = {result.table: result for result in summary.results}
    skips = {event.seeder: event.context["reasons"] for event in told if event.operation == "skip"}
    assert results["vendors"].records_skipped == len(bad)
    assert results["brands"].records_skipped == len(bad | worse)
    assert skips.get("Vendors", {}) == ({"name: null": len(bad)} if bad else {})
    assert skips.get("Brands", {}).get("vendorId: reference to nothing", 0) == len(bad)
    for result in results.values():
        assert result.records_planned == result.records_inserted + result.records_existing + result.records_skipped


@pytest.mark.property(9)
@settings(deadline=None, max_examples=100)
@given(seed=st.integers(-(2**63), 2**63 - 1), first=st.integers(0, 10**5))
def test_unique_columns_are_unique_for_any_seed(seed: int, first: int) -> None:
    (clients,) = REGISTRY.by_table["clients"]
    data = clients.generate_data(Dataset(seed=seed, as_of=date(2026, 3, 2)).rows(clients, np.arange(first, first + 50)))

    assert data["teri_code"].n_unique() == data["name"].n_unique() == 50
    assert data["name"].null_count() == 0
    assert (data["name"].str.len_chars() <= 255).all()


@pytest.mark.property(10)
@pytest.mark.property(11)
@pytest.mark.property(13)
@pytest.mark.property(20)
@on_a_database
@given(counts=st.lists(st.integers(1, 40), min_size=1, max_size=2))
def test_running_again_changes_nothing_and_the_ledger_names_every_row(sqlite: Database, counts: list[int]) -> None:
    vendors = Vendor.objects.using(sqlite.alias)
    ledger = SeedingMetadata.objects.using(sqlite.alias)
    for count in counts:
        config = SeederConfig(model=Vendor, record_count=RecordCount.fixed(count))
        seeder: BaseSeeder = type("Vendors", (Seeder,), {"config": config})()
        before = vendors.count()

        (result,), told = _results(run(sqlite, seeder))
        rows = list(vendors.order_by("pk").values_list())
        (again,), _ = _results(run(sqlite, seeder))

        ranges = [one for entry in ledger.filter(live=True) for one in entry.key_ranges]
        named = {key for _, size, first in ranges for key in range(first, first + size)}
        inserted = max(count - before, 0)
        assert (result.records_existing, result.records_inserted) == (min(before, count), inserted)
        assert (again.records_existing, again.records_inserted) == (count, 0)
        assert list(vendors.order_by("pk").values_list()) == rows
        assert named == {row[0] for row in rows}
        assert sum(event.record_count or 0 for event in told if event.operation == "insert") == inserted


SEEDERS = (Vendors(), Strains(), Brands())
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("seed"), st.lists(st.sampled_from(SEEDERS), min_size=1, max_size=3, unique=True)),
        st.tuples(st.just("real vendor"), st.none()),
        st.tuples(st.just("real brand"), st.integers(0, 30)),
        st.tuples(
            st.just("rollback"),
            st.fixed_dictionaries(
                {
                    "tables": st.sampled_from([(), ("vendors",), ("brands",), ("strains",), ("vendors", "strains")]),
                    "cascade": st.booleans(),
                    "dry_run": st.booleans(),
                }
            ),
        ),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.property(13)
@on_a_database
@given(actions=ACTIONS)
def test_any_sequence_leaves_the_real_rows_and_those_that_the_ledger_names(
    sqlite: Database, actions: list[tuple[str, Any]]
) -> None:
    numbers = itertools.count()
    undo(sqlite, *SEEDERS)
    for table in ("brands", "strains", "vendors"):
        sqlite.query(f"DELETE FROM {table}")  # noqa: S608 - the three names above
    SeedingMetadata.objects.using(sqlite.alias).filter(live=True).update(live=None)
    real: dict[str, dict[int, tuple[Any, ...]]] = {"vendors": {}, "strains": {}, "brands": {}}

    for action, detail in actions:
        if action == "seed":
            run(sqlite, *({Vendors.__name__: Vendors()} | {one.name: one for one in detail}).values())
        elif action == "real vendor":
            Vendor.objects.using(sqlite.alias).create(name=f"real {next(numbers)}")
        elif action == "real brand":
            vendors = sqlite.content("vendors")
            if vendors:
                Brand.objects.using(sqlite.alias).create(
                    name=f"real {next(numbers)}", vendor_id=vendors[detail % len(vendors)][0]
                )
        else:
            with suppress(RefusedError):
                undo(sqlite, *SEEDERS, **detail)

        for table, known in real.items():
            rows = {row[0]: row for row in sqlite.content(table)}
            seeded = ledgered_keys(sqlite, table)
            assert seeded <= rows.keys()
            assert known.items() <= rows.items()
            real[table] = {key: row for key, row in rows.items() if key not in seeded}
            if action not in {"real vendor", "real brand"}:
                assert real[table] == known
        vendors_there = {row[0] for row in sqlite.content("vendors")}
        assert {row[0] for row in sqlite.query("SELECT vendorId FROM brands")} <= vendors_there


@pytest.mark.property(15)
@on_a_database
@given(counts=st.lists(st.integers(1, 40), min_size=1, max_size=2))
def test_every_deleted_row_is_in_the_audit_log_with_its_time(sqlite: Database, audit_file: Path, counts: list[int]) -> None:
    audit_file.unlink(missing_ok=True)
    keys: set[int] = set()
    for count in counts:
        config = SeederConfig(model=Vendor, record_count=RecordCount.fixed(count))
        seeder: BaseSeeder = type("Vendors", (Seeder,), {"config": config})()
        run(sqlite, seeder)
        keys |= ledgered_keys(sqlite, "vendors")

        undo(sqlite, seeder)

    lines = [json.loads(line) for line in audit_file.read_text(encoding="utf-8").splitlines()]
    assert {key for line in lines for first, last in line["keys"] for key in range(first, last + 1)} == keys
    assert all(datetime.fromisoformat(line["timestamp"]) and line["operation"] == "delete" for line in lines)
    assert Vendor.objects.using(sqlite.alias).count() == 0


@pytest.mark.property(14)
@given(data=st.data())
def test_children_go_before_parents_in_any_graph(data: st.DataObject) -> None:
    tables = [f"t{number}" for number in range(data.draw(st.integers(1, 7)))]
    pairs = st.tuples(st.sampled_from(tables), st.sampled_from(tables))
    enforced = data.draw(st.lists(pairs.filter(lambda pair: pair[0] < pair[1]), max_size=10))  # without a circle
    others = data.draw(st.lists(st.tuples(pairs, st.booleans()), max_size=10))
    between = [_link(child, parent, declared=True, nullable=False) for child, parent in enforced]
    between += [_link(child, parent, declared=declared, nullable=True) for (child, parent), declared in others]

    order = deletion_order(tables, between)

    assert sorted(order) == sorted(tables)
    for child, parent in enforced:
        assert order.index(child) < order.index(parent)


@given(data=st.data())
def test_without_a_circle_every_child_goes_first(data: st.DataObject) -> None:
    tables = [f"t{number}" for number in range(data.draw(st.integers(1, 7)))]
    pairs = st.tuples(st.sampled_from(tables), st.sampled_from(tables)).filter(lambda pair: pair[0] < pair[1])
    between = [
        _link(child, parent, declared=declared, nullable=nullable)
        for (child, parent), declared, nullable in data.draw(
            st.lists(st.tuples(pairs, st.booleans(), st.booleans()), max_size=12)
        )
    ]

    order = deletion_order(tables, between)

    for link in between:
        assert order.index(link.table) < order.index(link.target)


def _link(child: str, parent: str, *, declared: bool, nullable: bool) -> Relation:
    return Relation(
        table=child,
        key="id",
        column="c",
        target=parent,
        target_key="id",
        target_column="id",
        declared=declared,
        nullable=nullable,
    )


@pytest.mark.property(12)
@given(data=st.data())
def test_parents_come_before_children_in_any_graph(data: st.DataObject) -> None:
    models = (Vendor, Grade, Strain, Brand, Lot)
    tables = [model._meta.db_table for model in models]
    places = data.draw(st.permutations(range(len(models))))
    seeders = []
    for place, model in zip(places, models, strict=True):
        earlier = [tables[other] for other, rank in enumerate(places) if rank < place]
        parents = data.draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        config = SeederConfig(model=model, record_count=RecordCount.fixed(1), dependencies=tuple(parents))
        seeders.append(type(f"{model.__name__}Seeder", (Seeder,), {"config": config})())

    order = [seeder.config.table_name for seeder in Registry(seeders).ordered]

    for seeder in seeders:
        for parent in seeder.config.dependencies:
            assert order.index(parent) < order.index(seeder.config.table_name)


@pytest.mark.property(16)
@pytest.mark.property(17)
@settings(deadline=None, max_examples=100)
@given(seed=st.integers(-(2**63), 2**63 - 1), index=st.integers(0, 10**6))
def test_personal_data_reaches_nobody_and_looks_real(seed: int, index: int) -> None:
    (clients,) = REGISTRY.by_table["clients"]
    row = clients.generate_data(Dataset(seed=seed, as_of=date(2026, 3, 2)).rows(clients, np.array([index]))).row(0, named=True)

    assert re.fullmatch(r"[a-z]+\.[a-z0-9-]+@example\.(com|org|net)", row["email"])
    assert re.fullmatch(r"\(\d{3}\) 555-01\d\d", row["phone"])
    assert re.fullmatch(r"\d+ .+, .+, CA 9\d{4}", row["address"])


@pytest.mark.property(18)
@on_a_database
@given(names=st.sets(st.sampled_from([base.__name__ for base in FOUR]), min_size=1))
def test_the_ledger_says_which_fields_were_masked(sqlite: Database, names: set[str]) -> None:
    seeders = [base() for base in FOUR if base.__name__ in names or base is Vendors]

    run(sqlite, *seeders)

    entries = SeedingMetadata.objects.using(sqlite.alias).filter(seeder_name__in=names)
    assert {entry.seeder_name: entry.masked_fields for entry in entries} == {
        seeder.name: sorted(seeder.config.pii_fields) for seeder in seeders if seeder.name in names
    }


@pytest.mark.property(23)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=st.text(), value=st.one_of(st.text(), st.binary(), st.floats(), st.integers(), st.dates(), st.none()))
def test_every_log_line_is_one_json_object(tmp_path: Path, message: str, value: object) -> None:
    file = tmp_path / "log"
    file.unlink(missing_ok=True)
    configure(conf.load_logging({"SEEDING_LOG_FILE": str(file)}), console_level="error")

    SeederLogger("dev").sink(Event(operation="test", message=message, context={"value": value}, error=Broken(message)))

    for handler in logging.getLogger("seeding").handlers:
        handler.flush()
    line, nothing = file.read_text(encoding="utf-8").split("\n")
    assert not nothing
    found = json.loads(line)
    assert {"timestamp", "level", "operation", "environment", "message"} <= found.keys()
    assert found["message"] == message


@pytest.mark.property(24)
@given(
    option=st.none() | st.sampled_from(sorted(conf.SPELLINGS)),
    variables=st.dictionaries(st.sampled_from(ENVIRONMENT_VARIABLES), st.sampled_from([*sorted(conf.SPELLINGS), "", "moon"])),
)
def test_the_environment_is_the_first_that_is_said(option: str | None, variables: dict[str, str]) -> None:
    said = [value for value in (option, *(variables.get(name) for name in ENVIRONMENT_VARIABLES)) if value]

    def detected() -> Environment:
        return conf.detect_environment(option, variables)

    if not said:
        assert detected() is Environment.DEV
    elif said[0] in conf.SPELLINGS:
        assert detected() is conf.SPELLINGS[said[0]]
    else:
        with pytest.raises(ConfigurationError, match="no such environment"):
            detected()


def test_every_property_has_a_test() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    marked = {
        int(number) for source in sources for number in re.findall(r"^@pytest\.mark\.property\((\d+)\)", source, re.MULTILINE)
    }

    assert marked == set(range(1, 27))


def _results(ran: tuple[Any, list[Any]]) -> tuple[Any, list[Any]]:
    summary, told = ran
    return summary.results, told
