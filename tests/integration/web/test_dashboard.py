"""The pages of the admin about what was seeded: figures, a run in progress, the way from a row to the ledger and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path

import terpseed.models
from seeding.admin import SeedingMetadataAdmin, SeedRunAdmin
from seeding.explanation import provenance
from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from seeding.templatetags import figures
from seeding.web import charts, run_history, table_counts
from seeding.web.table_counts import TableCount
from tests.support.admin import LedgerRouter, page
from tests.support.databases import AS_OF, Database

pytestmark = pytest.mark.django_db(databases=["default", "admin"])
DASH = "\N{EN DASH}"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
RUN = {"command": "seed", "environment": "dev", "seed": 42, "as_of": AS_OF, "faker_version": "40", "host": "here",
       "process_id": 1, "user": "somebody", "started_at": NOW, "state": "succeeded"}  # fmt: skip


Shown = Callable[..., Database]


@pytest.fixture
def shown(make_database: Callable[..., Database], settings: Any) -> Shown:
    """Make a database, with the small rows unless told otherwise, whose ledger the admin shows."""

    def show(server: str, *, seeded: bool = True) -> Database:
        database = make_database(server, seeded="small" if seeded else "empty")
        settings.DATABASE_ROUTERS = [LedgerRouter(database.alias), *settings.DATABASE_ROUTERS]
        return database

    return show


@pytest.fixture
def ledger(shown: Shown) -> Database:
    """One on SQLite."""
    return shown("sqlite")


@pytest.fixture(params=["sqlite", "mariadb"])
def ledgers(request: pytest.FixtureRequest, shown: Shown) -> Database:
    """The same on one server more, for what the server computes."""
    return shown(request.param)


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    return client


def key_of(database: Database, table: str, index: int) -> int:
    """The primary key of a seeded row: keys begin at another number on each server."""
    entry = SeedingMetadata.objects.using(database.alias).get(table_name=table, first_index__lte=index)
    key: int = entry.key_ranges[0][2] + index
    return key


def at_work(database: Database, connection: int | None = None) -> SeedRun:
    """A run that says it is at the accounts, and by which connection it holds the lock."""
    plan = {"size": "small", "steps": [
        {"seeder": "AccountSeeder", "table": "accounts", "rows": 40, "existing": 10},
        {"seeder": "ClientSeeder", "table": "clients", "rows": 60, "existing": 10},
    ]}  # fmt: skip
    values = {**RUN, "state": "running", "started_at": datetime.now(UTC) - timedelta(seconds=30)}
    run = SeedRun.objects.using(database.alias).create(**values, plan=plan, phase="AccountSeeder", lock_connection=connection)
    batch = SeedingMetadata.objects.using(database.alias).filter(table_name="accounts").get()
    batch.pk, batch.run, batch.first_index = None, run, 10
    batch.key_ranges, batch.record_count, batch.skipped_count, batch.skipped_ranges = [[10, 14, 11]], 14, 1, [[24, 1]]
    batch.save(using=database.alias)
    return run


def test_what_is_seeded_is_held_against_what_is_there(ledgers: Database) -> None:
    ledgers.query("DELETE FROM product_images WHERE id = %s", key_of(ledgers, "product_images", 0))
    ledgers.query("INSERT INTO brands (name) VALUES ('one of their own')")
    since = SeedRun.objects.using(ledgers.alias).get().started_at

    found = {one.table: one for one in table_counts.table_counts(ledgers.alias)}

    def held(table: str, seeded: int, total: int) -> TableCount:
        return TableCount(table=table, seeded=seeded, total=total, since=found[table].since, run=1)

    assert found["brands"] == held("brands", 4, 5)
    assert (found["brands"].real, found["brands"].missing) == (1, 0)
    assert found["product_images"] == held("product_images", 27, 26)
    assert (found["product_images"].real, found["product_images"].missing) == (0, 1)
    assert all(one.since >= since for one in found.values())
    assert [one.seeded for one in found.values()] == sorted((one.seeded for one in found.values()), reverse=True)


def test_a_table_that_is_gone_is_said_to_be(ledger: Database, staff: Client) -> None:
    SeedingMetadata.objects.using(ledger.alias).filter(table_name="brands").update(table_name="no_more")

    assert "no_more 4 the table is missing" in page(staff, "seedrun/dashboard/")


def test_the_dashboard_of_an_empty_ledger_says_how_to_begin(shown: Shown, staff: Client) -> None:
    shown("sqlite", seeded=False)

    assert "Nothing has been seeded yet" in page(staff, "seedrun/dashboard/")


def held(database: Database) -> tuple[int, int]:
    """How many rows TERP's tables hold, and how many tables hold any."""
    models = apps.get_app_config("terpseed").get_models()
    counts = [model._base_manager.using(database.alias).count() for model in models]
    return sum(counts), sum(map(bool, counts))


