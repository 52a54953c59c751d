"""A migration that remakes a table of SQLite gives no key of a seeded row to another one."""

from __future__ import annotations

from collections.abc import Callable

from django.core.management import call_command
from django.db import connections, models

from tests.shop.conftest import INSTALLED
from tests.support.databases import Database

with INSTALLED:
    from seeding.example.models import Customer


def test_a_remade_table_counts_on_from_above_the_seeded_rows(make_database: Callable[..., Database]) -> None:
    sqlite = make_database("sqlite", ready=False)
    call_command("migrate", database=sqlite.alias, verbosity=0)
    sqlite.seed(table="shop_customer")
    rows = Customer._base_manager.using(sqlite.alias)
    last = max(rows.values_list("pk", flat=True))
    rows.filter(pk=last).delete()
    before, after = Customer._meta.get_field("name"), models.CharField(max_length=200)
    after.set_attributes_from_name("name")
    with connections[sqlite.alias].schema_editor() as editor:
        editor.alter_field(Customer, before, after)
    call_command("migrate", database=sqlite.alias, verbosity=0)

    real = Customer(name="Typed in", email="typed@corp.test", joined_at="2026-01-01T00:00Z")
    real.save(using=sqlite.alias)
    undone = sqlite.rollback()

    assert real.pk > last
    assert list(rows.values_list("name", flat=True)) == ["Typed in"]
    assert undone["exit_code"] == 6  # one row was deleted before
