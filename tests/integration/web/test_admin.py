"""The admin, through Django's own test client, on the databases of the project: read-only, listed, filtered, searched."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from seeding.models import MaskedBatch, SeedingMetadata, SeedRun

pytestmark = pytest.mark.django_db(databases=["default", "admin"])
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def run() -> SeedRun:
    run = SeedRun.objects.create(
        command="seed", environment="dev", seed=42, as_of=NOW.date(), faker_version="40", host="here", process_id=1,
        user="somebody", started_at=NOW, finished_at=NOW, state="succeeded", exit_code=0,
    )  # fmt: skip
    SeedingMetadata.objects.create(
        run=run, table_name="clients", seeder_name="ClientSeeder", generator_version="1.1", first_index=0,
        key_ranges=[[0, 1234, 1001]], record_count=1234, environment="dev", created_at=NOW,
    )  # fmt: skip
    return run


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    return client


@pytest.mark.parametrize("page", ["", "?state__exact=succeeded", "?q=somebody", "?environment__exact=dev", "?o=-5"])
def test_runs_are_listed_filtered_and_searched(staff: Client, run: SeedRun, page: str) -> None:
    shown = staff.get(f"/admin/seeding/seedrun/{page}").content.decode()

    assert "1,234" in shown
    assert f"/admin/seeding/seedrun/{run.pk}/change/" in shown


def test_a_filter_filters(staff: Client, run: SeedRun) -> None:
    assert "1,234" not in staff.get("/admin/seeding/seedrun/?state__exact=failed").content.decode()


@pytest.mark.parametrize("page", ["", "?live__exact=1", "?table_name=clients", "?q=ClientSeeder"])
def test_batches_are_listed_filtered_and_searched(staff: Client, run: SeedRun, page: str) -> None:
    assert "1001-2234" in staff.get(f"/admin/seeding/seedingmetadata/{page}").content.decode()


@pytest.mark.parametrize("model", ["seedrun", "seedingmetadata"])
def test_nothing_can_be_changed(staff: Client, run: SeedRun, model: str) -> None:
    batch = run.batches.get()
    key = run.pk if model == "seedrun" else batch.pk

    page: Any = staff.get(f"/admin/seeding/{model}/{key}/change/")

    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert staff.post(f"/admin/seeding/{model}/{key}/change/", {}).status_code == 403
    assert staff.get(f"/admin/seeding/{model}/add/").status_code == 403
    assert staff.post(f"/admin/seeding/{model}/{key}/delete/", {"post": "yes"}).status_code == 403


def test_a_run_shows_its_seeders(staff: Client, run: SeedRun) -> None:
    SeedRun.objects.update(results=[{"table": "clients", "state": "partial", "error": "<b>3 rows</b>"}])

    shown = staff.get(f"/admin/seeding/seedrun/{run.pk}/change/").content.decode()

    assert "<td>clients</td>" in shown
    assert ">partial</span></td>" in shown
    assert "&lt;b&gt;3 rows" in shown


def test_a_batch_shows_when_and_in_which_run_it_was_rolled_back(staff: Client, run: SeedRun) -> None:
    run.batches.update(live=None, rolled_back_at=NOW, rolled_back_in=run)
    SeedRun.objects.update(command="seed_rollback", results=[{"table": "clients", "records_deleted": 1234, "success": True}])

    batches = staff.get("/admin/seeding/seedingmetadata/").content.decode()
    shown = staff.get(f"/admin/seeding/seedrun/{run.pk}/change/").content.decode()

    assert "2026-03-02 12:00" in batches
    assert f"run {run.pk} (seed_rollback, succeeded)" in batches
    assert ">Deleted</th>" in shown
    assert ">1,234</td>" in shown


def test_a_stranger_is_sent_to_the_login(run: SeedRun) -> None:
    answer = Client().get("/admin/seeding/seedrun/")

    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_who_may_not_view_sees_nothing(run: SeedRun) -> None:
    client = Client()
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    assert client.get("/admin/seeding/seedrun/").status_code == 403


def test_djangos_tables_stay_out_of_terps_database() -> None:
    from django.db import connections

    assert not [name for name in connections["default"].introspection.table_names() if name.startswith(("auth", "django_c"))]
    assert "auth_user" in connections["admin"].introspection.table_names()
    assert "seeding_run" not in connections["admin"].introspection.table_names()


def test_the_masking_audit_is_shown(staff: Client, run: SeedRun) -> None:
    audit = {
        "table": "clients",
        "mode": "full",
        "key": "12ab",
        "fields": [{"column": "email", "strategy": "email", "count": 7}],
    }
    SeedRun.objects.update(results=[{"seeder": "clients", "masking": audit}])
    MaskedBatch.objects.create(
        run=run, table_name="clients", first_key=1, last_key=9, mode="partial", key_fingerprint="12ab", fields={"email": 7},
        seals=b"", created_at=NOW,
    )  # fmt: skip

    row = '<td>email</td><td>email</td><td>full</td><td>12ab</td><td class="number">7</td>'
    assert row in staff.get(f"/admin/seeding/seedrun/{run.pk}/change/").content.decode()
    assert "email 7" in staff.get("/admin/seeding/maskedbatch/").content.decode()
