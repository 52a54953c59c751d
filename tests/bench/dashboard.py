"""`python -m tests.bench.dashboard`: until the dashboard of a ledger of 5,000 runs and 300 tables is painted first.

The tables are there and have rows, on SQLite. Chromium opens the page on this machine, each time in a new context; the style
sheets are then in its cache. Only when nothing else runs are the times worth anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.browser import executable, missing
from tests.browser.site import ACCOUNT

RUNS, TABLES, ROWS = 5_000, 300, 1_000
TIMES = 11
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
ANSWERED = "performance.getEntriesByType('navigation')[0].responseEnd"


def furnish() -> None:
    """Make the tables, with seeded rows and others, and the runs."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    from seeding.models import SeedingMetadata, SeedRun

    call_command("migrate", verbosity=0)
    started = datetime.now(UTC) - timedelta(days=RUNS / 24)
    facts = {"command": "seed", "environment": "dev", "seed": 42, "as_of": started.date(), "host": "h", "process_id": 1}
    with transaction.atomic():
        runs = SeedRun.objects.bulk_create(
            SeedRun(**facts, started_at=at, finished_at=at + timedelta(seconds=number % 90 + 1), state="succeeded")
            for number in range(RUNS)
            for at in [started + timedelta(hours=number)]
        )
        for number in range(TABLES):
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE TABLE table_{number} (id INTEGER PRIMARY KEY, name TEXT)")
                cursor.executemany(f"INSERT INTO table_{number} (name) VALUES (%s)", [[f"row {one}"] for one in range(ROWS)])  # noqa: S608
        SeedingMetadata.objects.bulk_create(
            SeedingMetadata(
                run=runs[-1 - number % 20], table_name=f"table_{number}", seeder_name="S", generator_version="1",
                first_index=0, key_ranges=[[0, ROWS // 2, 1]], record_count=ROWS // 2, environment="dev", created_at=started,
            )
            for number in range(TABLES)
        )  # fmt: skip


def painted(browser: Browser, address: str) -> tuple[float, float]:
    """Milliseconds until the answer was there, and until the first paint."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto("/admin/login/?next=/admin/seeding/seedrun/dashboard/")
    page.fill("#id_username", ACCOUNT)
    page.fill("#id_password", ACCOUNT)
    page.click("input[type=submit]")
    page.wait_for_url("**/dashboard/")
    page.reload()
    # Not `wait_for_function`: what it has the page evaluate again and again, the policy refuses.
    while (first := page.evaluate(PAINTED)) is None:
        page.wait_for_timeout(10)
    told = float(page.evaluate(ANSWERED)), float(first)
    context.close()
    return told


def main() -> None:
    """Print the figures."""
    if words := missing():
        sys.exit(words)
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "settings.base",
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'dashboard.sqlite3'}",
            "ADMIN_DATABASE_URL": f"sqlite:///{Path(folder) / 'admin.sqlite3'}",
            "DEBUG": "false",
            "SECRET_KEY": "for measuring",
        }
        os.environ.update(variables)
        furnish()
        command = [sys.executable, "-m", "tests.browser.site"]
        with (
            subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process,
            sync_playwright() as driver,
        ):
            try:
                assert process.stdout is not None
                address = f"http://127.0.0.1:{process.stdout.readline().strip()}"
                browser = driver.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
                times = [painted(browser, address) for _ in range(TIMES + 1)][1:]
                browser.close()
            finally:
                process.terminate()
    answered, first = (sorted(one) for one in zip(*times, strict=True))
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{RUNS:,} runs, {TABLES} tables of {ROWS:,} rows, SQLite, {TIMES} times, load {load:.1f}\n"
        f"answer:      median {median(answered):4.0f} ms, {answered[0]:.0f} to {answered[-1]:.0f}\n"
        f"first paint: median {median(first):4.0f} ms, {first[0]:.0f} to {first[-1]:.0f}\n"
    )


if __name__ == "__main__":
    main()
