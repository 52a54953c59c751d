"""Servers that lack what a run has committed, after a crash or a failover: nothing is written on top of what the run knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models import F

from seeding.exceptions import LockLostError
from seeding.locks import seeding_lock
from seeding.locks.fence import TERM
from seeding.models import SeedingFence, SeedingMetadata
from seeding.telemetry.events import Event
from terpseed.models import Client, SupplierProfile
from tests.servers import KINDS
from tests.support.databases import Database
from tests.support.runs import run
from tests.support.seeders import Clients, Profiles

ROW = "INSERT INTO noted VALUES (%s)"


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    made: Database = make_database(request.param)
    return made


def test_a_transaction_on_a_server_that_lacks_an_earlier_one_is_rolled_back(database: Database) -> None:
    database.query("CREATE TABLE noted (id INTEGER PRIMARY KEY)")
    lock, fence = seeding_lock(database.alias), SeedingFence.objects.using(database.alias)
    with lock.held(0):
        with lock.fenced():
            database.query(ROW, 1)
        database.query(ROW, 2)
        fence.update(beat=F("beat") + 1)  # a commit that went unanswered
        with lock.fenced():
            database.query(ROW, 3)
        fence.update(beat=F("beat") - 2)
        with pytest.raises(LockLostError, match="lacks transactions"), lock.fenced():
            database.query(ROW, 4)

    assert database.query("SELECT id FROM noted ORDER BY id") == [(1,), (2,), (3,)]


def test_a_generation_that_another_server_has_given_out_too_is_not_ours(database: Database) -> None:
    lock, fence = seeding_lock(database.alias), SeedingFence.objects.using(database.alias)
    with lock.held(0):
        fence.update(beat=F("beat") + TERM)
        with pytest.raises(LockLostError), lock.fenced():
            pass


def test_rows_do_not_refer_to_rows_that_have_the_keys_of_forgotten_ones(database: Database) -> None:
    fence, clients = SeedingFence.objects.using(database.alias), Client.objects.using(database.alias)
    profiles = SupplierProfile.objects.using(database.alias)
    before: list[int] = []

    def forget(event: Event) -> None:
        of_clients = event.context.get("table") == "clients"
        if event.operation == "choose" and of_clients:
            before.append(fence.get().beat)
        if event.operation == "finish" and of_clients and len(before) == 1:
            keys = list(clients.values_list("pk", flat=True))
            SeedingMetadata.objects.using(database.alias).all().delete()
            clients.all().delete()
            fence.update(beat=before[0])
            clients.bulk_create(Client(pk=key, name="Real", teri_code=f"R{key}") for key in keys)

    with pytest.raises(LockLostError, match="Run again"):
        run(database, Clients(), Profiles(), listen=forget)

    assert len(before) == 1
    assert not profiles.exists()
    assert set(clients.values_list("name", flat=True)) == {"Real"}

    summary, _ = run(database, Clients(), Profiles())

    assert summary.exit_code == 0
    assert not profiles.filter(client__name="Real").exists()
    assert profiles.count() == 20