def test_the_dashboard_counts(ledger: Database, staff: Client) -> None:
    ledger.rollback(table="product_images")

    shown = page(staff, "seedrun/dashboard/")

    rows, tables = held(ledger)
    assert f"Seeded rows {rows:,} In tables {tables} Share seeded 100 %" in shown
    assert re.search(r"2 seed_rollback succeeded dev 27 \S+ s \S+ 20", shown)
    assert re.search(rf"1 seed succeeded dev {rows + 27:,} \S+ s \S+ 20", shown)


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("seedrun/dashboard/", 11),
        ("seedrun/", 11),
        ("seedingmetadata/", 9),
        ("seedingmetadata/row/?table=accounts&key=3", 300),  # SQLite is asked for the columns and keys of each table
    ],
)
def test_a_page_asks_as_many_queries_of_a_long_ledger_as_of_a_short_one(
    ledgers: Database, staff: Client, address: str, most: int
) -> None:
    page(staff, address)
    with CaptureQueriesContext(connections[ledgers.alias]) as few:
        page(staff, address)
    runs = SeedRun.objects.using(ledgers.alias).bulk_create(SeedRun(**RUN, finished_at=NOW) for _ in range(30))
    SeedingMetadata.objects.using(ledgers.alias).bulk_create(
        SeedingMetadata(
            run=runs[number % 30], table_name="accounts", seeder_name="AccountSeeder", generator_version="1.1",
            first_index=number, key_ranges=[[number, 1, number]], record_count=1, environment="dev", created_at=NOW,
        ) for number in range(1000, 2000)
    )  # fmt: skip

    with CaptureQueriesContext(connections[ledgers.alias]) as many:
        page(staff, address)

    assert len(many) == len(few) <= most


def test_a_run_in_progress_is_told_live_until_it_ends(ledgers: Database, staff: Client) -> None:
    lock = seeding_lock(ledgers.alias)

    with lock.held(0):
        run = at_work(ledgers, lock.connection_id)
        told = staff.get(f"/admin/seeding/seedrun/{run.pk}/live/").json()
        overview = staff.get("/admin/seeding/seedrun/dashboard/live/").json()
        shown = page(staff, f"seedrun/{run.pk}/change/")
    SeedRun.objects.using(ledgers.alias).filter(pk=run.pk).update(state="succeeded", finished_at=datetime.now(UTC))
    ended = staff.get(f"/admin/seeding/seedrun/{run.pk}/live/").json()

    assert told["running"] is True
    assert told["parts"].keys() == {"progress", "steps"}
    assert "35 of 100" in told["parts"]["progress"]
    assert "<dd>35 %</dd>" in told["parts"]["progress"]
    assert re.search(r">AccountSeeder</th>\s*<td>accounts</td>\s*<td><[^>]*>running<", told["parts"]["steps"])
    assert overview["parts"].keys() == {"progress", "state", "tables", "charts"}
    assert "AccountSeeder accounts running 25 40 62.5 % ClientSeeder clients 10 60 16.7 %" in shown
    assert ended == {"running": False, "parts": {}}


def test_a_run_that_died_is_not_live(ledger: Database, staff: Client) -> None:
    run = at_work(ledger)

    shown = staff.get(f"/admin/seeding/seedrun/{run.pk}/change/").content.decode()

    assert "its process has died" in shown
    assert "live.js" not in shown
    assert staff.get("/admin/seeding/seedrun/dashboard/live/").json() == {"running": False, "parts": {}}
    assert staff.get("/admin/seeding/seedrun/999/live/").json() == {"running": False, "parts": {}}


def test_a_rollback_in_progress_counts_what_it_has_deleted(ledgers: Database) -> None:
    steps = [{"table": "product_images", "rows": 27}, {"table": "accounts", "rows": 10}]
    run = SeedRun.objects.using(ledgers.alias).create(
        **{**RUN, "command": "seed_rollback", "state": "running"}, plan={"steps": steps}
    )
    images = SeedingMetadata.objects.using(ledgers.alias).filter(table_name="product_images")
    images.update(live=None, rolled_back_in=run, rolled_back_at=NOW)
    (figures_now,) = run_history.figures([run], ledgers.alias, NOW)

    progress = run_history.progress(figures_now, ledgers.alias)

    assert [(step.name, step.done, step.planned) for step in progress.steps] == [
        ("product_images", 27, 27),
        ("accounts", 0, 10),
    ]
    assert figures_now.rows == 27


