"""A signal ends what it is sent to, whatever a driver makes of its exception."""

from __future__ import annotations

import os
import signal

import pytest
from django.db import OperationalError

from seeding.exceptions import Terminated
from seeding.retries import retrying
from seeding.stopping import terminable, undisturbed


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
