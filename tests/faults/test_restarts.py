"""Servers that restart in mid-run, and transactions whose commit goes unanswered: nothing is lost, and nothing done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from seeding.conf import Environment, MaskingConfig
from seeding.generation.registry import Registry
from seeding.masking.in_place import InPlaceMasking
from seeding.masking.masker import STRATEGIES
from seeding.models import MaskedBatch, SeedRun
from seeding.telemetry.events import Event
from terpseed.models import Client
from tests.faults.proxy import Moment, Proxy, commit
from tests.servers import KINDS, Server
from tests.support.databases import AS_OF, Database
from tests.support.rows import business_data
from tests.support.runs import run
from tests.support.seeders import Clients, Profiles

AWAY = 1.5
"""Seconds."""


class Restart:
    """Shuts the server down as an operator does, after the run has told this for the `number`-th time, and starts it again.

    It stays away for longer than a lost connection is retried without patience.
    """

    def __init__(self, server: Server, operation: str, number: int) -> None:
        self.count = 0
        self._server, self._operation, self._number = server, operation, number
        self._starting = threading.Timer(AWAY, server.start)

    def __call__(self, event: Event) -> None:
        self.count += event.operation == self._operation
        if self.count == self._number and self._starting.ident is None:
            assert self._server.process is not None
            self._server.process.send_signal(self._server.stop_signal)
            self._server.process.wait()
            self._starting.start()

    def wait(self) -> None:
        self._starting.join()


@pytest.mark.parametrize("own", KINDS, indirect=True)
def test_a_server_that_restarts_in_mid_run_costs_nothing(
    own: Server, make_database: Callable[..., Database], request: pytest.FixtureRequest
) -> None:
    undisturbed = make_database("sqlite", seeded="small")
    database = make_database(request.node.callspec.params["own"], on=own)
    restarts = [Restart(own, "insert", 15), Restart(own, "derive", 3)]

    def listen(event: Event) -> None:
        for one in restarts:
            one(event)

    summary, told = run(database, registry=Registry.discover(), listen=listen, patience=60)

    for one in restarts:
        one.wait()
    assert summary.exit_code == 0
    assert {event.operation for event in told} >= {"retry"}
    assert [one.count >= 3 for one in restarts] == [True, True]
    assert business_data(database) == business_data(undisturbed)
    assert SeedRun.objects.using(database.alias).get().state == "succeeded"


@pytest.fixture
def proxy(running: Callable[[str], Server]) -> Iterator[Proxy]:
    with Proxy(running("mariadb").socket) as proxy:
        yield proxy


class Masked(Clients):
    """Clients with a name that is personal; the run of the test generates none."""

    config = Clients.config


def masking(database: Database, proxy: Proxy, number: int, **options: Any) -> tuple[Any, list[Event]]:
    """Mask the clients, and lose the answer to the `number`-th COMMIT after the first batch has begun."""
    told: list[Event] = []

    def tell(event: Event) -> None:
        told.append(event)
        if event.operation == "start" and event.message == "Masking clients":
            proxy.lose(commit(number), Moment.AFTER)

    config = MaskingConfig(
        database=database.alias,
        environment=Environment.DEV,
        key="ab" * 32,
        force=True,
        today=AS_OF,
        tables=("clients",),
        **options,
    )
    summary = InPlaceMasking(config, Registry([Masked()]), STRATEGIES, tell=tell, ask=input).run()
    return summary, told


def test_masks_whose_commit_goes_unanswered_are_counted_once(make_database: Callable[..., Database], proxy: Proxy) -> None:
    database = make_database("mariadb", address=proxy.address)
    Client.objects.using(database.alias).bulk_create(Client(name=f"Real {n}", teri_code=f"R{n}") for n in range(10))

    summary, told = masking(database, proxy, 2, batch_size=4)

    assert proxy.has_lost
    assert [event.operation for event in told].count("retry") == 1
    (result,) = summary.results
    assert (result.rows, result.masked, result.exit_code) == (10, 10, 0)
    batches = MaskedBatch.objects.using(database.alias).order_by("pk")
    assert [batch.fields for batch in batches] == [{"name": 4}, {"name": 4}, {"name": 2}]


def test_masks_of_rows_whose_keys_are_texts_are_not_masked_again(make_database: Callable[..., Database], proxy: Proxy) -> None:
    database = make_database("mariadb", address=proxy.address)
    plain = make_database("mariadb")
    for one in (database, plain):
        one.query("ALTER TABLE clients ADD UNIQUE (id), DROP PRIMARY KEY, ADD PRIMARY KEY (teri_code, id)")
        Client.objects.using(one.alias).bulk_create(Client(pk=n + 1, name=f"Real {n}", teri_code=f"R{n}") for n in range(10))
        connections[one.alias].close()

    masking(database, proxy, 2, batch_size=4)
    masking(plain, proxy, 99, batch_size=4)

    masked = "SELECT id, teri_code, name FROM clients ORDER BY id"
    assert database.query(masked) == plain.query(masked)


def test_a_run_whose_beginning_goes_unanswered_is_recorded_once(make_database: Callable[..., Database], proxy: Proxy) -> None:
    database = make_database("mariadb", address=proxy.address)

    proxy.lose(lambda data: b"INSERT INTO `seeding_run`" in data, Moment.AFTER)
    summary, _ = run(database, Clients(), Profiles())

    assert proxy.has_lost
    assert summary.exit_code == 0
    assert SeedRun.objects.using(database.alias).get().state == "succeeded"
