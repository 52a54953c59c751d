"""Rollback as a process of its own: killed at any moment, and with a salesperson at work meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, OperationalError, connections

from seeding.generation.registry import Registry
from terpseed.models import Client, Order, User
from tests.faults.processes import start
from tests.support.databases import SERVERS, Database
from tests.support.processes import Manage
from tests.support.rows import everything, ledgered_keys, real_rows
from tests.support.share import IS_SHARED

TABLES = sorted(Registry.discover().by_table)


@pytest.mark.parametrize("server", SERVERS)
def test_a_rollback_killed_again_and_again_ends_where_an_undisturbed_one_does(
    make_database: Callable[..., Database], environment: dict[str, str], server: str
) -> None:
    database = make_database(server)
    real_rows(database)
    before = everything(database)
    database.seed(size="medium")
    variables = {**environment, "DATABASE_URL": database.url, "SEEDING_LOG_LEVEL": "debug"}
    interrupted = 0

    for lines in range(2, 60, 10 if IS_SHARED else 5):  # killed so many log lines after its first deletion
        process, said = start(("seed_rollback", "--force"), variables)
        with said:
            seen = 0
            for line in said:
                seen += '"operation": "delete"' in line or seen > 0
                if seen >= lines:
                    process.kill()
                    break
            said.read()
        process.join()
        for table in TABLES:
            held = {row[0] for row in database.content(table)}
            assert ledgered_keys(database, table) == held - {row[0] for row in before[table]}
        if process.exitcode == 0:
            break
        interrupted += 1

    database.rollback()
    assert interrupted >= 3
    assert everything(database) == before


def test_a_real_order_placed_meanwhile_is_never_lost(make_database: Callable[..., Database], manage: Manage) -> None:
    database = make_database("mariadb")
    database.seed(table="clients", size="large")
    user = User.objects.using(database.alias).create(openId="someone real", role="user").pk
    clients = sorted(ledgered_keys(database, "clients"))
    done, placed, refused = threading.Event(), [], []

    def sell() -> None:
        number = 0
        while not done.is_set():
            number += 1
            client = clients[number * 7919 % len(clients)]
            order = Order(order_number=f"R{number}", orderType="SALE", client_id=client, items=[], created_by_id=user,
                          paymentTerms="COD", subtotal=1, total=1)  # fmt: skip
            try:
                order.save(using=database.alias, force_insert=True)
            except IntegrityError:
                refused.append(order.client_id)
            except OperationalError:  # a deadlock is told, and the application tries again
                continue
            else:
                placed.append(order)
        connections[database.alias].close()

    salesperson = threading.Thread(target=sell)
    salesperson.start()
    try:
        first = manage("seed_rollback", "--force", "--json", variables={"DATABASE_URL": database.url})
    finally:
        done.set()
        salesperson.join()

    there = set(Client.objects.using(database.alias).values_list("pk", flat=True))
    orders = dict(Order.objects.using(database.alias).values_list("pk", "client_id"))
    assert first.returncode == 6, first.stderr
    assert placed
    assert orders == {order.pk: order.client_id for order in placed}
    assert set(orders.values()) <= there == ledgered_keys(database, "clients")


@pytest.mark.parametrize("server", SERVERS)
def test_a_rollback_waits_its_turn(make_database: Callable[..., Database], manage: Manage, server: str) -> None:
    from seeding.locks import seeding_lock

    database = make_database(server)
    database.seed(table="strains")

    with seeding_lock(database.alias).held(0):
        refused = manage("seed_rollback", "--force", variables={"DATABASE_URL": database.url})

    assert refused.returncode == 2
    assert "Another run holds the seeding lock" in refused.stderr
    assert len(database.content("strains")) == 5


def test_without_a_terminal_it_takes_force(ready_strains: Database, manage: Manage) -> None:
    refused = manage("seed_rollback", variables={"DATABASE_URL": ready_strains.url})

    assert refused.returncode == 1
    assert "needs confirmation, but there is no terminal. Pass --force." in refused.stderr
    assert len(ready_strains.content("strains")) == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--force"], "--force also needs --confirm-database="),
        (["--force", "--confirm-database=other"], "--confirm-database=other names another"),
    ],
)
def test_production_takes_its_name_too(ready_strains: Database, manage: Manage, arguments: list[str], words: str) -> None:
    allowed = {"DATABASE_URL": ready_strains.url, "ALLOW_PRODUCTION_SEEDING": "true", "NODE_ENV": "production"}

    refused = manage("seed_rollback", *arguments, variables=allowed)

    assert refused.returncode == 1
    assert words in refused.stderr
    assert len(ready_strains.content("strains")) == 5


def test_production_is_refused_unless_allowed(ready_strains: Database, manage: Manage) -> None:
    name = str(connections[ready_strains.alias].settings_dict["NAME"])
    variables = {"DATABASE_URL": ready_strains.url, "NODE_ENV": "production"}

    refused = manage("seed_rollback", "--force", f"--confirm-database={name}", variables=variables)

    assert refused.returncode == 1
    assert "ALLOW_PRODUCTION_SEEDING is not 'true'" in refused.stderr


@pytest.fixture
def ready_strains(sqlite: Database) -> Database:
    """A database with five seeded strains."""
    sqlite.seed(table="strains")
    return sqlite
