"""A run from the browser: planned, started, followed, stopped and undone, on SQLite and MariaDB."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker

from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from tests.browser import missing
from tests.browser.conftest import ADMIN, NARROW, Visit, site
from tests.browser.site import ACCOUNT
from tests.servers import Server
from tests.support.databases import Database, closed, opened


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


def planned(page: Page) -> None:
    """Ask for a plan, and wait until it is there."""
    page.get_by_role("button", name="Show the plan").click()
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


def ended(page: Page, words: str = "ended") -> None:
    expect(page.locator(".seeding-facts .seeding-badge").first).to_have_text(words)


def count(database: Database, table: str) -> int:
    found: int = database.query(f"SELECT COUNT(*) FROM {table}")[0][0]  # noqa: S608
    return found


def of_picture(page: Page) -> None:
    """What differs from one picture to the next is made the same."""
    page.evaluate(
        """() => {
            const change = (from, to) => document.querySelectorAll("dd, td, th, a, code, li").forEach((one) => {
                if (!one.children.length) one.textContent = one.textContent.replace(from, to);
            });
            change(/\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d(:\\d\\d)?/, "2026-03-02 09:30:00");
            change(/^\\d+ on .*$/, "4711 on build-3");
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
    page.reload()
    started(page, "Seed")
    ended(page)
    run = SeedRun.objects.using(database.alias).get()
    assert (run.state, run.requested_by, count(database, "clients")) == ("succeeded", ACCOUNT, 10)

    page.get_by_role("link", name=str(run.pk), exact=True).click()
    page.get_by_role("link", name="Undo what is still there").click()
    expect(page.get_by_label("Only what this run has seeded")).to_have_value(str(run.pk))

    page.get_by_role("button", name="Show what would happen").click()
    expect(page.get_by_role("heading", name="Start it")).to_be_visible()
    of_picture(page)
    pictured(page, "undo")
    page.reload()
    started(page, "Roll back")
    ended(page)

    assert count(database, "clients") == 0
    assert SeedRun.objects.using(database.alias).latest("pk").requested_by == ACCOUNT


def test_whoever_comes_second_is_told_who_holds_the_lock(database: Database, visit: Visit) -> None:
    page = visit("seedrun/new/")
    page.get_by_label("strains", exact=True).check()
    planned(page)

    with seeding_lock(database.alias, "seed").held(0):
        started(page, "Seed")
        ended(page, "failed")

    expect(page.get_by_role("alert")).to_contain_text("Another run holds the seeding lock")
    expect(page.get_by_role("status")).to_contain_text("Wait for it")
    assert count(database, "strains") == 0


def test_a_run_outlives_its_server_and_is_stopped_from_another_browser(
    database: Database, chromium: Browser, served: dict[str, str], picture: Callable[[Page, str], None]
) -> None:
    if database.server != "sqlite":
        pytest.skip("one server is enough: nothing here depends on it")
    variables = {**served, "SEEDING_BATCH_SIZE": "20"}

    def entered(address: str) -> Page:
        page = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 800}).new_page()
        page.goto("/admin/")
        page.fill("#id_username", ACCOUNT)
        page.fill("#id_password", ACCOUNT)
        page.click("input[type=submit]")
        return page

    with site(variables) as (process, address):
        page = entered(address)
        page.goto(f"{ADMIN}seedrun/new/")
        page.get_by_label("Size").select_option("large")
        planned(page)
        started(page, "Seed")
        expect(page.locator("[data-part=steps] .seeding-running")).to_have_count(1)
        place = page.url.removeprefix(address)
        process.kill()
        process.wait()
        expect(page.locator("[data-live-trouble]")).to_be_visible()
        page.context.close()
    with site(variables) as (_, address):
        page = entered(address)
        page.goto(place)
        assert SeedRun.objects.using(database.alias).latest("pk").state == "running"
        progress = page.locator("[data-part=progress]")
        before = progress.inner_text()
        page.wait_for_function("before => document.querySelector('[data-part=progress]').innerText !== before", arg=before)
        of_picture(page)
        picture(page, "job")
        page.get_by_role("button", name="Stop").click()
        ended(page, "failed")
        expect(page.get_by_role("alert")).to_contain_text("Terminated")
        expect(page.get_by_role("status")).to_contain_text("resumes where it stopped")
        page.context.close()

    run = SeedRun.objects.using(database.alias).latest("pk")
    assert (run.state, run.requested_by, run.host) == ("interrupted", ACCOUNT, socket.gethostname())
    live = SeedingMetadata.objects.using(database.alias).filter(live=True)
    assert sum(one.record_count for one in live.filter(table_name="clients")) == count(database, "clients") > 0
    with seeding_lock(database.alias, "seed").held(0):
        pass  # it is free


def test_every_page_fits_a_narrow_window_and_needs_neither_mouse_nor_script(
    database: Database, chromium: Browser, visit: Visit
) -> None:
    if database.server != "sqlite":
        pytest.skip("one server is enough: nothing here depends on it")
    for address in ("new", "rollback", "reset", "mask"):
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
