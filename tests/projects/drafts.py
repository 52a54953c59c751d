"""Drafts, seeds and rolls back every table of the project in DJANGO_SETTINGS_MODULE, in this process; see `tests.projects`.

A draft has run if its rows are there: inserted, or found, where a table is one whose rows are referred to and never invented.
On SQLite, or on MariaDB if PROJECT_SERVER says so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import traceback
from collections import Counter
from importlib import import_module
from io import StringIO
from typing import Any

from django.apps import apps
from django.core.management import CommandError, call_command

from tests.projects.database import FOLDER, prepare

MARIADB = os.environ.get("PROJECT_SERVER") == "mariadb"
place: Any = import_module(f"tests.projects.{'mariadb' if MARIADB else 'database'}")
"""Where the rows are."""
SKIPPED = re.compile(
    r"django_(?:migrations|content_type|session|admin_log)$|auth_permission$|sqlite_|seeding_|\w+_fts(?:_\w+)?$"
)
"""Django's own bookkeeping, the ledger, and the shadow tables of SQLite's full-text search."""


def main(wanted: list[str]) -> None:
    """Measure the tables `wanted`, or all; print a line per table that does not pass, and the sums."""
    if MARIADB:
        place.start()
    try:
        prepare()
        found = all_measured(wanted)
    finally:
        if MARIADB:
            place.server.stop()
    sys.stdout.write(json.dumps({"tables": found.total(), **found}) + "\n")
    file = FOLDER / ("drafts-mariadb.json" if MARIADB else "drafts.json")
    file.write_text(json.dumps({"tables": found.total(), **found}), encoding="utf-8")


def all_measured(wanted: list[str]) -> Counter[str]:
    """How far the tables come → how many."""
    pristine, before, usual = place.Copy("pristine"), place.dump(), checked()
    found: Counter[str] = Counter()
    for table in sorted(wanted or [name for name in place.counts() if not SKIPPED.match(name)]):
        state, words = measured(table, before, pristine, usual)
        found[state] += 1
        if state != "passed":
            sys.stdout.write(f"{state}: {table}: {words}\n")
            sys.stdout.flush()
    return found


def measured(table: str, before: list[str], pristine: Any, usual: str) -> tuple[str, str]:
    """How far a table comes, and why not further."""
    forget()
    try:
        call_command("seed_new", table, app="drafted", with_parents=True, stdout=StringIO(), stderr=StringIO())
    except CommandError as error:
        return "not written", str(error)
    try:
        return run(table, before, usual)
    except Exception as error:  # noqa: BLE001 - whatever it raises counts
        return "did not run", f"{error}" if isinstance(error, CommandError) else traceback.format_exc()[-1500:]
    finally:
        if place.dump() != before:
            pristine.restore()


def run(table: str, before: list[str], usual: str) -> tuple[str, str]:
    """How far the drafts come; `before` is the dump without their rows, `usual` what the project's own checks say."""
    if (wrong := checked()) != usual:
        return "did not run", wrong
    summary = command("seed", table=table, size="small")
    rows = {one["table"]: one["records_inserted"] + one["records_existing"] for one in summary["results"]}
    if summary["exit_code"] or not rows.get(table):
        failed = [f"{one['table']}: {one['state']}: {one['error']}" for one in summary["results"] if one["state"] != "seeded"]
        return "did not run", " ".join(failed) or json.dumps(summary)
    undone = command("seed_rollback", force=True)
    if undone["exit_code"] or place.dump() != before:
        return "not rolled back", json.dumps(undone)[-800:] + "\n".join(list(set(place.dump()) ^ set(before))[:8])
    return "passed", ""


def checked() -> str:
    """What `manage.py check` has against the project."""
    try:
        call_command("check", stdout=StringIO(), stderr=StringIO())
    except CommandError as error:
        return str(error)
    return ""


def command(name: str, **options: Any) -> dict[str, Any]:
    """The summary of a command."""
    out = StringIO()
    try:
        call_command(name, json=True, stdout=out, stderr=StringIO(), **options)
    except CommandError as error:
        if not out.getvalue():
            raise
        return {**json.loads(out.getvalue()), "said": str(error)}
    summary: dict[str, Any] = json.loads(out.getvalue())
    return summary


def forget() -> None:
    """Remove the drafts of before."""
    shutil.rmtree(FOLDER / "drafted" / "seeders", ignore_errors=True)
    for name in [name for name in sys.modules if name.startswith("drafted.")]:
        del sys.modules[name]
    apps.all_models.pop("drafted", None)
    apps.clear_cache()


if __name__ == "__main__":
    main(sys.argv[1:])
