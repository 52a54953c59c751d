"""A site that serves a database, a browser in front of it, and pictures. Each module has its own fixture `database`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, expect, sync_playwright

from seeding.jobs.records import JobFolder
from tests.browser import executable
from tests.browser.site import ACCOUNT
from tests.support.databases import ROOT, Database
from tests.support.processes import plain_environment

PICTURES = ROOT / "docs" / "pictures"
ADMIN = "/admin/seeding/"
NARROW, WIDE = 420, 1280
TALLEST = 1900
"""Of a picture: what a longer page has below is more of the same."""
COLOURS = 128
PATIENCE = 60_000
"""Milliseconds: other tests run at the same time."""

Visit = Callable[..., Page]


@contextmanager
def site(variables: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A site with this environment: its process, and its address."""
    command = [sys.executable, "-m", "tests.browser.site"]
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def accessible(page: Page) -> None:
    """axe-core finds nothing wrong on the page as it is shown now."""
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []


def accessible_anywhere(page: Page) -> None:
    """The same in light and dark, in a wide and a narrow window; the page stays as it was, where nothing moves."""
    for width, dark in ((NARROW, False), (NARROW, True), (WIDE, True), (WIDE, False)):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")  # the admin fades links
        accessible(page)


@pytest.fixture(scope="module")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a site that serves the database; its address is SITE."""
    folder = tmp_path_factory.mktemp("served")
    variables = {
        **plain_environment(),
        "DATABASE_URL": database.url,
        "ADMIN_DATABASE_URL": f"sqlite:///{folder / 'admin.sqlite3'}",
        "SEEDING_LOG_FILE": str(folder / "seeding.log"),
        "SEEDING_AUDIT_FILE": str(folder / "audit.log"),
        "SEEDING_JOB_FOLDER": str(folder / "jobs"),
        "SEEDING_MASKING_KEY": "for the tests alone",
    }
    with site(variables) as (_, address):
        yield {**variables, "SITE": address}
    for job in JobFolder(path=folder / "jobs").latest():
        if job.process is not None:
            job.process.terminate()


@pytest.fixture(scope="module")
def chromium(served: dict[str, str]) -> Iterator[Browser]:
    """One browser for all tests. As long as it is there a loop runs in this thread, and Django must be told that we know."""
    with pytest.MonkeyPatch.context() as variables, sync_playwright() as playwright:
        variables.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, served: dict[str, str]) -> Iterator[Visit]:
    """Open a page of ours, logged in; the browser must have nothing to complain of, and ask nobody else for anything."""
    context = chromium.new_context(base_url=served["SITE"], viewport={"width": WIDE, "height": 800}, locale="en-US")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.goto("/admin/")
    page.fill("#id_username", ACCOUNT)
    page.fill("#id_password", ACCOUNT)
    page.click("input[type=submit]")

    def go(address: str, *, width: int = WIDE, dark: bool = False) -> Page:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto(ADMIN + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the window"
        accessible(page)
        return page

    yield go
    context.close()
    assert complaints == []
    assert {address for address in asked if not address.startswith(served["SITE"])} == set()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[Page, str], None]:
    """Take a picture of a page for the documentation; with PICTURES=1 it is put there."""
    folder = PICTURES if os.environ.get("PICTURES") else tmp_path
    folder.mkdir(exist_ok=True)

    def take(page: Page, name: str) -> None:
        accessible(page)
        page.mouse.move(0, 0)
        page.evaluate("window.scrollTo(0, 0)")
        file = folder / f"{name}.png"
        height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        window = page.viewport_size
        assert window is not None  # `visit` has set it
        clip: FloatRect = {"x": 0, "y": 0, "width": window["width"], "height": height}
        page.screenshot(path=file, full_page=True, clip=clip, animations="disabled")
        with Image.open(file) as image:
            small = image.convert("RGB").quantize(COLOURS)
        small.save(file, optimize=True)
        assert (PICTURES / file.name).exists(), "make pictures"
        assert f"pictures/{file.name}" in (ROOT / "docs" / "admin.md").read_text(encoding="utf-8")

    return take
