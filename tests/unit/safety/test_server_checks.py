"""Servers that are refused: what is decided of their answers. The servers themselves are asked elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections, transaction

from seeding.db.topology import Cluster, Membership, Pooler, Topology
from seeding.exceptions import UnsafeServerError
from seeding.safety import require_safe_server, require_visible
from seeding.safety import server_checks as server
from tests.support.databases import Database
from tests.unit.safety.answers import Answers

OPEN = (
    "The connection {alias!r} has a transaction open (AUTOCOMMIT is off in DATABASES, or this is called inside atomic()); "
    "switch AUTOCOMMIT on, and call it outside of transactions. Nothing was changed."
)


def test_a_file_is_safe_outside_of_a_transaction(shop: Database) -> None:
    require_safe_server(shop.alias)
    require_visible(shop.alias, 999)

    with transaction.atomic(using=shop.alias), pytest.raises(UnsafeServerError) as error:
        require_safe_server(shop.alias)
    assert str(error.value) == OPEN.format(alias=shop.alias)


def test_a_connection_without_autocommit_is_refused(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections[shop.alias].settings_dict, "AUTOCOMMIT", value=False)

    with pytest.raises(UnsafeServerError) as error:
        require_safe_server(shop.alias)
    assert str(error.value) == OPEN.format(alias=shop.alias)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"autocommit": "OFF"},
            (
                "The server has autocommit off in this session; "
                "remove it from init_command and from the server's settings. Nothing was changed."
            ),
        ),
        (
            {"sql_select_limit": "300"},
            (
                "The server answers with fewer rows than there are (sql_select_limit); "
                "remove sql_select_limit from its settings. Nothing was changed."
            ),
        ),
        (
            {"log_bin": "ON", "sql_log_bin": "OFF"},
            (
                "The server keeps what this session writes from other servers (sql_log_bin is off); "
                "remove sql_log_bin from init_command and from the server's settings. Nothing was changed."
            ),
        ),
        (
            {"wsrep_provider": "/usr/lib/galera/libgalera_smm.so", "wsrep_on": "OFF"},
            (
                "The server keeps what this session writes from other servers (wsrep_on is off); "
                "remove wsrep_on from init_command and from the server's settings. Nothing was changed."
            ),
        ),
        (
            {"log_bin": "OFF", "sql_log_bin": "OFF", "wsrep_provider": "none", "wsrep_on": "OFF", "sql_select_limit": "1"},
            (
                "The server answers with fewer rows than there are (sql_select_limit); "
                "remove sql_select_limit from its settings. Nothing was changed."
            ),
        ),
        (
            {"system_versioning_asof": "2026-01-01 00:00:00"},
            (
                "The server reads system-versioned tables as of 2026-01-01 00:00:00 (system_versioning_asof); "
                "remove system_versioning_asof from its settings. Nothing was changed."
            ),
        ),
    ],
)
def test_a_session_that_commits_nothing_cuts_answers_or_reads_the_past_is_refused(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, str], said: str
) -> None:
    usual = {"autocommit": "ON", "sql_select_limit": str(2**64 - 1)}
    there = Answers("mysql", {server.SESSION: list({**usual, **answer}.items())})
    monkeypatch.setattr(server, "connections", {"far": there})

    with pytest.raises(UnsafeServerError) as error:
        require_safe_server("far")
    assert str(error.value) == said


def galera(*, is_ready: bool = True) -> Membership:
    return Membership(cluster=Cluster.GALERA, identity="a", nodes=3, writers=3, is_ready=is_ready, packet_bytes=16 << 20)


SEVERAL = "The server is several servers behind one address (a and b); connect to the primary itself."


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, None),
        ({"pooler": Pooler.SESSION}, None),
        ({"pooler": Pooler.TRANSACTION}, None),
        ({"membership": galera()}, None),
        ({"membership": galera(), "servers": ("a", "b")}, None),
        ({"membership": Membership(cluster=Cluster.GROUP, nodes=3, writers=3)}, None),
        (
            {"reads_only": True},
            "The server only reads (a replica, a standby, or read_only is on); connect to the primary.",
        ),
        (
            {"membership": galera(is_ready=False)},
            (
                "The server is a node of a Galera cluster that is not ready, or not in its primary component; "
                "connect to a node whose wsrep_cluster_status is Primary and whose wsrep_ready is ON."
            ),
        ),
        (
            {"membership": Membership(cluster=Cluster.GROUP, is_ready=False)},
            (
                "The server is a member of a replication group and not online there; "
                "connect to a member that is ONLINE in performance_schema.replication_group_members."
            ),
        ),
        ({"servers": ("a", "b"), "is_one_cluster": False}, SEVERAL),
        ({"servers": ("a", "b"), "is_split": True, "membership": galera()}, SEVERAL),
        (
            {"pooler": Pooler.STATEMENT},
            (
                "The server is reached through a pooler that gives every statement another session: it has no transactions; "
                "connect to the server itself, or to a pool in session or transaction mode."
            ),
        ),
        (
            {"pooler": Pooler.TRANSACTION, "membership": Membership(packet_bytes=16 << 20)},
            (
                "The server is reached through a pooler that does not keep the session: connections shared one backend; "
                "connect to the server itself, or to a pool in session mode."
            ),
        ),
    ],
)
def test_what_answers_is_judged(found: dict[str, Any], said: str | None) -> None:
    refusal = server.unsafe(Topology(**{"version": "any", **found}))

    assert (str(refusal) if refusal else None) == said
