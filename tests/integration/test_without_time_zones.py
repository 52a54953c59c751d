"""USE_TZ = False is refused; with TIME_ZONE = 'UTC', the way out that the message names stores what the application reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.test import override_settings

from tests.support.databases import SERVERS, Database

APPS = override_settings(INSTALLED_APPS=["seeding", "seeding.example"], DATABASE_ROUTERS=[], TIME_ZONE="UTC")
with APPS:
    from seeding.example.models import Customer
NIGHT = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 - as an application without time zones writes it


@pytest.mark.parametrize("server", SERVERS)
def test_in_utc_the_application_without_time_zones_reads_what_was_seeded(
    make_database: Callable[..., Database], server: str
) -> None:
    database = make_database(server, ready=False)
    with APPS:
        call_command("migrate", database=database.alias, verbosity=0)
        database.seed(table="shop_customer")
        rows = Customer.objects.using(database.alias).order_by("pk").values_list("joined_at", flat=True)
        seeded = list(rows)
        with override_settings(USE_TZ=False):
            assert list(rows.all()) == [one.replace(tzinfo=None) for one in seeded]
            Customer.objects.using(database.alias).create(name="Jo", email="jo@example.org", joined_at=NIGHT)
        assert rows.all().last() == NIGHT.replace(tzinfo=UTC)
        assert len(seeded) > 1
        assert database.rollback()["modified"] == []
        assert list(rows.all()) == [NIGHT.replace(tzinfo=UTC)]
