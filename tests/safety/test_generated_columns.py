"""Columns that the database computes, in every form that Django declares: never written, compared only by the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import polars as pl
import pytest
from django.core.management import call_command
from django.db import connections, models
from django.db.models.functions import Coalesce, Concat, Upper

from seeding.generation.registry import Registry
from seeding.generation.rows import Rows, numerals
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.verification.checker import Checker
from tests.safety.test_references import LINKED
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

COUNT = 20
FORMS: dict[str, tuple[models.Field[Any, Any], Any]] = {
    "a text": (models.CharField(max_length=50), Concat(models.F("name"), models.Value("-"), models.F("name"))),
    "a text in capitals": (models.CharField(max_length=40), Upper("name")),
    "a number that may be null": (models.IntegerField(null=True), models.F("size") + 1),
    "a number that stands for null": (models.IntegerField(), Coalesce("size", -1)),
}

EXPECTED: dict[str, Callable[[str, Any], Any]] = {
    "a text": lambda name, _: f"{name}-{name}",
    "a text in capitals": lambda name, _: name.upper(),
    "a number that may be null": lambda _, size: None if size is None else size + 1,
    "a number that stands for null": lambda _, size: -1 if size is None else size,
}


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with LINKED:
        yield


@cache
def model(form: str, *, persists: bool) -> type[models.Model]:
    """A model with a generated field of this form."""
    field, expression = FORMS[form]
    name = f"Made{[*FORMS].index(form)}{persists}"
    values: dict[str, Any] = {
        "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "linked", "managed": False, "db_table": "made"}),
        "id": models.BigAutoField(primary_key=True),
        "name": models.CharField(max_length=20),
        "size": models.IntegerField(null=True),
        "computed": models.GeneratedField(expression=expression, output_field=field, db_persist=persists),
    }
    return type(name, (models.Model,), values)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("server", "persists"),
    [(server, persists) for server in SERVERS for persists in (True, False) if persists or server != "postgresql"],
)
def test_what_the_database_computes_is_left_to_it(
    make_database: Callable[..., Database], server: str, form: str, *, persists: bool
) -> None:
    database, made = make_database(server, ready=False), model(form, persists=persists)
    call_command("migrate", "seeding", database=database.alias, verbosity=0)
    with connections[database.alias].schema_editor() as editor:
        editor.create_model(made)

    class Making(BaseSeeder):
        config = SeederConfig(model=made, record_count=RecordCount.fixed(COUNT), not_pii=("name", "computed"))

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            sizes = [None if index % 3 else int(index) for index in rows.index]
            return pl.DataFrame({"name": "Row " + numerals(rows.index), "size": pl.Series(sizes, dtype=pl.Int64)})

    seeded, _ = run(database, Making())
    rows = database.query("SELECT name, size, computed FROM made ORDER BY id")
    said = [str(one) for one in Checker(database.alias, "", Registry([Making()])).schema() if not one.harmless]
    undone, _ = undo(database, Making(), keep_modified=True)

    assert (seeded.exit_code, len(rows), said) == (0, COUNT, [])
    assert [computed for *_, computed in rows] == [EXPECTED[form](name, size) for name, size, _ in rows]
    assert (undone.exit_code, undone.records_deleted) == (0, COUNT)
