"""`seed` in one process against real databases: idempotency, growth, equality, adoption, companions, skipping."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from seeding.generation.registry import Registry
from seeding.models import SeedingMetadata, SeedRun
from seeding.schema.references import Reference, objects, references
from terpseed.models import Batch, Client, PricingDefault, Product, Strain
from tests.servers import KINDS
from tests.support.databases import AS_OF, SERVERS, Database
from tests.support.rows import business_data, everything, hashable, ledgered_keys, real_rows

CHANGED_BY_GROWTH = {
    "bankAccounts": {"currentBalance"},
    "cash_locations": {"current_balance"},
    "shift_audits": {"starting_balance", "expected_balance", "actual_count"},
}
"""Derived from all payments; every other derived column looks no further than its own cell."""


def test_it_seeds_every_table_and_counts_what_is_there(database: Database) -> None:
    summary = database.seed()

    planned: dict[str, int] = {}
    for result in summary["results"]:
        planned[result["table"]] = planned.get(result["table"], 0) + result["records_inserted"]
    assert summary["exit_code"] == 0
    assert {result["state"] for result in summary["results"]} == {"seeded"}
    assert planned == {table: len(rows) for table, rows in everything(database).items()}
    assert (planned["clients"], planned["orders"]) == (10, 50)


def test_a_second_run_changes_no_row(seeded: Database) -> None:
    before = everything(seeded)

    summary = seeded.seed()

    assert everything(seeded) == before
    assert summary["exit_code"] == 0
    assert {result["state"] for result in summary["results"]} == {"existing"}


def test_growth_leaves_every_row_as_it_was(seeded: Database) -> None:
    before = everything(seeded)

    seeded.seed(size="medium")

    after = everything(seeded)
    for model in apps.get_app_config("terpseed").get_models():
        table = model._meta.db_table
        derived = CHANGED_BY_GROWTH.get(table, set())
        kept = [place for place, field in enumerate(model._meta.concrete_fields) if field.column not in derived]
        old = {tuple(row[place] for place in kept) for row in map(hashable, before[table])}
        new = {tuple(row[place] for place in kept) for row in map(hashable, after[table])}
        assert old <= new


def test_growing_ends_where_seeding_at_once_does(make_database: Callable[..., Database]) -> None:
    grown, at_once = make_database("sqlite", seeded="small"), make_database("sqlite", seeded="medium")

    grown.seed(size="medium")

    assert business_data(grown) == business_data(at_once)


@pytest.mark.parametrize("server", KINDS)
def test_every_server_holds_the_same_business(make_database: Callable[..., Database], server: str) -> None:
    one, other = make_database("sqlite", seeded="small"), make_database(server, seeded="small")

    assert business_data(one) == business_data(other)


@pytest.mark.parametrize("batch_size", ["7", "1000"])
def test_the_batch_size_changes_nothing(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, batch_size: str
) -> None:
    plain, other = make_database("sqlite", seeded="small"), make_database("sqlite")
    monkeypatch.setenv("SEEDING_BATCH_SIZE", batch_size)

    other.seed()

    assert everything(plain) == everything(other)


def test_the_seed_changes_everything_that_is_random(make_database: Callable[..., Database]) -> None:
    one, other = make_database("sqlite"), make_database("sqlite")

    one.seed(seed=1, table="clients")
    other.seed(seed=2, table="clients")

    names = [set(Client.objects.using(each.alias).values_list("name", flat=True)) for each in (one, other)]
    assert not names[0] & names[1]


def test_clients_alone_on_a_fresh_database(database: Database) -> None:
    summary = database.seed(table="clients")

    assert [result["table"] for result in summary["results"]] == ["clients"]
    assert len(database.content("clients")) == 10


def test_a_table_brings_what_it_needs_and_what_belongs_to_it(sqlite: Database) -> None:
    out = StringIO()

    call_command("seed", database=sqlite.alias, table="lots", as_of=AS_OF.isoformat(), stdout=out, stderr=StringIO())

    assert out.getvalue().splitlines()[1] == "lots needs or brings: clients, vendors"
    assert len(sqlite.content("lots")) == 10


def test_companions_come_along(sqlite: Database) -> None:
    seeders = {result["seeder"] for result in sqlite.seed(table="orders")["results"]}

    assert {"OrderLineItemSeeder", "SaleMovementSeeder", "IntakeMovementSeeder", "BatchLocationSeeder"} <= seeders


def test_a_group_stands_for_its_tables(sqlite: Database) -> None:
    tables = {result["table"] for result in sqlite.seed(table="catalogue")["results"]}

    assert {"brands", "strains", "products"} <= tables


def test_sale_stock_is_derived_even_when_the_orders_come_later(make_database: Callable[..., Database]) -> None:
    in_steps, at_once = make_database("mariadb"), make_database("mariadb")

    in_steps.seed(table="batches")
    in_steps.seed(table="orders")
    at_once.seed(table="orders")

    assert business_data(in_steps) == business_data(at_once)


def test_deriving_touches_no_timestamp(seeded: Database) -> None:
    batches = Batch.objects.using(seeded.alias)
    assert batches.filter(reservedQty__gt=0).exists()
    assert all(batch.updatedAt == batch.createdAt for batch in batches)


def test_real_rows_of_the_same_name_are_adopted(database: Database) -> None:
    spelling = "flower" if database.server == "mariadb" else "Flower"  # the server's collation decides what is the same
    real = PricingDefault.objects.using(database.alias).create(product_category=spelling, default_margin_percent=12)
    name = next(iter(database.seed(dry_run=True, table="strains")["examples"]["strains"]))["name"]
    strain = Strain.objects.using(database.alias).create(name=name, standardizedName=name)

    summary = database.seed()

    counts = {result["seeder"]: result for result in summary["results"]}
    real.refresh_from_db(using=database.alias)
    assert summary["exit_code"] == 0
    assert counts["PricingDefaultSeeder"]["records_existing"] == 1
    assert counts["StrainSeeder"]["records_existing"] == 1
    assert real.default_margin_percent == 12
    assert Strain.objects.using(database.alias).filter(name=name).count() == 1
    assert Product.objects.using(database.alias).filter(strain=strain.pk).count() == 4
    assert strain.pk not in ledgered_keys(database, "strains")


def test_rows_the_application_has_keep_their_keys(database: Database) -> None:
    Client.objects.using(database.alias).create(teri_code="REG0001", name="A real client")

    database.seed(table="clients")

    real = Client.objects.using(database.alias).get(teri_code="REG0001")
    assert real.name == "A real client"
    assert real.pk not in ledgered_keys(database, "clients")
    assert len(ledgered_keys(database, "clients")) == 10


def test_the_applications_next_key_lies_above_ours(make_database: Callable[..., Database]) -> None:
    database = make_database("mariadb")
    database.seed(table="clients", size="small")
    database.query("INSERT INTO clients (teri_code, name) VALUES ('REG0002', 'Another real client')")

    database.seed(table="clients", size="medium")

    assert len(ledgered_keys(database, "clients")) == 100
    assert Client.objects.using(database.alias).get(teri_code="REG0002").name == "Another real client"


def test_a_row_the_database_refuses_costs_one_row(database: Database) -> None:
    taken = database.seed(dry_run=True, table="clients")["examples"]["clients"][1]["teri_code"]
    Client.objects.using(database.alias).create(teri_code=taken, name="Came first")

    with pytest.raises(CommandError) as caught:
        database.seed(table="clients")

    entry = SeedingMetadata.objects.using(database.alias).get()
    assert caught.value.returncode == 5
    assert (entry.record_count, entry.skipped_count, entry.skipped_ranges) == (9, 1, [[1, 1]])
    assert Client.objects.using(database.alias).count() == 10


def test_rows_that_were_refused_are_tried_again(database: Database) -> None:
    taken = database.seed(dry_run=True, table="clients")["examples"]["clients"][1]["teri_code"]
    first = Client.objects.using(database.alias).create(teri_code=taken, name="Came first")
    with pytest.raises(CommandError):
        database.seed(table="clients")
    first.delete()

    summary = database.seed(table="clients")

    assert summary["results"][0]["records_inserted"] == 1
    assert summary["results"][0]["records_existing"] == 9


def test_a_dry_run_writes_nothing_and_counts_the_same(database: Database) -> None:
    before = everything(database)

    rehearsed = database.seed(dry_run=True)

    assert everything(database) == before
    assert not SeedRun.objects.using(database.alias).exists()
    done = database.seed()
    counted = [(one["seeder"], one["records_planned"], one["records_inserted"]) for one in done["results"]]
    assert [(one["seeder"], one["records_planned"], one["records_inserted"]) for one in rehearsed["results"]] == counted
    assert rehearsed["examples"]["orders"][0]["items"][0]["displayName"]


@pytest.mark.property(25)
def test_every_reference_is_whole(seeded: Database) -> None:
    for model in apps.get_app_config("terpseed").get_models():
        for reference in references(model):
            keys = set(reference.target._base_manager.using(seeded.alias).values_list("pk", flat=True))
            used = {key for key in _values(model, reference, seeded) if key is not None}
            assert used <= keys, (model, reference)


def test_the_ledger_names_exactly_what_was_seeded(seeded: Database) -> None:
    for table in {seeder.config.table_name for seeder in Registry.discover().ordered}:
        assert ledgered_keys(seeded, table) == {row[0] for row in seeded.content(table)}
    entries = SeedingMetadata.objects.using(seeded.alias)
    assert set(entries.values_list("created_by", "environment", "live")) == {("seeder", "dev", True)}


def test_the_run_is_recorded(database: Database) -> None:
    summary = database.seed(seed=7, table="clients")

    run = SeedRun.objects.using(database.alias).get()
    assert (run.pk, run.state, run.exit_code, run.seed, run.as_of) == (summary["run"], "succeeded", 0, 7, AS_OF)
    assert run.plan["steps"] == [{"seeder": "ClientSeeder", "table": "clients", "rows": 10, "existing": 0}]
    assert run.finished_at is not None
    assert run.finished_at >= run.started_at


@pytest.mark.parametrize("option", [{"seed": 7}, {"as_of": "2026-03-03"}])
def test_a_database_has_one_dataset(sqlite: Database, option: dict[str, object]) -> None:
    sqlite.seed(table="clients", seed=42)

    with pytest.raises(CommandError, match=r"one dataset") as caught:
        sqlite.seed(table="clients", **option)

    assert caught.value.returncode == 1
    assert len(sqlite.content("clients")) == 10


def test_the_dataset_is_taken_from_the_ledger(sqlite: Database) -> None:
    sqlite.seed(table="clients", seed=9)

    summary = sqlite.seed(size="medium", table="clients", as_of=None)

    assert (summary["seed"], summary["as_of"]) == (9, AS_OF.isoformat())


def test_rows_of_an_older_generator_are_refused(sqlite: Database) -> None:
    sqlite.seed(table="clients")
    SeedingMetadata.objects.using(sqlite.alias).update(generator_version="0.1")

    with pytest.raises(CommandError, match=r"version 0\.1.*Roll back first") as caught:
        sqlite.seed(table="clients")

    assert caught.value.returncode == 1


@pytest.mark.parametrize("server", SERVERS)
def test_a_missing_table_costs_its_seeder_and_what_needs_it(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    database.query("DROP TABLE brands")

    with pytest.raises(CommandError) as caught:
        database.seed()

    states = {one["table"]: one["state"] for one in SeedRun.objects.using(database.alias).get().results}
    errors = {one["table"]: one["error"] for one in SeedRun.objects.using(database.alias).get().results}
    assert caught.value.returncode == 3
    assert states["brands"] == "refused"
    assert "terp_schema" in errors["brands"]
    assert states["products"] == states["batches"] == states["orders"] == "skipped"
    assert states["clients"] == states["lots"] == "seeded"


def test_a_missing_ledger_is_one_line_that_names_migrate(make_database: Callable[..., Database]) -> None:
    database = make_database("sqlite", ready=False)

    with pytest.raises(CommandError, match=rf"^The ledger is missing .*migrate --database={database.alias}$") as caught:
        database.seed()

    assert caught.value.returncode == 1


def test_a_run_that_died_is_found_and_finished(sqlite: Database) -> None:
    sqlite.seed(table="clients")
    SeedRun.objects.using(sqlite.alias).update(state="running", finished_at=None)

    sqlite.seed(table="clients", size="medium")

    assert list(SeedRun.objects.using(sqlite.alias).values_list("state", flat=True)) == ["succeeded", "interrupted"]


def _values(model: type[Any], reference: Reference, database: Database) -> list[Any]:
    rows = model._base_manager.using(database.alias)
    if reference.when:
        rows = rows.filter(**dict([reference.when]))
    attribute = next(field.attname for field in model._meta.concrete_fields if field.column == reference.column)
    values = rows.values_list(attribute, flat=True)
    return [item[reference.json_key] for value in values for item in objects(value)] if reference.json_key else list(values)


def test_real_rows_in_every_table_stay_as_they_are(database: Database) -> None:
    real_rows(database)
    before = everything(database)

    summary = database.seed()

    assert summary["exit_code"] == 0
    for table, rows in before.items():
        assert rows
        assert set(map(hashable, rows)) <= set(map(hashable, database.content(table)))
