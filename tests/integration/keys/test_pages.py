"""What the admin's pages say of rows whose keys no server counts: their keys, never the ledger's numbers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import path, reverse
from pytest_django import DjangoDbBlocker

from seeding.admin import SeedingMetadataAdmin, SeedRunAdmin
from seeding.explanation import provenance
from seeding.ledger.key_recipes import first_number
from seeding.models import SeedingMetadata, SeedRun
from seeding.web import batch_rows
from tests.integration.keys.stages import INSTALLED, Stage, ok
from tests.support.databases import Database, closed, opened
from tests.support.runs import run, undo

with INSTALLED:
    from tests.integration.keys.models import Account, Country, Depot, Parcel, Wholesaler
    from tests.integration.keys.seeders import every, people


class OneDatabase:
    """Sends everything to one database."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "traits_pages"

    db_for_write = db_for_read


@pytest.fixture
def pages(tmp_path: Any, django_db_blocker: DjangoDbBlocker) -> Iterator[Database]:
    """The admin of the ledger and of two of the models."""
    site = AdminSite("admin")
    site.register(SeedRun, SeedRunAdmin)
    site.register(SeedingMetadata, SeedingMetadataAdmin)
    site.register([Country, Depot])
    urls = ModuleType("traits_urls")
    urls.urlpatterns = [path("", site.urls)]  # type: ignore[attr-defined]  # a module made up here
    apps = [*(f"django.contrib.{one}" for one in ("contenttypes", "admin", "auth", "sessions", "messages"))]
    settings = {"INSTALLED_APPS": [*apps, "seeding", "tests.integration.keys"], "DATABASE_ROUTERS": [OneDatabase()]}
    with django_db_blocker.unblock(), override_settings(**settings, ROOT_URLCONF=urls):
        database = opened("traits_pages", "sqlite", f"sqlite:///{tmp_path}/pages.sqlite3")
        call_command("migrate", database=database.alias, run_syncdb=True, verbosity=0)
        yield database
        closed(database.alias)


def found(stage: Stage, table: str, key: str) -> int | None:
    one = provenance.provenance(stage.database.alias, table, key)
    return None if one is None else one.index


def test_a_row_is_found_by_its_key_and_shown(stage: Stage) -> None:
    seeders, alias = {**every(), **people()}, stage.database.alias
    ok(run(stage.database, *seeders.values())[0])
    depot, parcel = stage.of(Depot).get(slug="depot-4"), stage.of(Parcel).get(grams=1_700)

    for text in (str(depot.pk), depot.pk.hex, str(depot.pk).upper()):
        assert found(stage, "traits_depot", text) == 4
    assert found(stage, "traits_inspection", str(depot.pk)) == 4
    assert (found(stage, "traits_country", "Ö3"), found(stage, "traits_bay", "7026")) == (3, 2)
    assert found(stage, "traits_account", "5@account.test") == 5
    assert found(stage, "traits_country", "no such") is found(stage, "traits_depot", "7") is None
    assert found(stage, "traits_depot", str(first_number("Depots"))) is None
    for model, key, column, value in (
        (Depot, str(depot.pk), "slug", "depot-4"),
        (Parcel, str(parcel.pk), "grams", 1_700), (Account, "5@account.test", "grade", 2),
    ):  # fmt: skip
        one = provenance.provenance(alias, model._meta.db_table, key)
        assert one is not None
        cells = batch_rows.cells(alias, model, one.number, one.entry)
        assert {cell.column: cell.value for cell in cells or ()}[column] == value
        assert batch_rows.cells(alias, model, one.number + 2**30, one.entry) is None
    entry = SeedingMetadata.objects.using(alias).filter(table_name="traits_line").first()
    assert entry is not None
    (first, last) = batch_rows.ranges_of(entry)[0].shown
    assert found(stage, "traits_line", first) == entry.first_index
    assert (first.rpartition(", ")[2], last.rpartition(", ")[2]) == ("1", str((entry.record_count - 1) % 3 + 1))

    child = provenance.provenance(alias, "traits_wholesaler", str(stage.of(Wholesaler).get(licence="L3").pk))
    assert child is not None
    shown = batch_rows.cells(alias, Wholesaler, child.number, child.entry)
    assert [cell.column for cell in shown or ()] == ["customer_ptr_id", "licence"]
    ok(undo(stage.database)[0])
    assert found(stage, "traits_depot", str(depot.pk)) == 4  # it was seeded once


def test_no_page_shows_a_number_that_is_no_key(pages: Database) -> None:
    seeders = {**every(), **people()}
    ok(run(pages, *seeders.values())[0])
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    depot = Depot._base_manager.get(slug="depot-4")
    numbers = [str(first_number(name))[:6] for name in seeders]

    def page(name: str, *args: Any, **query: str) -> str:
        answer = client.get(reverse(f"admin:{name}", args=args), query)
        assert answer.status_code == 200
        text = html.unescape(" ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split()))
        assert not [one for one in numbers if one in text]
        return text

    listed = page("seeding_seedingmetadata_changelist")
    assert "Ö0 … Ö4" in listed
    for entry in SeedingMetadata.objects.all():
        page("seeding_seedingmetadata_change", entry.pk)
        key = batch_rows.ranges_of(entry)[0].shown[0]
        assert "batch" in page("seeding_row", table=entry.table_name, key=key)
    assert "depot-4" in page("seeding_row", table="traits_depot", key=str(depot.pk))
    assert "knows of no row 7 in traits_depot" in page("seeding_row", table="traits_depot", key="7")
    answer = client.get(reverse("admin:seeding_row"), {"table": "traits_country", "key": "Ö1"})
    link = reverse("admin:traits_country_change", args=["Ö1"])
    assert link in answer.content.decode()
    assert client.get(link).status_code == 200

    SeedingMetadata.objects.filter(table_name="traits_account").update(environment="production", masked_fields=[])
    SeedingMetadata.objects.filter(table_name="traits_country").update(key_recipe="uuid9/1")
    for entry in SeedingMetadata.objects.filter(table_name="traits_country"):
        page("seeding_seedingmetadata_change", entry.pk)
    page("seeding_row", table="traits_country", key="Ö1")
    page("seeding_seedingmetadata_changelist")
