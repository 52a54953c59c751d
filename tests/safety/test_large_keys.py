"""Real rows whose keys no int64 holds, in tables that also hold seeded rows: they stay, and what they refer to stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from django.db import models
from django.test.utils import isolate_apps

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig
from tests.support.databases import Database
from tests.support.runs import run, undo

HUGE = 2**64 - 5
TABLES = (
    """CREATE TABLE crates (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, parent_id bigint unsigned,
    FOREIGN KEY (parent_id) REFERENCES crates (id))""",
    """CREATE TABLE loads (tenant int NOT NULL DEFAULT 1, id bigint unsigned AUTO_INCREMENT, crate_id bigint unsigned,
    PRIMARY KEY (id, tenant), FOREIGN KEY (crate_id) REFERENCES crates (id))""",
)

with isolate_apps():

    class Crate(models.Model):
        """May be in another one."""

        id = models.BigAutoField(primary_key=True)
        parent: Any = models.ForeignKey("self", models.DO_NOTHING, null=True, related_name="+")

        class Meta:
            app_label = "cargo"
            db_table = "crates"

    class Load(models.Model):
        """In a crate."""

        id = models.BigAutoField(primary_key=True)
        tenant = models.IntegerField(db_default=1)
        crate = models.ForeignKey(Crate, models.DO_NOTHING, null=True, related_name="+")

        class Meta:
            app_label = "cargo"
            db_table = "loads"


class Crates(BaseSeeder):
    config = SeederConfig(model=Crate, record_count=RecordCount.fixed(5))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"parent_id": pl.Series([None] * len(rows), dtype=pl.Int64)})


class Loads(BaseSeeder):
    config = SeederConfig(model=Load, record_count=RecordCount.fixed(5), dependencies=("crates",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"crate_id": rows.index})


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_a_rollback_keeps_what_rows_with_large_keys_refer_to(products: Callable[..., Database], server: str) -> None:
    database = products(server, *TABLES)
    seeders = (Crates(), Loads())
    assert run(database, *seeders, size="small")[0].exit_code == 0
    (first, second, third), *_ = database.query("SELECT MIN(id), MIN(id) + 1, MIN(id) + 2 FROM crates")
    database.query("INSERT INTO crates (id, parent_id) VALUES (%s, NULL), (%s, %s)", HUGE, HUGE + 1, first)
    database.query("INSERT INTO loads (id, tenant, crate_id) VALUES (%s, 2, %s)", HUGE, second)
    database.query("UPDATE crates SET parent_id = %s WHERE id = %s", HUGE, third)
    database.query("UPDATE loads SET crate_id = %s WHERE crate_id = %s", HUGE, third)

    summary, _ = undo(database, *seeders)

    assert database.query("SELECT id, parent_id FROM crates ORDER BY id") == [
        (first, None), (second, None), (HUGE, None), (HUGE + 1, first),
    ]  # fmt: skip
    assert database.query("SELECT id, crate_id FROM loads") == [(HUGE, second)]
    assert summary.exit_code == 6
