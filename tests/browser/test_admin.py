"""Each page of the admin in a real browser, and pictures of them: `make pictures` puts those into the documentation."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from playwright.sync_api import Page, expect
from pytest_django import DjangoDbBlocker

from seeding.generation.rows import faker_version
from seeding.models import SeedingMetadata, SeedRun
from tests.browser import missing
from tests.browser.conftest import NARROW, PICTURES, Visit
from tests.support.databases import AS_OF, ROOT, Database, closed, opened

DAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def database(
    template: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Database]:
    """What the site shows."""
    if words := missing():
        pytest.skip(f"NOT TESTED in a browser: {words}")
    folder = tmp_path_factory.mktemp("site")
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as variables:
        variables.setenv("SEEDING_AUDIT_FILE", str(folder / "audit.log"))
        variables.setenv("SEEDING_MASKING_KEY", "for the tests alone")
        shutil.copyfile(template("sqlite", "small"), folder / "site.sqlite3")
        database = opened("site", "sqlite", f"sqlite:///{folder / 'site.sqlite3'}")
        furnish(database)
        yield database
        closed("site")


def furnish(database: Database) -> None:
    """Runs of some days, one of them refused in part, rows of the application's own, and times that are always the same."""
    database.query(
        "CREATE TRIGGER taken BEFORE INSERT ON product_images WHEN NEW.id % 9 = 0 BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    database.rollback(table="product_images")
    with pytest.raises(CommandError):
        database.seed(table="product_images")
    database.query("DROP TRIGGER taken")
    database.seed(table="product_images")
    database.query("INSERT INTO brands (name) VALUES ('Own'), ('Their own'), ('Older'), ('Oldest')")
    call_command("seed_mask", database=database.alias, table="brands", force=True, verbosity=0)
    database.query("UPDATE clients SET payment_terms = 45, phone = '555-0199' WHERE id = 5")
    for day in range(1, 5):
        rehearse(database, rows=600 * day)
    for number, run in enumerate(SeedRun.objects.using(database.alias).order_by("pk")):
        moved = sum(batch.record_count for batch in (*run.batches.all(), *run.undone.all()))
        seconds = 0.75 + moved / (600 if run.command == "seed" else 1100)
        run.started_at = DAY + timedelta(days=number // 2, hours=number % 2)
        run.finished_at = run.started_at + timedelta(seconds=seconds)
        run.host, run.user, run.process_id, run.faker_version = "build-3", "deploy", 4711, faker_version()
        run.results = [{**result, "duration": seconds / len(run.results)} for result in run.results]
        run.metrics = {"lock_wait": 0.0, "peak_memory": 168_000_000, "queries": 90 + moved // 20,
                       "error_rate": 3 / 27 if run.exit_code else 0.0}  # fmt: skip
        run.save()
        run.batches.update(created_at=run.finished_at)
        run.undone.update(rolled_back_at=run.finished_at)
        run.masked_batches.update(created_at=run.finished_at)


def rehearse(database: Database, *, rows: int) -> None:
    """Leave in the ledger that so many rows were seeded and rolled back again."""
    runs, batches = SeedRun.objects.using(database.alias), SeedingMetadata.objects.using(database.alias)
    seeding, undoing = runs.get(pk=1), runs.get(pk=2)
    seeding.pk = undoing.pk = None
    seeding.save()
    undoing.save()
    batch = batches.get(rolled_back_in=2)
    batch.pk, batch.run, batch.rolled_back_in, batch.record_count = None, seeding, undoing, rows
    batch.key_ranges = [[0, rows, 101]]
    batch.save(using=database.alias)


def test_every_page_in_light_and_dark_and_a_narrow_window(
    database: Database, visit: Visit, picture: Callable[[Page, str], None]
) -> None:
    last = SeedRun.objects.using(database.alias).latest("pk").pk
    refused = SeedRun.objects.using(database.alias).get(state="failed").pk
    batch = SeedingMetadata.objects.using(database.alias).get(table_name="clients").pk

    picture(visit("seedrun/dashboard/"), "dashboard")
    picture(visit("seedrun/dashboard/", dark=True), "dashboard-dark")
    picture(visit("seedrun/dashboard/", width=NARROW), "dashboard-narrow")
    picture(visit("seedrun/dataset/"), "dataset")
    picture(visit("seedrun/dataset/table/?table=brands"), "values")
    picture(visit("seedrun/"), "runs")
    picture(visit(f"seedrun/{refused}/change/"), "run")
    picture(visit("seedingmetadata/?table_name=product_images"), "batches")
    picture(visit(f"seedingmetadata/{batch}/change/"), "batch")
    picture(visit("seedingmetadata/row/?table=clients&key=5"), "row")
    picture(visit("maskedbatch/"), "masked")

    for address in ("", f"seedrun/{last}/change/", "seedingmetadata/row/?table=orders&key=3"):
        visit(address, width=NARROW, dark=True)
    assert {file.stem for file in PICTURES.glob("*.png")} == {
        "dashboard", "dashboard-dark", "dashboard-narrow", "runs", "run", "batches", "batch", "row", "running", "masked",
        "dataset", "values", "new-run", "plan", "job", "undo", "restore",
        "any-project",  # of another project
    }  # fmt: skip


def test_from_the_dashboard_to_a_row_and_back_to_its_batch(visit: Visit) -> None:
    page = visit("seedrun/dashboard/")

    page.get_by_role("link", name="client_credit_limits").click()
    page.locator("#result_list .field-id a").first.click()
    entry = page.url.partition("?")[0]
    page.get_by_label("Any row").fill("10")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Row 10 of client_credit_limits")
    page.get_by_role("row", name="client_id").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("of clients")
    page.get_by_label("Table").select_option("client_credit_limits")
    page.get_by_label("Primary key").fill("1")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=re.compile("^batch")).click()

    assert page.url == entry


def test_a_run_is_followed_until_it_ends(
    database: Database, visit: Visit, served: dict[str, str], picture: Callable[[Page, str], None]
) -> None:
    variables = {**served, "SEEDING_BATCH_SIZE": "50"}
    command = [sys.executable, "manage.py", "seed", "--size=large", f"--as-of={AS_OF}"]
    with subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            assert any('"seeder": "BatchSeeder", "operation"' in line for line in iter(process.stderr.readline, ""))
            SeedRun.objects.using(database.alias).filter(state="running").update(host="build-3", user="deploy")
            page = visit("seedrun/dashboard/")
            progress = page.locator("[data-part=progress]")
            before = progress.inner_text()
            page.wait_for_function("before => document.querySelector('[data-part=progress]').innerText !== before", arg=before)
            page.locator("[data-live] h2 a").click()
            expect(page.locator("[data-part=steps] .seeding-running")).to_have_count(1)
            picture(page, "running")

            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            expect(page.locator(".seeding-facts .seeding-interrupted")).to_be_visible()
        finally:
            process.kill()  # nobody waits for a run of which a test has failed

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/static/" not in request.url else None)
    expect(page.locator("[data-live]")).to_have_count(0)
    assert page.locator("script[src*='live.js']").count() == 0
    assert asked == []
