"""A run from the browser: planned, started, followed, stopped and undone, on SQLite and MariaDB."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker

from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from tests.browser import missing
from tests.browser.conftest import ADMIN, NARROW, Visit, accessible, accessible_anywhere, site
from tests.browser.site import ACCOUNT
from tests.servers import Server
from tests.support.databases import ROOT, Database, closed, opened


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def database(
    request: pytest.FixtureRequest,
    running: Callable[[str], Server],
    template: Callable[[str, str], str],
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Database]:
    """What the site shows: TERP's tables, without a row."""
    if words := missing():
        pytest.skip(f"NOT TESTED in a browser: {words}")
    server, copied = request.param, template(request.param, "empty")
    template("sqlite", "medium")  # before Playwright's loop runs, under which none can be made
    # Playwright's loop hides a connection that was opened under it from who closes it, so that none has another one's name.
    name = f"jobs_{server}"
    file = tmp_path_factory.mktemp("jobs") / f"{name}.sqlite3"
    if server == "sqlite":
        shutil.copyfile(copied, file)
        url = f"sqlite:///{file}"
    else:
        host = running(server)
        host.copy(copied, to=name)
        url = host.url(name)
    with django_db_blocker.unblock():
        yield opened(name, server, url)
        closed(name)


@pytest.fixture
def entered(chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Log in to a site, in a browser of its own."""
    contexts = []

    def enter(address: str) -> Page:
        context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/")
        page.fill("#id_username", ACCOUNT)
        page.fill("#id_password", ACCOUNT)
        page.click("input[type=submit]")
        return page

    yield enter
    for context in contexts:
        context.close()


def planned(page: Page, button: str = "Show the plan") -> None:
    """Ask for a plan, and wait until it is there."""
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name="Start it")).to_be_visible()


def started(page: Page, button: str) -> None:
    """Confirm what was previewed."""
    field = page.get_by_label("type the database")
    field.fill("something else")
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("to confirm, type the database")
    page.get_by_label("type the database").fill(page.locator("label[for=id_database] code").inner_text())
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Request for")


def done(page: Page, button: str) -> None:
    """Show what would happen, confirm it, and wait for its end."""
    planned(page, "Show what would happen")
    started(page, button)
    ended(page)


def ended(page: Page, words: str = "ended") -> None:
    expect(page.locator(".seeding-facts .seeding-badge").first).to_have_text(words)


def count(database: Database, table: str) -> int:
    found: int = database.query(f"SELECT COUNT(*) FROM {table}")[0][0]  # noqa: S608
    return found


@contextmanager
def worker(variables: dict[str, str]) -> Iterator[None]:
    """A worker that takes tasks."""
    command = [sys.executable, "manage.py", "db_worker", "--interval=0.1", "--no-startup-delay", "--no-reload"]
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def fingerprint(variables: dict[str, str], url: str) -> str:
    """Of all seeded rows, each of which is as it was seeded."""
    command = [sys.executable, "manage.py", "seed_verify", "--json"]
    told = subprocess.run(command, cwd=ROOT, env={**variables, "DATABASE_URL": url}, check=True, capture_output=True, text=True)
    found: str = json.loads(told.stdout)["fingerprint"]
    return found


def of_picture(page: Page) -> None:
    """What differs from one picture to the next is made the same."""
    page.evaluate(
        """() => {
            document.querySelectorAll("[data-part]").forEach((one) => one.removeAttribute("data-part"));  // it stays so
            const change = (from, to) => document.querySelectorAll("dd, td, th, a, code, li, label, li span").forEach((one) => {
                if (!one.children.length) one.textContent = one.textContent.replace(from, to);
            });
            change(/\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d(:\\d\\d)?/, "2026-03-02 09:30:00");
            change(/^\\d+ on .*$/, "4711 on build-3");
            change(/^\\s*before-demo.*$/, "before-demo: 18 rows, saved on 2026-03-02 09:30 by qa");
            change(/^.*jobs.*sqlite3$/, "terp");
        }"""
    )


def test_a_run_is_planned_started_and_undone(database: Database, visit: Visit, picture: Callable[[Page, str], None]) -> None:
    pictured = picture if database.server == "sqlite" else lambda *_: None
    page = visit("seedrun/dashboard/")
    page.get_by_role("link", name="New run").click()
    page.get_by_label("clients", exact=True).check()
    page.get_by_label("lots", exact=True).check()
    pictured(page, "new-run")

    planned(page)
    assert count(database, "clients") == 0
    expect(page.get_by_role("region", name="Example rows of clients")).to_be_attached()
    of_picture(page)
    pictured(page, "plan")
    accessible_anywhere(page)
    page.reload()
    started(page, "Seed")
    ended(page)
    accessible_anywhere(page)
    run = SeedRun.objects.using(database.alias).latest("pk")
    assert (run.state, run.requested_by, count(database, "clients")) == ("succeeded", ACCOUNT, 10)

    page.get_by_role("link", name=str(run.pk), exact=True).click()
    page.get_by_role("link", name="Undo what is still there").click()
    expect(page.get_by_label("Only what this run has seeded")).to_have_value(str(run.pk))

    planned(page, "Show what would happen")
    of_picture(page)
    pictured(page, "undo")
    page.reload()
    started(page, "Roll back")
    ended(page)

    assert count(database, "clients") == 0
    assert SeedRun.objects.using(database.alias).latest("pk").requested_by == ACCOUNT


def test_rows_are_undone_by_table_and_selection_restored_reset_and_masked(
    database: Database, visit: Visit, picture: Callable[[Page, str], None]
) -> None:
    database.rollback()
    database.seed(table="clients,brands")
    call_command("seed_snapshot", "save", "before-demo", database=database.alias, verbosity=0)
    clients, brands = count(database, "clients"), count(database, "brands")
    ((third,),) = database.query("SELECT id FROM clients ORDER BY id LIMIT 1 OFFSET 2")

    page = visit("seedrun/rollback/")
    page.get_by_label("clients", exact=True).check()
    page.get_by_label("Only rows of the one table whose").fill("id")
    page.get_by_label("compares as").select_option("lte")
    page.get_by_label("with", exact=True).fill(str(third))
    page.get_by_label("Also the seeded rows that refer to those").check()
    done(page, "Roll back")
    assert database.query("SELECT COUNT(*) FROM clients WHERE id <= %s", third) == [(0,)]
    others = count(database, "clients")
    assert 0 < others < clients
    page = visit("seedrun/rollback/")
    page.get_by_label("brands", exact=True).check()
    done(page, "Roll back")
    assert (count(database, "clients"), count(database, "brands")) == (others, 0)

    page = visit("seedrun/restore/")
    page.get_by_label("before-demo").check()
    if database.server == "sqlite":
        of_picture(page)
        picture(page, "restore")
    done(page, "Restore")
    assert (count(database, "clients"), count(database, "brands")) == (clients, brands)

    ((third,),) = database.query("SELECT id FROM clients ORDER BY id LIMIT 1 OFFSET 2")
    database.query("UPDATE clients SET payment_terms = 999 WHERE id = %s", third)
    done(visit("seedrun/reset/"), "Reset")
    edited = "SELECT id, payment_terms FROM clients WHERE payment_terms = 999"
    assert database.query(edited) == []

    database.query("INSERT INTO brands (name) VALUES ('Marigold Whitcombe Ltd')")  # a row that was not seeded
    page = visit("seedrun/mask/")
    page.get_by_label("brands", exact=True).check()
    done(page, "Mask")
    assert database.query("SELECT id FROM brands WHERE name LIKE %s", "%Marigold%") == []
    assert count(database, "brands") == brands + 1
    assert SeedRun.objects.using(database.alias).latest("pk").requested_by == ACCOUNT
    database.rollback()


def test_whoever_comes_second_is_told_who_holds_the_lock(database: Database, visit: Visit) -> None:
    page = visit("seedrun/new/")
    page.get_by_label("strains", exact=True).check()
    planned(page)

    with seeding_lock(database.alias, "seed").held(0):
        started(page, "Seed")
        ended(page, "failed")

    expect(page.get_by_role("alert")).to_contain_text("Another run holds the seeding lock")
    expect(page.get_by_role("status")).to_contain_text("Wait for it")
    accessible_anywhere(page)
    assert count(database, "strains") == 0


def test_two_who_press_the_button_at_once_make_the_rows_once(
    database: Database, served: dict[str, str], entered: Callable[[str], Page]
) -> None:
    pages = [entered(served["SITE"]) for _ in range(2)]
    for page in pages:
        page.goto(f"{ADMIN}seedrun/new/")
        page.get_by_label("locations", exact=True).check()
        planned(page)
        page.get_by_label("type the database").fill(page.locator("label[for=id_database] code").inner_text())
    last = SeedRun.objects.using(database.alias).order_by("-pk").values_list("pk", flat=True).first() or 0

    for page in pages:
        page.evaluate("""setTimeout(() => document.querySelector('form[action$="/start/"] button').click(), 100)""")
    for page in pages:
        expect(page.get_by_role("heading", level=1)).to_contain_text("Request for")
        expect(page.locator("[data-live]")).to_have_count(0)
    states = [page.locator(".seeding-facts .seeding-badge").first.inner_text() for page in pages]

    assert "ended" in states
    for page, state in zip(pages, states, strict=True):
        if state != "ended":
            expect(page.get_by_role("alert")).to_contain_text("Another run holds the seeding lock")
    batches = SeedingMetadata.objects.using(database.alias).filter(run__pk__gt=last, table_name="locations", live=True)
    assert sum(one.record_count for one in batches) == count(database, "locations") > 0
    assert not SeedRun.objects.using(database.alias).filter(state="running").exists()


def test_a_run_outlives_its_server_is_stopped_from_another_browser_and_resumes_whole(
    database: Database,
    served: dict[str, str],
    entered: Callable[[str], Page],
    template: Callable[[str, str], str],
    picture: Callable[[Page, str], None],
) -> None:
    database.rollback()
    database.seed(table="brands")  # which makes the day that of the template

    page = entered(served["SITE"])
    page.goto(f"{ADMIN}seedrun/new/")
    page.get_by_label("Size").select_option("medium")
    planned(page)
    place = page.url.removeprefix(served["SITE"])
    with site({**served, "SEEDING_BATCH_SIZE": "20"}) as (process, address):
        page = entered(address)
        page.goto(place)
        started(page, "Seed")
        expect(page.locator("[data-part=steps] .seeding-running")).to_have_count(1)
        place = page.url.removeprefix(address)
        process.kill()
        process.wait()
        expect(page.locator("[data-live-trouble]")).to_be_visible()
    page = entered(served["SITE"])
    page.goto(place)
    assert SeedRun.objects.using(database.alias).latest("pk").state == "running"
    progress = page.locator("[data-part=progress]")
    before = progress.inner_text()
    page.wait_for_function("before => document.querySelector('[data-part=progress]').innerText !== before", arg=before)
    if database.server == "sqlite":
        of_picture(page)
        picture(page, "job")
    page.get_by_role("button", name="Stop").click()
    ended(page, "failed")
    expect(page.get_by_role("alert")).to_contain_text("Terminated")
    expect(page.get_by_role("status")).to_contain_text("resumes where it stopped")
    accessible_anywhere(page)

    run = SeedRun.objects.using(database.alias).latest("pk")
    assert (run.state, run.requested_by, run.host) == ("interrupted", ACCOUNT, socket.gethostname())
    live = SeedingMetadata.objects.using(database.alias).filter(live=True)
    assert sum(one.record_count for one in live.filter(table_name="clients")) == count(database, "clients") > 0
    with seeding_lock(database.alias, "seed").held(0):
        pass  # it is free

    page.goto(f"{ADMIN}seedrun/{run.pk}/change/")
    planned(page, "Preview it again")
    started(page, "Seed")
    ended(page)
    undisturbed = f"sqlite:///{template('sqlite', 'medium')}"
    assert fingerprint(served, database.url) == fingerprint(served, undisturbed)


def test_a_worker_of_django_s_tasks_starts_what_waits_for_it(
    database: Database, served: dict[str, str], entered: Callable[[str], Page]
) -> None:
    if database.server != "sqlite":
        pytest.skip("one server is enough: nothing here depends on it")
    variables = {**served, "DJANGO_SETTINGS_MODULE": "tests.browser.with_tasks"}
    with site(variables) as (_, address):
        page = entered(address)
        page.goto(f"{ADMIN}seedrun/new/")
        page.get_by_label("strains", exact=True).check()
        page.get_by_role("button", name="Show the plan").click()
        expect(page.locator("[data-part=progress]")).to_contain_text("It waits for a worker to take it.")
        accessible(page)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("alert")).to_contain_text("It was called off before a worker took it. Nothing was started.")
        page.get_by_role("button", name="Preview it again").click()
        expect(page.locator("[data-part=progress]")).to_contain_text("It waits for a worker to take it.")
        with worker(variables):
            expect(page.get_by_role("heading", name="Start it")).to_be_visible()
            started(page, "Seed")
            ended(page)

    run = SeedRun.objects.using(database.alias).latest("pk")
    assert (run.state, run.requested_by, run.plan["tables"]) == ("succeeded", ACCOUNT, ["strains"])
    assert count(database, "strains") > 0


def test_every_page_fits_a_narrow_window_and_needs_neither_mouse_nor_script(
    database: Database, chromium: Browser, visit: Visit
) -> None:
    if database.server != "sqlite":
        pytest.skip("one server is enough: nothing here depends on it")
    for address in ("new", "rollback", "reset", "mask", "restore"):
        page = visit(f"seedrun/{address}/", width=NARROW, dark=True)
        unnamed = page.evaluate(
            "[...document.querySelectorAll('#content input:not([type=hidden]), #content select, #content button')]"
            ".filter((one) => !(one.labels?.length || one.textContent.trim())).map((one) => one.name)"
        )
        assert unnamed == []
    page = visit("seedrun/reset/")
    page.get_by_role("button", name="Show what would happen").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Preview of seed_reset"))
    state = page.context.storage_state()
    plain = chromium.new_context(storage_state=state, java_script_enabled=False).new_page()
    plain.goto(page.url)
    ended(plain)
    plain.context.close()
