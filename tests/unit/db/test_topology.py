"""What answers behind an address: what is concluded from answers. The servers themselves are asked elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DatabaseError

from seeding.db import topology
from seeding.db.topology import GALERA, MEMBERS, QUESTIONS, VARIABLES, Cluster, Membership, Pooler, Session, look, membership
from tests.support.databases import Database
from tests.unit.safety.answers import Answers

MARIADB = {"version": "10.11.6-MariaDB-log", "version_comment": "Debian 12", "max_allowed_packet": "16777216"}
MYSQL = {"version": "9.7.0", "version_comment": "MySQL Community Server - GPL", "max_allowed_packet": "67108864"}
NODE = {"wsrep_on": "ON", "wsrep_max_ws_size": "2147483647", "wsrep_max_ws_rows": "0"}
MEMBER = {"group_replication_group_name": "g", "group_replication_transaction_size_limit": "150000000"}


def test_a_file_is_one_server(shop: Database) -> None:
    found = look(shop.alias)

    assert found.version.startswith("SQLite 3.")
    assert (found.servers, found.pooler, found.membership) == ((), Pooler.NONE, Membership())


@pytest.mark.parametrize(
    ("vendor", "answer", "reads_only"),
    [
        ("mysql", (5, "h:1", 0), False),
        ("mysql", (5, "h:1", "OFF"), False),
        ("mysql", (5, "h:1", 1), True),
        ("mysql", (5, "h:1", "NO_LOCK"), True),
        ("postgresql", ("5", "h:1", "off"), False),
        ("postgresql", ("5", "h:1", "on"), True),
    ],
)
def test_what_a_server_says_of_a_session(vendor: str, answer: tuple[Any, ...], *, reads_only: bool) -> None:
    connection: Any = Answers(vendor, {QUESTIONS[vendor]: [answer]})

    assert topology._ask(connection) == Session(backend=5, server="h:1", reads_only=reads_only)


@pytest.mark.parametrize(
    ("known", "status", "members", "expected"),
    [
        (MARIADB, {}, [], Membership(version="MariaDB 10.11.6", packet_bytes=16 << 20)),
        (
            MARIADB | NODE,
            {
                "wsrep_cluster_size": "3", "wsrep_cluster_status": "Primary", "wsrep_ready": "ON",
                "wsrep_cluster_state_uuid": "u",
            },
            [],
            Membership(
                cluster=Cluster.GALERA, identity="u", nodes=3, writers=3, transaction_bytes=2_147_483_647,
                packet_bytes=16 << 20, version="MariaDB 10.11.6",
            ),
        ),
        (
            MARIADB | NODE,
            {"wsrep_cluster_size": "1", "wsrep_cluster_status": "non-Primary", "wsrep_ready": "OFF"},
            [],
            Membership(
                cluster=Cluster.GALERA, is_ready=False, transaction_bytes=2_147_483_647, packet_bytes=16 << 20,
                version="MariaDB 10.11.6",
            ),
        ),
        (
            MYSQL | MEMBER | {"group_replication_single_primary_mode": "ON"},
            {},
            [(3, 1)],
            Membership(
                cluster=Cluster.GROUP, identity="g", nodes=3, writers=1, transaction_bytes=150_000_000,
                packet_bytes=64 << 20, version="MySQL 9.7.0",
            ),
        ),
        (
            MYSQL | MEMBER | {"group_replication_single_primary_mode": "OFF"},
            {},
            [(2, 0)],
            Membership(
                cluster=Cluster.GROUP, identity="g", nodes=2, writers=2, is_ready=False, transaction_bytes=150_000_000,
                packet_bytes=64 << 20, version="MySQL 9.7.0",
            ),
        ),
        (MYSQL | MEMBER, {}, [(0, None)], Membership(version="MySQL 9.7.0", packet_bytes=64 << 20)),
        (
            MYSQL | MEMBER,
            {},
            DatabaseError(1142, "denied"),
            Membership(
                cluster=Cluster.GROUP, identity="g", nodes=2, writers=2, transaction_bytes=150_000_000, packet_bytes=64 << 20,
                version="MySQL 9.7.0",
            ),
        ),
    ],
)  # fmt: skip
def test_what_a_server_says_of_its_cluster(
    known: dict[str, str], status: dict[str, str], members: Any, expected: Membership
) -> None:
    answers = {VARIABLES: list(known.items()), GALERA: list(status.items()), MEMBERS: members}
    connection: Any = Answers("mysql", answers)

    assert membership(connection) == expected


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("8.0.11-TiDB-v7.5.0", "TiDB"),
        ("8.0.30-Vitess", "Vitess"),
        ("8.0.36", ""),
    ],
)
def test_a_server_that_is_untested_is_named(version: str, name: str) -> None:
    connection: Any = Answers("mysql", {VARIABLES: [("version", version), ("version_comment", "")]})

    assert name in membership(connection).version
    assert membership(connection).version.startswith(f"MySQL {version.partition('-')[0]}")


def session(backend: int, server: str = "here") -> Session:
    return Session(backend=backend, server=server, reads_only=False)


@pytest.mark.parametrize("seen", [[[1, 2, 3]], [[1, 2], [1, 2]], [[1], [1]]])
def test_each_connection_has_a_session_of_its_own(seen: Sequence[Sequence[int]]) -> None:
    connection: Any = Answers("mysql", {})
    kept = [[session(one) for one in turn] for turn in seen]
    shared = [[*turn, turn[0]] for turn in kept]
    moved = [*kept, [session(one + 10) for one in seen[0]]]

    assert topology._pooler(connection, kept[0][:1], kept) is Pooler.NONE
    assert {topology._pooler(connection, [], found) for found in (shared, moved)} == {Pooler.TRANSACTION}
    assert topology._pooler(connection, [session(1), session(2)], kept) is Pooler.STATEMENT


def test_sessions_of_several_servers_may_have_the_same_number() -> None:
    connection: Any = Answers("mysql", {})
    turn = [session(5, "one"), session(5, "another")]

    assert topology._pooler(connection, turn[:1], [turn, turn]) is Pooler.NONE
