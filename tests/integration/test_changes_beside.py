"""Rows are compared with what was seeded before they go: beside the deletion of others, where a server allows it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import InterfaceError, connections

from seeding.rollbacks.changes import Comparison
from seeding.rollbacks.deletion import Deleter
from terpseed.models import Client, Order
from tests.support.databases import Database

COMPARING = "comparison"


@pytest.fixture
def edited(seeded: Database) -> Database:
    """The small rows, two of which somebody has edited: of the tables that go first and last."""
    using = seeded.alias
    Client.objects.using(using).filter(teri_code="REG90005").update(address="1 Other Road")
    Order.objects.using(using).filter(pk=Order.objects.using(using).earliest("pk").pk).update(notes="Call first")
    return seeded


def threads(monkeypatch: pytest.MonkeyPatch, failing: str = "") -> set[str]:
    """The threads that compare, by the beginnings of their names; those of the name `failing` lose their connection."""
    found: set[str] = set()
    compare = Comparison.of

    def told(self: Comparison, *arguments: Any) -> Any:
        name = threading.current_thread().name.partition("_")[0]
        found.add(name)
        if name == failing:
            raise InterfaceError(0, "")
        return compare(self, *arguments)

    monkeypatch.setattr(Comparison, "of", told)
    return found


def changed(summary: dict[str, Any]) -> dict[str, tuple[int, list[str]]]:
    """Table → how many rows were changed, and the columns of the only example."""
    return {one["table"]: (one["count"], *one["examples"].values()) for one in summary["modified"]}


def test_every_changed_row_is_told(edited: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work = threads(monkeypatch)

    summary = edited.rollback()

    assert changed(summary) == {"clients": (1, ["address"]), "orders": (1, ["notes"])}
    # What a changed row of would stay is compared before anything goes.
    assert at_work == {"MainThread", *([] if edited.server == "sqlite" else [COMPARING])}
    assert summary["left"] == 0


def test_what_the_thread_cannot_compare_is_compared_all_the_same(edited: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    threads(monkeypatch, failing=COMPARING)

    assert changed(edited.rollback()) == {"clients": (1, ["address"]), "orders": (1, ["notes"])}


def test_a_rollback_that_is_stopped_ends_it(edited: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    delete = Deleter.delete

    def stopping(self: Deleter, plan: Any, table: str, *rest: Any) -> Any:
        if table == "order_line_items":
            raise KeyboardInterrupt
        return delete(self, plan, table, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Deleter, "delete", stopping)
        with pytest.raises(CommandError, match=r"^Interrupted"):
            edited.rollback()

    assert not [one for one in threading.enumerate() if one.name.startswith(COMPARING)]
    connections[edited.alias].close()
    assert changed(edited.rollback()) == {"clients": (1, ["address"]), "orders": (1, ["notes"])}