def test_a_run_tells_its_plan_its_tables_its_masking_and_its_rollback(ledgers: Database, staff: Client) -> None:
    ledgers.rollback(table="product_images")

    seeding = page(staff, "seedrun/1/change/")
    undoing = page(staff, "seedrun/2/change/")

    rows, _ = held(ledgers)
    assert f"Plan Size small Scale 1 Tables all Chunk rows 20,000 Rows {rows + 27:,}" in seeding
    assert re.search(r"ClientSeeder clients seeded 10 10 0 0 \S+ s", seeding)
    assert "clients name company_name synthetic 10 clients email email synthetic 10" in seeding
    assert re.search(rf"in the database {rows:,} \d+ \S rolled back by run 2 27 1 20", seeding)
    assert "python manage.py seed_rollback --run=1" in seeding
    assert re.search(r"product_images 27 27 0 0 0 \S+ s", undoing)
    assert "had seeded: Run Rows Batches 1 27 1" in undoing


def test_a_run_tells_its_errors_and_what_it_skipped(ledger: Database, staff: Client) -> None:
    run = at_work(ledger)
    results = [{"seeder": "AccountSeeder", "table": "accounts", "state": "partial", "error": "<b>1 row</b>", "exit_code": 5}]
    SeedRun.objects.using(ledger.alias).filter(pk=run.pk).update(state="failed", error="the server is gone", results=results)

    shown = page(staff, f"seedrun/{run.pk}/change/")

    assert "the server is gone" in shown
    assert "accounts AccountSeeder 5 <b>1 row</b>" in shown
    assert re.search(r"accounts AccountSeeder \d+ 1 24 ", shown)
    assert "How far it came" in shown


def test_a_run_tells_what_it_took(ledger: Database, staff: Client) -> None:
    metrics = {"lock_wait": 1.25, "peak_memory": 157_286_400, "queries": 1234, "error_rate": 0.125}
    SeedRun.objects.using(ledger.alias).update(metrics=metrics)

    shown = page(staff, "seedrun/1/change/")

    assert "Waited for the lock 1.2 s Peak memory 150.0 MB Statements 1,234 Share of rows that failed 12.5 %" in shown


@pytest.mark.parametrize(("rules", "words"), [("", ""), ('{"edge_cases": false}', ", without edge cases")])
def test_a_dataset_without_edge_cases_is_said_to_be(ledger: Database, staff: Client, rules: str, words: str) -> None:
    SeedRun.objects.using(ledger.alias).update(profile_rules=rules)

    for address in ("seedrun/1/change/", "seedrun/dashboard/"):
        assert f"seed 42, as of {AS_OF}{words}{', Faker' if 'change' in address else ' '}" in page(staff, address)


def test_from_a_ledger_entry_to_a_row_and_back(ledgers: Database, staff: Client) -> None:
    entry = SeedingMetadata.objects.using(ledgers.alias).get(table_name="client_credit_limits")
    key = entry.key_ranges[0][2] + 9

    batch = staff.get(f"/admin/seeding/seedingmetadata/{entry.pk}/change/").content.decode()
    row = staff.get(f"/admin/seeding/seedingmetadata/row/?table=client_credit_limits&key={key}").content.decode()

    assert f'row/?table=client_credit_limits&amp;key={key}">{key}<' in batch
    assert f"/admin/seeding/seedingmetadata/{entry.pk}/change/" in row
    assert "row index 9" in row
    (client,) = ledgers.query("SELECT client_id FROM client_credit_limits WHERE id = %s", key)[0]
    assert f'row/?table=clients&amp;key={client}">{client}<' in row


def test_a_row_shows_what_is_in_the_table_and_says_what_is_masked(ledger: Database, staff: Client) -> None:
    ((name, code),) = ledger.query("SELECT name, teri_code FROM clients WHERE id = 4")

    shown = page(staff, "seedingmetadata/row/?table=clients&key=4")

    assert f"name {name} personal, masked" in shown
    assert f"teri_code {code} generated as seeded name" in shown


def test_what_came_to_production_unmasked_is_not_shown(ledger: Database, staff: Client) -> None:
    entries = SeedingMetadata.objects.using(ledger.alias).filter(table_name="clients")
    entries.update(environment="production", masked_fields=[])

    shown = page(staff, "seedingmetadata/row/?table=clients&key=4")

    assert "email not shown personal, withheld" in shown
    assert "@example" not in shown
    assert "businessType RETAIL" in shown


def test_a_row_whose_model_has_a_page_of_its_own_leads_there(ledger: Database, settings: Any, staff: Client) -> None:
    site = AdminSite("office")
    site.register(SeedRun, SeedRunAdmin)
    site.register(SeedingMetadata, SeedingMetadataAdmin)
    site.register(terpseed.models.Client)
    urls = ModuleType("office_urls")
    # A module made here, whose type knows no such name.
    urls.urlpatterns = [path("office/", site.urls)]  # type: ignore[attr-defined]  # a module made up here
    settings.ROOT_URLCONF = urls

    row = staff.get("/office/seeding/seedingmetadata/row/?table=clients&key=4").content.decode()

    assert 'href="/office/terpseed/client/4/change/"' in row
    assert "/office/seeding/seedrun/dashboard/" in row


