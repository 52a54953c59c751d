"""Servers that are refused: what is decided of their answers. The servers themselves are asked elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction

from seeding.exceptions import UnsafeServerError
from seeding.safety import require_safe_server, require_visible
from seeding.safety import server_checks as server
from seeding.safety.server_checks import GALERA, GROUP, MEMBERS, QUESTIONS, Session
from tests.support.databases import Database
from tests.unit.safety.answers import Answers

OPEN = (
    "The connection {alias!r} has a transaction open (AUTOCOMMIT is off in DATABASES, or this is called inside atomic()); "
    "switch AUTOCOMMIT on, and call it outside of transactions. Nothing was changed."
)


def session(backend: int, place: str = "here") -> Session:
    return Session(backend=backend, server=place, reads_only=False, commits=True, cuts_answers=False)


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
    ("vendor", "answer", "inside", "found"),
    [
        ("mysql", (5, "h:1", 0, 1, 0), False, {}),
        ("mysql", (5, "h:1", "OFF", "ON", 0), False, {}),
        ("mysql", (5, "h:1", 1, 1, 0), False, {"reads_only": True}),
        ("mysql", (5, "h:1", "on", 1, 0), False, {"reads_only": True}),
        ("mysql", (5, "h:1", 0, 0, 0), False, {"commits": False}),
        ("mysql", (5, "h:1", 0, 0, 0), True, {}),
        ("mysql", (5, "h:1", 0, 1, 1), False, {"cuts_answers": True}),
        ("postgresql", ("5", "h:1", "off", "on", 0), False, {}),
        ("postgresql", ("5", "h:1", "on", "on", 0), False, {"reads_only": True}),
    ],
)
def test_what_a_server_says_of_a_session(vendor: str, answer: tuple[Any, ...], found: dict[str, Any], *, inside: bool) -> None:
    connection: Any = Answers(vendor, {QUESTIONS[vendor]: [answer]}, in_atomic_block=inside)

    usual = Session(backend=5, server="h:1", reads_only=False, commits=True, cuts_answers=False)
    assert server._ask(connection) == replace(usual, **found)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            (5, "h:1", 1, 0, 1),
            "The server only reads (a replica, a standby, or read_only is on); connect to the primary. Nothing was changed.",
        ),
        (
            (5, "h:1", 0, 0, 1),
            (
                "The server has autocommit off in this session; "
                "remove it from init_command and from the server's settings. Nothing was changed."
            ),
        ),
        (
            (5, "h:1", 0, 1, 1),
            (
                "The server answers with fewer rows than there are (sql_select_limit); "
                "remove sql_select_limit from its settings. Nothing was changed."
            ),
        ),
    ],
)
def test_a_session_that_reads_only_commits_nothing_or_cuts_answers_is_refused(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[Any, ...], said: str
) -> None:
    monkeypatch.setattr(server, "connections", {"far": Answers("mysql", {QUESTIONS["mysql"]: [answer]})})

    with pytest.raises(UnsafeServerError) as error:
        require_safe_server("far")
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (["a", "a"], None),
        ([], None),
        (
            ["b", "a", "b"],
            "The server is several servers behind one address (a and b); connect to the primary itself. Nothing was changed.",
        ),
    ],
)
def test_one_server_answers_everything(places: list[str], said: str | None) -> None:
    if said is None:
        server._require_one_server(places)
        return
    with pytest.raises(UnsafeServerError) as error:
        server._require_one_server(places)
    assert str(error.value) == said


@pytest.mark.parametrize("seen", [[[1, 2, 3]], [[1, 2], [1, 2]], [[1], [1]]])
def test_each_connection_has_a_session_of_its_own(seen: Sequence[Sequence[int]]) -> None:
    server._require_sessions([[session(one) for one in turn] for turn in seen])

    shared = [[*turn, turn[0]] for turn in seen]
    moved = [*seen, [one + 10 for one in seen[0]]]
    for wrong in (shared, moved):
        with pytest.raises(UnsafeServerError, match=r"^The server is reached through a pooler that does not keep the session"):
            server._require_sessions([[session(one) for one in turn] for turn in wrong])


GALERA_REFUSED = (
    "The server is one of 3 nodes of a Galera cluster that all accept writes, and the lock is held on one node only; "
    "remove the other nodes from the cluster for the run, or seed a server outside of it. Nothing was changed."
)
GROUP_REFUSED = (
    "The server is one of several members of a group that all accept writes (Group Replication in multi-primary mode); "
    "switch the group to one primary: SELECT group_replication_switch_to_single_primary_mode(). Nothing was changed."
)


@pytest.mark.parametrize(
    ("galera", "group", "members", "said"),
    [
        ([], [], [(0,)], None),
        ([("wsrep_cluster_size", "0")], [], [(0,)], None),
        ([("wsrep_cluster_size", "1")], [], [(0,)], None),
        ([("wsrep_cluster_size", "")], [], [(0,)], None),
        ([("wsrep_cluster_size", "3")], [], [(0,)], GALERA_REFUSED),
        ([], [("mode", "ON")], [(3,)], None),
        ([], [("mode", "OFF")], [(1,)], None),
        ([], [("mode", "off")], [(2,)], GROUP_REFUSED),
        ([], [("mode", "OFF")], DatabaseError(1142, "denied"), GROUP_REFUSED),
    ],
)
def test_one_server_alone_takes_writes(galera: Any, group: Any, members: Any, said: str | None) -> None:
    connection: Any = Answers("mysql", {GALERA: galera, GROUP: group, MEMBERS: members})

    if said is None:
        server._require_one_writer(connection)
        return
    with pytest.raises(UnsafeServerError) as error:
        server._require_one_writer(connection)
    assert str(error.value) == said
