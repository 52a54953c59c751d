"""A signal ends what it is sent to, whatever a driver makes of its exception."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from django.db import OperationalError, transaction

from seeding.db.interruption import terminable, undisturbed
from seeding.db.retries import retrying
from seeding.exceptions import Terminated
from seeding.writing import Writers
from terpseed.models import Client
from tests.support.databases import Database

pytestmark = pytest.mark.usefixtures("unmeasured")


def during_signals(*signals: signal.Signals, raises: type[BaseException]) -> list[str]:
    """What is done of an undisturbed block in which the signals come first."""
    done = []

    def work() -> None:
        with terminable(), undisturbed():
            for one in signals:
                os.kill(os.getpid(), one)
            done.append("all of it")

    with pytest.raises(raises):
        work()
    return done


def test_an_error_behind_which_a_signal_is_is_not_tried_again() -> None:
    attempts, retries = [], []

    def interrupted() -> None:
        attempts.append(1)
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Terminated as error:
            raise OperationalError(2013, "Lost connection") from error

    with pytest.raises(Terminated), terminable():
        retrying(interrupted, lambda error, _: retries.append(error))

    assert (len(attempts), retries) == (1, [])


def test_a_signal_waits_for_the_end_of_what_may_not_be_disturbed() -> None:
    assert during_signals(signal.SIGTERM, raises=Terminated) == ["all of it"]


def test_a_second_signal_does_not_wait() -> None:
    assert during_signals(signal.SIGTERM, signal.SIGINT, raises=KeyboardInterrupt) == []


@pytest.mark.parametrize("server", ["mariadb", "postgresql"])
def test_a_signal_while_rows_are_loaded_ends_the_run_and_leaves_none(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    database = make_database(server)
    writer = Writers(database.alias).native[0]
    module = sys.modules[type(writer).__module__]
    real = module.pieces
    number = list(range(1, 20_001))
    clients = {"id": number, "teri_code": [f"T{one}" for one in number], "name": "Somebody", "businessType": "RETAIL"}
    retries: list[BaseException] = []

    def signalled(*arguments: Any) -> Iterator[pl.DataFrame]:
        for place, piece in enumerate(real(*arguments)):
            if place == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            yield piece

    def load() -> None:
        with transaction.atomic(using=database.alias):
            writer.write(database.alias, Client, pl.DataFrame(clients))

    def run() -> None:
        with terminable():
            retrying(load, lambda error, _: retries.append(error))

    monkeypatch.setattr(module, "pieces", signalled)
    with pytest.raises(Terminated):
        run()

    assert retries == []
    assert database.content("clients") == []
