"""`seed --auto` in a project with one model per trait that real projects have; `make projects` measures the real ones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import override_settings

from tests.projects.rows import invalid
from tests.support.databases import AS_OF, Database
from tests.support.dumps import dumped_rows

APPS = ["seeding", "tests.projects.specimens", "django.contrib.contenttypes", "django.contrib.auth"]
LEFT_OUT = {"specimens_session"}


class Router:
    """Everything is in one database."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self._alias

    db_for_write = db_for_read


@pytest.mark.filterwarnings("ignore:Model 'specimens")
def test_every_specimen_is_filled_with_valid_rows_grown_and_undone(make_database: Callable[..., Database]) -> None:
    database = make_database("sqlite", ready=False)
    with override_settings(INSTALLED_APPS=APPS, DATABASE_ROUTERS=[Router(database.alias)]):
        call_command("migrate", database=database.alias, run_syncdb=True, verbosity=0)
        models = [one for one in apps.get_app_config("specimens").get_models(include_auto_created=True) if not one._meta.proxy]
        before = dumped_rows(database, None)
        first = auto(database)
        wrong = Counter({one._meta.label: invalid(one, using=database.alias)[1].total() for one in models})
        counts = {one._meta.db_table: one._base_manager.using(database.alias).count() for one in models}
        dangling = database.query("PRAGMA foreign_key_check")
        small = dumped_rows(database, None)
        again = auto(database)
        grown = auto(database, size="medium")
        medium = dumped_rows(database, None)
        undone = database.rollback()

        assert dumped_rows(database, None) == before
    assert first["exit_code"] == 0
    assert {table for table, rows in counts.items() if not rows} == LEFT_OUT
    assert first["left_out"].keys() >= LEFT_OUT | {"specimens.Visitor"}
    assert +wrong == Counter()
    assert dangling == []
    assert again["records_inserted"] == 0
    assert (grown["exit_code"], undone["exit_code"]) == (0, 0)
    assert {row for row in small if "specimens_team" not in row} <= {*medium}  # its leads are filled once all rows exist


def auto(database: Database, **options: Any) -> dict[str, Any]:
    """The summary of `seed --auto`."""
    options = {"table": None, "as_of": AS_OF.isoformat(), **options}
    call_command(
        "seed", database=database.alias, auto=True, json=True, stdout=(out := StringIO()), stderr=StringIO(), **options
    )
    summary: dict[str, Any] = json.loads(out.getvalue())
    return summary
