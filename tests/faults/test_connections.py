"""Connections that are lost, slow or short-lived: the run goes on, or the next one ends where an undisturbed one does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connections
from django.db.models import F

from seeding.db import watchdog
from seeding.generation.datasets import Dataset
from seeding.generation.registry import Registry
from seeding.generation.seeders import Derivation
from seeding.models import SeedRun
from seeding.orchestration.pipeline.seeder_pipeline import SeederPipeline
from seeding.telemetry.events import Event
from seeding.writing import table_statistics
from terpseed.models import Client
from tests.faults.proxy import Moment, Proxy, commit
from tests.servers import KINDS, Server
from tests.support.databases import Database
from tests.support.rows import business_data, ledgered_keys
from tests.support.runs import run
from tests.support.seeders import Clients, Profiles


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, running: Callable[[str], Server]) -> Server:
    return running(request.param)


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.socket) as proxy:
        yield proxy


@pytest.fixture
def proxied(request: pytest.FixtureRequest, make_database: Callable[..., Database], proxy: Proxy) -> Database:
    return make_database(request.node.callspec.params["server"], address=proxy.address)


@pytest.fixture
def undisturbed(make_database: Callable[..., Database]) -> dict[str, list[dict[str, Any]]]:
    return business_data(make_database("sqlite", seeded="small"))


@pytest.mark.parametrize(("moment", "number"), [(Moment.BEFORE, 3), (Moment.DURING, 30), (Moment.AFTER, 55)])
def test_a_connection_lost_at_a_commit_costs_nothing(  # noqa: PLR0917
    proxied: Database,
    proxy: Proxy,
    undisturbed: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    moment: Moment,
    number: int,
) -> None:
    monkeypatch.setenv("SEEDING_BATCH_SIZE", "10")
    proxy.lose(commit(number), moment)

    summary = proxied.seed()

    assert proxy.has_lost
    assert summary["exit_code"] == 0
    assert all(result["records_inserted"] == result["records_planned"] for result in summary["results"])
    assert business_data(proxied) == undisturbed


@pytest.mark.parametrize("server", ["mariadb", "postgresql"], indirect=True)
def test_nor_does_one_at_the_commit_of_a_batch_whose_first_row_was_refused(proxied: Database, proxy: Proxy) -> None:
    clients = Client.objects.using(proxied.alias)
    clients.create(name="Real", teri_code="T0")

    def lose(event: Event) -> None:
        if event.operation == "choose" and event.seeder == "Clients":
            proxy.lose(commit(1), Moment.AFTER)

    summary, _ = run(proxied, Clients(), Profiles(), listen=lose)

    assert proxy.has_lost
    results = {one.table: (one.records_inserted, one.records_existing, one.records_skipped) for one in summary.results}
    assert results == {"clients": (19, 0, 1), "supplier_profiles": (19, 0, 1)}
    assert (clients.count(), len(proxied.content("supplier_profiles"))) == (20, 19)
    assert [field["count"] for field in summary.results[0].masking["fields"]] == [19]


MOMENTS = {
    "counting the tables": ("insert", b"ANALYZE"),
    "asking for its keys": ("insert", b"key_ranges"),
    "looking at references": ("phase", b"COUNT("),
    "closing the run": ("complete", b"finished_at"),
}
"""What a run does at its end: the event after which the connection is lost, and the statement at which."""


@pytest.mark.parametrize("at", MOMENTS)
@pytest.mark.parametrize("server", ["mariadb", "postgresql"], indirect=True)
def test_nor_does_one_at_the_end_of_a_run(proxied: Database, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    class Referred(Clients):
        """With a reference that is derived, and so looked at last."""

        config = Clients.config

        def derivations(self, dataset: Dataset) -> tuple[Derivation, ...]:
            return (Derivation(values={"referred_by_client": F("pk")}, reads=("clients",)),)

    after, statement = MOMENTS[at]
    monkeypatch.setattr(table_statistics, "WORTH", 20)

    def lose(event: Event) -> None:
        if event.operation == after and event.message != "20 rows of clients":
            proxy.lose(lambda data: statement in data, Moment.BEFORE)

    summary, _ = run(proxied, Referred(), Profiles(), listen=lose)

    assert proxy.has_lost
    assert [result.state for result in summary.results] == ["seeded", "seeded"]
    assert SeedRun.objects.using(proxied.alias).get().state == "succeeded"


def test_so_it_does_in_a_rollback_whose_audit_log_ends_with_the_truth(
    proxied: Database, proxy: Proxy, audit_file: Path
) -> None:
    proxied.seed()
    seeded = {table: keys for table in Registry.discover().by_table if (keys := ledgered_keys(proxied, table))}
    proxy.lose(commit(9), Moment.AFTER)

    summary = proxied.rollback()

    audited: dict[str, set[int]] = {table: set() for table in seeded}
    for line in map(json.loads, audit_file.read_text(encoding="ascii").splitlines()):
        keys = {key for first, last in line["keys"] for key in range(first, last + 1)}
        (audited[line["table"]].update if line["operation"] == "delete" else audited[line["table"]].difference_update)(keys)
    assert audited == seeded
    assert proxy.has_lost
    assert (summary["exit_code"], summary["left"]) == (0, 0)
    assert {table: rows for table, rows in business_data(proxied).items() if rows} == {}


def test_all_connections_lost_cost_nothing_while_the_lease_holds(
    proxied: Database, proxy: Proxy, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = SeederPipeline.insert_data
    calls: list[SeederPipeline] = []

    def cut_first(self: SeederPipeline, *arguments: Any) -> Any:
        calls.append(self)
        if len(calls) == 20:
            proxy.cut()
        return insert(self, *arguments)

    monkeypatch.setattr(SeederPipeline, "insert_data", cut_first)

    assert proxied.seed()["exit_code"] == 0

    assert SeedRun.objects.using(proxied.alias).get().state == "succeeded"
    assert len(calls) > 20
    assert business_data(proxied) == undisturbed


def test_a_slow_server_is_waited_for(proxied: Database, proxy: Proxy) -> None:
    proxy.delay = 0.005

    assert proxied.seed(table="clients")["exit_code"] == 0


@pytest.mark.parametrize("server", ["mariadb", "postgresql"], indirect=True)
def test_a_server_that_falls_silent_is_given_up(
    proxied: Database, proxy: Proxy, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite.seed(table="products")
    options = connections[proxied.alias].settings_dict["OPTIONS"]
    options["connect_timeout"] = 2  # the least that libpq takes
    if proxied.server == "postgresql":
        monkeypatch.setattr(watchdog, "ANSWER_SECONDS", 1)
    else:
        options["read_timeout"] = 1
    insert = SeederPipeline.insert_data
    calls: list[SeederPipeline] = []

    def silence_first(self: SeederPipeline, *arguments: Any) -> Any:
        calls.append(self)
        if len(calls) == 2:
            proxy.fall_silent()
        return insert(self, *arguments)

    monkeypatch.setattr(SeederPipeline, "insert_data", silence_first)

    with pytest.raises(CommandError) as caught:
        proxied.seed(table="products")

    proxy.speak()
    assert caught.value.returncode == 2
    monkeypatch.undo()
    assert proxied.seed(table="products")["exit_code"] == 0
    assert business_data(proxied) == business_data(sqlite)