def test_a_row_that_is_not_there_is_told_from_one_that_never_was(ledger: Database, staff: Client) -> None:
    ledger.rollback(table="product_images")
    ledger.query("DELETE FROM vendor_payables WHERE id = 2")

    def told(table: str, key: object) -> str:
        return page(staff, f"seedingmetadata/row/?table={table}&key={key}")

    assert "Rolled back 20" in told("product_images", 5)
    assert "The row" not in told("product_images", 5)
    assert "somebody else has deleted it" in told("vendor_payables", 2)
    assert "The ledger knows of no row 999 in clients" in told("clients", 999)
    assert "The ledger knows of no row x in clients" in told("clients", "x")
    assert "Select a valid choice" in told("django_migrations", 1)


@pytest.mark.parametrize("change", ["DROP TABLE product_images", "ALTER TABLE product_images RENAME COLUMN caption TO words"])
def test_a_row_of_a_table_that_is_another_by_now_is_told_of_without_it(ledger: Database, staff: Client, change: str) -> None:
    ledger.query(change)

    shown = page(staff, "seedingmetadata/row/?table=product_images&key=3")

    assert "No model describes the table product_images as it is" in shown


def test_who_may_see_the_ledger_may_not_see_every_row(ledger: Database) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(content_type__app_label="seeding", codename__startswith="view_"))
    client = Client()
    client.force_login(clerk)

    forbidden = page(client, "seedingmetadata/row/?table=clients&key=3")
    clerk.user_permissions.add(Permission.objects.get(codename="view_client"))
    allowed = page(client, "seedingmetadata/row/?table=clients&key=3")

    assert "you need the permission terpseed.view_client" in forbidden
    assert "@example" not in forbidden
    assert "@example" in allowed


@pytest.mark.parametrize(
    "address", ["seedrun/dashboard/", "seedrun/dashboard/live/", "seedrun/1/live/", "seedingmetadata/row/"]
)
def test_who_may_not_view_sees_no_page_of_ours(address: str) -> None:
    stranger, clerk = Client(), Client()
    clerk.force_login(User.objects.create_user("clerk", is_staff=True))

    assert stranger.get(f"/admin/seeding/{address}").status_code == 302
    assert clerk.get(f"/admin/seeding/{address}").status_code == 403


def test_columns_fill_the_drawing_and_end_on_a_round_figure() -> None:
    bars = [charts.Bar(name=str(number), value=value, words="", kind="seed") for number, value in enumerate((0.0, 35.0, 70.0))]

    chart = charts.columns("Duration", "seconds", bars)

    assert [tick.value for tick in chart.ticks] == [0, 20, 40, 60, 80]
    assert [(column.y, column.height) for column in chart.columns] == [
        ("100.000%", "0.000%"),
        ("56.250%", "43.750%"),
        ("12.500%", "87.500%"),
    ]
    assert [tick.y for tick in charts.columns("Nothing", "rows", []).ticks] == ["100.000%", "0.000%"]


def test_numbers_are_told_as_people_read_them() -> None:
    assert [figures.grouped(one) for one in (None, 0, 1234567, 4.26, 1234.6, "all")] == [
        DASH,
        "0",
        "1,234,567",
        "4.3",
        "1,235",
        "all",
    ]
    assert [figures.span(one) for one in (None, 0, 0.5, 8.26, 125, 3725)] == [
        DASH,
        "0 s",
        "0.50 s",
        "8.3 s",
        "2 min 05 s",
        "1 h 02 min",
    ]
    assert [figures.percent(*one) for one in ((0, 0), (1, 4000), (1, 3), (3999, 4000), (4, 4))] == [
        DASH,
        "< 0.1 %",
        "33.3 %",
        "> 99.9 %",
        "100 %",
    ]


def test_what_is_live_under_a_key_counts_before_what_was_rolled_back(ledger: Database) -> None:
    ledger.rollback(table="product_images")
    undone = SeedingMetadata.objects.using(ledger.alias).get(table_name="product_images")
    before = provenance.provenance(ledger.alias, "product_images", 1)
    live = SeedingMetadata.objects.using(ledger.alias).get(pk=undone.pk)
    live.pk, live.live, live.key_ranges = 1, True, [[5, 1, 1]]
    live.save(using=ledger.alias)

    after = provenance.provenance(ledger.alias, "product_images", 1)

    assert before == provenance.Provenance(entry=undone, index=0)
    assert after == provenance.Provenance(entry=live, index=5)
